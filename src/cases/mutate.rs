//! Mutants of a rule: one condition changed at a time, to see whether a case notices.
//!
//! A mutant that no case notices shows a condition that the tests say nothing about. [`mutants`] lists them,
//! [`tried`] runs the cases on each until one fails. A mutant that cannot change what the rule means is declared in
//! the test file, with the reason; a declaration that is not needed is told.

mod query;

use crate::cases::run::Prepared;
use crate::cases::{Equivalent, Suite};
use crate::diag::{Span, Spanned};
use crate::kql::Schema;
use crate::rule::{Rule, RuleKind};

/// One change of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mutant {
    /// What is changed, in the words that a test file declares it by.
    pub(crate) name: String,
    /// What the change is made to.
    pub(crate) change: Change,
}

/// What a mutant changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// A part of the query.
    Query {
        /// Which bytes of the rule's own query.
        start: usize,
        /// One past the last of them.
        end: usize,
        /// What stands there instead.
        text: String,
        /// Where the condition stands that this is about.
        about: std::ops::Range<usize>,
    },
    /// The threshold of the trigger.
    Threshold {
        /// The threshold instead.
        value: i64,
        /// Where the rule has its own.
        span: Span,
    },
}

/// What came of the mutants of a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tried {
    /// How many there are.
    pub(crate) mutants: usize,
    /// Those that no case noticed and that are not declared.
    pub(crate) survivors: Vec<Mutant>,
    /// How many of those that no case noticed are declared.
    pub(crate) declared: usize,
    /// Declarations that no surviving mutant needs.
    pub(crate) needless: Vec<Spanned<String>>,
}

/// Every mutant of the rule, in the order of the query, then those of the trigger.
pub(crate) fn mutants(rule: &Rule) -> Vec<Mutant> {
    let mut mutants = query::mutants(&rule.query.value);
    if let RuleKind::Scheduled(schedule) = &rule.kind.value {
        let threshold = &schedule.trigger_threshold;
        let operator = schedule.trigger_operator.value;
        for value in [
            threshold.value.checked_sub(1),
            threshold.value.checked_add(1),
        ] {
            let Some(value) = value else { continue };
            mutants.push(Mutant {
                name: format!(
                    "trigger `{operator} {value}` for `{operator} {}`",
                    threshold.value
                ),
                change: Change::Threshold {
                    value,
                    span: threshold.span,
                },
            });
        }
    }
    mutants
}

/// Runs the cases on every mutant; none where a case fails without any change.
pub(crate) fn tried(rule: &Rule, suite: &Suite, schema: &Schema) -> Option<Tried> {
    let mut prepared = Vec::new();
    for case in &suite.cases {
        let one = Prepared::new(rule, suite, case, schema).ok()?;
        if !one.judge().is_empty() {
            return None;
        }
        prepared.push(one);
    }
    let mutants = mutants(rule);
    let mut tried = Tried {
        mutants: mutants.len(),
        ..Tried::default()
    };
    let mut needed = vec![false; suite.equivalents.len()];
    for mutant in mutants {
        let noticed = prepared
            .iter()
            .position(|case| notices(case, &mutant.change));
        if let Some(position) = noticed {
            // What noticed one change is likely to notice the next.
            let case = prepared.remove(position);
            prepared.insert(0, case);
            continue;
        }
        let declared = |one: &Equivalent| one.mutant.value == mutant.name;
        match suite.equivalents.iter().position(declared) {
            Some(position) => {
                needed[position] = true;
                tried.declared += 1;
            }
            None => tried.survivors.push(mutant),
        }
    }
    tried.needless = suite
        .equivalents
        .iter()
        .zip(needed)
        .filter(|(_, needed)| !needed)
        .map(|(one, _)| one.mutant.clone())
        .collect();
    Some(tried)
}

/// Whether the case comes out otherwise than expected with the change.
fn notices(case: &Prepared<'_>, change: &Change) -> bool {
    let (query, own) = case.query();
    let faults = match change {
        Change::Query {
            start, end, text, ..
        } => {
            let changed = [&query[..own + start], text, &query[own + end..]].concat();
            case.judge_as(&changed, case.settings())
        }
        Change::Threshold { value, .. } => {
            case.judge_as(query, &case.settings().with_threshold(*value))
        }
    };
    !faults.is_empty()
}
