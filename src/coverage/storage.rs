//! Microsoft's threat matrix for storage services. Its ids (`MS-T825`) are no ATT&CK ids and the API refuses them;
//! a rule carries them as tags.
//!
//! The table is `storage-matrix.tsv`: the matrix published by Microsoft, with the ATT&CK technique each entry is
//! mapped to, who mapped it (Microsoft where its page names one, this project where not), and how it shows on SFTP.

use std::sync::LazyLock;

use crate::coverage::matrix::{Cell, Column};
use crate::coverage::record::Record;
use crate::mitre::Tactic;

/// One technique of the storage matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StorageTechnique {
    /// `MS-T825`.
    pub(crate) id: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// The tactics it stands under.
    pub(crate) tactics: Vec<Tactic>,
    /// Last part of its page's address.
    pub(crate) page: &'static str,
    /// ATT&CK techniques it is mapped to.
    pub(crate) attack: Vec<&'static str>,
    /// Who mapped it: `Microsoft` or `rulepost`; empty where nobody did.
    pub(crate) mapped_by: &'static str,
    /// How it shows on SFTP, or why it does not.
    pub(crate) note: &'static str,
}

static TABLE: LazyLock<Vec<StorageTechnique>> = LazyLock::new(|| {
    include_str!("storage-matrix.tsv")
        .lines()
        .skip(1)
        .filter_map(read_line)
        .collect()
});

fn read_line(line: &'static str) -> Option<StorageTechnique> {
    let mut fields = line.split('\t');
    Some(StorageTechnique {
        id: fields.next()?,
        name: fields.next()?,
        tactics: fields
            .next()?
            .split(',')
            .filter_map(Tactic::parse_lenient)
            .collect(),
        page: fields.next()?,
        attack: fields
            .next()?
            .split(',')
            .filter(|id| !id.is_empty())
            .collect(),
        mapped_by: fields.next()?,
        note: fields.next()?,
    })
}

/// Every technique of the matrix.
pub(crate) fn techniques() -> &'static [StorageTechnique] {
    &TABLE
}

/// The page that describes a technique.
pub(crate) fn url(technique: &StorageTechnique) -> String {
    format!(
        "https://microsoft.github.io/Threat-matrix-for-storage-services/techniques/{}/",
        technique.page
    )
}

/// The matrix over the records; a rule covers what it is tagged with, under each tactic of it.
pub(super) fn columns(records: &[Record]) -> Vec<Column> {
    let tactics = Tactic::ALL.into_iter().filter(|tactic| {
        techniques()
            .iter()
            .any(|technique| technique.tactics.contains(tactic))
    });
    tactics
        .map(|tactic| {
            let cells: Vec<Cell> = techniques()
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
        url: url(technique),
        note,
        rules: records
            .iter()
            .filter(tagged)
            .map(|record| record.id.clone())
            .collect(),
        subs: Vec::new(),
    }
}
