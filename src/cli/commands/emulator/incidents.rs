//! `rulepost emulator incidents`.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use hyper::Method;
use serde_json::Value;

use crate::cli::commands::emulator::reach::ReachArgs;
use crate::cli::context::{Context, runtime};
use crate::cli::error::Error;
use crate::cli::exit::Exit;

/// Arguments of `emulator incidents`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost emulator incidents
  rulepost emulator incidents --format json | jq '.[].properties.title'")]
pub(crate) struct IncidentsArgs {
    /// How they are written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: IncidentsFormat,
    #[command(flatten)]
    reach: ReachArgs,
}

/// The formats of incidents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IncidentsFormat {
    /// Aligned text.
    Human,
    /// A list as the API shows them, each with its `alerts` and `entities`.
    Json,
}

/// Shows the incidents.
pub(crate) fn run(args: &IncidentsArgs, context: &Context) -> Result<Exit, Error> {
    runtime()?.block_on(async {
        let reached = args.reach.reach(context).await?;
        let answer = reached
            .ask_workspace(Method::GET, "/incidents", None)
            .await?;
        reached.leave().await;
        let list = &answer["value"];
        let text = match args.format {
            IncidentsFormat::Json => format!("{list:#}\n"),
            IncidentsFormat::Human => human(list),
        };
        context.print(&text)?;
        Ok(Exit::Done)
    })
}

fn human(list: &Value) -> String {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() {
        return "No incidents\n".to_owned();
    }
    let mut text = String::new();
    for incident in list {
        let properties = &incident["properties"];
        let word = |name: &str| properties[name].as_str().unwrap_or_default();
        let joined = |name: &str| {
            let items = properties["additionalData"][name].as_array();
            let items = items.into_iter().flatten().filter_map(Value::as_str);
            items.collect::<Vec<_>>().join(", ")
        };
        // A text in memory takes everything.
        let _ = writeln!(
            text,
            "#{} {}, {}: {}",
            properties["incidentNumber"],
            word("severity"),
            word("status"),
            word("title")
        );
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(text, "   {name:<9} {value}");
            }
        };
        line("rule", incident["ruleName"].as_str().unwrap_or_default());
        line("created", word("createdTimeUtc"));
        line(
            "activity",
            &format!(
                "{} to {}",
                word("firstActivityTimeUtc"),
                word("lastActivityTimeUtc")
            ),
        );
        line("tactics", &joined("tactics"));
        line("technique", &joined("techniques"));
        line(
            "alerts",
            &properties["additionalData"]["alertsCount"].to_string(),
        );
        for entity in incident["entities"].as_array().into_iter().flatten() {
            let kind = entity["kind"].as_str().unwrap_or_default();
            let name = entity["properties"]["friendlyName"].as_str();
            line("entity", &format!("{kind} {}", name.unwrap_or_default()));
        }
    }
    text
}
