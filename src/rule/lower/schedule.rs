//! `kind`, and the schedule and trigger that scheduled rules have.

use crate::diag::{Diagnostic, Edit, Fix, Level, Span, Spanned};
use crate::duration::Duration;
use crate::rule::classify::SERVICE_KINDS;
use crate::rule::codes;
use crate::rule::field::TriggerOperator;
use crate::rule::lower::missing;
use crate::rule::read::{Fields, Reader, list_of, nearest, scalar_fix};
use crate::rule::{RuleKind, Schedule};

/// The fields that only scheduled rules have.
const SCHEDULE_KEYS: [&str; 4] = [
    "queryFrequency",
    "queryPeriod",
    "triggerOperator",
    "triggerThreshold",
];

/// Reads the kind with what belongs to it.
pub(super) fn lower(reader: &mut Reader<'_>, fields: &Fields<'_>, here: Span) -> Spanned<RuleKind> {
    let (is_nrt, span) = kind(reader, fields, here);
    if is_nrt {
        for key in SCHEDULE_KEYS {
            if let Some(entry) = fields.any(key) {
                let message = format!("an NRT rule has no `{key}`; it is left out");
                let span = Span::new(
                    entry.key.span.source,
                    entry.key.span.start as usize,
                    entry.value.span.end.max(entry.key.span.end) as usize,
                );
                let mut diagnostic = Diagnostic::new(&codes::SCHEDULE_ON_NRT, span, message);
                if let Some(fix) = remove_lines(reader.text, span) {
                    diagnostic = diagnostic.fix(fix);
                }
                reader.report(diagnostic);
            }
        }
        return Spanned::new(RuleKind::Nrt, span);
    }
    for key in SCHEDULE_KEYS {
        if fields.get(key).is_none() {
            missing(reader, key, here, help(key));
        }
    }
    let frequency = reader.optional_duration(fields, "queryFrequency");
    let period = reader.optional_duration(fields, "queryPeriod");
    // A stand-in must not look like a fault of its own: one of the two takes the value of the other.
    let stand_in = Spanned::new(
        frequency
            .as_ref()
            .or(period.as_ref())
            .map_or(Duration::from_hours(1), |duration| duration.value),
        here,
    );
    let trigger_operator = trigger_operator(reader, fields);
    let trigger_threshold = trigger_threshold(reader, fields);
    let schedule = Schedule {
        frequency: frequency.unwrap_or_else(|| stand_in.clone()),
        period: period.unwrap_or(stand_in),
        trigger_operator: trigger_operator
            .unwrap_or(Spanned::new(TriggerOperator::GreaterThan, here)),
        trigger_threshold: trigger_threshold.unwrap_or(Spanned::new(0, here)),
    };
    Spanned::new(RuleKind::Scheduled(schedule), span)
}

fn help(key: &str) -> &'static str {
    match key {
        "queryFrequency" => "how often the rule runs, `5m` to `14d`",
        "queryPeriod" => "how far back the query looks, `5m` to `14d`",
        "triggerOperator" => "accepted are `gt`, `lt`, `eq` and `ne`",
        _ => "a whole number from 0 to 10000",
    }
}

/// Whether the rule is NRT, and where that is said.
fn kind(reader: &mut Reader<'_>, fields: &Fields<'_>, here: Span) -> (bool, Span) {
    let Some(node) = fields.get("kind") else {
        let scheduled =
            fields.get("queryFrequency").is_some() || fields.get("queryPeriod").is_some();
        let message = "the rule has no `kind`; it is taken as `Scheduled`";
        let mut diagnostic = Diagnostic::new(&codes::MISSING_KIND, here, message);
        if !scheduled {
            diagnostic.level = Level::Warning;
        }
        let before = fields.any("name").or_else(|| fields.any("severity"));
        if let Some(fix) = before.and_then(|entry| insert_line(reader.text, entry.key.span)) {
            diagnostic = diagnostic.fix(fix);
        }
        reader.report(diagnostic);
        return (false, here);
    };
    let Some(text) = reader.text(node, "`kind`") else {
        return (false, here);
    };
    for (canonical, is_nrt) in [("Scheduled", false), ("NRT", true)] {
        if text.value.trim().eq_ignore_ascii_case(canonical) {
            if text.value != canonical {
                reader.spelling(node, &text.value, canonical);
            }
            return (is_nrt, text.span);
        }
    }
    let written = text.value.trim();
    let message = format!("`{written}` is not a kind of rule that can be deployed");
    let mut diagnostic = Diagnostic::new(&codes::INVALID_KIND, text.span, message)
        .label("`Scheduled` and `NRT` are accepted");
    if let Some(near) = nearest(written, ["Scheduled", "NRT"].into_iter()) {
        diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
    } else {
        let made = list_of(SERVICE_KINDS);
        diagnostic = diagnostic.help(format!(
            "rules of kind {made} are made by the service itself"
        ));
    }
    reader.fail(diagnostic);
    (false, text.span)
}

