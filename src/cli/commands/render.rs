//! `rulepost render [RULES…] --to rest|arm`.

use std::path::Path;
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
use crate::render::deployment;
use crate::report::human;

/// Arguments of `render`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost render --to arm -o sentinel.json    one template for Azure Resource Manager
  rulepost render --to arm --overridable -o sentinel.json    with parameters that change single rules
  rulepost render --to bicep -o sentinel.bicep one Bicep module
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
    /// Add parameters to the template: `enabled` for all rules, `overrides` by rule id
    #[arg(long)]
    pub(crate) overridable: bool,
    /// Version of the alert rules API
    #[arg(long, value_name = "VERSION", default_value = crate::api::version::PREVIEW)]
    pub(crate) api_version: String,
}

/// What rules are rendered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// The bodies of the PUT requests.
    Rest,
    /// One template for Azure Resource Manager; linked parts where it would be too large.
    Arm,
    /// One Bicep module.
    Bicep,
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
    if args.overridable && args.to != Form::Arm {
        return Err(Error::Usage {
            message: "`--overridable` adds parameters to a template only".to_owned(),
            help: "give it together with `--to arm`".to_owned(),
        });
    }
    match args.to {
        Form::Arm => arm(args, &loaded, &options, context),
        Form::Bicep => bicep(args, &loaded, &options, context),
        Form::Rest => rest(args, &loaded, &options, context),
    }
}

fn arm(
    args: &RenderArgs,
    loaded: &Loaded,
    options: &RenderOptions,
    context: &Context,
) -> Result<Exit, Error> {
    let mut template = render::arm::template(&loaded.rules, options);
    if !show(&template.diagnostics, loaded, context) {
        return Ok(Exit::Findings);
    }
    if args.overridable {
        deployment::overridable(&mut template.value);
    }
    let limits = (deployment::MAX_RESOURCES, deployment::MAX_BYTES);
    let parts = deployment::parts(&template.value, limits.0, limits.1);
    let Some(path) = &args.output else {
        if parts.len() > 1 {
            return Err(Error::Usage {
                message: format!("{} rules do not fit into one template", loaded.rules.len()),
                help: "`-o FILE` writes linked parts beside it".to_owned(),
            });
        }
        context.print(&pretty(&template.value))?;
        return Ok(Exit::Done);
    };
    if let [whole] = parts.as_slice() {
        file::write(path, &pretty(whole))?;
    } else {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let names: Vec<String> = (1..=parts.len())
            .map(|part| format!("{stem}.part-{part}.json"))
            .collect();
        for (name, part) in names.iter().zip(&parts) {
            file::write(&path.with_file_name(name), &pretty(part))?;
        }
        file::write(path, &pretty(&deployment::linking(&template.value, &names)))?;
    }
    wrote(loaded, path, context);
    Ok(Exit::Done)
}

fn bicep(
    args: &RenderArgs,
    loaded: &Loaded,
    options: &RenderOptions,
    context: &Context,
) -> Result<Exit, Error> {
    let module = render::bicep::module(&loaded.rules, options);
    if !show(&module.diagnostics, loaded, context) {
        return Ok(Exit::Findings);
    }
    match &args.output {
        None => context.print(&module.text)?,
        Some(path) => {
            file::write(path, &module.text)?;
            wrote(loaded, path, context);
        }
    }
    Ok(Exit::Done)
}

fn wrote(loaded: &Loaded, path: &Path, context: &Context) {
    context.note(&format!(
        "wrote {} to `{}`",
        human::plural(loaded.rules.len(), "rule"),
        path.display()
    ));
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
