//! Rule files as bytes: read, checked, repaired, and what they would send.

use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;

use crate::diag::{Diagnostic, Level, SourceMap};
use crate::lint::{self, Found, Input, Levels, fix};
use crate::project::{load::load_text, text::decode};
use crate::render::{RenderOptions, rest};
use crate::report::{self, Findings, human};
use crate::rule::Rule;

/// What a file gives.
#[derive(Debug)]
pub struct Judged {
    sources: SourceMap,
    findings: Vec<Diagnostic>,
    rules: Vec<Rule>,
}

/// Reads `bytes` as a rule file and checks it as `validate` does.
pub fn judge(bytes: &[u8]) -> Judged {
    static SCHEMA: OnceLock<crate::kql::Schema> = OnceLock::new();
    let schema = SCHEMA.get_or_init(crate::kql::Schema::built_in);
    let loaded = load_text(Path::new("rule.yaml"), decode(bytes.to_vec()).text);
    let input = Input {
        sources: &loaded.sources,
        comments: &loaded.comments,
        rules: &loaded.rules,
        incomplete: &loaded.incomplete,
        read: &loaded.diagnostics,
    };
    let query = |rule: &Rule, found: &mut Found<'_>| lint::kql::check(rule, schema, found);
    let findings = lint::run(input, &Levels::default(), &query);
    Judged {
        sources: loaded.sources,
        findings,
        rules: loaded.rules,
    }
}

impl Judged {
    /// The first finding whose place is not within the text.
    pub fn misplaced(&self) -> Option<String> {
        let text = |found: &Diagnostic| self.sources.get(found.primary.span.source).text();
        self.findings
            .iter()
            .find(|found| text(found).get(found.primary.span.range()).is_none())
            .map(|found| format!("{found:?}"))
    }

    /// The findings as each format shows them, one after the other.
    pub fn reports(&self) -> String {
        let options = human::Options {
            color: true,
            least: Level::Note,
            repair: "--fix",
        };
        let findings = Findings {
            command: "validate",
            sources: &self.sources,
            list: &self.findings,
            files: 1,
            rules: self.rules.len(),
            skipped: &[],
            checks: &[],
        };
        let formats = [
            report::json::findings,
            report::sarif::findings,
            report::junit::findings,
            report::github::findings,
            report::markdown::findings,
        ];
        let mut text = human::diagnostics(&self.findings, &self.sources, options);
        text.extend(formats.map(|format| format(findings)));
        text
    }

    /// The text after one round of repairs; None when there is nothing to repair.
    pub fn repaired(&self) -> Option<String> {
        fix::apply(&self.findings, &self.sources)
            .into_values()
            .next()
            .map(|repaired| repaired.text)
    }

    /// What each rule would send of plain values: name, query, timing, threshold and so on. Lists are left out,
    /// since repairs sort them and replace what was revoked.
    pub fn plain_values(&self) -> Vec<Vec<(String, Value)>> {
        self.rules
            .iter()
            .map(|rule| {
                let body = rest::body(rule, &RenderOptions::default()).body;
                let body = serde_json::to_value(body).unwrap_or_default();
                let properties = body.get("properties").and_then(Value::as_object);
                properties
                    .into_iter()
                    .flatten()
                    .filter(|(_, value)| !(value.is_array() || value.is_object()))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect()
            })
            .collect()
    }
}

/// A rule file in the one layout; None when it is left as it is.
pub fn format(text: &str) -> Option<String> {
    match crate::rule::format::format(text) {
        crate::rule::format::Formatted::Text(text) => Some(text),
        crate::rule::format::Formatted::Left(_) => None,
    }
}
