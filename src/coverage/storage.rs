//! The threat matrix for storage services over the rules.

use crate::coverage::matrix::{Cell, Column};
use crate::coverage::record::Record;
use crate::mitre::{StorageTechnique, Tactic, storage_techniques};

/// The matrix over the records; a rule covers what it is tagged with, under each tactic of it.
pub(super) fn columns(records: &[Record]) -> Vec<Column> {
    let tactics = Tactic::ALL.into_iter().filter(|tactic| {
        storage_techniques()
            .iter()
            .any(|technique| technique.tactics.contains(tactic))
    });
    tactics
        .map(|tactic| {
            let cells: Vec<Cell> = storage_techniques()
                .iter()
                .filter(|technique| technique.tactics.contains(&tactic))
                .map(|technique| cell(technique, records))
                .collect();
            let mut rules: Vec<String> = cells.iter().flat_map(|cell| cell.rules.clone()).collect();
            rules.sort();
            rules.dedup();
            Column {
                tactic: tactic.as_str().to_owned(),
                name: tactic.title(),
                rules,
                cells,
            }
        })
        .collect()
}

fn cell(technique: &StorageTechnique, records: &[Record]) -> Cell {
    let tagged = |record: &&Record| {
        record
            .tags
            .iter()
            .any(|tag| tag.eq_ignore_ascii_case(technique.id))
    };
    let mut note = technique.note.to_owned();
    if !technique.attack.is_empty() {
        let by = technique.mapped_by;
        note.push_str(&format!(
            ". ATT&CK: {} (mapped by {by})",
            technique.attack.join(", ")
        ));
    }
    Cell {
        id: technique.id.to_owned(),
        name: technique.name.to_owned(),
        url: technique.url(),
        note,
        rules: records
            .iter()
            .filter(tagged)
            .map(|record| record.id.clone())
            .collect(),
        subs: Vec::new(),
    }
}
