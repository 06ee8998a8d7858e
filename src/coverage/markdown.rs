//! The report as Markdown: figures, the covered part of both matrices, and what stands nowhere.

use crate::coverage::Report;
use crate::coverage::matrix::{Cell, Column};
use crate::coverage::record::{Record, State};

/// The whole text.
pub(crate) fn text(report: &Report) -> String {
    let summary = &report.summary;
    let tactics = report
        .matrix
        .iter()
        .filter(|column| !column.cells.is_empty())
        .count();
    let mut text = String::from("# Detection coverage\n\n");
    text.push_str(&format!(
        "Rules: {}, on: {}. ATT&CK v{}: {} of {} techniques in {} of {} tactics. Threat matrix for storage services: {} of {} techniques.\n",
        summary.rules,
        summary.enabled,
        report.attack,
        summary.techniques,
        summary.techniques_total,
        summary.tactics,
        tactics,
        summary.storage_techniques,
        summary.storage_total
    ));
    text.push_str("\n## ATT&CK\n\n");
    table(&mut text, report, &report.matrix);
    text.push_str("\n## Threat matrix for storage services\n\n");
    table(&mut text, report, &report.storage);
    if let Some(workspace) = &report.workspace {
        compared(&mut text, report, workspace);
    }
    let unplaced: Vec<&Record> = report
        .rules
        .iter()
        .filter(|record| !record.unplaced.is_empty())
        .collect();
    if !unplaced.is_empty() {
        text.push_str("\n## Techniques outside the matrix\n\n");
        for record in unplaced {
            text.push_str(&format!(
                "* {}: {}\n",
                escape(&record.name),
                record.unplaced.join(", ")
            ));
        }
    }
    text
}

fn table(text: &mut String, report: &Report, columns: &[Column]) {
    text.push_str("| Tactic | Technique | Rules |\n| --- | --- | --- |\n");
    for column in columns {
        for cell in column.cells.iter().filter(|cell| !cell.rules.is_empty()) {
            // A rule that names a sub-technique is listed there and not again at the parent.
            let in_subs = |id: &String| cell.subs.iter().any(|sub| sub.rules.contains(id));
            let own: Vec<&String> = cell.rules.iter().filter(|id| !in_subs(id)).collect();
            if !own.is_empty() {
                row(text, report, column, cell, None, &own);
            }
            for sub in &cell.subs {
                let rules: Vec<&String> = sub.rules.iter().collect();
                row(text, report, column, sub, Some(cell), &rules);
            }
        }
    }
}

fn row(
    text: &mut String,
    report: &Report,
    column: &Column,
    cell: &Cell,
    parent: Option<&Cell>,
    rules: &[&String],
) {
    let name = match parent {
        Some(parent) => format!("{}: {}", parent.name, cell.name),
        None => cell.name.clone(),
    };
    let rules: Vec<String> = report
        .rules
        .iter()
        .filter(|record| rules.iter().any(|id| **id == record.id))
        .map(label)
        .collect();
    text.push_str(&format!(
        "| {} | [{}]({}) {} | {} |\n",
        column.name,
        cell.id,
        cell.url,
        escape(&name),
        rules.join("<br>")
    ));
}

fn label(record: &Record) -> String {
    let off = if record.enabled { "" } else { ", off" };
    format!("{} ({}{off})", escape(&record.name), record.severity)
}

fn compared(text: &mut String, report: &Report, workspace: &str) {
    text.push_str(&format!("\n## Workspace `{workspace}`\n"));
    for (state, title) in [
        (State::Deployed, "In the files and in the workspace"),
        (State::Pending, "In the files only"),
        (State::Foreign, "In the workspace only"),
    ] {
        let rules: Vec<&Record> = report
            .rules
            .iter()
            .filter(|record| record.state == Some(state))
            .collect();
        text.push_str(&format!("\n{title}: {}\n", rules.len()));
        if state != State::Deployed && !rules.is_empty() {
            text.push('\n');
            for record in rules {
                text.push_str(&format!("* {}\n", label(record)));
            }
        }
    }
}

/// Text as a cell of a table.
fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('<', "&lt;")
}
