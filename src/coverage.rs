//! What the rules cover: ATT&CK, and Microsoft's threat matrix for storage services.
//!
//! [`report`] turns rules, and the live side where it is asked for, into one [`Report`]; every format is a pure
//! function of it: [`html::page`], [`navigator::layer`], [`markdown::text`], [`json::text`].
//! A rule covers a technique under a tactic when it names both and the technique belongs to the tactic.
//! Nothing here reads a workspace: who wants the comparison passes the list that was read.

pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod markdown;
pub(crate) mod matrix;
pub(crate) mod navigator;
mod record;
pub(crate) mod storage;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::api::lenient::ListedRule;
use crate::coverage::matrix::Column;
use crate::coverage::record::Record;
use crate::mitre;
use crate::rule::Rule;

/// Version of the JSON form.
const VERSION: u8 = 1;

/// Everything that the formats show.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Version of this form.
    pub(crate) version: u8,
    /// Release of ATT&CK Enterprise.
    pub(crate) attack: &'static str,
    /// Name of the workspace that was compared, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) workspace: Option<String>,
    /// The figures.
    pub(crate) summary: Summary,
    /// The rules, by name, those of files and those that are only live.
    pub(crate) rules: Vec<Record>,
    /// ATT&CK, a column for each tactic.
    pub(crate) matrix: Vec<Column>,
    /// The threat matrix for storage services, a column for each tactic.
    pub(crate) storage: Vec<Column>,
}

/// How much there is of what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Summary {
    /// Rules.
    pub(crate) rules: usize,
    /// Rules that are on, or will be once deployed.
    pub(crate) enabled: usize,
    /// Rules by severity, those that are off included.
    pub(crate) severities: BTreeMap<String, usize>,
    /// Tactics with at least one rule that is on.
    pub(crate) tactics: usize,
    /// Techniques (not sub-techniques) with at least one rule that is on.
    pub(crate) techniques: usize,
    /// Techniques of ATT&CK.
    pub(crate) techniques_total: usize,
    /// Techniques of the storage matrix with at least one rule that is on.
    pub(crate) storage_techniques: usize,
    /// Techniques of the storage matrix.
    pub(crate) storage_total: usize,
}

/// The live side of a comparison.
#[derive(Debug, Clone)]
pub(crate) struct Live<'a> {
    /// The workspace's name.
    pub(crate) workspace: &'a str,
    /// Its rules as listed.
    pub(crate) rules: &'a [ListedRule],
}

/// Builds the report; `live` adds the comparison with a workspace.
pub(crate) fn report(rules: &[Rule], live: Option<&Live<'_>>) -> Report {
    let mut records: Vec<Record> = rules.iter().map(record::of_file).collect();
    if let Some(live) = live {
        live::compare(&mut records, live.rules);
    }
    matrix::note_unplaced(&mut records);
    records.sort_by(|left, right| {
        (left.name.to_lowercase(), &left.id).cmp(&(right.name.to_lowercase(), &right.id))
    });
    let matrix = matrix::attack(&records);
    let storage = storage::columns(&records);
    Report {
        version: VERSION,
        attack: mitre::VERSION,
        workspace: live.map(|live| live.workspace.to_owned()),
        summary: summary(&records, &matrix, &storage),
        rules: records,
        matrix,
        storage,
    }
}

fn summary(records: &[Record], attack: &[Column], storage: &[Column]) -> Summary {
    let mut severities = BTreeMap::new();
    for record in records {
        *severities.entry(record.severity.clone()).or_default() += 1;
    }
    let on: Vec<&str> = records
        .iter()
        .filter(|record| record.enabled)
        .map(|record| record.id.as_str())
        .collect();
    let covered = |columns: &[Column]| matrix::covered(columns, &on);
    let (techniques, techniques_total) = covered(attack);
    let (storage_techniques, storage_total) = covered(storage);
    Summary {
        rules: records.len(),
        enabled: on.len(),
        severities,
        tactics: attack
            .iter()
            .filter(|column| column.rules.iter().any(|id| on.contains(&id.as_str())))
            .count(),
        techniques,
        techniques_total,
        storage_techniques,
        storage_total,
    }
}
