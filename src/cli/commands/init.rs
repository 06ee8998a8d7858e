//! `rulepost init [FOLDER]`.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file;
use crate::cli::scaffold;
use crate::project::config::FILE_NAME;
use crate::rule::schema::schema;

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rulepost init            make this folder a repository of rules
  rulepost init detections

What exists stays as it is. Afterwards `rulepost validate` finds nothing to say, and
`rulepost deploy -w demo --cloud local` deploys the example to the embedded emulator.")]
pub(crate) struct InitArgs {
    /// The folder
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
}

/// Writes rules, configuration, workflow and pre-commit hook, and leaves alone what is there.
pub(crate) fn run(args: &InitArgs, context: &Context) -> Result<Exit, Error> {
    let name = "Example of a rule that finds nothing";
    let stem = scaffold::file_stem(name);
    let test = PathBuf::from(format!("rules/{stem}.test.yaml"));
    let rule = scaffold::rule(name, uuid::Uuid::new_v4(), false, &test);
    let mut files = vec![
        (FILE_NAME.to_owned(), scaffold::CONFIG.to_owned()),
        (
            ".github/workflows/rules.yml".to_owned(),
            scaffold::WORKFLOW.to_owned(),
        ),
        (
            ".pre-commit-config.yaml".to_owned(),
            scaffold::PRE_COMMIT.to_owned(),
        ),
        (".gitignore".to_owned(), scaffold::IGNORED.to_owned()),
        (
            ".rulepost/rule.schema.json".to_owned(),
            format!("{:#}\n", schema()),
        ),
    ];
    // A repository that has rules needs no example.
    if !args.folder.join("rules").exists() {
        files.push((format!("rules/{stem}.yaml"), rule));
        files.push((
            test.to_string_lossy().into_owned(),
            scaffold::TEST.to_owned(),
        ));
    }
    for (path, text) in files {
        let path = tidy(&args.folder, &path);
        if path.exists() {
            context.note(&format!("{} is there and stays as it is", path.display()));
            continue;
        }
        file::create(&path, &text)?;
        context.print(&format!("{}\n", path.display()))?;
    }
    Ok(Exit::Done)
}

/// `./a` is shown as `a`.
fn tidy(folder: &Path, path: &str) -> PathBuf {
    let path = folder.join(path);
    path.strip_prefix(".").map(Path::to_owned).unwrap_or(path)
}
