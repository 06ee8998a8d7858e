//! Which level a finding ends with.

use crate::diag::{Code, Diagnostic, Level};
use crate::rule::codes as reading;

/// Changes of levels, the later ones winning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Levels {
    changes: Vec<(Selector, Level)>,
}

/// What a change is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Selector {
    /// One kind of finding.
    Code(&'static str),
    /// Every finding that would end with this level.
    Level(Level),
}

/// A change that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LevelError {
    /// No such code or level.
    #[error("there is no finding and no level `{name}`")]
    Unknown {
        /// What was written.
        name: String,
        /// The code that is most like it.
        near: Option<&'static str>,
    },
    /// The finding says that a rule cannot be used, which no setting changes.
    #[error("`{code}` is always an error: a rule with it cannot be deployed")]
    Fixed {
        /// The code.
        code: &'static str,
    },
}

impl Levels {
    /// Gives findings named by a code or a level another level. `known` are all codes there are.
    pub(crate) fn set(
        &mut self,
        name: &str,
        level: Level,
        known: &[&'static Code],
    ) -> Result<(), LevelError> {
        let of_level = [Level::Note, Level::Warning, Level::Error]
            .into_iter()
            .find(|level| level.as_str() == name || format!("{}s", level.as_str()) == name);
        if let Some(of_level) = of_level {
            self.changes.push((Selector::Level(of_level), level));
            return Ok(());
        }
        let Some(code) = known.iter().find(|code| code.id == name) else {
            let ids = known.iter().map(|code| code.id);
            let near = ids.min_by_key(|id| strsim::damerau_levenshtein(id, name));
            return Err(LevelError::Unknown {
                name: name.to_owned(),
                near: near.filter(|id| strsim::damerau_levenshtein(id, name) <= 4),
            });
        };
        if is_fixed(code) && level < Level::Error {
            return Err(LevelError::Fixed { code: code.id });
        }
        self.changes.push((Selector::Code(code.id), level));
        Ok(())
    }

    /// Gives every finding the level it ends with.
    pub(crate) fn apply(&self, diagnostics: &mut [Diagnostic]) {
        for diagnostic in diagnostics {
            let started = diagnostic.level;
            for (selector, level) in &self.changes {
                let meant = match selector {
                    Selector::Code(id) => diagnostic.code.id == *id,
                    Selector::Level(of) => diagnostic.level == *of,
                };
                // A whole level may be lowered, yet never what makes a rule unusable.
                let keeps =
                    is_fixed(diagnostic.code) && started == Level::Error && *level < Level::Error;
                if meant && !keeps {
                    diagnostic.level = *level;
                }
            }
        }
    }
}

/// Whether a finding says that the rule cannot be used at all.
pub(crate) fn is_fixed(code: &Code) -> bool {
    code.level == Level::Error && reading::CODES.iter().any(|known| known.id == code.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{SourceId, Span};

    fn finding(code: &'static Code) -> Diagnostic {
        Diagnostic::new(code, Span::new(SourceId(0), 0, 0), "x")
    }

    #[test]
    fn the_later_change_wins_and_unusable_rules_stay_errors() {
        let known = reading::CODES;
        let mut levels = Levels::default();
        let set = |levels: &mut Levels, name, level| levels.set(name, level, known);
        assert_eq!(set(&mut levels, "warnings", Level::Error), Ok(()));
        assert_eq!(set(&mut levels, "unknown-key", Level::Allow), Ok(()));
        assert_eq!(set(&mut levels, "error", Level::Note), Ok(()));
        assert_eq!(
            set(&mut levels, "yaml-syntax", Level::Allow),
            Err(LevelError::Fixed {
                code: "yaml-syntax"
            })
        );
        assert_eq!(
            set(&mut levels, "unknwon-key", Level::Allow),
            Err(LevelError::Unknown {
                name: "unknwon-key".to_owned(),
                near: Some("unknown-key"),
            })
        );
        let mut found = vec![
            finding(&reading::UNKNOWN_KEY),
            finding(&reading::KEY_SPELLING),
            finding(&reading::YAML_SYNTAX),
        ];
        levels.apply(&mut found);
        let ends: Vec<Level> = found.iter().map(|found| found.level).collect();
        assert_eq!(ends, [Level::Allow, Level::Note, Level::Error]);
    }
}
