//! Loading rules and checking them, as every command does that uses them.

use std::path::Path;
use std::path::PathBuf;

use crate::cli::codes;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::file;
use crate::cli::schema;
use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::kql::Schema;
use crate::lint;
use crate::lint::Found;
use crate::lint::Levels;
use crate::lint::baseline::Baseline;
use crate::lint::levels::LevelError;
use crate::project;
use crate::project::Loaded;
use crate::project::config::Config;
use crate::rule::Rule;

/// Rules with everything that was found in them.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The rules and their texts.
    pub(crate) loaded: Loaded,
    /// Every finding, at the level it ends with.
    pub(crate) findings: Vec<Diagnostic>,
}

impl Checked {
    /// Whether a finding is an error.
    pub(crate) fn failed(&self) -> bool {
        self.findings
            .iter()
            .any(|found| found.level == Level::Error)
    }
}

/// Changes of levels that flags ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct LevelFlags<'a> {
    /// `--deny`: codes or levels that become errors.
    pub(crate) deny: &'a [String],
    /// `--warn`: codes or levels that become warnings.
    pub(crate) warn: &'a [String],
    /// `--allow`: codes or levels that are not shown.
    pub(crate) allow: &'a [String],
}

/// What rules are checked by.
#[derive(Debug, Clone)]
pub(crate) struct Standard {
    /// The levels that findings end with.
    pub(crate) levels: Levels,
    /// The tables and functions that queries may name.
    pub(crate) schema: Schema,
}

impl Standard {
    /// What the configuration and then the flags ask for.
    pub(crate) fn new(
        config: &Config,
        flags: &LevelFlags<'_>,
        context: &Context,
    ) -> Result<Self, Error> {
        Ok(Self {
            levels: levels(config, flags)?,
            schema: schema::schema(config, context)?.with_standard_columns(),
        })
    }
}

/// Loads the rules and checks them as the configuration asks.
pub(crate) fn check(paths: &[PathBuf], context: &Context) -> Result<Checked, Error> {
    let config = config(context)?;
    let standard = Standard::new(&config, &LevelFlags::default(), context)?;
    Ok(checked(project::load(paths)?, &standard))
}

/// Checks rules that are loaded already.
pub(crate) fn checked(loaded: Loaded, standard: &Standard) -> Checked {
    let input = lint::Input {
        sources: &loaded.sources,
        comments: &loaded.comments,
        rules: &loaded.rules,
        incomplete: &loaded.incomplete,
        read: &loaded.diagnostics,
    };
    let query =
        |rule: &Rule, found: &mut Found<'_>| lint::kql::check(rule, &standard.schema, found);
    let findings = lint::run(input, &standard.levels, &query);
    Checked { loaded, findings }
}

/// `rulepost.toml`, where there is one or where `--config` says.
pub(crate) fn config(context: &Context) -> Result<Config, Error> {
    let path = match &context.config {
        Some(path) => path.as_path(),
        None if Path::new(project::config::FILE_NAME).exists() => {
            Path::new(project::config::FILE_NAME)
        }
        None => return Ok(Config::default()),
    };
    let text = file::read(path)?;
    project::config::parse(&text).map_err(|error| Error::Config {
        path: path.to_owned(),
        source: Box::new(error),
    })
}

/// The levels that the configuration and then the flags ask for.
pub(crate) fn levels(config: &Config, flags: &LevelFlags<'_>) -> Result<Levels, Error> {
    let known = codes::all();
    let mut levels = Levels::default();
    for (name, level) in &config.lint.levels {
        set(&mut levels, name, (*level).into(), &known)?;
    }
    for (names, level) in [
        (flags.allow, Level::Allow),
        (flags.warn, Level::Warning),
        (flags.deny, Level::Error),
    ] {
        for name in names {
            set(&mut levels, name, level, &known)?;
        }
    }
    Ok(levels)
}

fn set(
    levels: &mut Levels,
    name: &str,
    level: Level,
    known: &[&'static crate::diag::Code],
) -> Result<(), Error> {
    levels.set(name, level, known).map_err(|error| Error::Usage {
        message: error.to_string(),
        help: match error {
            LevelError::Unknown {
                near: Some(near), ..
            } => format!("did you mean `{near}`? `rulepost explain` lists all"),
            LevelError::Unknown { near: None, .. } => {
                "`rulepost explain` lists all codes; `notes`, `warnings` and `errors` are levels".to_owned()
            }
            LevelError::Fixed { .. } => "repair the file, or leave it out".to_owned(),
        },
    })
}

/// The findings that a baseline file accepts.
pub(crate) fn baseline(path: &Path) -> Result<Baseline, Error> {
    Baseline::read(&file::read(path)?).map_err(|error| Error::Baseline {
        path: path.to_owned(),
        source: error,
    })
}
