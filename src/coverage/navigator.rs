//! A layer of the ATT&CK Navigator, format 4.5.
//!
//! Score is the number of rules that are on. Parents of covered sub-techniques are scored too and shown open.
//! Source of the format: `layers/spec/v4.5/layerformat.md` of the ATT&CK Navigator.

use serde_json::{Value, json};

use crate::coverage::Report;
use crate::coverage::matrix::{Cell, Column};
use crate::coverage::record::Record;
use crate::mitre::Tactic;

/// Colours of the gradient, from one rule to as many as the most covered technique has.
const COLORS: [&str; 3] = ["#dbeafe", "#60a5fa", "#1d4ed8"];

/// The layer as JSON text.
pub(crate) fn layer(report: &Report, name: &str) -> String {
    let mut techniques = Vec::new();
    for column in &report.matrix {
        for cell in column.cells.iter().filter(|cell| !cell.rules.is_empty()) {
            techniques.push(entry(report, column, cell));
            techniques.extend(cell.subs.iter().map(|sub| entry(report, column, sub)));
        }
    }
    let most = techniques
        .iter()
        .filter_map(|entry| entry["score"].as_u64())
        .max()
        .unwrap_or(0);
    let layer = json!({
        "name": name,
        "versions": {
            "attack": report.attack.split('.').next().unwrap_or_default(),
            "navigator": "5.1.0",
            "layer": "4.5"
        },
        "domain": "enterprise-attack",
        "description": format!(
            "analytics rules: {}, on: {}; score is the number of rules that are on",
            report.summary.rules, report.summary.enabled
        ),
        "sorting": 3,
        "layout": {
            "layout": "side",
            "aggregateFunction": "max",
            "showID": true,
            "showName": true,
            "showAggregateScores": false,
            "countUnscored": false,
            "expandedSubtechniques": "none"
        },
        "hideDisabled": false,
        "techniques": techniques,
        "gradient": {"colors": COLORS, "minValue": 0, "maxValue": most.max(1)},
        "legendItems": [],
        "metadata": [],
        "links": [],
        "showTacticRowBackground": true,
        "tacticRowBackground": "#205b8f",
        "selectTechniquesAcrossTactics": false,
        "selectSubtechniquesWithParent": false,
        "selectVisibleTechniques": false
    });
    let mut text = serde_json::to_string_pretty(&layer).expect("a layer is plain JSON");
    text.push('\n');
    text
}

fn entry(report: &Report, column: &Column, cell: &Cell) -> Value {
    let rules: Vec<&Record> = report
        .rules
        .iter()
        .filter(|record| cell.rules.contains(&record.id))
        .collect();
    let on = rules.iter().filter(|record| record.enabled).count();
    let comment: Vec<String> = rules
        .iter()
        .map(|record| {
            let off = if record.enabled { "" } else { ", off" };
            format!("{} ({}{off})", record.name, record.severity)
        })
        .collect();
    let metadata: Vec<Value> = rules
        .iter()
        .map(|record| json!({"name": record.name, "value": record.id}))
        .collect();
    let slug = Tactic::parse_lenient(&column.tactic)
        .map(Tactic::slug)
        .unwrap_or_default();
    json!({
        "techniqueID": cell.id,
        "tactic": slug,
        "score": on,
        "comment": comment.join("\n"),
        "enabled": true,
        "metadata": metadata,
        "links": [],
        "showSubtechniques": !cell.subs.is_empty()
    })
}
