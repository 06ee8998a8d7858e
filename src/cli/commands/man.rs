//! `rulepost man -o DIR`.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::args::Cli;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::report::human;

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost man -o ~/.local/share/man/man1    pages for `man rulepost` and `man rulepost-deploy`")]
pub(crate) struct ManArgs {
    /// Folder for the pages
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// Writes one page for the program and one for each command.
pub(crate) fn run(args: &ManArgs, context: &Context) -> Result<Exit, Error> {
    let mut program = Cli::command();
    program.build();
    let mut pages = vec![page("rulepost", program.clone())?];
    for command in program.get_subcommands() {
        let name = format!("rulepost-{}", command.get_name());
        pages.push(page(&name, command.clone())?);
    }
    for (name, text) in &pages {
        file::write(&args.output.join(name), text)?;
    }
    let count = human::plural(pages.len(), "page");
    context.note(&format!("wrote {count} to `{}`", args.output.display()));
    Ok(Exit::Done)
}

fn page(name: &str, command: Command) -> Result<(String, String), Error> {
    let mut text = Vec::new();
    let command = command
        .name(name.to_owned())
        .bin_name(name.replacen('-', " ", 1));
    Man::new(command).render(&mut text).map_err(Error::Output)?;
    Ok((
        format!("{name}.1"),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}
