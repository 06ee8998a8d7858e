//! The tests of rules: read, run on several threads, and told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cases::codes;
use crate::cases::outcome::{Ask, Outcome, outcome};
use crate::cases::read;
use crate::cases::sample::Around;
use crate::cases::{Fault, Suite};
use crate::cli::commands::test::watch;
use crate::cli::error::Error;
use crate::cli::file;
use crate::cli::parallel;
use crate::diag::{Diagnostic, Level, SourceFile, SourceId, SourceMap};
use crate::kql::Schema;
use crate::lint::Levels;
use crate::lint::fix;
use crate::project;
use crate::project::Loaded;
use crate::report::tested::{
    CaseTold, ConditionTold, CoverageTold, MutantsTold, RuleTests, Tested,
};
use crate::report::{Check, Findings, slashed};
use crate::rule::Rule;
use crate::rule::embedded::Embedded;

/// Rounds of updates.
const MOST_ROUNDS: usize = 4;

/// The tests of some rules, and what came of them.
#[derive(Debug)]
pub(super) struct Work {
    loaded: Loaded,
    /// One for each rule.
    tests: Vec<Option<TestFile>>,
    /// The test files of all rules, and the files that those name.
    beside: BTreeSet<PathBuf>,
    list: Vec<Diagnostic>,
    checks: Vec<Check>,
    told: Vec<RuleTests>,
}

/// A test file as it was read.
#[derive(Debug)]
struct TestFile {
    source: SourceId,
    /// The files of rows that it names.
    samples: Vec<(PathBuf, SourceId)>,
    suite: Result<Suite, Fault>,
}

impl TestFile {
    fn read(path: &Path, sources: &mut SourceMap, schema: &Schema) -> Result<Self, Error> {
        let file = SourceFile::new(path, file::read(path)?);
        let text = Arc::clone(file.text());
        let source = sources.add(file);
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut samples: Vec<(PathBuf, SourceId)> = Vec::new();
        let mut open = |name: &str| {
            let path = folder.join(name);
            if let Some((_, source)) = samples.iter().find(|(known, _)| *known == path) {
                return Ok((*source, Arc::clone(sources.get(*source).text())));
            }
            // One that cannot be read is watched too: it may come.
            let text = file::read_any(&path);
            let file = SourceFile::new(path.as_path(), text.as_deref().unwrap_or_default());
            let made = Arc::clone(file.text());
            let source = sources.add(file);
            samples.push((path, source));
            let failed = |error: &Error| match error {
                Error::Read { source, .. } => format!(
                    "cannot read `{name}`: {source}; a path is relative to the folder of the test file"
                ),
                other => other.to_string(),
            };
            text.map(|_| (source, made)).map_err(|error| failed(&error))
        };
        let mut around = Around {
            schema,
            open: &mut open,
        };
        let suite = read::suite(source, &text, &mut around);
        Ok(Self {
            source,
            samples,
            suite,
        })
    }
}

impl Work {
    /// Reads the test files of the rules, or of those of which a file changed: the rule's, its test file, or one
    /// that this names. Their texts join those of the rules.
    pub(super) fn new(
        mut loaded: Loaded,
        changed: Option<&BTreeSet<PathBuf>>,
        schema: &Schema,
    ) -> Result<Self, Error> {
        let is_changed =
            |path: &Path| changed.is_none_or(|changed| changed.contains(&watch::real(path)));
        let mut tests = Vec::new();
        let mut rules = Vec::new();
        let mut beside = BTreeSet::new();
        for rule in std::mem::take(&mut loaded.rules) {
            let path = test_path(&rule);
            let there = path.is_file();
            let test = there.then(|| TestFile::read(&path, &mut loaded.sources, schema));
            let test = test.transpose()?;
            let samples = test.iter().flat_map(|test| &test.samples);
            let own: Vec<PathBuf> = samples
                .map(|(path, _)| path.clone())
                .chain([path])
                .collect();
            if is_changed(&rule.origin.path) || own.iter().any(|path| is_changed(path)) {
                tests.push(test);
                rules.push(rule);
            }
            beside.extend(own);
        }
        loaded.rules = rules;
        Ok(Self {
            loaded,
            tests,
            beside,
            list: Vec::new(),
            checks: Vec::new(),
            told: Vec::new(),
        })
    }

    /// The files that the rules' tests are made of.
    pub(super) fn beside(&self) -> &BTreeSet<PathBuf> {
        &self.beside
    }

    /// Whether no case was run, and nothing else was found.
    pub(super) fn is_idle(&self) -> bool {
        let mut told = self.told.iter();
        told.all(|rule| rule.cases.is_empty() && rule.tests.is_some())
    }

    /// Whether there is no rule.
    pub(super) fn is_empty(&self) -> bool {
        self.loaded.rules.is_empty()
    }

    /// Runs all of them.
    pub(super) fn run(&mut self, schema: &Schema, ask: &Ask, levels: &Levels) -> Result<(), Error> {
        let jobs: Vec<(&Rule, Option<&Suite>)> = self
            .loaded
            .rules
            .iter()
            .zip(&self.tests)
            .map(|(rule, tests)| {
                let suite = tests.as_ref().and_then(|tests| tests.suite.as_ref().ok());
                (rule, suite)
            })
            .collect();
        let outcomes = parallel::map(&jobs, |(rule, suite)| {
            suite.map(|suite| outcome(rule, suite, schema, ask))
        })?;
        self.list.clear();
        self.checks.clear();
        self.told.clear();
        for (index, outcome) in outcomes.into_iter().enumerate() {
            self.tell(index, outcome, ask);
        }
        levels.apply(&mut self.list);
        Ok(())
    }

