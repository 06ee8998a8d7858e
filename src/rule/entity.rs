//! Which identifiers an entity type has, and which of them name an entity for sure.
//!
//! The table is built from the identifier lists of Microsoft's template validator
//! (`EntityMappingIdentifiers.cs` in Azure/Azure-Sentinel), with `AddressScope` from the entities reference.

use std::sync::LazyLock;

use crate::rule::field::EntityType;

/// What is known of one entity type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identifiers {
    /// The type.
    pub(crate) entity_type: EntityType,
    /// Every identifier, spelled as the service spells it.
    pub(crate) all: Vec<&'static str>,
    /// Sets of identifiers, of which one must be mapped whole.
    pub(crate) required: Vec<Vec<&'static str>>,
}

static TABLE: LazyLock<Vec<Identifiers>> = LazyLock::new(|| {
    include_str!("entity-identifiers.tsv")
        .lines()
        .skip(1)
        .filter_map(read_line)
        .collect()
});

fn read_line(line: &'static str) -> Option<Identifiers> {
    let mut fields = line.split('\t');
    let entity_type = EntityType::parse_lenient(fields.next()?)?;
    let all = fields.next()?.split(' ').collect();
    let required = fields.next()?.split(' ');
    Some(Identifiers {
        entity_type,
        all,
        required: required.map(|set| set.split('+').collect()).collect(),
    })
}

/// What is known of a type.
pub(crate) fn identifiers(entity_type: EntityType) -> Option<&'static Identifiers> {
    TABLE.iter().find(|known| known.entity_type == entity_type)
}

/// An identifier of a type, spelled as the service spells it, from any case.
pub(crate) fn canonical_identifier(entity_type: EntityType, written: &str) -> Option<&'static str> {
    let known = identifiers(entity_type)?;
    let mut all = known.all.iter().copied();
    all.find(|identifier| identifier.eq_ignore_ascii_case(written.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_api_has_identifiers_and_every_requirement_is_one_of_them() {
        assert_eq!(TABLE.len(), EntityType::ALL.len());
        for entity_type in EntityType::ALL {
            let known = identifiers(*entity_type).expect("every type is in the table");
            assert!(!known.required.is_empty(), "{entity_type}");
            for identifier in known.required.iter().flatten() {
                assert!(known.all.contains(identifier), "{entity_type} {identifier}");
            }
        }
    }

    #[test]
    fn identifiers_are_found_in_any_case() {
        let found = canonical_identifier(EntityType::Account, "upnsuffix");
        assert_eq!(found, Some("UPNSuffix"));
        assert_eq!(canonical_identifier(EntityType::Ip, "Name"), None);
    }
}
