//! `rulepost explain [CODE]`.

use clap::Args;
use clap::ValueEnum;

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
  rulepost explain period-shorter-than-frequency  say what one means
  rulepost explain --format markdown              a page of all, with examples")]
pub(crate) struct ExplainArgs {
    /// The code of a finding, as `validate` shows it in brackets
    code: Option<String>,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: ExplainFormat,
}

/// How findings are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// Text for people.
    Human,
    /// Versioned JSON.
    Json,
    /// A page with a section for each.
    Markdown,
}

/// Prints what a finding means, or the list of all.
pub(crate) fn run(args: &ExplainArgs, context: &Context) -> Result<Exit, Error> {
    let all = codes::all();
    let Some(name) = &args.code else {
        context.print(&match args.format {
            ExplainFormat::Human => list(&all),
            ExplainFormat::Json => json(&all),
            ExplainFormat::Markdown => page(&all),
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
        ExplainFormat::Human => format!(
            "{}: {}\nlevel: {}\n\n{}\n",
            code.id,
            code.title,
            code.level.as_str(),
            code.text().trim_end()
        ),
        ExplainFormat::Json => json(&[code]),
        ExplainFormat::Markdown => section(code, 1),
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

/// The page of all: a table to find one, and a section for each.
fn page(all: &[&Code]) -> String {
    let mut text = String::from(
        "# Findings\n\nEvery finding that `rulepost` can make, with its level where nothing changes it. \
         `rulepost explain CODE` prints one of these texts;\nflags, `[lint.levels]` in `rulepost.toml` and comments \
         `# rulepost: ignore[CODE] reason` decide what becomes of it.\n\
         In an example, `# no KEY` stands for a rule without that key and `x{300}` for three hundred letters.\n\n\
         | code | level | finding |\n| --- | --- | --- |\n",
    );
    for code in all {
        text.push_str(&format!(
            "| [`{0}`](#{0}) | {1} | {2} |\n",
            code.id,
            code.level.as_str(),
            code.title.replace('|', "\\|")
        ));
    }
    for code in all {
        text.push('\n');
        text.push_str(&section(code, 2));
    }
    text
}

/// One finding below a heading of a depth; the parts of its text stand apart, as Markdown wants them.
fn section(code: &Code, depth: usize) -> String {
    let body = code.text().replace("\nBad:\n```", "\nBad:\n\n```");
    let body = body.replace("```\nGood:\n```", "```\n\nGood:\n\n```");
    let body = body.replace("```\nSource:", "```\n\nSource:");
    format!(
        "{} {}\n\n{}: {}\n\n{}\n",
        "#".repeat(depth),
        code.id,
        code.level.as_str(),
        code.title,
        body.trim_end()
    )
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
