//! `rulepost emulator`: runs one, or works on one that is there.

mod advance;
mod incidents;
mod ingest;
mod reach;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use crate::cli::context::{Context, runtime};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::clock::{Clock, ManualClock};
use crate::duration::Duration;
use crate::emulator::{self, Config, Seed};

/// Arguments of `emulator`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
Examples:
  rulepost emulator                                  on a free port, state in .rulepost/emulator
  rulepost emulator --listen 127.0.0.1:8443 --data-dir /tmp/sentinel --seed seed.json
  rulepost emulator --time 2026-01-01T00:00:00Z      with a clock that is moved by hand

When it is ready it prints one line of JSON on standard output: where it listens, and under `env` the
variables with which clients find it. It stops on Ctrl-C or SIGTERM.")]
pub(crate) struct EmulatorArgs {
    #[command(subcommand)]
    command: Option<EmulatorCommand>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Folder of the state; made when absent
    #[arg(long, value_name = "DIR", default_value = ".rulepost/emulator")]
    data_dir: PathBuf,
    /// JSON file with workspaces, rules and applications to put in
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// JSON file that says how to misbehave
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Speak TLS with a self-signed certificate that is kept in the folder
    #[arg(long)]
    tls: bool,
    /// Drop members that the service does not know, instead of refusing them
    #[arg(long)]
    loose: bool,
    /// How long rows are under way before they can be queried, such as 2m
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    ingestion_delay: Duration,
    /// Items on one page of a list
    #[arg(long, value_name = "N", default_value_t = 100)]
    page_size: usize,
    /// Start with a clock that stands at this time and is moved by hand only
    #[arg(long, value_name = "TIME")]
    time: Option<Timestamp>,
}

/// What can be done with an emulator beside running it.
#[derive(Debug, Subcommand)]
enum EmulatorCommand {
    /// Put the rows of a file into a table
    Ingest(ingest::IngestArgs),
    /// Move the clock on; rules run as they would in that time
    Advance(advance::AdvanceArgs),
    /// Show the incidents that rules made
    Incidents(incidents::IncidentsArgs),
}

/// Runs the emulator until it is told to stop, or does what else was asked for.
pub(crate) fn run(args: EmulatorArgs, context: &Context) -> Result<Exit, Error> {
    match &args.command {
        Some(EmulatorCommand::Ingest(args)) => return ingest::run(args, context),
        Some(EmulatorCommand::Advance(args)) => return advance::run(args, context),
        Some(EmulatorCommand::Incidents(args)) => return incidents::run(args, context),
        None => {}
    }
    let seed: Option<Seed> = args.seed.as_deref().map(read_json).transpose()?;
    let config = Config {
        listen: args.listen,
        data_dir: context.env.current_dir.join(args.data_dir),
        clock: match args.time {
            Some(at) => Clock::Manual(ManualClock::new(at)),
            None => Clock::Real,
        },
        seed,
        loose: args.loose,
        ingestion_delay: SignedDuration::from_secs(
            i64::try_from(args.ingestion_delay.as_secs()).unwrap_or(i64::MAX),
        ),
        page_size: args.page_size,
        faults: args
            .faults
            .as_deref()
            .map(read_json)
            .transpose()?
            .unwrap_or_default(),
        tls: args.tls,
        log_requests: false,
    };
    runtime()?.block_on(serve(config, context))
}

async fn serve(config: Config, context: &Context) -> Result<Exit, Error> {
    let running = emulator::start(config).await.map_err(Error::Emulator)?;
    // Heard before the line is printed: whoever reads it may tell us to stop at once.
    let stop = stop_signal().map_err(Error::Runtime)?;
    let ready = serde_json::to_string(&running.ready).expect("the record holds text only");
    context.print(&format!("{ready}\n"))?;
    stop.await;
    running.stop().await;
    Ok(Exit::Done)
}

/// Ends when the process is told to stop.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends when the process is told to stop.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async move {
        // Without a signal to wait for, the process ends when it is ended.
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Reads a JSON file.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the files of the emulator are no project files"
    )]
    let bytes = std::fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_slice(&bytes).map_err(|source| Error::Json {
        path: path.to_owned(),
        source,
    })
}
