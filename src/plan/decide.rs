//! What becomes of one file: created, updated, left alone, or in conflict.

use std::collections::BTreeSet;

use crate::api::alert_rule::AlertRuleProperties;
use crate::api::alert_rule::AlertRuleResource;
use crate::api::metadata::MetadataBody;
use crate::plan::Action;
use crate::plan::Change;
use crate::plan::Conflict;
use crate::plan::ConflictReason;
use crate::plan::Desired;
use crate::plan::Live;
use crate::plan::Note;
use crate::plan::Options;
use crate::plan::Unchanged;
use crate::plan::UpdateReason;
use crate::plan::diff;
use crate::plan::diff::FieldChange;
use crate::plan::field::Field;
use crate::plan::mark;
use crate::plan::mark::Applied;
use crate::plan::mark::Mark;
use crate::plan::mark::Owner;
use crate::plan::merge;
use crate::plan::normal::Normal;
use crate::plan::normal::normal;

/// What becomes of one file.
pub(super) enum Decision {
    Change(Box<Change>),
    Unchanged(Unchanged),
    Conflict(Box<Conflict>),
}

/// What becomes of a file, whatever stands on the live side.
pub(super) fn decide(desired: &Desired, live: Live<'_>, options: &Options) -> Decision {
    let (rule, mark, adopted) = match live {
        Live::Absent { mark } => {
            return Decision::Change(Box::new(create(desired, mark, options)));
        }
        Live::InTheWay { name, rule, reason } => {
            let fields = rule.map_or_else(Vec::new, |rule| {
                let managed = managed(desired, Some(rule), options);
                let wanted = normal(desired.body.kind, &desired.body.properties);
                let found = normal(&rule.kind, &rule.properties);
                diff::fields(&wanted, &found, &managed, None)
            });
            return Decision::Conflict(Box::new(conflict(desired, name, reason.clone(), fields)));
        }
        Live::Ours { rule, mark } => (rule, Some(mark), false),
        Live::Adopted { rule, mark } => (rule, mark, true),
    };
    if rule.kind != desired.body.kind {
        let reason = ConflictReason::OtherKind {
            live: rule.kind.clone(),
        };
        return Decision::Conflict(Box::new(conflict(desired, &rule.name, reason, Vec::new())));
    }
    decide_live(desired, rule, mark, adopted, options)
}

/// What becomes of a file whose rule is live and may be touched.
fn decide_live(
    desired: &Desired,
    rule: &AlertRuleResource,
    mark: Option<&Mark>,
    adopted: bool,
    options: &Options,
) -> Decision {
    let managed = managed(desired, Some(rule), options);
    let wanted = normal(desired.body.kind, &desired.body.properties);
    let found = normal(&rule.kind, &rule.properties);
    let applied = mark
        .filter(|_| !adopted)
        .and_then(|mark| mark.applied.as_ref());
    let mut fields = diff::fields(&wanted, &found, &managed, applied);
    let mut notes = Vec::new();
    if template_differs(&wanted, &found) {
        notes.push(Note::TemplateKept);
    }
    let auto_disabled = is_auto_disabled(&found);
    if auto_disabled {
        notes.push(Note::AutoDisabled);
        let by_service = |change: &FieldChange| by_service(change, &wanted, &found);
        if fields.iter().all(by_service) {
            fields.clear();
        }
    }
    let was_waiting = applied.is_some_and(|applied| applied.waiting);
    let on = desired.body.properties.enabled.unwrap_or(true);
    let off = found.get(Field::Enabled) == Some(&serde_json::Value::Bool(false));
    let enable = was_waiting && off && on && !auto_disabled && !is_unmanaged_enabled(desired);
    if enable && !fields.iter().any(|change| change.field == Field::Enabled) {
        fields.push(FieldChange::enable());
        fields.sort_by_key(|change| change.field);
    }
    if off && !enable && !auto_disabled && !managed.contains(&Field::Enabled) {
        notes.push(Note::DisabledInWorkspace);
    }
    if fields
        .iter()
        .any(|change| change.moved == diff::Moved::Live)
    {
        notes.push(Note::ChangedInWorkspace);
    }
    notes.sort_unstable();
    let next = Applied::new(&wanted, &managed, false);
    let mark_body = mark::body(
        &options.workspace,
        &options.source,
        &rule.name,
        &desired.id.to_string(),
        desired.version.as_deref(),
        &next,
    );
    let change = |action, fields| {
        Decision::Change(Box::new(Change {
            id: desired.id.to_string(),
            name: rule.name.clone(),
            title: desired.title().to_owned(),
            path: Some(desired.path.clone()),
            action,
            fields,
            notes: notes.clone(),
        }))
    };
    let mark_body = MetadataBody {
        // A mark of ours may be written over; the mark of another is replaced only as it was seen.
        etag: mark
            .filter(|mark| mark.owner != Owner::Us)
            .and_then(|mark| mark.etag.clone()),
        ..mark_body
    };
    let mark_before = mark.map(|mark| {
        Box::new(MetadataBody {
            etag: None,
            properties: mark.properties.clone(),
        })
    });
    if fields.is_empty() {
        let marked = mark.is_some_and(|mark| mark::says(mark, &mark_body));
        if marked && !adopted {
            return Decision::Unchanged(Unchanged {
                id: desired.id.to_string(),
                title: desired.title().to_owned(),
                path: desired.path.clone(),
                notes,
            });
        }
        let action = Action::Mark {
            mark: Box::new(mark_body),
            adopted,
            mark_before,
        };
        return change(action, fields);
    }
    let reason = if adopted {
        UpdateReason::Adopted
    } else if enable && fields.len() == 1 {
        UpdateReason::Waiting
    } else {
        UpdateReason::Changed
    };
    let mut body = merge::update(&desired.body, rule, &managed);
    if enable {
        body.properties.enabled = Some(true);
    }
    let action = Action::Update {
        body: Box::new(body),
        mark: Box::new(mark_body),
        reason,
        live: Box::new(rule.clone()),
        mark_before,
    };
    change(action, fields)
}

