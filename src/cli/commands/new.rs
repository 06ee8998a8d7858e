//! `rulepost new NAME`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::cli::scaffold;

/// Arguments of `new`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost new \"Many failed logins from one address\"
  rulepost new \"Backdoor uploaded over SFTP\" --kind nrt -o rules/persistence/backdoor.yaml

The rule validates as it is and finds nothing; the test file beside it says so. Write the query, then
the cases of the test.")]
pub(crate) struct NewArgs {
    /// The display name
    name: String,
    /// What makes it run
    #[arg(long, value_name = "KIND", default_value = "scheduled")]
    kind: NewKind,
    /// The rule file [default: rules/NAME.yaml]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Kinds of rule that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum NewKind {
    /// Runs on a schedule.
    Scheduled,
    /// Runs near real time.
    Nrt,
}

/// Writes a rule with a fresh id, and a test file beside it.
pub(crate) fn run(args: &NewArgs, context: &Context) -> Result<Exit, Error> {
    let stem = scaffold::file_stem(&args.name);
    if stem.is_empty() || args.name.trim().chars().count() > 256 {
        return Err(Error::Usage {
            message: format!("`{}` is not a name for a rule", args.name),
            help: "a name has letters or digits, and at most 256 characters".to_owned(),
        });
    }
    let path = args
        .output
        .clone()
        .unwrap_or_else(|| Path::new("rules").join(format!("{stem}.yaml")));
    let test = path.with_extension("test.yaml");
    let nrt = args.kind == NewKind::Nrt;
    file::create(
        &path,
        &scaffold::rule(&args.name, uuid::Uuid::new_v4(), nrt, &test),
    )?;
    file::create(&test, scaffold::TEST)?;
    context.print(&format!("{}\n{}\n", path.display(), test.display()))?;
    Ok(Exit::Done)
}
