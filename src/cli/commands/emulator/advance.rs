//! `rulepost emulator advance`.

use std::fmt::Write as _;

use clap::Args;
use hyper::Method;
use serde_json::{Value, json};

use crate::cli::commands::emulator::reach::ReachArgs;
use crate::cli::context::{Context, runtime};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::duration::Duration;
use crate::report::human::plural;

/// Arguments of `emulator advance`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost emulator advance 1h
  rulepost emulator advance 0s          makes the runs that are due by now

Rules that are enabled run as they would in that time: each at its frequency, five minutes late.")]
pub(crate) struct AdvanceArgs {
    /// How far to move the emulator's clock: `90m`, `2h`, `1d`
    by: Duration,
    #[command(flatten)]
    reach: ReachArgs,
}

/// Moves the clock and tells what ran.
pub(crate) fn run(args: &AdvanceArgs, context: &Context) -> Result<Exit, Error> {
    runtime()?.block_on(async {
        let reached = args.reach.reach(context).await?;
        let body = json!({"advance": format!("PT{}S", args.by.as_secs())});
        let answer = reached.ask(Method::POST, "/clock", Some(&body)).await?;
        reached.leave().await;
        context.print(&told(&answer))?;
        Ok(Exit::Done)
    })
}

fn told(answer: &Value) -> String {
    let ran = &answer["ran"];
    let count = |name: &str| {
        let count = ran[name].as_u64().unwrap_or(0);
        usize::try_from(count).unwrap_or(usize::MAX)
    };
    let mut text = format!(
        "It is {}. {} of {}: {}, {}\n",
        answer["now"].as_str().unwrap_or_default(),
        plural(count("runs"), "run"),
        plural(count("rules"), "rule"),
        plural(count("alerts"), "alert"),
        plural(count("incidents"), "new incident"),
    );
    for (rule, error) in ran["failed"].as_object().into_iter().flatten() {
        let error = error.as_str().unwrap_or_default();
        // A text in memory takes everything.
        let _ = writeln!(text, "failed: {rule}: {error}");
    }
    text
}
