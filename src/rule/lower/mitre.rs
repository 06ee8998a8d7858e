//! `tactics` and the techniques.

use crate::diag::{Diagnostic, Level, Spanned};
use crate::mitre::{Tactic, TechniqueId};
use crate::rule::codes;
use crate::rule::read::{Fields, Reader, list_of, nearest, scalar_fix};
use crate::rule::yaml::{Node, Value};

/// Reads `tactics`.
pub(super) fn tactics(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Spanned<Tactic>> {
    let mut tactics = Vec::new();
    for item in reader.list(fields, "tactics") {
        tactics.extend(tactic(reader, item));
    }
    tactics
}

/// One tactic. Case and spaces are forgiven with a warning; other spellings are repaired but refused as written,
/// as the service refuses them.
fn tactic(reader: &mut Reader<'_>, node: &Node) -> Option<Spanned<Tactic>> {
    if node.value == Value::Null {
        let message = "an empty item in `tactics`";
        reader.report(Diagnostic::new(&codes::INVALID_TACTIC, node.span, message));
        return None;
    }
    let text = reader.text(node, "a tactic")?;
    let written = text.value.trim();
    if let Some(tactic) = Tactic::parse_lenient(written) {
        if tactic.as_str() != text.value {
            let message = format!("the tactic `{written}` is spelled `{tactic}`");
            let mut diagnostic = Diagnostic::new(&codes::INVALID_TACTIC, text.span, message)
                .fix(scalar_fix(node, tactic.as_str()));
            if !written.contains(['-', '_']) {
                diagnostic.level = Level::Warning;
            }
            reader.report(diagnostic);
        }
        return Some(Spanned::new(tactic, text.span));
    }
    let names: Vec<&str> = Tactic::ALL.iter().map(|tactic| tactic.as_str()).collect();
    let message = format!("`{written}` is not a tactic that the service knows");
    let mut diagnostic = Diagnostic::new(&codes::INVALID_TACTIC, text.span, message);
    diagnostic = match nearest(written, names.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("accepted are {}", list_of(&names))),
    };
    if written.parse::<TechniqueId>().is_ok() {
        diagnostic = diagnostic.help("a technique belongs under `relevantTechniques`");
    }
    reader.fail(diagnostic);
    None
}

/// Reads `relevantTechniques`, and `techniques` and `subTechniques` as exports write them.
pub(super) fn techniques(
    reader: &mut Reader<'_>,
    fields: &Fields<'_>,
) -> Vec<Spanned<TechniqueId>> {
    let relevant = list(reader, fields, "relevantTechniques");
    let mut exported = list(reader, fields, "techniques");
    exported.extend(list(reader, fields, "subTechniques"));
    if relevant.is_empty() {
        return exported;
    }
    let known = |id: &Spanned<TechniqueId>| relevant.iter().any(|own| own.value == id.value);
    let others: Vec<_> = exported.into_iter().filter(|id| !known(id)).collect();
    if let Some(first) = others.first() {
        let message = format!(
            "`techniques` names `{}`, which `relevantTechniques` does not",
            first.value
        );
        let mut diagnostic = Diagnostic::new(&codes::TECHNIQUES_TWICE, first.span, message)
            .label("both lists are taken together");
        if let Some(entry) = fields.entry("relevantTechniques") {
            diagnostic = diagnostic.also(entry.key.span, "this is the list of the rule format");
        }
        reader.report(diagnostic);
    }
    relevant.into_iter().chain(others).collect()
}

fn list(reader: &mut Reader<'_>, fields: &Fields<'_>, key: &str) -> Vec<Spanned<TechniqueId>> {
    let mut ids = Vec::new();
    for item in reader.list(fields, key) {
        ids.extend(technique(reader, item, key));
    }
    ids
}

fn technique(reader: &mut Reader<'_>, node: &Node, key: &str) -> Option<Spanned<TechniqueId>> {
    if node.value == Value::Null {
        let message = format!("an empty item in `{key}`");
        reader.report(
            Diagnostic::new(&codes::INVALID_TECHNIQUE, node.span, message)
                .help("accepted are ids such as `T1110` and `T1110.003`"),
        );
        return None;
    }
    let text = reader.text(node, "a technique")?;
    let written = text.value.trim();
    if let Ok(id) = written.parse::<TechniqueId>() {
        if text.value != id.to_string() {
            reader.spelling(node, written, &id.to_string());
        }
        return Some(Spanned::new(id, text.span));
    }
    let message = format!("`{written}` is not the id of a technique");
    let mut diagnostic = Diagnostic::new(&codes::INVALID_TECHNIQUE, text.span, message)
        .label("`T####` and `T####.###` are accepted");
    let first = written
        .split([' ', ':', '-', ','])
        .next()
        .unwrap_or_default();
    if let Ok(id) = first.parse::<TechniqueId>() {
        diagnostic = diagnostic.fix(scalar_fix(node, &id.to_string()));
    } else if written.starts_with("TA") {
        diagnostic = diagnostic
            .help("ids that begin with `TA` are tactics, which go by name under `tactics`");
    } else if written.starts_with("MS-T") {
        diagnostic = diagnostic.help(
            "ids that begin with `MS-T` belong to Microsoft's threat matrix for storage; keep them under `tags`",
        );
    }
    reader.fail(diagnostic);
    None
}
