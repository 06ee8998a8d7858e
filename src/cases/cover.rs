//! What the cases of a rule cover: a match, a near miss, both outcomes of every condition, every parameter.

use std::collections::{BTreeMap, BTreeSet};

use crate::cases::Suite;
use crate::cases::run::Prepared;
use crate::kql::Schema;
use crate::rule::Rule;

/// What was seen of one condition of a `where`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// First byte, in the rule's own query.
    pub(crate) start: usize,
    /// One past the last.
    pub(crate) end: usize,
    /// It was true for a row of a case.
    pub(crate) held: bool,
    /// It was false or null for one.
    pub(crate) failed: bool,
}

/// What the cases of a rule cover.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cover {
    /// A case has results.
    pub(crate) matches: bool,
    /// A case has rows and no results.
    pub(crate) near_misses: bool,
    /// The conditions, in the order of the query.
    pub(crate) conditions: Vec<Condition>,
    /// Parameters that no case sets.
    pub(crate) unset: Vec<String>,
}

/// Runs all cases and notes what they reach; a case that cannot be run covers nothing.
pub(crate) fn cover(rule: &Rule, suite: &Suite, schema: &Schema) -> Cover {
    let mut seen: BTreeMap<(usize, usize), (bool, bool)> = BTreeMap::new();
    let mut cover = Cover::default();
    let mut set = BTreeSet::new();
    for case in &suite.cases {
        set.extend(case.parameters.keys().cloned());
        let has_rows = case.rows.values().any(|rows| !rows.is_empty());
        match case.expect.results.value {
            0 => cover.near_misses |= has_rows,
            _ => cover.matches = true,
        }
        let Ok(prepared) = Prepared::new(rule, suite, case, schema) else {
            continue;
        };
        for (place, (held, failed)) in prepared.covered() {
            let entry = seen.entry(place).or_default();
            entry.0 |= held;
            entry.1 |= failed;
        }
    }
    cover.conditions = seen
        .into_iter()
        .map(|((start, end), (held, failed))| Condition {
            start,
            end,
            held,
            failed,
        })
        .collect();
    let parameters = rule.extension.parameters.iter();
    cover.unset = parameters
        .map(|parameter| parameter.name.value.clone())
        .filter(|name| !set.contains(name))
        .collect();
    cover
}
