//! Entity types and their identifiers, from `data/entity-identifiers.tsv`.
//!
//! Source: the service's own template validator, and its entity reference for `IP.AddressScope`.

use std::sync::LazyLock;

/// An entity type of the API.
#[derive(Debug)]
pub(crate) struct EntityType {
    /// Its name.
    pub(crate) name: &'static str,
    /// Identifiers a mapping may use.
    pub(crate) identifiers: Vec<&'static str>,
    /// Combinations of which a mapping needs one whole.
    pub(crate) required: Vec<Vec<&'static str>>,
}

static TABLE: LazyLock<Vec<EntityType>> = LazyLock::new(|| {
    let lines = include_str!("data/entity-identifiers.tsv").lines().skip(1);
    lines.filter_map(read_line).collect()
});

/// Reads `type, identifiers, required`, separated by tabs.
fn read_line(line: &'static str) -> Option<EntityType> {
    let mut fields = line.split('\t');
    Some(EntityType {
        name: fields.next()?,
        identifiers: fields.next()?.split(',').collect(),
        required: fields
            .next()?
            .split('|')
            .map(|combination| combination.split('+').collect())
            .collect(),
    })
}

/// All entity types.
pub(crate) fn entity_types() -> &'static [EntityType] {
    &TABLE
}

/// An entity type by its exact name.
pub(crate) fn entity_type(name: &str) -> Option<&'static EntityType> {
    TABLE.iter().find(|one| one.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_holds_the_eighteen_types_of_the_api_and_fits_together() {
        assert_eq!(entity_types().len(), 18);
        for one in entity_types() {
            for identifier in one.required.iter().flatten() {
                assert!(
                    one.identifiers.contains(identifier),
                    "{}.{identifier}",
                    one.name
                );
            }
        }
    }
}
