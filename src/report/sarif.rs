//! Findings as SARIF 2.1.0, the format of code scanning.
//!
//! Only the part of the format that code scanning reads is written. Fingerprints leave out line numbers, so that a
//! finding keeps its identity while the file around it changes.

mod model;

use std::collections::BTreeMap;

use crate::diag::Code;
use crate::diag::Diagnostic;
use crate::diag::Level;
use crate::diag::SourceMap;
use crate::diag::Span;
use crate::diag::fingerprint;
use crate::report::Findings;
use crate::report::NoRule;
use crate::report::sarif::model::{
    ArtifactChange, ArtifactContent, ArtifactLocation, Configuration, Driver, Fix, Invocation,
    Location, Log, Message, MultiformatMessage, Notification, PhysicalLocation, Region,
    RelatedLocation, Replacement, ReportingDescriptor, Run, RunResult, Tool,
};
use crate::report::slashed;

/// The whole log, with a line end.
pub(crate) fn findings(report: Findings<'_>) -> String {
    let mut codes: BTreeMap<&str, &'static Code> = BTreeMap::new();
    for found in report.list {
        codes.insert(found.code.id, found.code);
    }
    let index: BTreeMap<&str, usize> = codes.keys().copied().zip(0..).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let results = report
        .list
        .iter()
        .map(|found| {
            let fingerprint = fingerprint(found, report.sources);
            let count = seen.entry(fingerprint.clone()).or_insert(0);
            *count += 1;
            // Equal lines of one file share a fingerprint; code scanning wants them apart.
            let key = format!("{fingerprint}:{count}");
            result(found, report.sources, index[found.code.id], key)
        })
        .collect();
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: vec![Run {
            tool: Tool {
                driver: Driver {
                    name: "rulepost",
                    version: env!("CARGO_PKG_VERSION"),
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: codes.values().map(|code| descriptor(code)).collect(),
                },
            },
            invocations: invocations(report.skipped),
            column_kind: "unicodeCodePoints",
            results,
        }],
    };
    let text = serde_json::to_string_pretty(&log);
    text.expect("texts and numbers can be written") + "\n"
}

/// What was skipped, as notes of the run; no invocation when nothing was.
fn invocations(skipped: &[NoRule]) -> Vec<Invocation> {
    if skipped.is_empty() {
        return Vec::new();
    }
    let notes = skipped.iter().map(|skipped| Notification {
        level: "note",
        message: Message::new(format!("skipped: {}", skipped.what)),
        locations: vec![Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: uri(&slashed(&skipped.path)),
                },
                region: Region {
                    start_line: skipped.line,
                    start_column: 1,
                    end_line: skipped.line,
                    end_column: 1,
                },
            },
        }],
    });
    vec![Invocation {
        execution_successful: true,
        tool_execution_notifications: notes.collect(),
    }]
}

fn descriptor(code: &'static Code) -> ReportingDescriptor {
    let text = code.text();
    let full = text
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', " ");
    ReportingDescriptor {
        id: code.id,
        short_description: Message::new(code.title),
        full_description: Message::new(full),
        help: MultiformatMessage {
            text: text.clone(),
            markdown: text,
        },
        default_configuration: Configuration {
            level: level(code.level),
        },
    }
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
        Level::Allow => "none",
    }
}

fn result(
    found: &Diagnostic,
    sources: &SourceMap,
    rule_index: usize,
    fingerprint: String,
) -> RunResult {
    let mut text = found.message.clone();
    for help in &found.help {
        text.push_str("\nhelp: ");
        text.push_str(help);
    }
    let related = found.secondary.iter().zip(1..).map(|(label, id)| {
        let message = if label.text.is_empty() {
            "see also"
        } else {
            &label.text
        };
        RelatedLocation {
            id,
            message: Message::new(message),
            physical_location: physical(label.span, sources),
        }
    });
    RunResult {
        rule_id: found.code.id,
        rule_index,
        level: level(found.level),
        message: Message::new(text),
        locations: vec![Location {
            physical_location: physical(found.primary.span, sources),
        }],
        related_locations: related.collect(),
        partial_fingerprints: BTreeMap::from([("rulepost/v1", fingerprint)]),
        fixes: found
            .fix
            .as_ref()
            .map_or_else(Vec::new, |fix| fixes(fix, sources)),
    }
}

fn fixes(fix: &crate::diag::Fix, sources: &SourceMap) -> Vec<Fix> {
    let Some(first) = fix.edits.first() else {
        return Vec::new();
    };
    let replacements = fix.edits.iter().map(|edit| Replacement {
        deleted_region: region(edit.span, sources),
        inserted_content: ArtifactContent {
            text: edit.replacement.clone(),
        },
    });
    vec![Fix {
        description: Message::new(fix.title.as_str()),
        artifact_changes: vec![ArtifactChange {
            artifact_location: artifact(first.span, sources),
            replacements: replacements.collect(),
        }],
    }]
}

fn physical(span: Span, sources: &SourceMap) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: artifact(span, sources),
        region: region(span, sources),
    }
}

fn artifact(span: Span, sources: &SourceMap) -> ArtifactLocation {
    ArtifactLocation {
        uri: uri(&slashed(sources.get(span.source).path())),
    }
}

fn region(span: Span, sources: &SourceMap) -> Region {
    let file = sources.get(span.source);
    let (start, end) = (
        file.line_column(span.start as usize),
        file.line_column(span.end as usize),
    );
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

/// A path as a URI reference: what RFC 3986 does not allow in a path is written with `%`.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~!$&'()*+,;=@".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("rules/a b#1.yaml"), "rules/a%20b%231.yaml");
        assert_eq!(uri("/x/é.yaml"), "file:///x/%C3%A9.yaml");
    }
}
