//! Entity mappings, custom details and alert details: what a rule says about columns.

use serde_json::Value;

use crate::emulator::answer::{ServiceError, invalid_properties};
use crate::emulator::entities::{entity_type, entity_types};
use crate::emulator::reader::{Reader, wrong_type};
use crate::emulator::validate::Options;
use crate::emulator::validate::text::{invalid_length, is_column, is_key, length, placeholders};

/// The objects of an array.
fn objects<'a>(properties: &Reader<'a>, name: &str) -> Result<Vec<Reader<'a>>, ServiceError> {
    let items = properties.array(name)?.unwrap_or_default();
    let path = properties.path_of(name);
    let objects = items.iter().enumerate();
    objects
        .map(|(index, item)| Reader::of(item, &format!("{path}[{index}]")))
        .collect()
}

/// Judges custom details: at most 20, keys of at most 20 characters, values that are column names.
pub(crate) fn custom_details(kind: &str, properties: &Reader<'_>) -> Result<(), ServiceError> {
    let Some(details) = properties.object("customDetails")? else {
        return Ok(());
    };
    let count = details.members().count();
    if count > 20 {
        return Err(invalid_length(kind, "CustomDetails", count, 0, 20));
    }
    for (key, value) in details.members() {
        let Value::String(column) = value else {
            return Err(wrong_type(value, "System.String", &details.path_of(key)));
        };
        if key.chars().count() > 20 {
            return Err(invalid_properties(
                kind,
                &format!("Maximum length of key '{key}' in 'CustomDetails' is 20"),
            ));
        }
        if !is_key(key) || !is_column(column) {
            return Err(invalid_properties(
                kind,
                &format!("Invalid entry '{key}': '{column}' in 'CustomDetails'"),
            ));
        }
    }
    Ok(())
}

/// The keys of the custom details.
pub(crate) fn detail_keys<'a>(properties: &Reader<'a>) -> Result<Vec<&'a str>, ServiceError> {
    let details = properties.object("customDetails")?;
    Ok(details
        .map(|details| details.members().map(|(key, _)| key).collect())
        .unwrap_or_default())
}

/// The entity types that are mapped.
pub(crate) fn mapped_types<'a>(properties: &Reader<'a>) -> Result<Vec<&'a str>, ServiceError> {
    let mut types = Vec::new();
    for mapping in objects(properties, "entityMappings")? {
        types.extend(mapping.text("entityType")?);
    }
    Ok(types)
}

/// Judges entity mappings, 1 to 10 together with those that hold whole entities.
pub(crate) fn entities(kind: &str, properties: &Reader<'_>) -> Result<(), ServiceError> {
    let mappings = objects(properties, "entityMappings")?;
    let whole = objects(properties, "sentinelEntitiesMappings")?;
    let given = properties.value("entityMappings").is_some();
    let count = mappings.len() + whole.len();
    if count > 10 || (given && mappings.is_empty()) {
        return Err(invalid_length(kind, "EntityMappings", count, 1, 10));
    }
    for mapping in whole {
        let column = mapping.required("columnName", mapping.text("columnName")?)?;
        column_name(kind, column)?;
    }
    let names: Vec<&str> = entity_types().iter().map(|one| one.name).collect();
    for mapping in mappings {
        let name = mapping.required(
            "entityType",
            mapping.one_of("entityType", "EntityMappingType", &names)?,
        )?;
        let fields = objects(&mapping, "fieldMappings")?;
        if fields.is_empty() || fields.len() > 3 {
            return Err(invalid_length(kind, "FieldMappings", fields.len(), 1, 3));
        }
        let mut used = Vec::new();
        for field in fields {
            let identifier = field.required("identifier", field.text("identifier")?)?;
            let column = field.required("columnName", field.text("columnName")?)?;
            column_name(kind, column)?;
            if used.contains(&identifier) {
                return Err(invalid_properties(
                    kind,
                    &format!(
                        "Identifier '{identifier}' is used more than once in one mapping of entity type '{name}'"
                    ),
                ));
            }
            used.push(identifier);
        }
        identifiers(kind, name, &used)?;
    }
    Ok(())
}

/// Judges the identifiers of one mapping.
fn identifiers(kind: &str, name: &str, used: &[&str]) -> Result<(), ServiceError> {
    let Some(entity) = entity_type(name) else {
        return Ok(());
    };
    if let Some(unknown) = used.iter().find(|one| !entity.identifiers.contains(one)) {
        return Err(invalid_properties(
            kind,
            &format!(
                "Invalid identifier '{unknown}' for entity type '{name}' encountered. Valid identifiers are: [{}]",
                entity.identifiers.join(", ")
            ),
        ));
    }
    let whole = |combination: &Vec<&str>| combination.iter().all(|one| used.contains(one));
    if entity.required.iter().any(whole) {
        return Ok(());
    }
    let combinations: Vec<String> = entity
        .required
        .iter()
        .map(|combination| format!("[{}]", combination.join(", ")))
        .collect();
    Err(invalid_properties(
        kind,
        &format!(
            "Missing required identifiers in entity type '{name}'. Required identifiers are one of the following combinations: {}",
            combinations.join(", ")
        ),
    ))
}

fn column_name(kind: &str, column: &str) -> Result<(), ServiceError> {
    if is_column(column) {
        return Ok(());
    }
    Err(invalid_properties(
        kind,
        &format!("Invalid column name '{column}'"),
    ))
}

/// Judges alert details that come from columns.
pub(crate) fn overrides(
    kind: &str,
    properties: &Reader<'_>,
    options: Options<'_>,
) -> Result<(), ServiceError> {
    let Some(details) = properties.object("alertDetailsOverride")? else {
        return Ok(());
    };
    for (member, name, most) in [
        ("alertDisplayNameFormat", "AlertDisplayNameFormat", 256),
        ("alertDescriptionFormat", "AlertDescriptionFormat", 5_000),
    ] {
        let Some(format) = details.text(member)? else {
            continue;
        };
        length(kind, name, format, 1, most)?;
        let count = placeholders(format).len();
        if count > 3 {
            return Err(invalid_properties(
                kind,
                &format!(
                    "You have defined {count} parameters in '{name}'. The maximum allowed is 3."
                ),
            ));
        }
    }
    for member in ["alertTacticsColumnName", "alertSeverityColumnName"] {
        if let Some(column) = details.text(member)? {
            column_name(kind, column)?;
        }
    }
    let mut known = vec![
        "AlertLink",
        "ConfidenceLevel",
        "ConfidenceScore",
        "ExtendedLinks",
        "ProductName",
        "ProviderName",
        "ProductComponentName",
        "RemediationSteps",
        "Techniques",
    ];
    if options.version.has_member("subTechniques") {
        known.push("SubTechniques");
    }
    for property in objects(&details, "alertDynamicProperties")? {
        property.required(
            "alertProperty",
            property.one_of("alertProperty", "AlertProperty", &known)?,
        )?;
        let column = property.required("value", property.text("value")?)?;
        column_name(kind, column)?;
    }
    Ok(())
}
