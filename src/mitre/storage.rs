//! Microsoft's threat matrix for storage services. Its ids (`MS-T825`) are no ATT&CK ids and the API refuses them;
//! a rule carries them as tags.
//!
//! The table is `storage-matrix.tsv`: the matrix published by Microsoft, with the ATT&CK techniques each entry is
//! mapped to, who mapped it (Microsoft where its page names one, this project where not), and how it shows on SFTP.

use std::sync::LazyLock;

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
pub(crate) fn storage_techniques() -> &'static [StorageTechnique] {
    &TABLE
}

impl StorageTechnique {
    /// The page that describes it.
    pub(crate) fn url(&self) -> String {
        format!(
            "https://microsoft.github.io/Threat-matrix-for-storage-services/techniques/{}/",
            self.page
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mitre::{Status, technique};

    #[test]
    fn every_line_is_read_and_mapped_to_active_techniques() {
        let lines = include_str!("storage-matrix.tsv").lines().count() - 1;
        assert_eq!(storage_techniques().len(), lines);
        for entry in storage_techniques() {
            assert!(
                entry.id.len() == 7 && entry.id.starts_with("MS-T8"),
                "{}",
                entry.id
            );
            assert!(
                !entry.tactics.is_empty() && !entry.note.is_empty(),
                "{}",
                entry.id
            );
            assert_eq!(
                entry.attack.is_empty(),
                entry.mapped_by.is_empty(),
                "{}",
                entry.id
            );
            for text in &entry.attack {
                let id = text.parse().expect("a technique id");
                let known = technique(id).expect("in the table");
                assert_eq!(known.status, Status::Active, "{}: {text}", entry.id);
            }
        }
        let mut ids: Vec<&str> = storage_techniques().iter().map(|entry| entry.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), lines);
    }
}
