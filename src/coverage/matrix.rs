//! The ATT&CK matrix: columns of tactics, cells of techniques, sub-techniques inside.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::coverage::record::Record;
use crate::mitre::{self, Status, Tactic, TechniqueId};

/// A tactic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Column {
    /// The API's spelling.
    pub(crate) tactic: String,
    /// For people.
    pub(crate) name: String,
    /// Ids of all rules that name the tactic, also those without a technique in it.
    pub(crate) rules: Vec<String>,
    /// Its techniques, those without a rule too.
    pub(crate) cells: Vec<Cell>,
}

/// A technique under a tactic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Cell {
    /// `T1110`, or `MS-T825`.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Where it is described.
    pub(crate) url: String,
    /// More to know, for people; empty in the ATT&CK matrix.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) note: String,
    /// Ids of the rules that cover it or a sub-technique of it.
    pub(crate) rules: Vec<String>,
    /// Sub-techniques that rules name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) subs: Vec<Self>,
}

/// How many different techniques have a rule of `ids`, and how many there are.
pub(super) fn covered(columns: &[Column], ids: &[&str]) -> (usize, usize) {
    let mut techniques: BTreeMap<&str, bool> = BTreeMap::new();
    for cell in columns.iter().flat_map(|column| &column.cells) {
        let hit = cell.rules.iter().any(|id| ids.contains(&id.as_str()));
        *techniques.entry(&cell.id).or_default() |= hit;
    }
    let hits = techniques.values().filter(|hit| **hit).count();
    (hits, techniques.len())
}

/// Notes for each record the techniques that have no place in the matrix: unknown, or under none of its tactics.
pub(super) fn note_unplaced(records: &mut [Record]) {
    for record in records {
        let tactics: Vec<Tactic> = record
            .tactics
            .iter()
            .filter_map(|name| Tactic::parse_lenient(name))
            .collect();
        let placed = |text: &str| {
            text.parse::<TechniqueId>()
                .is_ok_and(|id| tactics.iter().any(|tactic| belongs(id, *tactic)))
        };
        record.unplaced = record
            .techniques
            .iter()
            .filter(|text| !placed(text))
            .cloned()
            .collect();
    }
}

/// The matrix over the records.
pub(super) fn attack(records: &[Record]) -> Vec<Column> {
    let mut columns = Vec::new();
    for tactic in Tactic::ALL {
        let named: Vec<&Record> = records
            .iter()
            .filter(|record| record.tactics.iter().any(|name| name == tactic.as_str()))
            .collect();
        let cells = cells(tactic, &named);
        // The special tactics have no techniques in the table; they are shown when a rule names them.
        if cells.is_empty() && named.is_empty() {
            continue;
        }
        columns.push(Column {
            tactic: tactic.as_str().to_owned(),
            name: tactic.title(),
            rules: named.iter().map(|record| record.id.clone()).collect(),
            cells,
        });
    }
    columns
}

/// Techniques of a tactic by name, each with the rules among `named` that cover it.
fn cells(tactic: Tactic, named: &[&Record]) -> Vec<Cell> {
    let mut by_technique: BTreeMap<TechniqueId, Vec<&Record>> = BTreeMap::new();
    for record in named {
        let ids = record
            .techniques
            .iter()
            .filter_map(|text| text.parse().ok());
        for id in ids.filter(|id| belongs(*id, tactic)) {
            by_technique.entry(id).or_default().push(record);
        }
    }
    let mut cells: Vec<Cell> = mitre::techniques()
        .iter()
        .filter(|technique| !technique.id.is_sub() && belongs(technique.id, tactic))
        .filter(|technique| {
            technique.status == Status::Active || by_technique.contains_key(&technique.id)
        })
        .map(|technique| {
            let own = |id: TechniqueId| by_technique.get(&id).into_iter().flatten().copied();
            let subs: Vec<Cell> = by_technique
                .range(technique.id..)
                .take_while(|(id, _)| id.parent() == technique.id)
                .filter(|(id, _)| id.is_sub())
                .map(|(id, records)| cell(*id, records.iter().copied(), Vec::new()))
                .collect();
            let all = by_technique
                .keys()
                .filter(|id| id.parent() == technique.id)
                .flat_map(|id| own(*id));
            cell(technique.id, all, subs)
        })
        .collect();
    cells.sort_by(|left, right| left.name.cmp(&right.name));
    cells
}

/// Whether the table puts the technique, or for an unknown sub-technique its parent, under the tactic.
pub(super) fn belongs(id: TechniqueId, tactic: Tactic) -> bool {
    mitre::technique(id)
        .or_else(|| mitre::technique(id.parent()))
        .is_some_and(|technique| technique.tactics.contains(&tactic))
}

fn cell<'a>(id: TechniqueId, records: impl Iterator<Item = &'a Record>, subs: Vec<Cell>) -> Cell {
    let mut rules: Vec<String> = Vec::new();
    for record in records {
        if !rules.contains(&record.id) {
            rules.push(record.id.clone());
        }
    }
    let name = mitre::technique(id).map_or("", |technique| technique.name);
    Cell {
        id: id.to_string(),
        name: name.to_owned(),
        url: format!(
            "https://attack.mitre.org/techniques/{}/",
            id.to_string().replace('.', "/")
        ),
        note: String::new(),
        rules,
        subs,
    }
}
