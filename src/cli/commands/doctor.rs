//! `rulepost doctor`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde_json::json;

use crate::azure::doctor::{self, Check, Needs, Status};
use crate::cli::args::Format;
use crate::cli::check;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::{Context, HELP, runtime};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::schema;
use crate::kql;
use crate::project;

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost doctor -w sec-prod                  sign in, find the workspace, see what may be done there
  rulepost doctor -w sec-prod rules/ custom/   also whether the tables of these rules are there
  rulepost doctor --cloud local                the same against the embedded emulator

Nothing is changed. The exit code is 1 when a deployment would fail.")]
pub(crate) struct DoctorArgs {
    /// Rule files or folders whose tables are looked for [default: rules, where there is one]
    #[arg(value_name = "RULES")]
    rules: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Makes the checks and shows them.
pub(crate) fn run(args: &DoctorArgs, context: &Context) -> Result<Exit, Error> {
    let needs = needs(args, context)?;
    let checks = runtime()?.block_on(async {
        let open = args.connection.open(context).await?;
        Ok::<_, Error>(doctor::examine(&open.client, &open.wanted, &needs).await)
    })?;
    context.print(&match args.format {
        Format::Human => human(&checks),
        Format::Json => json_text(&checks),
    })?;
    let failed = checks.iter().any(|check| check.status == Status::Failed);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// The tables that the queries of the rules read, and those that their connectors promise.
fn needs(args: &DoctorArgs, context: &Context) -> Result<Needs, Error> {
    let mut paths = args.rules.clone();
    if paths.is_empty() {
        if !context.env.current_dir.join("rules").is_dir() {
            return Ok(Needs::default());
        }
        paths.push("rules".into());
    }
    let loaded = project::load(&paths)?;
    let schema = schema::schema(&check::config(context)?, context)?;
    let mut tables = BTreeSet::new();
    for rule in &loaded.rules {
        let checked = kql::check(&rule.query.value, &schema);
        tables.extend(checked.tables.iter().map(ToString::to_string));
    }
    for connector in loaded.rules.iter().flat_map(|rule| &rule.data_connectors) {
        for data_type in &connector.data_types {
            // `SecurityAlert (ASC)` names the table and, in parentheses, who fills it.
            let name = data_type.value.split_whitespace().next();
            tables.extend(name.map(str::to_owned));
        }
    }
    Ok(Needs {
        tables: Some(tables),
    })
}

fn style(status: Status) -> Style {
    match status {
        Status::Ok => AnsiColor::Green.on_default(),
        Status::Warning => AnsiColor::Yellow.on_default().bold(),
        Status::Failed => AnsiColor::Red.on_default().bold(),
        Status::Skipped => Style::new().dimmed(),
    }
}

/// One line for each check, and one for each next step.
fn human(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let style = style(check.status);
        text.push_str(&format!(
            "{style}{:<8}{style:#} {:<15} {}\n",
            check.status.word(),
            check.name,
            check.detail
        ));
        for help in &check.help {
            text.push_str(&format!("{:24} {HELP}help{HELP:#}: {help}\n", ""));
        }
    }
    text
}

/// The checks as versioned JSON.
fn json_text(checks: &[Check]) -> String {
    let checks: Vec<_> = checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "status": check.status.word(),
                "detail": check.detail,
                "help": check.help,
            })
        })
        .collect();
    let document = json!({ "version": 1, "checks": checks });
    format!("{document:#}\n")
}
