//! What came of the tests of rules, beside the findings it is.

use serde::Serialize;

use crate::report::Findings;
use crate::report::human::plural;
use crate::report::json;

/// What one run of `test` has to tell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tested<'a> {
    /// The findings, each case being a check.
    pub(crate) findings: Findings<'a>,
    /// The rules, in the order of their files.
    pub(crate) rules: &'a [RuleTests],
}

/// The tests of one rule. The struct is the format: fields are only ever added within a version.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RuleTests {
    /// The rule's name.
    pub(crate) rule: String,
    /// The rule's file.
    pub(crate) file: String,
    /// The test file; none where there is none.
    pub(crate) tests: Option<String>,
    /// The cases that were run.
    #[serde(skip)]
    pub(crate) cases: Vec<CaseTold>,
    /// What came of mutants, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mutants: Option<MutantsTold>,
    /// What the cases cover, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coverage: Option<CoverageTold>,
}

/// How one case went.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CaseTold {
    /// The rule's name.
    pub(crate) rule: String,
    /// The test file.
    pub(crate) file: String,
    /// Where the case stands, from one.
    pub(crate) line: usize,
    /// The case's name; empty where the file could not be understood.
    pub(crate) case: String,
    /// Whether it came out as expected.
    pub(crate) passed: bool,
    /// What did not.
    pub(crate) faults: Vec<String>,
}

/// What came of the mutants of a rule.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct MutantsTold {
    /// How many were tried.
    pub(crate) tried: usize,
    /// How many a case noticed.
    pub(crate) noticed: usize,
    /// How many nobody noticed and the test file declares as equivalent.
    pub(crate) equivalent: usize,
    /// How many are left.
    pub(crate) survived: usize,
}

/// What the cases of a rule cover.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CoverageTold {
    /// A case has results.
    pub(crate) matches: bool,
    /// A case has rows and no results.
    pub(crate) near_misses: bool,
    /// The conditions of every `where`.
    pub(crate) conditions: Vec<ConditionTold>,
    /// Parameters that no case sets.
    pub(crate) untried_parameters: Vec<String>,
}

/// What was seen of one condition.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConditionTold {
    /// Line in the rule's file, from one.
    pub(crate) line: usize,
    /// Column, from one.
    pub(crate) column: usize,
    /// The condition as written.
    pub(crate) condition: String,
    /// It was true for a row.
    pub(crate) was_true: bool,
    /// It was false or null for a row.
    pub(crate) was_false: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    passed: usize,
    failed: usize,
    untested: Vec<&'a str>,
    cases: Vec<&'a CaseTold>,
    rules: &'a [RuleTests],
    #[serde(flatten)]
    report: json::Report<'a>,
}

impl Tested<'_> {
    fn cases(&self) -> impl Iterator<Item = &CaseTold> {
        self.rules.iter().flat_map(|rule| &rule.cases)
    }

    /// The whole report as JSON, version 1, with a line end.
    pub(crate) fn json(&self) -> String {
        let passed = self.cases().filter(|case| case.passed).count();
        let untested = self.rules.iter().filter(|rule| rule.tests.is_none());
        let document = Document {
            version: 1,
            passed,
            failed: self.cases().count() - passed,
            untested: untested.map(|rule| rule.file.as_str()).collect(),
            cases: self.cases().collect(),
            rules: self.rules,
            report: json::report(self.findings),
        };
        let text = serde_json::to_string_pretty(&document);
        text.expect("texts and numbers can be written") + "\n"
    }

    /// How many passed and failed, in one sentence; then mutants and coverage, each where it was asked for.
    pub(crate) fn summary(&self) -> String {
        let passed = self.cases().filter(|case| case.passed).count();
        let failed = self.cases().count() - passed;
        let mut text = format!("{} passed, {failed} failed\n", plural(passed, "case"));
        let told: Vec<_> = self.rules.iter().filter_map(|rule| rule.mutants).collect();
        if !told.is_empty() {
            let sum = |of: fn(&MutantsTold) -> usize| told.iter().map(of).sum::<usize>();
            text.push_str(&format!(
                "{} of {}: {} noticed, {} declared as equivalent, {} survived\n",
                plural(sum(|one| one.tried), "mutant"),
                plural(told.len(), "rule"),
                sum(|one| one.noticed),
                sum(|one| one.equivalent),
                sum(|one| one.survived),
            ));
        }
        let told: Vec<_> = self
            .rules
            .iter()
            .filter_map(|rule| rule.coverage.as_ref())
            .collect();
        if !told.is_empty() {
            let count = |of: fn(&CoverageTold) -> bool| told.iter().filter(|one| of(one)).count();
            let conditions: Vec<_> = told.iter().flat_map(|one| &one.conditions).collect();
            let both = conditions
                .iter()
                .filter(|one| one.was_true && one.was_false)
                .count();
            text.push_str(&format!(
                "of {}, {} have a case that matches and {} one that does not\n{both} of {} were both true and false\n",
                plural(told.len(), "rule"),
                count(|one| one.matches),
                count(|one| one.near_misses),
                plural(conditions.len(), "condition"),
            ));
        }
        text
    }
}
