//! Which fields differ, and which side moved since the rule was applied last.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::plan::field::Field;
use crate::plan::mark::Applied;
use crate::plan::normal::Normal;

/// A field that differs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldChange {
    /// Which.
    pub(crate) field: Field,
    /// What the workspace has, in normal form.
    pub(crate) live: Option<Value>,
    /// What the file wants, in normal form.
    pub(crate) desired: Option<Value>,
    /// Which side moved.
    pub(crate) moved: Moved,
}

/// Which side moved since the rule was applied last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// The file.
    File,
    /// The workspace.
    Live,
    /// Both.
    Both,
    /// Nothing says what was applied last.
    Unknown,
}

impl Moved {
    /// The word for it in reports and in the plan file.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Live => "workspace",
            Self::Both => "both",
            Self::Unknown => "unknown",
        }
    }
}

impl FieldChange {
    /// A rule that only waited for its table is switched on.
    pub(crate) fn enable() -> Self {
        Self {
            field: Field::Enabled,
            live: Some(Value::Bool(false)),
            desired: Some(Value::Bool(true)),
            moved: Moved::File,
        }
    }
}

/// The managed fields that differ, in the order of [`Field`].
pub(crate) fn fields(
    desired: &Normal,
    live: &Normal,
    managed: &BTreeSet<Field>,
    applied: Option<&Applied>,
) -> Vec<FieldChange> {
    managed
        .iter()
        .filter(|field| desired.get(**field) != live.get(**field))
        .map(|field| FieldChange {
            field: *field,
            live: live.get(*field).cloned(),
            desired: desired.get(*field).cloned(),
            moved: moved(*field, desired, live, applied),
        })
        .collect()
}

fn moved(field: Field, desired: &Normal, live: &Normal, applied: Option<&Applied>) -> Moved {
    let Some(applied) = applied else {
        return Moved::Unknown;
    };
    match (
        applied.matches(field, desired),
        applied.matches(field, live),
    ) {
        (Some(true), Some(_)) => Moved::Live,
        (Some(false), Some(true)) => Moved::File,
        (Some(false), Some(false)) => Moved::Both,
        // The file took the field over since then.
        _ => Moved::File,
    }
}
