//! What a test file may say, and what a case finds.

mod samples;
mod schema;

use serde_json::json;

use super::{Case, Fault, Suite};
use crate::diag::SourceId;
use crate::kql::Schema;
use crate::render::sample::{at, scheduled};
use crate::rule::Rule;
use crate::rule::field::{Parameter, ParameterType};

const FILE: &str = "now: 2026-11-20T12:00:00Z
arrives: 90s
defaults:
  SigninLogs: { ResultType: '50126', UserPrincipalName: a@contoso.com }
cases:
  - name: three failures
    rows:
      SigninLogs:
        - { at: 30m, repeat: 3, every: 1m, vary: { IPAddress: '203.0.113.{n}' } }
    expect: { results: 1, contains: [{ Failures: 3, Addresses: 3 }], severity: Medium }
  - name: two are too few
    rows:
      SigninLogs: [{ at: 30m, repeat: 2 }]
    expect: { results: 0 }
  - name: Least is where it begins
    parameters: { Least: 2 }
    rows:
      SigninLogs: [{ at: 30m, repeat: 2 }]
    expect: { results: 1 }
  - name: rows before the period are not seen
    rows:
      SigninLogs: [{ at: 2d, repeat: 9 }]
    expect: { results: 0 }
  - name: rows that arrived long ago are not seen
    rows:
      SigninLogs: [{ at: 5h, arrives: 1m, repeat: 9 }]
    expect: { results: 0 }
";

fn suite(text: &str) -> Result<Suite, Fault> {
    suite_beside(text, &[])
}

/// A test file with files of rows beside it.
fn suite_beside(text: &str, files: &[(&str, &str)]) -> Result<Suite, Fault> {
    let mut open = |name: &str| {
        let at = files.iter().position(|(known, _)| *known == name);
        let at = at.ok_or_else(|| format!("cannot read `{name}`"))?;
        let number = u32::try_from(at).expect("few files") + 1;
        Ok((SourceId(number), files[at].1.into()))
    };
    let schema = Schema::built_in();
    let mut around = super::sample::Around {
        schema: &schema,
        open: &mut open,
    };
    super::read::suite(SourceId(0), text, &mut around)
}

/// What is not as expected.
fn run(rule: &Rule, suite: &Suite, case: &Case) -> Vec<String> {
    let faults = super::run::run(rule, suite, case, &Schema::built_in());
    faults.into_iter().map(|fault| fault.message).collect()
}

fn rule() -> Rule {
    let mut rule = scheduled(1);
    rule.query = at("SigninLogs | where ResultType != '0' and ingestion_time() > ago(4h) \
                     | summarize Failures = count(), Addresses = dcount(IPAddress) by UserPrincipalName \
                     | where Failures >= Least"
        .to_owned());
    rule.extension.parameters = vec![Parameter {
        name: at("Least".to_owned()),
        kind: at(ParameterType::Long),
        default: at(json!(3)),
        description: None,
    }];
    rule
}

#[test]
fn cases_pass_where_the_rule_does_what_they_say() {
    let (rule, suite) = (rule(), suite(FILE).expect("it is a test file"));
    for case in &suite.cases {
        assert_eq!(run(&rule, &suite, case), [""; 0], "{:?}", case.name);
    }
}

#[test]
fn a_case_tells_each_difference() {
    let rule = rule();
    let text = FILE
        .replace("results: 1, contains", "results: 2, contains")
        .replace("Failures: 3", "Failures: 4")
        .replace("severity: Medium", "severity: High, title: T, entities: []");
    let suite = suite(&text).expect("it is a test file");
    let faults = run(&rule, &suite, &suite.cases[0]);
    assert_eq!(faults.len(), 4, "{faults:?}");
    assert_eq!(faults[0], "2 results were expected, there are 1");
    assert!(
        faults[1].starts_with("no result has {\"Failures\":4"),
        "{faults:?}"
    );
    assert_eq!(faults[2], "the title `T` was expected, it is `Rule 1`");
    assert_eq!(
        faults[3],
        "the severity `High` was expected, it is `Medium`"
    );
}

