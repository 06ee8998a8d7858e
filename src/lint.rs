//! Checks of rules that reading alone cannot make: limits, timing, ATT&CK, entities, whole sets, quality.
//!
//! One lint is one file under `rules/`: its [`Code`] with the documentation that `explain` prints, a [`Lint`], and
//! the function that looks. A lint reports at its code's level; [`levels`] and [`suppress`] decide once, at the
//! end, what becomes of it. Nothing here reads files.
//! To add a lint: write the file, list it in [`LINTS`], and give its documentation a bad and a good example; the
//! tests run both. Start at [`run`].

pub(crate) mod baseline;
pub(crate) mod fix;
pub(crate) mod kql;
pub(crate) mod levels;
mod look_back;
pub(crate) mod placeholder;
mod query;
mod rules;
pub(crate) mod suppress;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::diag::{Code, Diagnostic, SourceId, SourceMap};
use crate::kql::Parsed;
use crate::rule::Rule;
use crate::rule::codes::WRAPPED_IN_PROPERTIES;
use crate::rule::yaml::Comment;

pub(crate) use levels::Levels;
pub(crate) use rules::LINTS;

/// One check.
#[derive(Debug)]
pub(crate) struct Lint {
    /// The kind of finding it makes.
    pub(crate) code: &'static Code,
    /// How it looks.
    pub(crate) check: Check,
}

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check {
    /// One rule at a time.
    Rule(fn(&Rule, &mut Found<'_>)),
    /// The query of one rule at a time, when it can be read.
    Query(fn(&Rule, &Parsed, &mut Found<'_>)),
    /// All rules at once.
    Set(fn(&[&Rule], &mut Found<'_>)),
}

/// Where checks put what they find.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    /// The texts that the rules were read from.
    pub(crate) sources: &'a SourceMap,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Found<'a> {
    /// Nothing found yet.
    pub(crate) fn new(sources: &'a SourceMap) -> Self {
        Self {
            sources,
            diagnostics: Vec::new(),
        }
    }

    /// Keeps a finding.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// What was found.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}

/// What is checked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a> {
    /// The texts.
    pub(crate) sources: &'a SourceMap,
    /// The comments of the texts, which may hold `rulepost: ignore[…]`.
    pub(crate) comments: &'a [Comment],
    /// Rules that were read whole.
    pub(crate) rules: &'a [Rule],
    /// Rules with stand-ins for what is missing; they are checked one by one, not as part of the set.
    pub(crate) incomplete: &'a [Rule],
    /// What reading found.
    pub(crate) read: &'a [Diagnostic],
}

/// Every finding of reading and of all lints, at the level it ends with, in the order of the texts.
///
/// `extra` checks one rule and adds to what the lints find of it; it is where the KQL checker is plugged in.
pub(crate) fn run(
    input: Input<'_>,
    levels: &Levels,
    extra: &(dyn Fn(&Rule, &mut Found<'_>) + Sync),
) -> Vec<Diagnostic> {
    let mut diagnostics = input.read.to_vec();
    diagnostics.extend(each(input, extra));
    let mut found = Found::new(input.sources);
    let all: Vec<&Rule> = input.rules.iter().collect();
    for lint in LINTS {
        if let Check::Set(check) = lint.check {
            check(&all, &mut found);
        }
    }
    diagnostics.extend(found.into_diagnostics());
    leave_foreign_forms(&mut diagnostics);
    levels.apply(&mut diagnostics);
    suppress::apply(&mut diagnostics, input.sources, input.comments, levels);
    diagnostics.retain(|found| found.level > crate::diag::Level::Allow);
    diagnostics.sort_by(|a, b| {
        let key = |found: &Diagnostic| (found.primary.span, found.code.id);
        key(a).cmp(&key(b))
    });
    diagnostics
}

/// Takes the repairs from files in the form of the API: they would write a rule file's words into a request body.
fn leave_foreign_forms(diagnostics: &mut [Diagnostic]) {
    let foreign: BTreeSet<SourceId> = diagnostics
        .iter()
        .filter(|found| found.code.id == WRAPPED_IN_PROPERTIES.id)
        .map(|found| found.primary.span.source)
        .collect();
    for found in diagnostics {
        if foreign.contains(&found.primary.span.source) {
            found.fix = None;
        }
    }
}

/// The lints of single rules, on as many threads as there are.
fn each(input: Input<'_>, extra: &(dyn Fn(&Rule, &mut Found<'_>) + Sync)) -> Vec<Diagnostic> {
    let rules: Vec<&Rule> = input.rules.iter().chain(input.incomplete).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Found::new(input.sources);
        while let Some(rule) = rules.get(next.fetch_add(1, Ordering::Relaxed)) {
            let parsed = crate::kql::parse(&rule.query.value);
            let readable = !parsed
                .diagnostics
                .iter()
                .any(crate::kql::Diagnostic::is_syntax);
            for lint in LINTS {
                match lint.check {
                    Check::Rule(check) => check(rule, &mut found),
                    Check::Query(check) if readable => check(rule, &parsed, &mut found),
                    Check::Query(_) | Check::Set(_) => {}
                }
            }
            extra(rule, &mut found);
        }
        found.into_diagnostics()
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    if threads == 1 || rules.len() < 8 {
        return work();
    }
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let joined = handles.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

#[cfg(test)]
mod tests;
