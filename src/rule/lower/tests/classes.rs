//! Which class each sort of file gets: what a folder of a community repository holds, one short file a sort.

use super::*;

/// What became of a file: `rule`, or what it was skipped as, one word a document.
fn classes(text: &str) -> Vec<String> {
    let file = read(text);
    let mut all: Vec<(Span, String)> = file
        .rules
        .iter()
        .map(|lowered| (lowered.rule.origin.span, "rule".to_owned()))
        .collect();
    all.extend(file.skipped.iter().map(|skipped| {
        let what = match skipped.content {
            Content::OtherKind(kind) => format!("kind {kind}"),
            Content::Retired => "retired".to_owned(),
            Content::Other(what) => what.to_owned(),
            Content::Rule | Content::Wrapped(_) => "unread rule".to_owned(),
        };
        (skipped.span, what)
    }));
    all.sort_by_key(|(span, _)| span.start);
    all.into_iter().map(|(_, what)| what).collect()
}

/// Names, texts, and the classes of their documents.
const TABLE: &[(&str, &str, &[&str])] = &[
    // Nothing.
    ("empty", "", &["empty file"]),
    ("mark alone", "\u{feff}", &["empty file"]),
    ("blank lines", " \r\n\n\t\n", &["empty file"]),
    ("comments", "# to do\n\n# later\n", &["only comments"]),
    (
        "comments after a mark",
        "\u{feff}# to do\r\n",
        &["only comments"],
    ),
    ("markers", "---\n...\n", &["empty document"]),
    ("null", "~\n", &["empty document"]),
    // Rules, however wrong.
    (
        "scheduled",
        "id: a\nname: b\nkind: Scheduled\nquery: T\n",
        &["rule"],
    ),
    ("nrt", "id: a\nkind: nrt\nquery: T\n", &["rule"]),
    (
        "misspelt kind",
        "id: a\nkind: Schedulled\nquery: T\n",
        &["rule"],
    ),
    (
        "no kind",
        "id: a\nquery: T\nqueryFrequency: 1h\n",
        &["rule"],
    ),
    (
        "severity alone",
        "id: a\nname: b\nseverity: High\nquery: T\n",
        &["rule"],
    ),
    (
        "no query",
        "id: a\nname: b\ntriggerOperator: gt\ntriggerThreshold: 0\n",
        &["rule"],
    ),
    (
        "unknown kind",
        "id: a\nname: b\nkind: Hourly\nquery: T\n",
        &["rule"],
    ),
    (
        "placeholder id",
        "id: {{GUID}}\nname: b\nseverity: High\nquery: T\n",
        &["rule"],
    ),
    (
        "placeholder id, kind",
        "id: {{ id }}\nname: b\nkind: Scheduled\nquery: T\n",
        &["rule"],
    ),
    (
        "placeholder id, trigger",
        "id: <GUID>\nname: b\nquery: T\ntriggerOperator: gt\n",
        &["rule"],
    ),
    (
        "placeholder kind",
        "id: a\nname: b\nkind: {{KIND}}\nquery: T\n",
        &["rule"],
    ),
    (
        "placeholder severity",
        "id: a\nname: b\nseverity: {{SEVERITY}}\nquery: T\n",
        &["rule"],
    ),
    (
        "mark and CRLF",
        "\u{feff}id: a\r\nkind: Scheduled\r\nquery: |\r\n  T\r\n",
        &["rule"],
    ),
    (
        "tab at the end",
        "id: a\t\nkind: Scheduled\nquery: T\n",
        &["rule"],
    ),
    (
        "keys in another case",
        "ID: a\nName: b\nQueryFrequency: 1h\nQuery: T\n",
        &["rule"],
    ),
    (
        "as the API writes it",
        "kind: Scheduled\nname: a\nproperties:\n  displayName: b\n  severity: Low\n  query: T\n",
        &["rule"],
    ),
    (
        "properties alone",
        "properties:\n  displayName: b\n  query: T\n  queryFrequency: PT1H\n",
        &["rule"],
    ),
    (
        "list of rules",
        "- id: a\n  kind: Scheduled\n  query: T\n- id: b\n  kind: NRT\n  query: T\n",
        &["rule", "rule"],
    ),
    (
        "wrapped",
        "Scheduled:\n  - displayName: b\n    query: T\n    severity: Low\n",
        &["rule"],
    ),
    (
        "an answer of the API",
        "value:\n  - kind: Scheduled\n    properties: {query: T, severity: Low}\n  - kind: Fusion\n    properties: {alertRuleTemplateName: x}\n",
        &["rule", "kind Fusion"],
    ),
    (
        "documents",
        "---\nid: a\nkind: NRT\nquery: T\n---\nhello\n---\nid: b\nname: c\nquery: T\n",
        &["rule", "plain text", "hunting query"],
    ),
    (
        "marker at the end",
        "id: a\nkind: NRT\nquery: T\n---\n",
        &["rule"],
    ),
    // Rules that a file cannot bring.
    (
        "fusion",
        "id: a\nkind: Fusion\nname: b\nseverity: High\n",
        &["kind Fusion"],
    ),
    (
        "ml",
        "id: a\nkind: MLBehaviorAnalytics\n",
        &["kind MLBehaviorAnalytics"],
    ),
    (
        "incident creation",
        "id: a\nkind: MicrosoftSecurityIncidentCreation\nproductFilter: x\n",
        &["kind MicrosoftSecurityIncidentCreation"],
    ),
    (
        "threat intelligence",
        "id: a\nkind: ThreatIntelligence\n",
        &["kind ThreatIntelligence"],
    ),
    (
        "anomaly",
        "id: a\nkind: Anomaly\nquery: T\n",
        &["kind Anomaly"],
    ),
    (
        "stub",
        "id: a\nname: b\ndescription: |\n  moved\n",
        &["retired"],
    ),
    (
        "misspelt anomaly",
        "kind: Anomoly\nquery: T\nqueryFrequency: 1h\n",
        &["kind Anomaly"],
    ),
    // Other content with queries.
    (
        "hunting",
        "id: a\nname: b\ndescription: c\nrequiredDataConnectors: []\ntactics: [Execution]\nrelevantTechniques: [T1059]\nquery: |\n  T\nentityMappings: []\nversion: 1.0.0\n",
        &["hunting query"],
    ),
    (
        "hunting of Defender",
        "id: a\nname: b\ndescription: c\nquery: T\n",
        &["hunting query"],
    ),
    (
        "hunting by kind",
        "id: a\nkind: Hunting\nquery: T\n",
        &["hunting query"],
    ),
    (
        "hunting of a template",
        "id: {{GUID}}\nname: b\nquery: T\ntactics: []\n",
        &["hunting query"],
    ),
    ("query", "query: T\n", &["query"]),
    (
        "saved search",
        "type: Microsoft.OperationalInsights/savedSearches\nproperties: {category: Hunting Queries, displayName: a, query: T}\n",
        &["YAML of another sort"],
    ),
    (
        "parser",
        "id: a\nFunction: {Title: b, Version: 1.0.0}\nCategory: Microsoft Sentinel Parser\nFunctionName: c\nFunctionAlias: c\nFunctionQuery: T\n",
        &["parser"],
    ),
    (
        "ASIM parser",
        "Parser: {Title: a}\nNormalization: {Schema: Dns}\nParserName: vimDns\nParserQuery: |\n  T\n",
        &["parser"],
    ),
    (
        "Defender detection",
        "id: a\nqueryCondition: {queryText: T}\ndetectionAction: {}\n",
        &["Defender XDR detection"],
    ),
    (
        "summary rule",
        "name: a\nbinSize: 60\nquery: T\ndestinationTable: T_CL\n",
        &["summary rule"],
    ),
    (
        "Sigma",
        "title: a\nid: b\nstatus: test\nlogsource: {product: windows}\ndetection: {condition: x}\nlevel: high\n",
        &["Sigma rule"],
    ),
    (
        "Sigma correlation",
        "title: a\ncorrelation: {type: event_count}\n",
        &["Sigma rule"],
    ),
    (
        "Splunk",
        "name: a\nid: b\nsearch: x\nhow_to_implement: c\n",
        &["Splunk detection"],
    ),
    // Other content of such repositories.
    (
        "ARM",
        "$schema: https://schema.management.azure.com/x#\ncontentVersion: 1.0.0.0\nresources: []\n",
        &["ARM template"],
    ),
    (
        "ARM as JSON",
        "{\"$schema\": \"x\", \"contentVersion\": \"1.0.0.0\", \"resources\": [{\"kind\": \"Scheduled\"}]}",
        &["ARM template"],
    ),
    (
        "playbook",
        "definition: {}\ntriggers: {}\nactions: {}\n",
        &["playbook"],
    ),
    (
        "workbook",
        "{\"version\": \"Notebook/1.0\", \"items\": [], \"fallbackResourceIds\": []}",
        &["workbook"],
    ),
    (
        "solution metadata",
        "{\"publisherId\": \"a\", \"offerId\": \"b\", \"providers\": []}",
        &["solution metadata"],
    ),
    (
        "solution data",
        "{\"Name\": \"a\", \"Author\": \"b\", \"Analytic Rules\": [], \"BasePath\": \"c\", \"TemplateSpec\": true}",
        &["solution metadata"],
    ),
    (
        "data connector",
        "id: a\ntitle: b\ngraphQueries: []\n",
        &["data connector"],
    ),
    (
        "watchlist",
        "watchlistAlias: a\nsource: b.csv\n",
        &["watchlist"],
    ),
    (
        "automation rule",
        "displayName: a\norder: 1\ntriggeringLogic: {}\n",
        &["automation rule"],
    ),
    // Other YAML.
    ("workflow", "name: ci\non: push\njobs: {}\n", &["workflow"]),
    (
        "action",
        "name: a\ndescription: b\nruns: {using: composite}\n",
        &["action of a workflow"],
    ),
    ("pipeline", "trigger: [main]\nsteps: []\n", &["pipeline"]),
    (
        "compose",
        "version: '3'\nservices: {web: {image: x}}\n",
        &["compose file"],
    ),
    (
        "Kubernetes",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
        &["Kubernetes resource"],
    ),
    (
        "API description",
        "openapi: 3.0.0\npaths: {}\n",
        &["API description"],
    ),
    ("list", "- a\n- b\n", &["list"]),
    (
        "list of hunting queries",
        "- id: a\n  name: b\n  query: T\n",
        &["list"],
    ),
    ("text", "hello\n", &["plain text"]),
    ("settings", "key: value\n", &["YAML of another sort"]),
];

