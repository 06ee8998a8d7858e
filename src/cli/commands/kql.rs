//! `rulepost kql check` and `rulepost kql fmt`.

use std::io::BufRead as _;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Deserialize;
use serde::Serialize;

use crate::cli::args::Format;
use crate::cli::check;
use crate::cli::context::Context;
use crate::cli::context::{ERROR, HELP, WARNING};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::cli::schema;
use crate::kql;
use crate::kql::Checked;
use crate::kql::Schema;
use crate::kql::Severity;

/// Arguments of `kql`.
#[derive(Debug, Args)]
pub(crate) struct KqlArgs {
    #[command(subcommand)]
    command: KqlCommand,
}

/// What is done to queries.
#[derive(Debug, Subcommand)]
enum KqlCommand {
    /// Parse queries and check the names and types in them
    Check(CheckArgs),
    /// Lay queries out in one form
    Fmt(FmtArgs),
}

/// Arguments of `kql check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost kql check query.kql                       check a query against the built-in tables
  rulepost kql check --schema tables.json query.kql  check it against other tables
  rulepost kql check --jsonl < queries.jsonl         check many: lines of {\"id\", \"query\"}

Exit codes: 0 no errors, 3 a query has errors (with --jsonl: always 0)")]
struct CheckArgs {
    /// Files with one query each; `-` is standard input
    #[arg(value_name = "FILE", required_unless_present = "jsonl")]
    files: Vec<PathBuf>,
    /// Tables and functions to check against, instead of the built-in ones and those of the project
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Read lines of `{"id", "query"}` from standard input and write a line for each
    #[arg(long, conflicts_with = "files")]
    jsonl: bool,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Arguments of `kql fmt`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost kql fmt query.kql          rewrite a query in place
  rulepost kql fmt --check query.kql  say whether it would change
  rulepost kql fmt - < query.kql      print it laid out

Exit codes: 0 done, 3 a query has syntax errors, or with --check would change")]
struct FmtArgs {
    /// Files with one query each; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Change nothing; say which files would change
    #[arg(long)]
    check: bool,
}

/// Runs what was asked for.
pub(crate) fn run(args: &KqlArgs, context: &Context) -> Result<Exit, Error> {
    match &args.command {
        KqlCommand::Check(args) => check_queries(args, context),
        KqlCommand::Fmt(args) => fmt(args, context),
    }
}

fn check_queries(args: &CheckArgs, context: &Context) -> Result<Exit, Error> {
    let schema = match &args.schema {
        Some(path) => {
            let text = file::read(path)?;
            Schema::from_json(&text).map_err(|source| Error::Json {
                path: path.clone(),
                source,
            })?
        }
        None => schema::schema(&check::config(context)?, context)?,
    };
    if args.jsonl {
        return lines(&schema, context);
    }
    let mut failed = false;
    for path in &args.files {
        let text = read(path)?;
        let checked = kql::check(&text, &schema);
        failed |= checked
            .diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error);
        let shown = match args.format {
            Format::Human => human(path, &text, &checked),
            Format::Json => {
                let answer = Answer::new(path.display().to_string(), &text, &checked);
                to_line(&answer)
            }
        };
        context.print(&shown)?;
    }
    Ok(if failed { Exit::Findings } else { Exit::Done })
}

/// One query of `--jsonl`.
#[derive(Debug, Deserialize)]
struct Question {
    id: serde_json::Value,
    query: String,
}

/// The answer to one query; places are counted in UTF-16 units.
#[derive(Debug, Serialize)]
struct Answer {
    id: serde_json::Value,
    diagnostics: Vec<Finding>,
    columns: Vec<ResultColumn>,
    open: bool,
}

#[derive(Debug, Serialize)]
struct Finding {
    code: &'static str,
    severity: &'static str,
    start: usize,
    length: usize,
    message: String,
}

#[derive(Debug, Serialize)]
struct ResultColumn {
    name: String,
    #[serde(rename = "type")]
    type_name: &'static str,
}

impl Answer {
    fn new(id: impl Into<serde_json::Value>, text: &str, checked: &Checked) -> Self {
        let units = |byte: u32| {
            let before = text.get(..byte as usize).unwrap_or(text);
            before.chars().map(char::len_utf16).sum::<usize>()
        };
        Self {
            id: id.into(),
            diagnostics: checked
                .diagnostics
                .iter()
                .map(|d| {
                    let start = units(d.span.start);
                    Finding {
                        code: d.code,
                        severity: match d.severity {
                            Severity::Error => "Error",
                            Severity::Warning => "Warning",
                        },
                        start,
                        length: units(d.span.end) - start,
                        message: d.message.clone(),
                    }
                })
                .collect(),
            columns: checked
                .columns
                .iter()
                .map(|c| ResultColumn {
                    name: c.name.to_string(),
                    type_name: c.ty.name(),
                })
                .collect(),
            open: checked.open,
        }
    }
}

fn to_line(answer: &Answer) -> String {
    let mut line = serde_json::to_string(answer).expect("plain data is written as JSON");
    line.push('\n');
    line
}

fn lines(schema: &Schema, context: &Context) -> Result<Exit, Error> {
    let failed = |source| Error::Read {
        path: PathBuf::from("-"),
        source,
    };
    // Input is read beside the work, so that neither a program that writes all before it reads an answer
    // nor one that waits for each answer gets stuck.
    let (sender, receiver) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    let mut out = String::new();
    loop {
        let line = if let Ok(line) = receiver.try_recv() {
            line
        } else {
            context.print(&out)?;
            out.clear();
            let Ok(line) = receiver.recv() else { break };
            line
        };
        let line = line.map_err(failed)?;
        if line.trim().is_empty() {
            continue;
        }
        let question: Question = serde_json::from_str(&line).map_err(|source| Error::Json {
            path: PathBuf::from("-"),
            source,
        })?;
        let checked = kql::check(&question.query, schema);
        out.push_str(&to_line(&Answer::new(
            question.id,
            &question.query,
            &checked,
        )));
        if out.len() > 1 << 16 {
            context.print(&out)?;
            out.clear();
        }
    }
    context.print(&out)?;
    // The reader has ended: its end of the channel is closed.
    let _ = reader.join();
    Ok(Exit::Done)
}

/// The findings as a person reads them: place, message, the line with a mark below, help.
fn human(path: &Path, text: &str, checked: &Checked) -> String {
    let mut out = String::new();
    // What follows from a syntax error is not worth reading before that is repaired.
    let syntax = checked
        .diagnostics
        .iter()
        .find(|d| d.is_syntax() && !d.cascade)
        .map(|d| d.span.start);
    let shown = checked
        .diagnostics
        .iter()
        .filter(|d| !d.cascade)
        .filter(|d| d.is_syntax() || syntax.is_none_or(|from| d.span.start < from));
    let mut last = None;
    for d in shown {
        // One finding for one place: what else is missing there follows from the first.
        if d.is_syntax() && last.replace(d.span.start) == Some(d.span.start) {
            continue;
        }
        let (style, word) = match d.severity {
            Severity::Error => (ERROR, "error"),
            Severity::Warning => (WARNING, "warning"),
        };
        let start = (d.span.start as usize).min(text.len());
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end();
        let row = text[..start].matches('\n').count() + 1;
        let column = text[line_start..start].chars().count() + 1;
        let end = (d.span.end as usize).clamp(start, line_end);
        let width = text[start..end].chars().count().max(1);
        let margin = row.to_string().len();
        out.push_str(&format!(
            "{style}{word}[{}]{style:#}: {}\n",
            d.code, d.message
        ));
        out.push_str(&format!(
            "{:margin$}--> {}:{row}:{column}\n",
            "",
            path.display()
        ));
        out.push_str(&format!("{row} | {line}\n"));
        out.push_str(&format!(
            "{:margin$} | {}{}\n",
            "",
            " ".repeat(column - 1),
            "^".repeat(width)
        ));
        if let Some(help) = &d.help {
            out.push_str(&format!("{:margin$} = {HELP}help{HELP:#}: {help}\n", ""));
        }
    }
    out
}

fn fmt(args: &FmtArgs, context: &Context) -> Result<Exit, Error> {
    let mut exit = Exit::Done;
    for path in &args.files {
        let text = read(path)?;
        let Some(laid_out) = kql::format(&text) else {
            let checked = kql::check(&text, &Schema::built_in());
            context.print(&human(path, &text, &checked))?;
            exit = Exit::Findings;
            continue;
        };
        if path.as_os_str() == "-" {
            context.print(&laid_out)?;
        } else if laid_out != text {
            if args.check {
                context.print(&format!("{}\n", path.display()))?;
                exit = Exit::Findings;
            } else {
                file::write(path, &laid_out)?;
                context.note(&format!("formatted {}", path.display()));
            }
        }
    }
    Ok(exit)
}

fn read(path: &Path) -> Result<String, Error> {
    if path.as_os_str() != "-" {
        return file::read(path);
    }
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
    Ok(text)
}