#[test]
fn a_parameter_that_the_rule_does_not_have_fails_the_case() {
    let suite = suite(&FILE.replace("{ Least: 2 }", "{ Most: 2 }")).expect("it is a test file");
    assert_eq!(
        run(&rule(), &suite, &suite.cases[2]),
        ["the rule has no parameter `Most`"]
    );
}

/// One event under rules of the pack's two shapes, seen by the runs of two days, for arrivals from at once to late.
#[test]
fn one_event_makes_one_alert_whatever_run_sees_it() {
    // By row, and by a count with something new: the conditions that the rules of the pack use.
    let by_row =
        "SigninLogs | where ingestion_time() > ago(1h) | summarize count() by UserPrincipalName";
    let by_count = "SigninLogs | extend At = ingestion_time() | summarize Count = count(), Last = max(At) by \
                    UserPrincipalName | where Count >= 1 and Last > ago(1h)";
    for query in [by_row, by_count] {
        let mut rule = scheduled(1);
        rule.query = at(query.to_owned());
        let crate::rule::RuleKind::Scheduled(schedule) = &mut rule.kind.value else {
            panic!("it is a scheduled rule");
        };
        schedule.period = at(crate::duration::Duration::from_hours(2));
        for delay in [0, 90, 600, 1_200, 3_000, 3_599] {
            // Whether the event stands at the boundary of two runs or between them.
            for offset in [0, 1, 600, 1_800, 3_599] {
                let alerts: usize = (0..48)
                    .map(|hour| alerts_of(&rule, hour * 3_600 - offset, delay))
                    .sum();
                assert_eq!(
                    alerts, 1,
                    "{query}: arrival after {delay} s, {offset} s before a run"
                );
            }
        }
    }
}

/// Alerts of a run so many seconds after an event that arrived `delay` seconds after it happened.
fn alerts_of(rule: &Rule, after: i64, delay: i64) -> usize {
    // What has not happened or not arrived is not there.
    if after < delay || after < 0 {
        return 0;
    }
    let row = format!("{{ at: {after}s, arrives: {delay}s }}");
    let text = FILE.split("cases:").next().unwrap_or_default().to_owned();
    let text = format!(
        "{text}cases: [{{ name: a, rows: {{ SigninLogs: [{row}] }}, expect: {{ results: 1 }} }}]"
    );
    let suite = suite(&text).expect("it is a test file");
    usize::from(run(rule, &suite, &suite.cases[0]).is_empty())
}

#[test]
fn what_is_not_understood_is_told_and_never_passed_over() {
    for (from, to, part) in [
        (
            "now: 2026-11-20T12:00:00Z",
            "now: noon",
            "`now: noon` is no time",
        ),
        ("now: 2026-11-20T12:00:00Z\n", "", "`now` is missing"),
        (
            "at: 30m, repeat: 3",
            "at: soon, repeat: 3",
            "`at: soon` is no time span",
        ),
        ("repeat: 3", "repeat: 0", "`repeat: 0` is no number"),
        ("at: 30m, repeat: 3", "repeat: 3", "a row has no `at`"),
        (
            "expect: { results: 1, contains",
            "expect: { contains",
            "no number of `results`",
        ),
        ("severity: Medium", "severty: Medium", "the key `severty`"),
        ("two are too few", "three failures", "two cases are named"),
        ("cases:", "cases: 7\nmore:", "the key `more`"),
    ] {
        let text = FILE.replace(from, to);
        assert_ne!(text, FILE, "{from}");
        let fault = suite(&text).expect_err("it is wrong");
        assert!(fault.message.contains(part), "{part}: {fault:?}");
    }
    assert!(suite("a: [").is_err());
}

