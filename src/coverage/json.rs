//! The report as versioned JSON.

use crate::coverage::Report;

/// Pretty-printed, with a line end.
pub(crate) fn text(report: &Report) -> String {
    let mut text = serde_json::to_string_pretty(report)
        .expect("the report has string keys and finite numbers");
    text.push('\n');
    text
}
