//! `rulepost validate [RULES…]`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::check;
use crate::cli::check::Checked;
use crate::cli::check::LevelFlags;
use crate::cli::check::Standard;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::diag::Level;
use crate::lint::baseline::Baseline;
use crate::lint::baseline::Place;
use crate::lint::fix;
use crate::project;
use crate::report;
use crate::report::human;
use crate::report::slashed;
use crate::rule::classify::Content;

/// Arguments of `validate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost validate                               check the rules in rules/
  rulepost validate --deny warnings a.yaml        fail on warnings too
  rulepost validate --fix                         repair what is mechanical
  rulepost validate --format sarif > found.sarif  a report for code scanning

`rulepost explain CODE` says what a finding means. A comment
`# rulepost: ignore[CODE] reason` accepts one finding at its place.

Exit codes: 0 no finding is an error, 3 a finding is an error")]
pub(crate) struct ValidateArgs {
    /// Rule files or folders
    #[arg(default_value = "rules", value_name = "RULES")]
    pub(crate) rules: Vec<PathBuf>,
    /// How the findings are written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub(crate) format: FindingsFormat,
    /// Make findings errors: a code, or `warnings` or `notes`; repeatable
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) deny: Vec<String>,
    /// Make findings warnings: a code, or `notes`; repeatable
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) warn: Vec<String>,
    /// Do not show findings: a code, or `warnings` or `notes`; repeatable
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) allow: Vec<String>,
    /// Show notes too
    #[arg(long)]
    pub(crate) notes: bool,
    /// Repair what is mechanical, keeping comments and layout
    #[arg(long)]
    pub(crate) fix: bool,
    /// Leave out the findings that this file accepts
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Accept all findings of now by writing them to this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "fix"])]
    pub(crate) write_baseline: Option<PathBuf>,
}

/// The formats of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingsFormat {
    /// Text for people.
    Human,
    /// Versioned JSON.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// XML of test reports.
    Junit,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A table, for a step summary or a comment.
    Markdown,
}

/// Rounds of repairs; one repair can make room for another, not endlessly.
const MOST_ROUNDS: usize = 8;

/// Checks the rules and shows what is wrong.
pub(crate) fn run(args: &ValidateArgs, context: &Context) -> Result<Exit, Error> {
    let config = check::config(context)?;
    let flags = LevelFlags {
        deny: &args.deny,
        warn: &args.warn,
        allow: &args.allow,
    };
    let standard = Standard::new(&config, &flags, context)?;
    let mut checked = check::checked(project::load(&args.rules)?, &standard);
    if checked.loaded.files == 0 {
        let paths: Vec<String> = args
            .rules
            .iter()
            .map(|path| format!("`{}`", path.display()))
            .collect();
        context.note(&format!(
            "nothing to check: no YAML file in {}",
            paths.join(", ")
        ));
    }
    if args.fix {
        checked = repair(checked, args, &standard, context)?;
    }
    if let Some(path) = &args.write_baseline {
        let baseline = Baseline::of(&checked.findings, &checked.loaded.sources);
        file::write(path, &baseline.write())?;
        let count = human::plural(checked.findings.len(), "finding");
        context.note(&format!("{count} accepted in {}", path.display()));
        return Ok(Exit::Done);
    }
    let known = baseline_path(args, &config, context);
    let mut accepted = 0;
    if let Some(path) = known {
        let baseline = check::baseline(&path)?;
        let applied = baseline.apply(&mut checked.findings, &checked.loaded.sources);
        accepted = applied.accepted;
        tell_gone(&applied.gone, &path, &checked, context);
    }
    context.print(&text(&checked, args, accepted, context))?;
    Ok(if checked.failed() {
        Exit::Findings
    } else {
        Exit::Done
    })
}

/// The flag's file, or the one that the configuration names beside itself.
fn baseline_path(
    args: &ValidateArgs,
    config: &project::config::Config,
    context: &Context,
) -> Option<PathBuf> {
    args.baseline.clone().or_else(|| {
        let beside = context.config.as_deref().and_then(Path::parent);
        let named = config.lint.baseline.as_ref()?;
        Some(beside.unwrap_or(Path::new("")).join(named))
    })
}

