//! `rulepost render [RULES…] --to rest|arm`.

use std::path::PathBuf;

use clap::Args;
use clap::ValueEnum;
use serde_json::Value;
use serde_json::json;

use crate::cli::commands::ready;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::diag::Diagnostic;
use crate::project::Loaded;
use crate::render;
use crate::render::RenderOptions;
use crate::report::human;

/// Arguments of `render`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost render --to arm -o sentinel.json    one template for Azure Resource Manager
  rulepost render --to rest -o bodies/         the body of each request, one file per rule")]
pub(crate) struct RenderArgs {
    /// Rule files or folders
    #[arg(default_value = "rules", value_name = "RULES")]
    pub(crate) rules: Vec<PathBuf>,
    /// What to render
    #[arg(long, value_name = "FORM", default_value = "rest")]
    pub(crate) to: Form,
    /// File for a template, folder for bodies [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Version of the alert rules API
    #[arg(long, value_name = "VERSION", default_value = crate::api::version::PREVIEW)]
    pub(crate) api_version: String,
}

/// What rules are rendered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// The bodies of the PUT requests.
    Rest,
    /// One template for Azure Resource Manager.
    Arm,
}

/// Renders the rules and prints or writes what they became.
pub(crate) fn run(args: &RenderArgs, context: &Context) -> Result<Exit, Error> {
    let Some(loaded) = ready::load(&args.rules, context)? else {
        return Ok(Exit::Findings);
    };
    let options = RenderOptions {
        api_version: args.api_version.clone(),
        enabled_when_silent: Some(true),
        ..RenderOptions::default()
    };
    match args.to {
        Form::Arm => arm(args, &loaded, &options, context),
        Form::Rest => rest(args, &loaded, &options, context),
    }
}

fn arm(
    args: &RenderArgs,
    loaded: &Loaded,
    options: &RenderOptions,
    context: &Context,
) -> Result<Exit, Error> {
    if loaded.rules.len() > render::arm::MAX_RESOURCES {
        return Err(Error::Usage {
            message: format!(
                "{} rules do not fit into one template, which takes {} resources",
                loaded.rules.len(),
                render::arm::MAX_RESOURCES
            ),
            help: "name folders of fewer rules, and render one template for each".to_owned(),
        });
    }
    let template = render::arm::template(&loaded.rules, options);
    if !show(&template.diagnostics, loaded, context) {
        return Ok(Exit::Findings);
    }
    let text = pretty(&template.value);
    match &args.output {
        None => context.print(&text)?,
        Some(path) => {
            file::write(path, &text)?;
            context.note(&format!(
                "wrote {} to `{}`",
                human::plural(loaded.rules.len(), "rule"),
                path.display()
            ));
        }
    }
    Ok(Exit::Done)
}

fn rest(
    args: &RenderArgs,
    loaded: &Loaded,
    options: &RenderOptions,
    context: &Context,
) -> Result<Exit, Error> {
    let mut diagnostics = Vec::new();
    let mut bodies = Vec::new();
    for rule in &loaded.rules {
        let rendered = render::rest(rule, options);
        diagnostics.extend(rendered.diagnostics);
        bodies.push((rule, rendered.body));
    }
    if !show(&diagnostics, loaded, context) {
        return Ok(Exit::Findings);
    }
    let Some(folder) = &args.output else {
        let list: Vec<Value> = bodies
            .iter()
            .map(|(rule, body)| {
                json!({
                    "id": rule.id.value.to_string(),
                    "file": rule.origin.path.display().to_string(),
                    "apiVersion": options.version(),
                    "body": body,
                })
            })
            .collect();
        context.print(&pretty(&json!(list)))?;
        return Ok(Exit::Done);
    };
    for (rule, body) in &bodies {
        let path = folder.join(format!("{}.json", rule.id.value));
        file::write(&path, &pretty(&json!(body)))?;
    }
    let written = match bodies.len() {
        1 => "1 body".to_owned(),
        count => format!("{count} bodies"),
    };
    context.note(&format!("wrote {written} to `{}`", folder.display()));
    Ok(Exit::Done)
}

/// Shows what was dropped; whether nothing stands in the way.
fn show(diagnostics: &[Diagnostic], loaded: &Loaded, context: &Context) -> bool {
    ready::show(diagnostics, &loaded.sources, context)
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}
