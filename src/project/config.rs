//! `rulepost.toml`. Its JSON Schema is `docs/rulepost.schema.json`, which a test holds against this.

#[cfg(test)]
mod schema_tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;

use crate::project::target::Target;

/// The schema file that is read where there is one and the configuration names no other.
pub(crate) const SCHEMA_FILE: &str = "workspace-schema.json";

/// The file's name, looked for where the program is started.
pub(crate) const FILE_NAME: &str = "rulepost.toml";

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// `[project]`.
    #[serde(default)]
    pub(crate) project: ProjectConfig,
    /// `[guard]`.
    #[serde(default)]
    pub(crate) guard: GuardConfig,
    /// `[targets.NAME]`.
    #[serde(default)]
    pub(crate) targets: BTreeMap<String, Target>,
    /// `[lint]`.
    #[serde(default)]
    pub(crate) lint: LintConfig,
    /// `[schema]`.
    #[serde(default)]
    pub(crate) schema: SchemaConfig,
}

/// `[project]`: what the repository is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectConfig {
    /// `rules`: files and folders with all the rules of the project.
    #[serde(default)]
    pub(crate) rules: Vec<PathBuf>,
    /// `repository`: the name under which its rules are owned, where git's remote does not say.
    pub(crate) repository: Option<String>,
}

impl ProjectConfig {
    /// Where the rules are: `rules` unless said otherwise.
    pub(crate) fn rules(&self) -> Vec<PathBuf> {
        if self.rules.is_empty() {
            vec![PathBuf::from("rules")]
        } else {
            self.rules.clone()
        }
    }
}

/// `[guard]`, and `[targets.NAME.guard]` in its place: what a deployment does not do without `--yes-many`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct GuardConfig {
    /// Largest share of the owned rules that a run changes or deletes, in percent.
    #[serde(deserialize_with = "percent")]
    pub(crate) max_percent: Option<u8>,
    /// Fewest owned rules at which the share counts.
    pub(crate) min_owned: Option<usize>,
    /// Most enabled scheduled rules of a workspace.
    pub(crate) max_scheduled: Option<usize>,
    /// Most enabled near-real-time rules of a workspace.
    pub(crate) max_nrt: Option<usize>,
}

impl GuardConfig {
    /// What is said here, and in the places where nothing is said, what the other says.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            max_percent: self.max_percent.or(other.max_percent),
            min_owned: self.min_owned.or(other.min_owned),
            max_scheduled: self.max_scheduled.or(other.max_scheduled),
            max_nrt: self.max_nrt.or(other.max_nrt),
        }
    }
}

fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    let number = u8::deserialize(from)?;
    if number <= 100 {
        Ok(Some(number))
    } else {
        Err(D::Error::custom(format!(
            "`{number}` is no share: 0 to 100 percent"
        )))
    }
}

/// `[lint]`: what `validate` makes of findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LintConfig {
    /// `levels`: codes, or `errors`, `warnings` and `notes`, with the level they end with.
    #[serde(default)]
    pub(crate) levels: BTreeMap<String, ConfiguredLevel>,
    /// `baseline`: findings that are known, relative to the file.
    pub(crate) baseline: Option<PathBuf>,
}

/// `[schema]`: what the workspace has beside the tables and functions that are built in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchemaConfig {
    /// `file`: a schema file, such as `schema pull` writes, relative to the configuration.
    pub(crate) file: Option<PathBuf>,
    /// `[schema.tables.NAME]`: columns with their types.
    #[serde(default)]
    pub(crate) tables: BTreeMap<String, BTreeMap<String, String>>,
    /// `[schema.functions.NAME]`: saved functions.
    #[serde(default)]
    pub(crate) functions: BTreeMap<String, FunctionConfig>,
    /// `[schema.watchlists]`: columns by alias.
    #[serde(default)]
    pub(crate) watchlists: BTreeMap<String, Vec<String>>,
}

/// `[schema.functions.NAME]`: what a saved function takes, and what it gives or computes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FunctionConfig {
    /// `parameters`: `(name:type = default, …)`.
    pub(crate) parameters: Option<String>,
    /// `columns`: the columns of its result.
    pub(crate) columns: Option<BTreeMap<String, String>>,
    /// `body`: its query, in place of the columns.
    pub(crate) body: Option<String>,
}

/// A level as the file spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ConfiguredLevel {
    /// Not shown.
    Allow,
    /// Worth knowing.
    Note,
    /// Would be sent back in a review.
    Warning,
    /// Makes `validate` fail.
    Error,
}

impl From<ConfiguredLevel> for crate::diag::Level {
    fn from(level: ConfiguredLevel) -> Self {
        match level {
            ConfiguredLevel::Allow => Self::Allow,
            ConfiguredLevel::Note => Self::Note,
            ConfiguredLevel::Warning => Self::Warning,
            ConfiguredLevel::Error => Self::Error,
        }
    }
}

/// Reads the file's text; the error tells line and column.
pub(crate) fn parse(text: &str) -> Result<Config, toml::de::Error> {
    toml::from_str(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_the_baseline_are_read() {
        let config =
            parse("[lint]\nbaseline = \"known.json\"\n[lint.levels]\nunknown-key = \"error\"\n");
        let lint = config.expect("it is a configuration").lint;
        assert_eq!(lint.baseline, Some("known.json".into()));
        assert_eq!(lint.levels["unknown-key"], ConfiguredLevel::Error);
        assert_eq!(parse("").expect("an empty file is one"), Config::default());
    }

    #[test]
    fn what_is_unknown_is_told_with_its_place() {
        let error = parse("[lint]\nlevel = {}\n").expect_err("there is no such key");
        assert!(error.to_string().contains("line 2, column 1"), "{error}");
    }
}
