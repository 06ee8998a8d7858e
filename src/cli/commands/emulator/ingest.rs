//! `rulepost emulator ingest`.

use std::path::PathBuf;

use clap::Args;
use hyper::Method;
use serde_json::{Map, Value, json};

use crate::cli::commands::emulator::reach::ReachArgs;
use crate::cli::context::{Context, runtime};
use crate::cli::data;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::duration::Duration;
use crate::engine::{self, Table, output, time};
use crate::kql::{Schema, literal};
use crate::report::human::plural;

/// Rows of one request.
const CHUNK: usize = 2_000;
/// The column that is shifted.
const TIME: &str = "TimeGenerated";

/// Arguments of `emulator ingest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost emulator ingest sftp-attack.json --table StorageBlobLogs --shift-to now
  rulepost emulator ingest orders.csv --table Orders_CL

A row keeps its `TimeGenerated`, shifted or not, and can be queried when the emulator's clock has reached the
time it arrived. A custom table, `NAME_CL`, is made when it is not there.")]
pub(crate) struct IngestArgs {
    /// Rows: CSV with a header, a JSON array, or one JSON object a line
    file: PathBuf,
    /// Table to put them into
    #[arg(long, value_name = "NAME")]
    table: String,
    /// Shift all times so that the last row was generated then: `now`, or a time
    #[arg(long, value_name = "TIME")]
    shift_to: Option<String>,
    /// How long after it was generated a row arrived
    #[arg(long, value_name = "DURATION", default_value = "90s")]
    delay: Duration,
    #[command(flatten)]
    reach: ReachArgs,
}

/// Puts the rows of a file into a table.
pub(crate) fn run(args: &IngestArgs, context: &Context) -> Result<Exit, Error> {
    let path = context.env.current_dir.join(&args.file);
    let table = data::whole(&args.table, &path, &Schema::built_in())?;
    runtime()?.block_on(ingest(args, &table, context))
}

async fn ingest(args: &IngestArgs, table: &Table, context: &Context) -> Result<Exit, Error> {
    let reached = args.reach.reach(context).await?;
    let shift = match args.shift_to.as_deref() {
        None => 0,
        Some("now") => {
            let clock = reached.ask(Method::GET, "/clock", None).await?;
            shift_to(table, clock["now"].as_str().unwrap_or_default())?
        }
        Some(text) => shift_to(table, text)?,
    };
    let rows: Vec<Map<String, Value>> = table
        .rows
        .iter()
        .map(|row| object(table, row, shift))
        .collect();
    let mut unknown = std::collections::BTreeSet::new();
    for chunk in rows.chunks(CHUNK) {
        let body = json!({"rows": chunk, "delay": format!("PT{}S", args.delay.as_secs())});
        let path = format!("/tables/{}/rows", args.table);
        let answer = reached
            .ask_workspace(Method::POST, &path, Some(&body))
            .await?;
        let names = answer["unknownColumns"].as_array().into_iter().flatten();
        unknown.extend(names.filter_map(|name| name.as_str().map(str::to_owned)));
    }
    reached.leave().await;
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.into_iter().collect();
        context.note(&format!(
            "left out, as `{}` has no such column: {}",
            args.table,
            names.join(", ")
        ));
    }
    let spread = match (times(table).min(), times(table).max()) {
        (Some(first), Some(last)) => format!(
            ", generated from {} to {}",
            time::datetime_json(first.saturating_add(shift)),
            time::datetime_json(last.saturating_add(shift))
        ),
        _ => String::new(),
    };
    let rows = plural(rows.len(), "row");
    context.print(&format!("{rows} into {}{spread}\n", args.table))?;
    Ok(Exit::Done)
}

/// The times of the rows, in ticks.
fn times(table: &Table) -> impl Iterator<Item = i64> {
    let column = table
        .columns
        .iter()
        .position(|column| &*column.name == TIME);
    let cells = table.rows.iter().filter_map(move |row| row.get(column?));
    cells.filter_map(|cell| match cell {
        engine::Value::Datetime(ticks) => Some(*ticks),
        _ => None,
    })
}

/// How far the rows must move for the last to be generated then.
fn shift_to(table: &Table, text: &str) -> Result<i64, Error> {
    let target = literal::parse_datetime(text).ok_or_else(|| Error::Usage {
        message: format!("`--shift-to {text}` is no point in time"),
        help: "`now`, or a time such as `2026-05-04T12:00:00Z`, is accepted".to_owned(),
    })?;
    Ok(times(table)
        .max()
        .map_or(0, |last| target.saturating_sub(last)))
}

/// A row as it is sent: what is null or empty is left out, as it is when it is not there.
fn object(table: &Table, row: &engine::Row, shift: i64) -> Map<String, Value> {
    let cells = table.columns.iter().zip(row).filter_map(|(column, cell)| {
        let value = match cell {
            engine::Value::Datetime(ticks) if &*column.name == TIME => {
                json!(time::datetime_json(
                    ticks.saturating_add(shift).clamp(0, time::LAST)
                ))
            }
            other => output::cell(other),
        };
        (!value.is_null() && value != "").then(|| (column.name.to_string(), value))
    });
    cells.collect()
}