fn create(desired: &Desired, mark: Option<&Mark>, options: &Options) -> Change {
    let wanted = normal(desired.body.kind, &desired.body.properties);
    let managed = managed(desired, None, options);
    // A rule that was taken over under another name keeps that name.
    let name = mark.map_or_else(|| desired.id.to_string(), |mark| mark.rule.clone());
    let mark_body = mark::body(
        &options.workspace,
        &options.source,
        &name,
        &desired.id.to_string(),
        desired.version.as_deref(),
        &Applied::new(&wanted, &managed, false),
    );
    Change {
        id: desired.id.to_string(),
        name,
        title: desired.title().to_owned(),
        path: Some(desired.path.clone()),
        action: Action::Create {
            body: Box::new(merge::create(&desired.body)),
            mark: Box::new(mark_body),
        },
        fields: Vec::new(),
        notes: mark.map(|_| Note::DeletedInWorkspace).into_iter().collect(),
    }
}

fn conflict(
    desired: &Desired,
    name: &str,
    reason: ConflictReason,
    fields: Vec<FieldChange>,
) -> Conflict {
    Conflict {
        id: desired.id.to_string(),
        name: name.to_owned(),
        title: desired.title().to_owned(),
        path: desired.path.clone(),
        reason,
        fields,
    }
}

/// The fields that the file answers for.
///
/// Where the file is silent, `enabled` belongs to the workspace, and so does the gallery template, which cannot be
/// changed once it is set. What the API version does not carry is not compared.
pub(crate) fn managed(
    desired: &Desired,
    live: Option<&AlertRuleResource>,
    options: &Options,
) -> BTreeSet<Field> {
    let preview = options.api_version.ends_with("-preview");
    let properties: &AlertRuleProperties = &desired.body.properties;
    let linked = live.is_some_and(|rule| {
        rule.properties
            .alert_rule_template_name
            .as_deref()
            .is_some_and(|name| !name.is_empty())
    });
    let same_template = live.is_some_and(|rule| {
        let wanted = properties.alert_rule_template_name.as_deref();
        let found = rule.properties.alert_rule_template_name.as_deref();
        wanted
            .zip(found)
            .is_some_and(|(wanted, found)| wanted.eq_ignore_ascii_case(found))
    });
    Field::ALL
        .iter()
        .copied()
        .filter(|field| !desired.unmanaged.contains(field))
        .filter(|field| preview || !field.preview_only())
        .filter(|field| match field {
            Field::Enabled => properties.enabled.is_some(),
            Field::TemplateName => {
                properties.alert_rule_template_name.is_some() && (!linked || same_template)
            }
            Field::TemplateVersion => {
                properties.template_version.is_some() && (!linked || same_template)
            }
            _ => true,
        })
        .collect()
}

fn template_differs(wanted: &Normal, found: &Normal) -> bool {
    let (wanted, found) = (
        wanted.get(Field::TemplateName),
        found.get(Field::TemplateName),
    );
    wanted.is_some() && found.is_some() && wanted != found
}

fn is_unmanaged_enabled(desired: &Desired) -> bool {
    desired.unmanaged.contains(&Field::Enabled)
}

/// What the service puts before the name of a rule that it switched off.
const AUTO_DISABLED: &str = "AUTO DISABLED";

/// Whether the service switched the rule off itself.
pub(crate) fn is_auto_disabled(live: &Normal) -> bool {
    live.get(Field::Enabled) == Some(&serde_json::Value::Bool(false))
        && live
            .text(Field::DisplayName)
            .is_some_and(|name| name.starts_with(AUTO_DISABLED))
}

/// Whether a difference is one that the service makes when it switches a rule off.
fn by_service(change: &FieldChange, wanted: &Normal, found: &Normal) -> bool {
    match change.field {
        Field::Enabled => true,
        Field::DisplayName => {
            let wanted = wanted.text(Field::DisplayName).unwrap_or_default();
            let found = found.text(Field::DisplayName).unwrap_or_default();
            found.ends_with(wanted)
        }
        Field::Description => {
            let wanted = wanted.text(Field::Description).unwrap_or_default();
            let found = found.text(Field::Description).unwrap_or_default();
            found.starts_with(wanted)
        }
        _ => false,
    }
}
