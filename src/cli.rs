//! The command line: arguments in, text and exit code out.
//!
//! This is the only module that reads the environment and prints. A command is one file in `commands/`: its
//! arguments as a clap struct, and a function that turns them into an operation and shows the result.
//! Results go to standard output; progress, notes and log lines to standard error.
//! Start at [`run`]; [`args::Command`] lists the commands.

pub(crate) mod aim;
pub(crate) mod args;
pub(crate) mod check;
pub(crate) mod codes;
pub(crate) mod commands;
pub(crate) mod connection;
pub(crate) mod context;
mod data;
pub(crate) mod env;
pub(crate) mod error;
pub(crate) mod exit;
pub(crate) mod file;
mod log;
mod lsp;
mod parallel;
pub(crate) mod scaffold;
pub(crate) mod schema;
pub(crate) mod source;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::env::Env;
use crate::cli::exit::Exit;

/// Runs the program with the arguments given, the program's own name first, and tells how it ended.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too. A closed pipe is the reader's choice, not a failure.
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            return exit.into();
        }
    };
    log::start(&cli.global);
    let context = Context::new(&cli.global, Env::read());
    let exit = match commands::run(cli.command, &context) {
        Ok(exit) => exit,
        Err(error) => {
            context.error(&error);
            error.exit()
        }
    };
    exit.into()
}

#[cfg(test)]
mod tests;
