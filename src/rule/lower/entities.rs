//! `entityMappings` and `sentinelEntitiesMappings`.

use crate::diag::{Diagnostic, Spanned};
use crate::rule::codes;
use crate::rule::entity;
use crate::rule::field::{EntityMapping, EntityType, FieldMapping};
use crate::rule::read::{Fields, Reader, first_line};
use crate::rule::yaml::{Node, Value};

/// Reads `entityMappings`.
pub(super) fn mappings(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<EntityMapping> {
    let mut mappings = Vec::new();
    for item in reader.list(fields, "entityMappings") {
        if item.value != Value::Null {
            mappings.extend(mapping(reader, item));
        }
    }
    mappings
}

fn mapping(reader: &mut Reader<'_>, node: &Node) -> Option<EntityMapping> {
    let what = "an item of `entityMappings`";
    let item = reader.fields(node, what, &["entityType", "fieldMappings"])?;
    let here = first_line(reader.text, node.span);
    let Some(kind) = item.get("entityType") else {
        reader.fail(
            Diagnostic::new(
                &codes::MISSING_FIELD,
                here,
                "an entity mapping has no `entityType`",
            )
            .help("an entity type such as `Account`, `Host` or `IP`"),
        );
        return None;
    };
    let entity_type = reader.word(
        kind,
        &codes::INVALID_ENTITY_TYPE,
        "`entityType`",
        EntityType::ALL,
        EntityType::as_str,
    );
    let mut field_mappings = Vec::new();
    for field in reader.list(&item, "fieldMappings") {
        if field.value != Value::Null {
            field_mappings.extend(field_mapping(reader, field, entity_type.as_ref()));
        }
    }
    let none_written = match item.get("fieldMappings").map(|node| &node.value) {
        None => true,
        Some(Value::Sequence(items)) => items.iter().all(|item| item.value == Value::Null),
        Some(_) => false,
    };
    if none_written {
        reader.fail(
            Diagnostic::new(
                &codes::MISSING_FIELD,
                here,
                "an entity mapping has no `fieldMappings`",
            )
            .help("one to three pairs of `identifier` and `columnName`"),
        );
        return None;
    }
    Some(EntityMapping {
        span: node.span,
        entity_type: entity_type?,
        fields: field_mappings,
    })
}

fn field_mapping(
    reader: &mut Reader<'_>,
    node: &Node,
    entity_type: Option<&Spanned<EntityType>>,
) -> Option<FieldMapping> {
    let what = "an item of `fieldMappings`";
    let item = reader.fields(node, what, &["identifier", "columnName"])?;
    let here = first_line(reader.text, node.span);
    for key in ["identifier", "columnName"] {
        if item.get(key).is_none() {
            let message = format!("a field mapping has no `{key}`");
            reader.fail(
                Diagnostic::new(&codes::MISSING_FIELD, here, message)
                    .help("a field mapping is a pair of `identifier` and `columnName`"),
            );
        }
    }
    let identifier = reader.optional_text(&item, "identifier");
    let column = reader.optional_text(&item, "columnName");
    let (mut identifier, column) = (identifier?, column?);
    if let Some(entity_type) = entity_type
        && let Some(known) = entity::canonical_identifier(entity_type.value, &identifier.value)
        && known != identifier.value
    {
        if let Some(node) = item.get("identifier") {
            reader.spelling(node, &identifier.value, known);
        }
        known.clone_into(&mut identifier.value);
    }
    Some(FieldMapping { identifier, column })
}

/// Reads `sentinelEntitiesMappings`.
pub(super) fn sentinel(reader: &mut Reader<'_>, fields: &Fields<'_>) -> Vec<Spanned<String>> {
    let mut columns = Vec::new();
    for item in reader.list(fields, "sentinelEntitiesMappings") {
        if item.value == Value::Null {
            continue;
        }
        let what = "an item of `sentinelEntitiesMappings`";
        if let Some(item) = reader.fields(item, what, &["columnName"]) {
            columns.extend(reader.optional_text(&item, "columnName"));
        }
    }
    columns
}
