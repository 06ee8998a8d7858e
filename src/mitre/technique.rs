//! Techniques and sub-techniques, and the table of them.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::mitre::Tactic;

/// `T1110` or, with a sub-technique, `T1110.003`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TechniqueId {
    number: u16,
    sub: Option<u16>,
}

/// A text that is not of the form `T####` or `T####.###`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a technique id")]
pub(crate) struct ParseTechniqueError {
    /// What was written.
    pub(crate) text: String,
}

impl TechniqueId {
    /// The technique a sub-technique belongs to; a technique itself otherwise.
    #[must_use]
    pub(crate) fn parent(self) -> Self {
        Self {
            number: self.number,
            sub: None,
        }
    }

    /// Whether this is a sub-technique.
    pub(crate) fn is_sub(self) -> bool {
        self.sub.is_some()
    }
}

impl fmt::Display for TechniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{:04}", self.number)?;
        match self.sub {
            Some(sub) => write!(f, ".{sub:03}"),
            None => Ok(()),
        }
    }
}

impl FromStr for TechniqueId {
    type Err = ParseTechniqueError;

    /// Reads `T####` and `T####.###`; a lower-case `t` is taken too.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseTechniqueError {
            text: text.to_owned(),
        };
        let digits = |text: &str, length: usize| {
            (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| text.parse::<u16>().ok())
                .flatten()
        };
        let body = text.strip_prefix(['T', 't']).ok_or_else(fail)?;
        let (number, sub) = match body.split_once('.') {
            Some((number, sub)) => (number, Some(digits(sub, 3).ok_or_else(fail)?)),
            None => (body, None),
        };
        Ok(Self {
            number: digits(number, 4).ok_or_else(fail)?,
            sub,
        })
    }
}

/// Whether a technique is still part of ATT&CK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// In use.
    Active,
    /// Withdrawn without a successor.
    Deprecated,
    /// Withdrawn in favour of another, if the release names one.
    Revoked(Option<TechniqueId>),
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Technique {
    /// Its id.
    pub(crate) id: TechniqueId,
    /// Its name; a sub-technique's without its parent's.
    pub(crate) name: &'static str,
    /// The tactics it belongs to.
    pub(crate) tactics: Vec<Tactic>,
    /// Whether it is in use.
    pub(crate) status: Status,
}

static TABLE: LazyLock<Vec<Technique>> = LazyLock::new(|| {
    include_str!("attack-enterprise-v18.1.tsv")
        .lines()
        .skip(1)
        .filter_map(read_line)
        .collect()
});

/// Reads `id, name, tactics, status, replaced_by`, separated by tabs.
fn read_line(line: &'static str) -> Option<Technique> {
    let mut fields = line.split('\t');
    let id = fields.next()?.parse().ok()?;
    let name = fields.next()?;
    let tactics = fields
        .next()?
        .split(',')
        .filter_map(Tactic::parse_lenient)
        .collect();
    let status = match fields.next()? {
        "revoked" => Status::Revoked(fields.next().and_then(|id| id.parse().ok())),
        "deprecated" => Status::Deprecated,
        _ => Status::Active,
    };
    Some(Technique {
        id,
        name,
        tactics,
        status,
    })
}

/// Every technique and sub-technique of the release, by id.
pub(crate) fn techniques() -> &'static [Technique] {
    &TABLE
}

/// What the release says of one id.
pub(crate) fn technique(id: TechniqueId) -> Option<&'static Technique> {
    let index = TABLE
        .binary_search_by_key(&id, |technique| technique.id)
        .ok()?;
    TABLE.get(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_sorted() {
        let lines = include_str!("attack-enterprise-v18.1.tsv").lines().count() - 1;
        assert_eq!(techniques().len(), lines);
        assert!(techniques().is_sorted_by_key(|technique| technique.id));
        for technique in techniques() {
            assert_eq!(super::technique(technique.id), Some(technique));
            if technique.status == Status::Active {
                assert!(!technique.tactics.is_empty(), "{}", technique.id);
            }
        }
    }

    #[test]
    fn ids_are_read_and_printed() {
        for text in ["T1110", "T1110.003", "T0855"] {
            assert_eq!(
                text.parse::<TechniqueId>()
                    .map(|id| id.to_string())
                    .as_deref(),
                Ok(text)
            );
        }
        for text in [
            "",
            "T",
            "1110",
            "T110",
            "T1110.3",
            "T1110.",
            "T1110.0033",
            "T111O",
            "MS-T825",
        ] {
            assert!(text.parse::<TechniqueId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_revoked_technique_names_its_successor() {
        let revoked = technique("T1002".parse().expect("well formed")).expect("in the table");
        assert_eq!(revoked.status, Status::Revoked("T1560".parse().ok()));
    }
}