fn trigger_operator(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Option<Spanned<TriggerOperator>> {
    let node = fields.get("triggerOperator")?;
    let text = reader.text(node, "`triggerOperator`")?;
    let written = text.value.trim();
    if let Some(operator) = TriggerOperator::parse_either(written) {
        let canonical = [operator.short(), operator.as_str()];
        if !canonical.contains(&text.value.as_str()) {
            reader.spelling(node, &text.value, operator.short());
        }
        return Some(Spanned::new(operator, text.span));
    }
    let meant = match written.to_ascii_lowercase().as_str() {
        ">" | "greater" | "greaterthen" => Some(TriggerOperator::GreaterThan),
        "<" | "less" | "lessthen" => Some(TriggerOperator::LessThan),
        "=" | "==" | "equals" => Some(TriggerOperator::Equal),
        "!=" | "<>" | "notequals" => Some(TriggerOperator::NotEqual),
        _ => None,
    };
    let message = format!("`{written}` is not a trigger operator");
    let mut diagnostic = Diagnostic::new(&codes::INVALID_TRIGGER, text.span, message)
        .label("`gt`, `lt`, `eq` and `ne` are accepted, and their long names");
    if let Some(meant) = meant {
        diagnostic = diagnostic.fix(scalar_fix(node, meant.short()));
    } else if matches!(written, "ge" | "gte" | "le" | "lte" | ">=" | "<=") {
        diagnostic =
            diagnostic.help("the service has no such operator; move the threshold by one instead");
    }
    reader.fail(diagnostic);
    None
}

fn trigger_threshold(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Option<Spanned<i64>> {
    let node = fields.get("triggerThreshold")?;
    let text = reader.text(node, "`triggerThreshold`")?;
    let written = text.value.trim();
    if let Ok(threshold) = written.parse() {
        return Some(Spanned::new(threshold, text.span));
    }
    // `0,` and `5.0` occur in published rules, and can only mean one thing.
    let stripped = written.trim_end_matches([',', ';']).trim_end();
    let stripped = stripped.strip_suffix(".0").unwrap_or(stripped);
    if let Ok(threshold) = stripped.parse() {
        reader.spelling(node, written, stripped);
        return Some(Spanned::new(threshold, text.span));
    }
    let message = format!("`triggerThreshold` is a whole number, not `{written}`");
    reader.fail(
        Diagnostic::new(&codes::INVALID_TRIGGER, text.span, message)
            .help("a whole number from 0 to 10000 is accepted"),
    );
    None
}

/// Adds `kind: Scheduled` as a line of its own before the key at `key`.
fn insert_line(text: &str, key: Span) -> Option<Fix> {
    let start = key.start as usize;
    let before = text.get(..start)?;
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let indent = line.trim_start_matches('\u{feff}');
    if !indent.bytes().all(|byte| byte == b' ') {
        return None;
    }
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    Some(Fix {
        title: "write `kind: Scheduled`".to_owned(),
        edits: vec![Edit {
            span: Span::new(key.source, start, start),
            replacement: format!("kind: Scheduled{end}{indent}"),
        }],
    })
}

/// Removes the lines that `span` covers, when nothing else stands on them.
fn remove_lines(text: &str, span: Span) -> Option<Fix> {
    let range = span.range();
    let before = text.get(..range.start)?;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let after = text.get(range.end..)?;
    let end = range.end + after.find('\n').map_or(after.len(), |at| at + 1);
    let alone =
        text[start..range.start].trim().is_empty() && text[range.end..end].trim().is_empty();
    alone.then(|| Fix {
        title: "remove it".to_owned(),
        edits: vec![Edit {
            span: Span::new(span.source, start, end),
            replacement: String::new(),
        }],
    })
}
