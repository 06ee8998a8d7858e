//! `rulepost query`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::BufRead;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;

use crate::cli::check;
use crate::cli::context::Context;
use crate::cli::data;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::cli::schema;
use crate::clock::Clock;
use crate::engine;
use crate::engine::Environment;
use crate::engine::Table;
use crate::engine::output;
use crate::kql::literal;

/// Arguments of `query`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo 'print 1 + 1' | rulepost query
  rulepost query -f top.kql --table StorageBlobLogs=logs.jsonl
  rulepost query -f rule.kql --table SigninLogs=a.csv --now 2026-05-04T12:00Z --format json

Exit codes: 0 answered, 1 the query is wrong or not supported")]
pub(crate) struct QueryArgs {
    /// The query; without it, standard input is read
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A table and the CSV or JSON lines file that holds its rows; repeatable
    #[arg(long, value_name = "NAME=FILE", value_parser = named_file)]
    table: Vec<(String, PathBuf)>,
    /// A watchlist's alias and the CSV or JSON lines file that holds its rows; repeatable
    #[arg(long, value_name = "ALIAS=FILE", value_parser = named_file)]
    watchlist: Vec<(String, PathBuf)>,
    /// An address in `externaldata` and the file that stands for it; repeatable
    #[arg(long, value_name = "URL=FILE", value_parser = named_file)]
    external: Vec<(String, PathBuf)>,
    /// What `now()` is [default: the clock]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// How much one operator may hold, such as `512MiB`
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "4GiB")]
    memory_limit: u64,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: QueryFormat,
    /// Read lines `{id, query}` and answer each with a line
    #[arg(long)]
    jsonl: bool,
}

/// The formats of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    /// Aligned text.
    Table,
    /// `{columns, rows}`.
    Json,
    /// CSV with a header.
    Csv,
}

/// `NAME=FILE`; the name may hold `=` itself, the file may not.
fn named_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.rsplit_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), file.into()))
        }
        _ => Err("a name and a file with `=` between them are expected".to_owned()),
    }
}

/// A size such as `512MiB`.
fn size(text: &str) -> Result<u64, String> {
    engine::memory::parse(text)
        .ok_or_else(|| "a number of bytes, KiB, MiB or GiB is accepted".to_owned())
}

/// Runs the query, or each line's.
pub(crate) fn run(args: &QueryArgs, context: &Context) -> Result<Exit, Error> {
    let now = match &args.now {
        Some(text) => literal::parse_datetime(text).ok_or_else(|| Error::Usage {
            message: format!("`--now {text}` is no point in time"),
            help: "a time such as `2026-05-04T12:00:00Z` is accepted".to_owned(),
        })?,
        None => {
            engine::time::UNIX_EPOCH
                + i64::try_from(Clock::Real.now().as_nanosecond() / 100).unwrap_or(0)
        }
    };
    let mut env = Environment {
        now,
        memory: Some(args.memory_limit),
        ..Environment::default()
    };
    let schema = schema::schema(&check::config(context)?, context)?;
    for (name, path) in &args.table {
        env.tables
            .insert(name.clone(), data::table(name, path, &schema)?);
    }
    for (alias, path) in &args.watchlist {
        env.watchlists
            .insert(alias.clone(), data::whole(alias, path, &schema)?);
    }
    if !args.external.is_empty() {
        let files: BTreeMap<String, PathBuf> = args.external.iter().cloned().collect();
        env.fetch = Some(Box::new(move |url| match files.get(url) {
            Some(path) => file::read(path).map_err(|error| error.to_string()),
            None => Err(format!(
                "no file stands for `{url}`; `--external URL=FILE` gives one"
            )),
        }));
    }
    if args.jsonl {
        return match &args.file {
            Some(path) => lines(file::reader(path)?, path, &env, context),
            None => lines(
                std::io::stdin().lock(),
                "standard input".as_ref(),
                &env,
                context,
            ),
        };
    }
    let text = if let Some(path) = &args.file {
        file::read(path)?
    } else {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|source| Error::Read {
                path: "standard input".into(),
                source,
            })?;
        text
    };
    let table = engine::run(&text, &env).map_err(Error::Query)?;
    context.print(&match args.format {
        QueryFormat::Table => aligned(&table),
        QueryFormat::Json => format!("{}\n", output::document(&table)),
        QueryFormat::Csv => output::csv(&table),
    })?;
    Ok(Exit::Done)
}

/// One answer for each line as it comes, whatever the others give.
fn lines(
    mut input: impl BufRead,
    path: &Path,
    env: &Environment,
    context: &Context,
) -> Result<Exit, Error> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input
            .read_until(b'\n', &mut line)
            .map_err(|source| Error::Read {
                path: path.to_owned(),
                source,
            })?;
        if read == 0 {
            return Ok(Exit::Done);
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        // What is no UTF-8 is no JSON either.
        let request: serde_json::Value = serde_json::from_slice(&line).unwrap_or_default();
        let id = request.get("id").cloned().unwrap_or_default();
        let outcome = match request.get("query").and_then(serde_json::Value::as_str) {
            Some(query) => engine::run(query, env),
            None => Err(engine::Error::Invalid(
                "the line is no JSON object with `query`".to_owned(),
            )),
        };
        let answer = match outcome {
            Ok(table) => {
                let document = output::document(&table);
                serde_json::json!({ "id": id, "columns": document["columns"], "rows": document["rows"] })
            }
            Err(error) => serde_json::json!({
                "id": id,
                "error": { "kind": error.kind(), "message": error.to_string() },
            }),
        };
        context.print(&format!("{answer}\n"))?;
    }
}

/// The table with its columns under each other.
fn aligned(table: &Table) -> String {
    let width = |text: &str| text.chars().count();
    let cells: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|v| output::plain(v).replace('\n', " "))
                .collect()
        })
        .collect();
    let widths: Vec<usize> = table
        .columns
        .iter()
        .enumerate()
        .map(|(i, c)| {
            cells
                .iter()
                .map(|r| width(&r[i]))
                .max()
                .unwrap_or(0)
                .max(width(&c.name))
        })
        .collect();
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (cell, wide) in cells.zip(&widths) {
            let _ = write!(text, "{cell:wide$}  ");
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&mut table.columns.iter().map(|c| &*c.name));
    let rules: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    line(&mut rules.iter().map(String::as_str));
    for row in &cells {
        line(&mut row.iter().map(String::as_str));
    }
    out
}
