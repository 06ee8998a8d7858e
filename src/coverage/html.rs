//! One self-contained HTML page: both matrices, the rules, filters, details. It loads nothing from anywhere.
//!
//! The page is `page/page.html` with its style, script and data put in. The data is the JSON form of the report;
//! the script makes every element from text, never from markup. Without script the plain list is shown.

use crate::coverage::Report;
use crate::coverage::matrix::Column;
use crate::coverage::record::Record;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// The page.
pub(crate) fn page(report: &Report) -> String {
    let data =
        serde_json::to_string(report).expect("the report has string keys and finite numbers");
    let mut page = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len() + data.len());
    let mut rest = PAGE;
    // The parts are put in from left to right, so that a placeholder inside a rule's text stays text.
    let parts = [
        ("{{STYLE}}", STYLE.to_owned()),
        ("{{PLAIN}}", plain(report)),
        ("{{DATA}}", script_safe(&data)),
        ("{{SCRIPT}}", SCRIPT.to_owned()),
    ];
    for (mark, text) in parts {
        let (before, after) = rest
            .split_once(mark)
            .expect("the page has each mark once, in this order");
        page.push_str(before);
        page.push_str(&text);
        rest = after;
    }
    page.push_str(rest);
    page
}

/// JSON that cannot end the script element it stands in, nor open a comment.
fn script_safe(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// The covered part of both matrices as nested lists, for readers without script.
fn plain(report: &Report) -> String {
    let mut text = String::new();
    list(&mut text, "ATT&amp;CK", report, &report.matrix);
    list(
        &mut text,
        "Threat matrix for storage services",
        report,
        &report.storage,
    );
    text
}

fn list(text: &mut String, title: &str, report: &Report, columns: &[Column]) {
    text.push_str(&format!("<h2>{title}</h2>\n<ul>\n"));
    for column in columns {
        for cell in column.cells.iter().filter(|cell| !cell.rules.is_empty()) {
            let rules: Vec<String> = report
                .rules
                .iter()
                .filter(|record| cell.rules.contains(&record.id))
                .map(label)
                .collect();
            text.push_str(&format!(
                "<li>{}: {} {}: {}</li>\n",
                escape(&column.name),
                escape(&cell.id),
                escape(&cell.name),
                rules.join("; ")
            ));
        }
    }
    text.push_str("</ul>\n");
}

fn label(record: &Record) -> String {
    let off = if record.enabled { "" } else { ", off" };
    format!(
        "{} ({}{off})",
        escape(&record.name),
        escape(&record.severity)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
