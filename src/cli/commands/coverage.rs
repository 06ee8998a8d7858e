//! `rulepost coverage [RULES…]`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::api::lenient::ListedRule;
use crate::cli::commands::ready;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::{Context, runtime};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::coverage;
use crate::report::human;

/// Arguments of `coverage`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost coverage                                     the covered part of the matrix as Markdown
  rulepost coverage -o coverage.html                    one page to look at, with filters and details
  rulepost coverage -w sec-prod -o coverage.html        the same, compared with what is live
  rulepost coverage --format navigator -o layer.json    a layer for the ATT&CK Navigator")]
pub(crate) struct CoverageArgs {
    /// Rule files or folders
    #[arg(default_value = "rules", value_name = "RULES")]
    rules: Vec<PathBuf>,
    /// How to show it [default: what the name of the output says, else markdown]
    #[arg(long, value_name = "FORMAT")]
    format: Option<CoverageFormat>,
    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The workspace to compare with; without one nothing is asked of Azure
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// How coverage is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CoverageFormat {
    /// One self-contained page.
    Html,
    /// A layer of the ATT&CK Navigator.
    Navigator,
    /// Tables in Markdown.
    Markdown,
    /// Versioned JSON.
    Json,
}

impl CoverageFormat {
    /// What the name of a file asks for.
    fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "md" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Shows what the rules cover.
pub(crate) fn run(args: &CoverageArgs, context: &Context) -> Result<Exit, Error> {
    let Some(loaded) = ready::load(&args.rules, context)? else {
        return Ok(Exit::Findings);
    };
    let listed = listed(&args.connection, context)?;
    let live = listed
        .as_ref()
        .map(|(workspace, rules)| coverage::Live { workspace, rules });
    let report = coverage::report(&loaded.rules, live.as_ref());
    let by_name = args.output.as_deref().and_then(CoverageFormat::of_file);
    let text = match args.format.or(by_name).unwrap_or(CoverageFormat::Markdown) {
        CoverageFormat::Html => coverage::html::page(&report),
        CoverageFormat::Navigator => coverage::navigator::layer(&report, "rulepost"),
        CoverageFormat::Markdown => coverage::markdown::text(&report),
        CoverageFormat::Json => coverage::json::text(&report),
    };
    match &args.output {
        None => context.print(&text)?,
        Some(path) => {
            file::write(path, &text)?;
            context.note(&format!(
                "wrote the coverage of {} to `{}`",
                human::plural(loaded.rules.len(), "rule"),
                path.display()
            ));
        }
    }
    Ok(Exit::Done)
}

/// The rules of the workspace that was named, with its name; `None` when none was named.
fn listed(
    connection: &ConnectionArgs,
    context: &Context,
) -> Result<Option<(String, Vec<ListedRule>)>, Error> {
    let named = connection.workspace.as_deref().unwrap_or_default();
    if named.is_empty() {
        return Ok(None);
    }
    runtime()?.block_on(async {
        let connected = connection.connect(context).await?;
        let rules = connected.client.list_rules(&connected.workspace.id).await?;
        Ok(Some((connected.workspace.id.name.clone(), rules)))
    })
}
