//! `rulepost test [RULES…]`: runs the tests beside rules.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cases::read;
use crate::cases::run;
use crate::cli::args::Format;
use crate::cli::check;
use crate::cli::commands::ready;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::cli::schema;
use crate::report::human;

/// Arguments of `test`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost test                              the tests of the rules in rules/
  rulepost test rules/impact --name locked   cases whose name holds a text

Tests stand beside a rule, in NAME.test.yaml; exit code 3 tells that one failed.")]
pub(crate) struct TestArgs {
    /// Rule files or folders
    #[arg(default_value = "rules", value_name = "RULES")]
    rules: Vec<PathBuf>,
    /// Only cases whose name, or whose rule's name, holds this text
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// How the outcome is shown
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// How one case went.
struct Outcome {
    rule: String,
    file: String,
    case: String,
    faults: Vec<String>,
}

/// Runs the tests and tells what failed.
pub(crate) fn run(args: &TestArgs, context: &Context) -> Result<Exit, Error> {
    let Some(loaded) = ready::load(&args.rules, context)? else {
        return Ok(Exit::Findings);
    };
    let schema = schema::schema(&check::config(context)?, context)?;
    let wanted = args.name.as_deref().unwrap_or_default().to_lowercase();
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut untested = Vec::new();
    for rule in &loaded.rules {
        let path = rule.origin.path.with_extension("test.yaml");
        let outcome = |case: &str, faults| Outcome {
            rule: rule.name.value.clone(),
            file: path.to_string_lossy().replace('\\', "/"),
            case: case.to_owned(),
            faults,
        };
        if !path.is_file() {
            untested.push(rule.origin.path.to_string_lossy().replace('\\', "/"));
            continue;
        }
        match read::suite(crate::diag::SourceId(0), &file::read(&path)?) {
            Err(fault) => outcomes.push(outcome("", vec![fault.message])),
            Ok(suite) => {
                let by_rule = rule.name.value.to_lowercase().contains(&wanted);
                for case in &suite.cases {
                    if by_rule || case.name.value.to_lowercase().contains(&wanted) {
                        let faults = run::run(rule, &suite, case, &schema);
                        let faults = faults.into_iter().map(|fault| fault.message).collect();
                        outcomes.push(outcome(&case.name.value, faults));
                    }
                }
            }
        }
    }
    let failed = outcomes
        .iter()
        .filter(|outcome| !outcome.faults.is_empty())
        .count();
    let text = match args.format {
        Format::Human => told(&outcomes, &untested, failed),
        Format::Json => document(&outcomes, &untested, failed),
    };
    context.print(&text)?;
    Ok(if failed == 0 {
        Exit::Done
    } else {
        Exit::Findings
    })
}

fn told(outcomes: &[Outcome], untested: &[String], failed: usize) -> String {
    let mut text = String::new();
    for outcome in outcomes.iter().filter(|outcome| !outcome.faults.is_empty()) {
        let case = if outcome.case.is_empty() {
            "the file"
        } else {
            &outcome.case
        };
        text.push_str(&format!(
            "failed: {case}\n  {}: {}\n",
            outcome.rule, outcome.file
        ));
        for fault in &outcome.faults {
            text.push_str(&format!("  {fault}\n"));
        }
    }
    for file in untested {
        text.push_str(&format!("no tests: {file}\n"));
    }
    let passed = outcomes.len() - failed;
    text.push_str(&format!(
        "{} passed, {failed} failed\n",
        human::plural(passed, "case")
    ));
    text
}

fn document(outcomes: &[Outcome], untested: &[String], failed: usize) -> String {
    let cases: Vec<_> = outcomes
        .iter()
        .map(|outcome| {
            json!({
                "rule": outcome.rule,
                "file": outcome.file,
                "case": outcome.case,
                "passed": outcome.faults.is_empty(),
                "faults": outcome.faults,
            })
        })
        .collect();
    let document = json!({
        "version": 1,
        "passed": outcomes.len() - failed,
        "failed": failed,
        "untested": untested,
        "cases": cases,
    });
    format!("{document:#}\n")
}
