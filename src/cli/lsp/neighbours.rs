//! The other rules of the open folder: whether one of them has the id or the name of the rule at hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use crate::cli::codes;
use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::project;
use crate::project::Loaded;
use crate::rule::Rule;
use crate::rule::RuleId;

/// What the rules of every file are called, on disk or as an editor has it.
#[derive(Debug, Default)]
pub(crate) struct Neighbours {
    files: BTreeMap<PathBuf, Vec<Called>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Called {
    id: RuleId,
    name: String,
}

impl Called {
    fn new(rule: &Rule) -> Self {
        Self {
            id: rule.id.value,
            name: rule.name.value.trim().to_lowercase(),
        }
    }
}

impl Neighbours {
    /// Reads the rules of a folder that is one of rulepost's; any other may hold anything, and much of it.
    pub(crate) fn read(root: &Path) -> Self {
        let rules = root.join("rules");
        let folder = if rules.is_dir() {
            rules
        } else if root.join(project::config::FILE_NAME).exists() {
            root.to_owned()
        } else {
            return Self::default();
        };
        let mut all = Self::default();
        match project::load(&[folder]) {
            Ok(loaded) => {
                for rule in &loaded.rules {
                    let path = loaded.sources.get(rule.id.span.source).path().to_owned();
                    all.files.entry(path).or_default().push(Called::new(rule));
                }
            }
            Err(error) => tracing::warn!("the rules of the folder are not read: {error}"),
        }
        all
    }

    /// Takes in what a file holds now; whether that changes what its rules are called.
    pub(crate) fn put(&mut self, path: &Path, loaded: &Loaded) -> bool {
        let now: Vec<Called> = loaded.rules.iter().map(Called::new).collect();
        let before = self.files.insert(path.to_owned(), now);
        before.as_ref() != self.files.get(path)
    }

    /// What is to be said of the rules of a file because of those in others.
    pub(crate) fn findings(&self, path: &Path, loaded: &Loaded) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let code = |id: &str| codes::all().into_iter().find(|code| code.id == id);
        let (Some(same_id), Some(same_name)) = (code("duplicate-id"), code("duplicate-name"))
        else {
            return found;
        };
        for rule in &loaded.rules {
            let own = Called::new(rule);
            for (other, called) in self.files.iter().filter(|(other, _)| *other != path) {
                let shown = other.display();
                if called.iter().any(|one| one.id == own.id) {
                    found.push(finding(
                        same_id,
                        rule,
                        format!("the id is used in `{shown}` too"),
                    ));
                } else if called.iter().any(|one| one.name == own.name) {
                    let message = format!("the name is used in `{shown}` too");
                    found.push(finding(same_name, rule, message));
                }
            }
        }
        found
    }
}

fn finding(code: &'static Code, rule: &Rule, message: String) -> Diagnostic {
    let (span, help) = if code.id == "duplicate-id" {
        (
            rule.id.span,
            "one of the two would overwrite the other; give the newer one a fresh GUID",
        )
    } else {
        (rule.name.span, "alerts of the two cannot be told apart")
    };
    Diagnostic::new(code, span, message).help(help)
}
