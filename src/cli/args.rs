//! The command line as data.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli::commands::completions::CompletionsArgs;
use crate::cli::commands::coverage::CoverageArgs;
use crate::cli::commands::deploy::DeployArgs;
use crate::cli::commands::docs::DocsArgs;
use crate::cli::commands::doctor::DoctorArgs;
use crate::cli::commands::drift::DriftArgs;
use crate::cli::commands::emulator::EmulatorArgs;
use crate::cli::commands::explain::ExplainArgs;
use crate::cli::commands::fmt::FmtArgs;
use crate::cli::commands::import::ImportArgs;
use crate::cli::commands::init::InitArgs;
use crate::cli::commands::kql::KqlArgs;
use crate::cli::commands::lsp::LspArgs;
use crate::cli::commands::man::ManArgs;
use crate::cli::commands::new::NewArgs;
use crate::cli::commands::query::QueryArgs;
use crate::cli::commands::render::RenderArgs;
use crate::cli::commands::schema::SchemaArgs;
use crate::cli::commands::test::TestArgs;
use crate::cli::commands::validate::ValidateArgs;

/// Deploy Microsoft Sentinel analytics rules as code.
///
/// Rules are YAML files in git. rulepost validates them, compares them with a Log Analytics workspace, and creates
/// or updates what differs. Without Azure, `--cloud local` does the same against an embedded emulator.
#[derive(Debug, Parser)]
#[command(
    name = "rulepost",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
#[command(after_help = "\
Examples:
  rulepost validate                                check the rules in rules/
  rulepost deploy -w demo --cloud local            try a deployment on the embedded emulator
  rulepost deploy -w sec-prod --dry-run            show what a deployment would change

Exit codes: 0 done or nothing to do, 1 failed, 2 usage, 3 findings, 4 changes pending or drift,
5 applied in part, 6 refused by the guard, 130 interrupted")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Say nothing on standard error but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say what is being done; twice for every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// When to use colours; auto honours `NO_COLOR` and pipes
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = false
    )]
    pub(crate) color: ColorWhen,
    /// Configuration file [default: rulepost.toml, where there is one]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "RULEPOST_CONFIG",
        hide_env_values = true
    )]
    pub(crate) config: Option<PathBuf>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorWhen {
    /// Where they will be seen.
    Auto,
    /// Also into files and pipes.
    Always,
    /// Nowhere.
    Never,
}

/// The two formats that every command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    Human,
    /// Versioned JSON.
    Json,
}

/// The commands, in the order `--help` shows them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a workspace as the rule files want it
    Deploy(Box<DeployArgs>),
    /// Show what moved in a workspace since rules were applied
    Drift(Box<DriftArgs>),
    /// Check rule files without Azure
    Validate(ValidateArgs),
    /// Say what a finding means, or list all
    Explain(ExplainArgs),
    /// Write rule files in the canonical layout
    Fmt(FmtArgs),
    /// Print the JSON Schema of a rule file
    Schema(SchemaArgs),
    /// Tell an editor about rules while they are written: the language server
    Lsp(LspArgs),
    /// Make a rule with a fresh id, and its test file
    New(NewArgs),
    /// Make a folder a repository of rules
    Init(InitArgs),
    /// Run the tests that stand beside rules
    Test(TestArgs),
    /// Render rules to request bodies, or to one ARM template
    Render(RenderArgs),
    /// Check or format queries
    Kql(KqlArgs),
    /// Run a query on local data with the test engine
    Query(QueryArgs),
    /// Run a local Sentinel to try things against
    Emulator(EmulatorArgs),
    /// Show what the rules cover of ATT&CK and of the storage threat matrix
    Coverage(CoverageArgs),
    /// Write rules of a workspace, or of files of other tools, as rule files
    Import(Box<ImportArgs>),
    /// Write documentation pages of the rules
    Docs(DocsArgs),
    /// Check that everything a deployment needs is there
    Doctor(DoctorArgs),
    /// Write manual pages
    Man(ManArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}