/// Tells which entries of a baseline occur no more: those of files that were checked or do not exist.
fn tell_gone(gone: &[Place], baseline: &Path, checked: &Checked, context: &Context) {
    let told = |place: &&Place| {
        let sources = &checked.loaded.sources;
        let mut paths = sources.iter().map(|(_, file)| slashed(file.path()));
        paths.any(|path| path == place.path) || !Path::new(&place.path).exists()
    };
    let told: Vec<&Place> = gone.iter().filter(told).collect();
    for place in &told {
        context.note(&format!(
            "{}: `{}` no longer occurs in {}",
            baseline.display(),
            place.code,
            place.path
        ));
    }
    if !told.is_empty() {
        context.note(&format!(
            "`--write-baseline {}` writes the baseline anew",
            baseline.display()
        ));
    }
}

/// Writes repaired files until nothing is left to repair, and checks again.
fn repair(
    mut checked: Checked,
    args: &ValidateArgs,
    standard: &Standard,
    context: &Context,
) -> Result<Checked, Error> {
    let (mut repairs, mut files) = (0, std::collections::BTreeSet::new());
    for _ in 0..MOST_ROUNDS {
        let repaired = fix::apply(&checked.findings, &checked.loaded.sources);
        if repaired.is_empty() {
            break;
        }
        for (source, repaired) in repaired {
            let path = checked.loaded.sources.get(source).path();
            project::write::replace(path, &repaired.text).map_err(|source| Error::Write {
                path: path.to_owned(),
                source,
            })?;
            repairs += repaired.count;
            files.insert(path.to_owned());
        }
        checked = check::checked(project::load(&args.rules)?, standard);
    }
    context.note(&format!(
        "{} made in {}",
        human::plural(repairs, "repair"),
        human::plural(files.len(), "file")
    ));
    Ok(checked)
}

fn text(checked: &Checked, args: &ValidateArgs, accepted: usize, context: &Context) -> String {
    let loaded = &checked.loaded;
    let skipped: Vec<report::NoRule> = loaded
        .skipped
        .iter()
        .map(|skipped| report::NoRule {
            path: skipped.path.clone(),
            line: loaded
                .sources
                .get(skipped.span.source)
                .line_column(skipped.span.start as usize)
                .line,
            what: what(skipped.content),
        })
        .collect();
    let findings = report::Findings {
        command: "validate",
        sources: &loaded.sources,
        list: &checked.findings,
        files: loaded.files,
        rules: loaded.rules.len() + loaded.incomplete.len(),
        skipped: &skipped,
        checks: &[],
    };
    match args.format {
        FindingsFormat::Human => human_text(findings, args, accepted, context),
        FindingsFormat::Json => report::json::findings(findings),
        FindingsFormat::Sarif => report::sarif::findings(findings),
        FindingsFormat::Junit => report::junit::findings(findings),
        FindingsFormat::Github => report::github::findings(findings),
        FindingsFormat::Markdown => report::markdown::findings(findings),
    }
}

fn what(content: Content) -> String {
    match content {
        Content::Rule | Content::Wrapped(_) => "analytics rule".to_owned(),
        Content::OtherKind(kind) => format!("rule of kind {kind}, which the service makes itself"),
        Content::Retired => "retired rule".to_owned(),
        Content::Other(what) => what.to_owned(),
    }
}

fn human_text(
    findings: report::Findings<'_>,
    args: &ValidateArgs,
    accepted: usize,
    context: &Context,
) -> String {
    let options = human::Options {
        repair: "--fix",
        color: context.colored(),
        least: if args.notes {
            Level::Note
        } else {
            Level::Warning
        },
    };
    let mut text = human::diagnostics(findings.list, findings.sources, options);
    for skipped in findings.skipped {
        context.note(&format!(
            "skipped {}:{}: {}",
            skipped.path.display(),
            skipped.line,
            skipped.what
        ));
    }
    text.push_str(&format!(
        "{}: {} in {}",
        human::count(findings.list),
        human::plural(findings.rules, "rule"),
        human::plural(findings.files, "file"),
    ));
    if !findings.skipped.is_empty() {
        text.push_str(&format!(", {} skipped", findings.skipped.len()));
    }
    if accepted > 0 {
        text.push_str(&format!(", {accepted} accepted by the baseline"));
    }
    let repairable = findings.list.iter().filter(|found| found.fix.is_some());
    let repairable = repairable.count();
    if repairable > 0 && !args.fix {
        text.push_str(&format!("; `--fix` can repair {repairable}"));
    }
    let notes = findings.count(Level::Note);
    if notes > 0 && !args.notes {
        text.push_str("; `--notes` shows the notes");
    }
    text.push('\n');
    text
}
