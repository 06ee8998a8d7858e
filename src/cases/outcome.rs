//! What came of the tests of one rule, and the findings that it is.

use crate::cases::codes;
use crate::cases::cover::{Cover, cover};
use crate::cases::mutate::{Change, Tried, tried};
use crate::cases::run::run;
use crate::cases::{Fault, Suite};
use crate::diag::{Diagnostic, SourceMap, Span, Spanned};
use crate::kql::Schema;
use crate::rule::Rule;
use crate::rule::embedded::Embedded;

/// What is asked of the tests.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    /// Only cases whose name, or whose rule's name, holds this text, in lower case.
    pub(crate) name: String,
    /// Try mutants.
    pub(crate) mutate: bool,
    /// Tell what the cases cover.
    pub(crate) coverage: bool,
}

/// What came of the tests of one rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Outcome {
    /// The cases that were run, each with what is not as expected.
    pub(crate) cases: Vec<(Spanned<String>, Vec<Fault>)>,
    /// What came of the mutants; nothing where a case fails without any.
    pub(crate) tried: Option<Tried>,
    /// What the cases cover.
    pub(crate) cover: Option<Cover>,
}

/// Runs the cases; mutants and coverage are about all cases of a rule that one was asked of.
pub(crate) fn outcome(rule: &Rule, suite: &Suite, schema: &Schema, ask: &Ask) -> Outcome {
    let by_rule = rule.name.value.to_lowercase().contains(&ask.name);
    let asked = suite
        .cases
        .iter()
        .filter(|case| by_rule || case.name.value.to_lowercase().contains(&ask.name));
    let cases: Vec<_> = asked
        .map(|case| (case.name.clone(), run(rule, suite, case, schema)))
        .collect();
    let any = by_rule || !cases.is_empty();
    Outcome {
        cases,
        tried: (ask.mutate && any)
            .then(|| tried(rule, suite, schema))
            .flatten(),
        cover: (ask.coverage && any).then(|| cover(rule, suite, schema)),
    }
}

impl Outcome {
    /// The findings: those of each case, then those about mutants and coverage.
    pub(crate) fn findings(&self, rule: &Rule, sources: &SourceMap) -> Findings {
        let case = |(name, faults): &(Spanned<String>, Vec<Fault>)| {
            let findings = faults.iter().map(|fault| {
                let message = format!("case `{}`: {}", name.value, fault.message);
                let mut finding = Diagnostic::new(&codes::TEST_FAILED, fault.span, message);
                finding.fix.clone_from(&fault.fix);
                finding
            });
            findings.collect()
        };
        let mut rest = Vec::new();
        let query = Embedded::new(&rule.query, sources);
        if let Some(tried) = &self.tried {
            mutants(&mut rest, tried, &query);
        }
        if let Some(cover) = &self.cover {
            coverage(&mut rest, cover, rule, &query);
        }
        Findings {
            cases: self.cases.iter().map(case).collect(),
            rest,
        }
    }
}

/// The findings of one rule's tests.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Findings {
    /// Those of each case that was run.
    pub(crate) cases: Vec<Vec<Diagnostic>>,
    /// Those that are about no case.
    pub(crate) rest: Vec<Diagnostic>,
}

fn mutants(found: &mut Vec<Diagnostic>, tried: &Tried, query: &Embedded) {
    for mutant in &tried.survivors {
        let span = match &mutant.change {
            Change::Query { about, .. } => query.span(about.clone()),
            Change::Threshold { span, .. } => *span,
        };
        let message = format!("no case notices this change: {}", mutant.name);
        let finding = Diagnostic::new(&codes::SURVIVING_MUTANT, span, message)
            .help("add a case that comes out otherwise with the change")
            .help("where the rule means the same with it, declare it in the test file under `equivalents`, with the reason");
        found.push(finding);
    }
    for name in &tried.needless {
        let message = format!(
            "the declared mutant is noticed by a case, or there is none: {}",
            name.value
        );
        let finding = Diagnostic::new(&codes::NEEDLESS_EQUIVALENT, name.span, message)
            .help("remove the declaration");
        found.push(finding);
    }
}

fn coverage(found: &mut Vec<Diagnostic>, cover: &Cover, rule: &Rule, query: &Embedded) {
    let about_rule = |code, message: &str, help: &str| {
        Diagnostic::new(code, rule.name.span, message.to_owned()).help(help)
    };
    if !cover.matches {
        let help = "add a case with rows that the rule is for";
        found.push(about_rule(
            &codes::NO_MATCH,
            "no case of the rule has results",
            help,
        ));
    }
    if !cover.near_misses {
        let help = "add a case with rows that differ in one point from those of a match";
        let message = "no case of the rule has rows and no results";
        found.push(about_rule(&codes::NO_NEAR_MISS, message, help));
    }
    for condition in &cover.conditions {
        let (message, help) = match (condition.held, condition.failed) {
            (true, true) => continue,
            (true, false) => (
                "the condition is never false in a case",
                "add a case with a row that this condition alone keeps out",
            ),
            (false, true) => (
                "the condition is never true in a case",
                "add a case with a row that it lets through",
            ),
            (false, false) => (
                "no row of a case reaches the condition",
                "add a case with a row that the conditions before it let through",
            ),
        };
        let span = query.span(condition.start..condition.end);
        let finding = Diagnostic::new(&codes::ONE_SIDED_CONDITION, span, message).help(help);
        found.push(finding);
    }
    for name in &cover.unset {
        let parameters = rule.extension.parameters.iter();
        let declared = parameters
            .map(|one| &one.name)
            .find(|one| one.value == *name);
        let span: Span = declared.map_or(rule.name.span, |one| one.span);
        let message = format!("no case sets the parameter `{name}`");
        let finding = Diagnostic::new(&codes::UNTRIED_PARAMETER, span, message).help(
            "add a case that sets it under `parameters` and comes out otherwise than without",
        );
        found.push(finding);
    }
}
