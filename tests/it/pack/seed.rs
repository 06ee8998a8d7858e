//! The four published detections: same table, same filters, same columns first and in the same order.

use super::{bodies, text};

/// The columns that all four published queries project.
const COLUMNS: &str = "TimeGenerated, AccountName, Protocol, OperationName, AuthenticationType, StatusCode, \
                       StatusText, Uri, CallerIpAddress, UserAgentHeader, RequesterObjectId";

/// A rule's name, and the conditions of the published query, the status code quoted.
const PUBLISHED: [(&str, &[&str]); 4] = [
    (
        "Any access using SFTP",
        &["Protocol == \"SFTP\"", "StatusCode == \"200\""],
    ),
    (
        "Failed SFTP login with a wrong password",
        &[
            "Protocol == \"SFTP\"",
            "OperationName == \"SftpConnect\"",
            "StatusCode == \"403\"",
        ],
    ),
    (
        "SFTP access with a local user's password",
        &[
            "Protocol == \"SFTP\"",
            "StatusCode == \"200\"",
            "AuthenticationType == \"LocalUserPassword\"",
        ],
    ),
    (
        "SFTP upload of a malicious backdoor",
        &[
            "Protocol == \"SFTP\"",
            "StatusCode == \"200\"",
            "AuthenticationType == \"LocalUserPassword\"",
            "OperationName in (\"SftpCreate\", \"SftpWrite\", \"SftpCommit\")",
        ],
    ),
];

#[test]
fn the_published_queries_are_kept() {
    let bodies = bodies();
    for (name, conditions) in PUBLISHED {
        let body = bodies
            .values()
            .find(|body| body["properties"]["displayName"] == name)
            .unwrap_or_else(|| panic!("there is no rule `{name}`"));
        let query = text(&body["properties"], "query");
        let mut lines = query.lines();
        assert_eq!(lines.next(), Some("StorageBlobLogs"), "{name}");
        let filters: Vec<&str> = query
            .lines()
            .filter_map(|line| line.strip_prefix("| where "))
            .collect();
        assert_eq!(filters, conditions, "{name}");
        let projected = query.lines().last().expect("a line");
        assert_eq!(
            projected,
            format!("| project {COLUMNS}, _ResourceId, SourceIp"),
            "{name}"
        );
        // What is between the filters and the projection only makes the address.
        let operators: Vec<&str> = query
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(' ').next())
            .filter(|operator| *operator != "where")
            .collect();
        assert_eq!(operators, ["extend", "project"], "{name}");
    }
}

#[test]
fn the_window_the_published_query_names_is_the_period() {
    // Two of the published queries look back 90 minutes; as rules their period says so.
    let bodies = bodies();
    let windows: Vec<(&str, String, String)> = PUBLISHED
        .iter()
        .map(|(name, _)| {
            let body = bodies
                .values()
                .find(|body| body["properties"]["displayName"] == *name)
                .unwrap_or_else(|| panic!("there is no rule `{name}`"));
            let properties = &body["properties"];
            (
                *name,
                text(properties, "queryFrequency"),
                text(properties, "queryPeriod"),
            )
        })
        .collect();
    let periods: Vec<&str> = windows
        .iter()
        .map(|(_, _, period)| period.as_str())
        .collect();
    assert_eq!(periods, ["PT1H", "PT1H30M", "PT1H", "PT1H30M"]);
    for (name, frequency, period) in &windows {
        assert_eq!(frequency, period, "{name}");
    }
}
