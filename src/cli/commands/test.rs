//! `rulepost test [RULES…]`: runs the tests beside rules.

mod watch;
mod work;

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use crate::cases::outcome::Ask;
use crate::cli::check;
use crate::cli::check::LevelFlags;
use crate::cli::commands::ready;
use crate::cli::commands::test::watch::Changes;
use crate::cli::commands::test::work::Work;
use crate::cli::commands::validate::FindingsFormat;
use crate::cli::context::Context;
use crate::cli::context::runtime;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::schema;
use crate::diag::Level;
use crate::report;
use crate::report::human;

/// Arguments of `test`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost test                                the tests of the rules in rules/
  rulepost test rules/impact --name locked     cases whose name holds a text
  rulepost test --mutate                       which conditions no test is about
  rulepost test --coverage --deny warnings     fail where a condition was never both true and false
  rulepost test --update --name locked         accept what these cases come out with now
  rulepost test --watch rules/impact           while writing: run again what changes
  rulepost test --format junit > tests.xml     a report for a pipeline

Tests stand beside a rule, in NAME.test.yaml.

Exit codes: 0 every test passed, 3 one failed, a mutant survived, or another finding is an error")]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct TestArgs {
    /// Rule files or folders
    #[arg(default_value = "rules", value_name = "RULES")]
    rules: Vec<PathBuf>,
    /// Only cases whose name, or whose rule's name, holds this text
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Change one condition of a rule at a time, and tell which change no case notices
    #[arg(long)]
    mutate: bool,
    /// Tell which rules lack a match or a near miss, and which conditions were never both true and false
    #[arg(long)]
    coverage: bool,
    /// Write what comes out now into the cases that fail, keeping comments and layout
    #[arg(long)]
    update: bool,
    /// Run again what changes, until Ctrl-C
    #[arg(long, conflicts_with = "update")]
    watch: bool,
    /// How the outcome is shown
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: FindingsFormat,
    /// Make findings errors: a code, or `warnings` or `notes`; repeatable
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    deny: Vec<String>,
    /// Make findings warnings: a code, or `notes`; repeatable
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    warn: Vec<String>,
    /// Do not show findings: a code, or `warnings` or `notes`; repeatable
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    allow: Vec<String>,
}

/// Runs the tests and tells what failed.
pub(crate) fn run(args: &TestArgs, context: &Context) -> Result<Exit, Error> {
    if !args.watch {
        return once(args, None, context, None);
    }
    // Watching begins before the first run, so that no change is missed.
    let mut changes = Changes::of(&args.rules)?;
    once(args, None, context, Some(&mut changes))?;
    let runtime = runtime()?;
    loop {
        context.note("watching for changes; Ctrl-C ends");
        let Some(changed) = runtime.block_on(changes.next()) else {
            return Ok(Exit::Interrupted);
        };
        once(args, Some(&changed), context, Some(&mut changes))?;
    }
}

/// Runs the tests of all rules, or of those whose files changed; what the tests are made of is watched too.
fn once(
    args: &TestArgs,
    changed: Option<&BTreeSet<PathBuf>>,
    context: &Context,
    changes: Option<&mut Changes>,
) -> Result<Exit, Error> {
    let config = check::config(context)?;
    let flags = LevelFlags {
        deny: &args.deny,
        warn: &args.warn,
        allow: &args.allow,
    };
    let levels = check::levels(&config, &flags)?;
    let Some(loaded) = ready::load(&args.rules, context)? else {
        return Ok(Exit::Findings);
    };
    let schema = schema::schema(&config, context)?;
    let ask = Ask {
        name: args.name.as_deref().unwrap_or_default().to_lowercase(),
        mutate: args.mutate,
        coverage: args.coverage,
    };
    let mut work = Work::new(loaded, changed, &schema)?;
    if let Some(changes) = changes {
        changes.also(work.beside());
    }
    if changed.is_some() && work.is_empty() {
        return Ok(Exit::Done);
    }
    work.run(&schema, &ask, &levels)?;
    if let Some(name) = args
        .name
        .as_ref()
        .filter(|_| changed.is_none() && work.is_idle())
    {
        return Err(Error::Usage {
            message: format!("no case and no rule has `{name}` in its name"),
            help: "`rulepost test --format json` lists them".to_owned(),
        });
    }
    if args.update {
        let (expectations, files) = work.update(&schema, &ask, &levels)?;
        context.note(&format!(
            "{} written in {}",
            human::plural(expectations, "expectation"),
            human::plural(files, "file")
        ));
    }
    context.print(&text(&work, args.format, context))?;
    Ok(if work.failed() {
        Exit::Findings
    } else {
        Exit::Done
    })
}

fn text(work: &Work, format: FindingsFormat, context: &Context) -> String {
    let tested = work.tested();
    let findings = tested.findings;
    match format {
        FindingsFormat::Human => {
            let options = human::Options {
                repair: "--update",
                color: context.colored(),
                least: Level::Warning,
            };
            human::diagnostics(findings.list, findings.sources, options) + &tested.summary()
        }
        FindingsFormat::Json => tested.json(),
        FindingsFormat::Sarif => report::sarif::findings(findings),
        FindingsFormat::Junit => report::junit::findings(findings),
        FindingsFormat::Github => report::github::findings(findings),
        FindingsFormat::Markdown => {
            let summary = tested.summary();
            format!(
                "{}\n{}",
                report::markdown::findings(findings),
                summary.replace('\n', "  \n")
            )
        }
    }
}
