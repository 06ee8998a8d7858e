//! `rulepost import [FILES…] -o DIR` and `rulepost import -w W -o DIR`.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use crate::api::lenient::ListedRule;
use crate::api::metadata::MetadataResource;
use crate::cli::args::Format;
use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::context::runtime;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::import;
use crate::import::Imported;
use crate::import::Known;
use crate::import::Note;
use crate::import::names;
use crate::plan::field::Field;
use crate::plan::mark::Mark;
use crate::plan::mark::Owner;
use crate::plan::mark::Source;
use crate::plan::normal::normal;
use crate::project;
use crate::project::Loaded;
use crate::project::merge::Merged;
use crate::project::merge::merge;
use crate::project::target::fits;
use crate::render;
use crate::render::RenderOptions;
use crate::report::human;
use crate::rule::Rule;
use crate::rule::write::write;

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost import -w sec-prod -o rules/               every rule of a workspace, also those made in the portal
  rulepost import -w sec-prod -o rules/ --foreign     only those that no repository deployed
  rulepost import Azure_Sentinel_analytics_rules.json -o rules/    an export of the portal
  rulepost import mainTemplate.json -o rules/ --only '*brute*'     some rules of a Content Hub package
  rulepost import SettingsFile.yaml -o rules/         AzSentinel's files, JSON or YAML