    /// Makes the failing cases expect what came out, and runs all again; how many expectations in how many files.
    ///
    /// One repair can make room for another: a case that now has results may have a title too.
    pub(super) fn update(
        &mut self,
        schema: &Schema,
        ask: &Ask,
        levels: &Levels,
    ) -> Result<(usize, usize), Error> {
        let (mut expectations, mut files) = (0, BTreeSet::new());
        for _ in 0..MOST_ROUNDS {
            let repaired = fix::apply(&self.list, &self.loaded.sources);
            if repaired.is_empty() {
                break;
            }
            for (source, repaired) in repaired {
                let path = self.loaded.sources.get(source).path().to_owned();
                project::write::replace(&path, &repaired.text).map_err(|source| Error::Write {
                    path: path.clone(),
                    source,
                })?;
                for test in self.tests.iter_mut().flatten() {
                    if test.source == source {
                        *test = TestFile::read(&path, &mut self.loaded.sources, schema)?;
                    }
                }
                expectations += repaired.count;
                files.insert(path);
            }
            self.run(schema, ask, levels)?;
        }
        Ok((expectations, files.len()))
    }

    fn tell(&mut self, index: usize, outcome: Option<Outcome>, ask: &Ask) {
        let rule = &self.loaded.rules[index];
        let sources = &self.loaded.sources;
        let name = &rule.name.value;
        let mut told = RuleTests {
            rule: name.clone(),
            file: slashed(&rule.origin.path),
            tests: None,
            cases: Vec::new(),
            mutants: None,
            coverage: None,
        };
        let Some(tests) = &self.tests[index] else {
            let message = format!("the rule `{name}` has no tests");
            let help = format!("`{}` holds them", slashed(&test_path(rule)));
            let finding = Diagnostic::new(&codes::UNTESTED_RULE, rule.name.span, message);
            self.list.push(finding.help(help));
            self.told.push(told);
            return;
        };
        let source = sources.get(tests.source);
        told.tests = Some(slashed(source.path()));
        let case = |case: &str, at: u32, faults: Vec<String>| CaseTold {
            rule: name.clone(),
            file: slashed(source.path()),
            line: source.line_column(at as usize).line,
            case: case.to_owned(),
            passed: faults.is_empty(),
            faults,
        };
        if let Err(fault) = &tests.suite {
            let finding = Diagnostic::new(&codes::TEST_FILE, fault.span, fault.message.clone());
            self.list
                .push(finding.help("none of the file's cases was run"));
            let own = fault.span.source == tests.source;
            let at = if own { fault.span.start } else { 0 };
            told.cases.push(case("", at, vec![fault.message.clone()]));
        }
        let outcome = outcome.unwrap_or_default();
        let findings = outcome.findings(rule, sources);
        for ((name, faults), found) in outcome.cases.iter().zip(findings.cases) {
            let first = self.list.len();
            self.list.extend(found);
            self.checks.push(Check {
                source: tests.source,
                name: name.value.clone(),
                found: first..self.list.len(),
            });
            let faults = faults.iter().map(|fault| fault.message.clone()).collect();
            told.cases.push(case(&name.value, name.span.start, faults));
        }
        self.list.extend(findings.rest);
        if let Some(tried) = &outcome.tried {
            let survived = tried.survivors.len();
            told.mutants = Some(MutantsTold {
                tried: tried.mutants,
                noticed: tried.mutants - survived - tried.declared,
                equivalent: tried.declared,
                survived,
            });
        } else if ask.mutate && outcome.cases.iter().any(|(_, faults)| !faults.is_empty()) {
            let message = "no mutants are tried where a case fails without any";
            let finding = Diagnostic::new(&codes::TEST_FAILED, rule.name.span, message);
            self.list.push(finding.help("repair the case first"));
        }
        told.coverage = outcome.cover.as_ref().map(|cover| {
            let embedded = Embedded::new(&rule.query, sources);
            let file = sources.get(rule.origin.source);
            CoverageTold {
                matches: cover.matches,
                near_misses: cover.near_misses,
                conditions: cover
                    .conditions
                    .iter()
                    .map(|one| {
                        let place = embedded.span(one.start..one.end);
                        let place = file.line_column(place.start as usize);
                        let text = rule.query.value.get(one.start..one.end);
                        ConditionTold {
                            line: place.line,
                            column: place.column,
                            condition: text.unwrap_or_default().to_owned(),
                            was_true: one.held,
                            was_false: one.failed,
                        }
                    })
                    .collect(),
                untried_parameters: cover.unset.clone(),
            }
        });
        self.told.push(told);
    }

    /// Whether a finding is an error.
    pub(super) fn failed(&self) -> bool {
        self.list.iter().any(|found| found.level == Level::Error)
    }

    /// What there is to tell.
    pub(super) fn tested(&self) -> Tested<'_> {
        Tested {
            findings: Findings {
                command: "test",
                sources: &self.loaded.sources,
                list: &self.list,
                files: self.loaded.files,
                rules: self.loaded.rules.len(),
                skipped: &[],
                checks: &self.checks,
            },
            rules: &self.told,
        }
    }
}

/// Where the tests of a rule stand: where it says, or beside it.
fn test_path(rule: &Rule) -> PathBuf {
    let own = &rule.origin.path;
    match (&rule.extension.tests, own.parent()) {
        (Some(path), Some(folder)) => folder.join(&path.value),
        _ => own.with_extension("test.yaml"),
    }
}
