//! The question before anything is written.

use std::io::BufRead as _;

use crate::cli::commands::deploy::DeployArgs;
use crate::cli::commands::deploy::reach::Planned;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::report;

/// Asks, unless `--yes` answers.
pub(super) async fn confirm(
    args: &DeployArgs,
    count: usize,
    targets: &[Planned],
    context: &Context,
) -> Result<(), Error> {
    if args.yes {
        return Ok(());
    }
    if !context.env.stdin_is_terminal {
        return Err(Error::Usage {
            message: "nobody is here to confirm the plan".into(),
            help: "`--yes` applies it, `--dry-run` stops after the plan".into(),
        });
    }
    let names: Vec<String> = targets
        .iter()
        .filter_map(|target| target.result.as_ref().ok())
        .filter(|ready| !ready.plan.is_empty())
        .map(|ready| format!("`{}`", ready.plan.workspace.name))
        .collect();
    let changes = report::human::plural(count, "change");
    context.ask(&format!("Apply {changes} to {}? [y/N] ", names.join(", ")));
    tokio::select! {
        answer = answer() => match answer.as_deref().map(str::trim) {
            Some("y" | "Y" | "yes" | "Yes") => Ok(()),
            Some(_) => Err(Error::Declined),
            None => {
                context.ask("\n");
                Err(Error::Declined)
            }
        },
        _ = tokio::signal::ctrl_c() => {
            // The question has no line end yet.
            context.ask("\n");
            Err(Error::Interrupted)
        }
    }
}

/// A line of standard input; `None` at its end.
///
/// The thread that reads is left behind when nobody waits for it any more: a blocking task would hold up the end of
/// the program until somebody presses a key.
async fn answer() -> Option<String> {
    let (send, receive) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        let _ = send.send(read.ok().filter(|count| *count > 0).map(|_| line));
    });
    receive.await.ok().flatten()
}
