//! The kinds of finding that tests of rules make.

use crate::diag::{Code, code};

/// Every code of this area, in the order of `explain`.
pub(crate) static CODES: &[&Code] = &[
    &TEST_FILE,
    &TEST_FAILED,
    &UNTESTED_RULE,
    &SURVIVING_MUTANT,
    &NEEDLESS_EQUIVALENT,
    &NO_MATCH,
    &NO_NEAR_MISS,
    &ONE_SIDED_CONDITION,
    &UNTRIED_PARAMETER,
];

code! {
    /// A test file cannot be understood: no YAML, an unknown key, a time that is none.
    ///
    /// A check that is not understood is a check that is not made, so none of the file's cases is run.
    ///
    /// Bad:
    /// ```yaml
    /// cases:
    ///   - name: a refused login
    ///     expected: { results: 1 }
    /// ```
    /// Good:
    /// ```yaml
    /// cases:
    ///   - name: a refused login
    ///     expect: { results: 1 }
    /// ```
    /// Source: rulepost's own rule; `docs/rule-tests.md` describes the form.
    pub(crate) static TEST_FILE = "test-file", Error, "a test file that cannot be understood";

    /// A case does not come out as it expects.
    ///
    /// Either the rule does not do what its author meant, or the case says something that is no longer meant;
    /// `rulepost test --update` writes down what comes out now.
    ///
    /// Bad:
    /// ```yaml
    /// cases:
    ///   - name: no rows
    ///     expect: { results: 1 }
    /// ```
    /// Good:
    /// ```yaml
    /// cases:
    ///   - name: no rows
    ///     expect: { results: 0 }
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static TEST_FAILED = "test-failed", Error, "a test of a rule that fails";

    /// A rule has no test file beside it.
    ///
    /// Nobody knows whether it finds what it is for.
    ///
    /// Bad:
    /// ```text
    /// rules/impact/mass-deletion.yaml
    /// ```
    /// Good:
    /// ```text
    /// rules/impact/mass-deletion.yaml
    /// rules/impact/mass-deletion.test.yaml
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static UNTESTED_RULE = "untested-rule", Warning, "a rule without tests";

    /// One condition of the rule was dropped or changed, and every case came out as before.
    ///
    /// The cases say nothing about that condition: who breaks it will not be told. A case that fails with the change
    /// is missing: a row that only this condition keeps out, or a value on the very boundary. A change that cannot
    /// alter what the rule means is declared in the test file, with the reason:
    ///
    /// ```text
    /// equivalents:
    ///   - mutant: drop `isnotempty(Caller)`
    ///     reason: the join on Caller drops these rows too
    /// ```
    ///
    /// Bad:
    /// ```yaml
    /// # the rule says `| where StatusCode == 403 and isnotempty(Caller)`
    /// cases:
    ///   - name: a refused login
    ///     rows: { Logs: [{ at: 5m, row: { StatusCode: 403, Caller: a } }] }
    ///     expect: { results: 1 }
    /// ```
    /// Good:
    /// ```yaml
    /// cases:
    ///   - name: a refused login
    ///     rows: { Logs: [{ at: 5m, row: { StatusCode: 403, Caller: a } }] }
    ///     expect: { results: 1 }
    ///   - name: a refused login of nobody
    ///     rows: { Logs: [{ at: 5m, row: { StatusCode: 403 } }] }
    ///     expect: { results: 0 }
    ///   - name: a login
    ///     rows: { Logs: [{ at: 5m, row: { StatusCode: 200, Caller: a } }] }
    ///     expect: { results: 0 }
    /// ```
    /// Source: rulepost's own rule, after mutation testing of programs.
    pub(crate) static SURVIVING_MUTANT = "surviving-mutant", Error, "a changed condition that no test notices";

    /// A test file declares a mutant as equivalent that a case notices or that there is none of.
    ///
    /// The declaration would hide a mutant of that name that comes up later.
    ///
    /// Bad:
    /// ```yaml
    /// equivalents:
    ///   - mutant: drop `isnotempty(Colour)`  # the rule has no such condition
    ///     reason: the join drops these rows too
    /// ```
    /// Good:
    /// ```yaml
    /// equivalents: []
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static NEEDLESS_EQUIVALENT = "needless-equivalent", Warning, "a declared mutant that needs no declaration";

    /// No case of a rule has results.
    ///
    /// A rule that finds nothing passes every such test.
    ///
    /// Bad:
    /// ```yaml
    /// cases:
    ///   - name: no rows
    ///     expect: { results: 0 }
    /// ```
    /// Good:
    /// ```yaml
    /// cases:
    ///   - name: a refused login
    ///     rows: { Logs: [{ at: 5m, row: { StatusCode: 403 } }] }
    ///     expect: { results: 1 }
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static NO_MATCH = "no-match-tested", Warning, "a rule without a case that matches";

    /// No case of a rule has rows and no results.
    ///
    /// A rule that finds everything passes every such test.
    ///
    /// Bad:
    /// ```yaml
    /// cases:
    ///   - name: a refused login
    ///     rows: { Logs: [{ at: 5m, row: { StatusCode: 403 } }] }
    ///     expect: { results: 1 }
    /// ```
    /// Good:
    /// ```yaml
    /// cases:
    ///   - name: a refused login
    ///     rows: { Logs: [{ at: 5m, row: { StatusCode: 403 } }] }
    ///     expect: { results: 1 }
    ///   - name: a login
    ///     rows: { Logs: [{ at: 5m, row: { StatusCode: 200 } }] }
    ///     expect: { results: 0 }
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static NO_NEAR_MISS = "no-near-miss-tested", Warning, "a rule without a case that does not match";

    /// A condition of a `where` was never true, never false, or never reached by a row of any case.
    ///
    /// What it keeps out, or lets through, is not tested.
    ///
    /// Bad:
    /// ```yaml
    /// # the rule says `| where StatusCode == 403`
    /// rows: { Logs: [{ at: 5m, row: { StatusCode: 403 } }] }
    /// ```
    /// Good:
    /// ```yaml
    /// rows: { Logs: [{ at: 5m, row: { StatusCode: 403 } }, { at: 4m, row: { StatusCode: 200 } }] }
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static ONE_SIDED_CONDITION = "one-sided-condition", Warning, "a condition that the tests see one outcome of";

    /// No case sets a parameter of the rule.
    ///
    /// Whether tuning it does what its description says is not tested.
    ///
    /// Bad:
    /// ```yaml
    /// cases:
    ///   - name: ten refused logins
    ///     expect: { results: 1 }
    /// ```
    /// Good:
    /// ```yaml
    /// cases:
    ///   - name: three are enough once the threshold is three
    ///     parameters: { FailureThreshold: 3 }
    ///     expect: { results: 1 }
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static UNTRIED_PARAMETER = "untried-parameter", Warning, "a parameter that no test sets";
}