/// What a case is about when it is about alerts and incidents.
const INCIDENTS: &str = "now: 2026-11-20T12:00:00Z
defaults: { SigninLogs: { ResultType: '50126' } }
cases:
  - name: two runs, one incident
    runs: 3
    rows:
      SigninLogs:
        - { at: 90m, row: { UserPrincipalName: a } }
        - { at: 30m, row: { UserPrincipalName: a } }
    expect:
      rows: [{ UserPrincipalName: a, Failures: 1 }]
      alerts: 1
      customDetails: { Failures: 1 }
      tactics: [CredentialAccess]
      incidents: [{ title: Rule 1, alerts: 2, closed: false }]
  - name: closed between the runs
    runs: 3
    close: 50m
    rows:
      SigninLogs:
        - { at: 90m, row: { UserPrincipalName: a } }
        - { at: 30m, row: { UserPrincipalName: a } }
    expect:
      results: 1
      incidents: [{ alerts: 1, closed: true }, { alerts: 1, closed: false }]
  - name: what has not arrived is not seen
    rows:
      SigninLogs: [{ at: 1m, arrives: 7m, row: { UserPrincipalName: a } }]
    expect: { results: 0, alerts: 0, incidents: [] }
";

fn grouping_rule() -> Rule {
    use crate::rule::field::{GroupingConfiguration, IncidentConfiguration, MatchingMethod};
    let mut rule = rule();
    rule.query = at("SigninLogs | where ingestion_time() > ago(1h) \
                     | summarize Failures = count() by UserPrincipalName"
        .to_owned());
    rule.custom_details = vec![(at("Failures".to_owned()), at("Failures".to_owned()))];
    rule.incident = Some(IncidentConfiguration {
        span: crate::render::sample::span(),
        create: at(true),
        grouping: Some(GroupingConfiguration {
            span: crate::render::sample::span(),
            enabled: at(true),
            reopen_closed: at(false),
            lookback: at(crate::duration::Duration::from_hours(5)),
            matching: at(MatchingMethod::AnyAlert),
            by_entities: Vec::new(),
            by_alert_details: Vec::new(),
            by_custom_details: Vec::new(),
        }),
    });
    rule
}

#[test]
fn a_case_sees_the_incidents_of_several_runs() {
    let (rule, suite) = (
        grouping_rule(),
        suite(INCIDENTS).expect("it is a test file"),
    );
    for case in &suite.cases {
        assert_eq!(run(&rule, &suite, case), [""; 0], "{:?}", case.name);
    }
}

#[test]
fn a_reopened_incident_is_one() {
    let mut rule = grouping_rule();
    if let Some(grouping) = rule.incident.as_mut().and_then(|one| one.grouping.as_mut()) {
        grouping.reopen_closed = at(true);
    }
    let suite = suite(INCIDENTS).expect("it is a test file");
    let faults = run(&rule, &suite, &suite.cases[1]);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(
        faults[0].contains("they are {\"title\":\"Rule 1\",\"alerts\":2,"),
        "{faults:?}"
    );
}

#[test]
fn a_suppressed_rule_leaves_its_next_run_out() {
    let mut rule = grouping_rule();
    rule.suppression.enabled = Some(at(true));
    rule.suppression.duration = Some(at(crate::duration::Duration::from_hours(2)));
    let text = INCIDENTS
        .split("  - name: closed")
        .next()
        .unwrap_or_default();
    let suite = suite(text).expect("it is a test file");
    let faults = run(&rule, &suite, &suite.cases[0]);
    assert_eq!(
        faults[0], "1 results were expected, there are 0",
        "{faults:?}"
    );
}

#[test]
fn results_without_an_alert_are_told_unless_the_case_expects_them() {
    let mut rule = grouping_rule();
    let crate::rule::RuleKind::Scheduled(schedule) = &mut rule.kind.value else {
        panic!("it is a scheduled rule");
    };
    schedule.trigger_threshold = at(1);
    let text = "now: 2026-11-20T12:00:00Z
cases:
  - { name: a, rows: { SigninLogs: [{ at: 1m }] }, expect: { results: 1 } }
  - { name: b, rows: { SigninLogs: [{ at: 1m }] }, expect: { results: 1, alerts: 0 } }
";
    let suite = suite(text).expect("it is a test file");
    assert_eq!(
        run(&rule, &suite, &suite.cases[0]),
        ["1 results make no alert; `alerts: 0` expects that"]
    );
    assert_eq!(run(&rule, &suite, &suite.cases[1]), [""; 0]);
}