Rules are known by their ids: a file that was renamed is found again, one that says the same is left alone, and
one that says something else is only rewritten with --overwrite. What cannot be carried is listed field by field.")]
pub(crate) struct ImportArgs {
    /// ARM templates, REST bodies or files of `AzSentinel`; of a folder, every JSON file below it
    #[arg(value_name = "FILES")]
    files: Vec<PathBuf>,
    /// Folder for the rules
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Values for the parameters of templates: a deployment parameters file
    #[arg(long, value_name = "FILE")]
    parameters: Option<PathBuf>,
    /// Only these rules: an id, or a pattern for the name; repeatable
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Only rules of a workspace that no repository deployed, such as those made in the portal
    #[arg(long, conflicts_with = "files")]
    foreign: bool,
    /// Rewrite files that say something else; their comments are lost
    #[arg(long)]
    overwrite: bool,
    /// Show what would be written, write nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
    /// Format of the result
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// What the run did.
#[derive(Debug, Default)]
struct Done {
    /// Path, name and what became of it, in the order of the paths.
    files: Vec<(PathBuf, String, &'static str)>,
    notes: Vec<Note>,
    skipped: Vec<import::Skipped>,
    /// Sources that could not be read, with the reason.
    unreadable: Vec<(PathBuf, String)>,
}

/// Reads rules from files or a workspace and writes them as files.
pub(crate) fn run(args: &ImportArgs, context: &Context) -> Result<Exit, Error> {
    let mut done = Done::default();
    let mut imported = if args.files.is_empty() {
        from_workspace(args, context)?
    } else {
        from_files(args, &mut done)?
    };
    imported
        .rules
        .retain(|rule| args.only.is_empty() || args.only.iter().any(|word| chosen(rule, word)));
    if imported.rules.is_empty() && !args.only.is_empty() {
        return Err(Error::Usage {
            message: format!("no rule fits `--only {}`", args.only.join("`, `--only ")),
            help: "an id, or a pattern such as `*brute*` for the name".into(),
        });
    }
    let names: std::collections::BTreeSet<&str> = imported
        .rules
        .iter()
        .map(|rule| rule.name.value.as_str())
        .collect();
    if !args.only.is_empty() {
        imported
            .notes
            .retain(|note| names.contains(note.rule.as_str()));
        imported.skipped.clear();
    }
    done.notes = imported.notes;
    done.skipped = imported.skipped;
    place(imported.rules, args, &mut done)?;
    match args.format {
        Format::Human => context.print(&shown(&done, args))?,
        Format::Json => context.print(&as_json(&done))?,
    }
    let refused = done
        .files
        .iter()
        .any(|(_, _, status)| status.starts_with("differs"));
    if refused {
        context.note(
            "`--overwrite` rewrites the files that say something else; their comments are lost",
        );
    }
    Ok(if !done.unreadable.is_empty() && done.files.is_empty() {
        Exit::Failed
    } else if refused || !done.unreadable.is_empty() {
        Exit::Partial
    } else {
        Exit::Done
    })
}

fn chosen(rule: &Rule, word: &str) -> bool {
    rule.id.value.to_string().eq_ignore_ascii_case(word) || fits(word, &rule.name.value)
}

fn from_workspace(args: &ImportArgs, context: &Context) -> Result<Imported, Error> {
    if args
        .connection
        .workspace
        .as_deref()
        .unwrap_or_default()
        .is_empty()
    {
        return Err(Error::Usage {
            message: "nothing to import from".into(),
            help: "name files, or a workspace with `--workspace NAME`".into(),
        });
    }
    runtime()?.block_on(async {
        let connected = args.connection.connect(context).await?;
        let workspace = &connected.workspace.id;
        let mut listed = connected.client.list_rules(workspace).await?;
        let known = known(&connected.client.list_metadata(workspace).await?);
        if args.foreign {
            listed.retain(|item| match item {
                ListedRule::Rule(rule) => !known.contains_key(&rule.name.to_lowercase()),
                ListedRule::Other(_) => true,
            });
        }
        Ok(import::workspace(&listed, &known))
    })
}

/// What the marks tell of the rules; whose they are does not matter here.
fn known(metadata: &[MetadataResource]) -> BTreeMap<String, Known> {
    let anyone = Source {
        id: String::new(),
        name: String::new(),
        target: None,
    };
    let marks = metadata
        .iter()
        .filter_map(|resource| Mark::read(resource, &anyone));
    let of_repository = marks.filter(|mark| !matches!(mark.owner, Owner::Other(_)));
    let known = of_repository.map(|mark| {
        let known = Known {
            version: mark.properties.version.clone(),
            content_id: Some(mark.content_id.clone()),
            enabled: mark
                .applied
                .is_some_and(|applied| applied.manages(Field::Enabled)),
        };
        (mark.rule.to_lowercase(), known)
    });
    known.collect()
}

fn from_files(args: &ImportArgs, done: &mut Done) -> Result<Imported, Error> {
    let parameters = match &args.parameters {
        Some(path) => import::parameters(&file::read(path)?).map_err(|source| Error::Import {
            path: path.clone(),
            source,
        })?,
        None => Map::new(),
    };
    let mut parts = Vec::new();
    for path in project::discover::sources(&args.files)? {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let text = file::read_any(&path)?;
        match import::text(&text, &stem, &parameters) {
            Ok(mut part) => {
                // A file of a folder may be anything; one that was named was meant.
                let meant = args.files.contains(&path);
                if meant && part.rules.is_empty() && part.skipped.is_empty() {
                    part.skipped.push(import::Skipped {
                        name: slashes(&path),
                        reason: "no analytics rule is in the file".to_owned(),
                    });
                }
                parts.push(part);
            }
            Err(error) => done.unreadable.push((path, error.to_string())),
        }
    }
    Ok(import::join(parts))
}

/// Writes the rules, or tells why not.
fn place(rules: Vec<Rule>, args: &ImportArgs, done: &mut Done) -> Result<(), Error> {
    let there = if args.output.exists() {
        project::load(std::slice::from_ref(&args.output))?
    } else {
        Loaded::default()
    };
    let options = RenderOptions {
        enabled_when_silent: Some(true),
        ..RenderOptions::default()
    };
    // What deploying the file would leave alone is the same: server defaults, spellings, and `enabled` where the
    // file is silent.
    let form = |rule: &Rule| {
        let body = render::rest(rule, &options).body;
        normal(body.kind, &body.properties)
    };
    let same = |new: &Rule, old: &Rule| {
        let new = Rule {
            enabled: old.enabled.as_ref().and(new.enabled.clone()),
            ..new.clone()
        };
        form(&new) == form(old)
    };
    let names = names::file_names(&rules);
    let titles: Vec<String> = rules.iter().map(|rule| rule.name.value.clone()).collect();
    for (merged, title) in merge(rules, &names, &args.output, &there, same)
        .into_iter()
        .zip(titles)
    {
        let (path, status) = match merged {
            Merged::New(path, rule) => (save(path, &rule, args)?, "created"),
            Merged::Same(path) => (path, "unchanged"),
            Merged::Differs(path, rule) if args.overwrite => {
                (save(path, &rule, args)?, "rewritten")
            }
            Merged::Differs(path, _) => (path, "differs"),
            Merged::Kept(path, why) => {
                done.notes.push(Note {
                    rule: title.clone(),
                    field: "file".to_owned(),
                    lost: true,
                    message: format!("`{}` is left as it is: {why}", path.display()),
                });
                (path, "differs, kept")
            }
        };
        done.files.push((path, title, status));
    }
    done.files.sort();
    Ok(())
}

fn save(path: PathBuf, rule: &Rule, args: &ImportArgs) -> Result<PathBuf, Error> {
    if !args.dry_run {
        file::write(&path, &write(rule))?;
    }
    Ok(path)
}

fn slashes(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

fn shown(done: &Done, args: &ImportArgs) -> String {
    let mut text = String::new();
    for (path, name, status) in &done.files {
        if *status != "unchanged" {
            text.push_str(&format!("{status:<10} {}  {name}\n", slashes(path)));
        }
    }
    for (path, reason) in &done.unreadable {
        text.push_str(&format!("unreadable {}  {reason}\n", slashes(path)));
    }
    if !done.skipped.is_empty() {
        text.push_str("\nnot imported:\n");
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for skipped in &done.skipped {
            reasons
                .entry(&skipped.reason)
                .or_default()
                .push(&skipped.name);
        }
        for (reason, names) in reasons {
            text.push_str(&format!("  {}: {reason}\n", some(&names)));
        }
    }
    for (lost, title) in [(true, "not carried over"), (false, "written differently")] {
        let mut fields: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for note in done.notes.iter().filter(|note| note.lost == lost) {
            fields
                .entry((&note.field, &note.message))
                .or_default()
                .push(&note.rule);
        }
        if !fields.is_empty() {
            text.push_str(&format!("\n{title}:\n"));
        }
        for ((field, message), rules) in fields {
            text.push_str(&format!("  {field}: {message} ({})\n", some(&rules)));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    let count = |wanted: &str| {
        done.files
            .iter()
            .filter(|(_, _, status)| status.starts_with(wanted))
            .count()
    };
    let would = if args.dry_run { " would be" } else { "" };
    text.push_str(&format!(
        "{}: {}{would} created, {}{would} rewritten, {} unchanged, {} differ; {} not imported\n",
        human::plural(done.files.len(), "rule"),
        count("created"),
        count("rewritten"),
        count("unchanged"),
        count("differs"),
        done.skipped.len(),
    ));
    text
}

/// A few names, and how many more there are.
fn some(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let first: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len().saturating_sub(SHOWN) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

fn as_json(done: &Done) -> String {
    let files: Vec<Value> = done
        .files
        .iter()
        .map(|(path, name, status)| json!({"path": slashes(path), "name": name, "status": status}))
        .collect();
    let notes: Vec<Value> = done
        .notes
        .iter()
        .map(|note| json!({"rule": note.rule, "field": note.field, "lost": note.lost, "message": note.message}))
        .collect();
    let skipped: Vec<Value> = done
        .skipped
        .iter()
        .map(|skipped| json!({"name": skipped.name, "reason": skipped.reason}))
        .collect();
    let unreadable: Vec<Value> = done
        .unreadable
        .iter()
        .map(|(path, reason)| json!({"path": slashes(path), "reason": reason}))
        .collect();
    let report = json!({
        "schema": "rulepost/import/v1",
        "files": files,
        "notes": notes,
        "skipped": skipped,
        "unreadable": unreadable,
    });
    format!("{report:#}\n")
}
