//! `rulepost explain [CODE]`.

use clap::Args;

use crate::cli::args::Format;
use crate::cli::codes;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::diag::Code;

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost explain                                list every finding
  rulepost explain period-shorter-than-frequency  say what one means")]
pub(crate) struct ExplainArgs {
    /// The code of a finding, as `validate` shows it in brackets
    code: Option<String>,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// Prints what a finding means, or the list of all.
pub(crate) fn run(args: &ExplainArgs, context: &Context) -> Result<Exit, Error> {
    let all = codes::all();
    let Some(name) = &args.code else {
        context.print(&match args.format {
            Format::Human => list(&all),
            Format::Json => json(&all),
        })?;
        return Ok(Exit::Done);
    };
    let Some(code) = all.iter().find(|code| code.id == name) else {
        let near = all.iter().map(|code| code.id);
        let near = near.min_by_key(|id| strsim::damerau_levenshtein(id, name));
        return Err(Error::Usage {
            message: format!("there is no finding `{name}`"),
            help: match near.filter(|id| strsim::damerau_levenshtein(id, name) <= 4) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`rulepost explain` lists all".to_owned(),
            },
        });
    };
    context.print(&match args.format {
        Format::Human => format!(
            "{}: {}\nlevel: {}\n\n{}\n",
            code.id,
            code.title,
            code.level.as_str(),
            code.text().trim_end()
        ),
        Format::Json => json(&[code]),
    })?;
    Ok(Exit::Done)
}

fn list(all: &[&Code]) -> String {
    let width = all.iter().map(|code| code.id.len()).max().unwrap_or(0);
    let lines = all.iter().map(|code| {
        format!(
            "{:width$}  {:7}  {}\n",
            code.id,
            code.level.as_str(),
            code.title
        )
    });
    lines.collect()
}

fn json(codes: &[&Code]) -> String {
    let codes: Vec<serde_json::Value> = codes
        .iter()
        .map(|code| {
            serde_json::json!({
                "code": code.id,
                "title": code.title,
                "level": code.level.as_str(),
                "text": code.text(),
            })
        })
        .collect();
    let document = serde_json::json!({ "version": 1, "codes": codes });
    format!("{document:#}\n")
}