#[test]
fn every_sort_of_file_has_its_class() {
    let wrong: Vec<String> = TABLE
        .iter()
        .filter(|(_, text, expected)| classes(text) != *expected)
        .map(|(name, text, expected)| format!("{name}: {:?}, not {expected:?}", classes(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_placeholder_for_the_id_is_told_once_with_what_to_write() {
    for written in [
        "{{GUID}}",
        "{{ guid }}",
        "<GUID>",
        "'${RULE_ID}'",
        "'[newGuid()]'",
        "__ID__",
    ] {
        let found = read(&rule_with(&[("id", &format!("id: {written}\n"))])).diagnostics;
        let told: Vec<_> = found
            .iter()
            .map(|found| (found.code.id, found.message.clone()))
            .collect();
        let inner = written.trim_matches('\'');
        let message = format!("`{inner}` is a template's placeholder, not a GUID");
        assert_eq!(told, [("invalid-id", message)], "{written}");
        assert!(found[0].help[0].contains("`rulepost new`"), "{written}");
    }
}

#[test]
fn a_guid_in_braces_is_the_guid() {
    let text = rule_with(&[("id", "id: {9F6E64E5-1D1B-4A2B-9A70-5A1C0B0E6D11}\n")]);
    let file = read(&text);
    assert!(file.rules[0].usable);
    let fix = file.diagnostics[0]
        .fix
        .as_ref()
        .expect("it can be repaired");
    let plain = "9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11";
    assert_eq!(fix.edits[0].replacement, plain);
    assert_eq!(file.rules[0].rule.id.value.to_string(), plain);
    assert_eq!(file.diagnostics.len(), 1);
}

#[test]
fn a_rule_in_the_form_of_the_api_is_told_as_such_and_read_all_the_same() {
    let text = "name: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11\nkind: NRT\netag: x\nproperties:\n  displayName: Logins\n  severity: medium\n  lastModifiedUtc: 2024-01-01\n  query: T\n";
    let file = read(text);
    assert!(!file.rules[0].usable);
    assert_eq!(file.rules[0].rule.name.value, "Logins");
    assert_eq!(
        findings(text),
        [
            "error wrapped-in-properties 4:1 the rule is written as the service's API writes it, below `properties`",
            "warning value-spelling 6:13 `medium` is spelled `Medium`",
        ]
    );
}
