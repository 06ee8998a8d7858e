//! The mark: the metadata resource that says a live rule is ours, and what was applied last.
//!
//! `source.kind` is `SourceRepository` and `source.sourceId` names repository and target, so that several
//! repositories can share a workspace. `contentId` is the id in the rule file; it differs from the resource name
//! when a rule made by hand was taken over. `customVersion` holds a hash of what was applied last, a short digest
//! of every field, and whether the rule still waits for a table, in a form of its own:
//! `rulepost1;FLAGS;HASH;DIGESTS`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::api::metadata::MetadataBody;
use crate::api::metadata::MetadataProperties;
use crate::api::metadata::MetadataResource;
use crate::api::metadata::MetadataSource;
use crate::api::path::WorkspaceId;
use crate::plan::field::Field;
use crate::plan::normal::Normal;

/// What begins `customVersion`; another number is another layout.
const LAYOUT: &str = "rulepost1";

/// Digest of a field that was not managed.
const UNMANAGED: &str = "....";

/// Who deploys: told apart by `id`, shown as `name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Repository and target, such as `https://github.com/o/r#prod`.
    pub(crate) id: String,
    /// Shown in the portal.
    pub(crate) name: String,
    /// The target, which is part of `id` too.
    pub(crate) target: Option<String>,
}

impl Source {
    /// Who deploys as `id`, when that is another source of the same repository.
    fn sibling(&self, id: &str) -> Option<Owner> {
        let repository = match &self.target {
            Some(target) => self.id.strip_suffix(target.as_str())?.strip_suffix('#')?,
            None => &self.id,
        };
        match id.strip_prefix(repository)? {
            "" => Some(Owner::Sibling(None)),
            rest => Some(Owner::Sibling(Some(rest.strip_prefix('#')?.to_owned()))),
        }
    }
}

/// Who a mark says a rule belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Owner {
    /// This source.
    Us,
    /// The same repository, as another target, or without one.
    Sibling(Option<String>),
    /// Another repository.
    Repository(String),
    /// Something else, such as an installed solution.
    Other(String),
}

/// A mark as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Name of the rule it stands beside.
    pub(crate) rule: String,
    /// Who owns the rule.
    pub(crate) owner: Owner,
    /// The id in the rule file, in lower case.
    pub(crate) content_id: String,
    /// The tag of this state.
    pub(crate) etag: Option<String>,
    /// What was applied last, if the mark says so in a layout we know.
    pub(crate) applied: Option<Applied>,
    /// What the resource says, to see whether it is what we would write.
    pub(crate) properties: MetadataProperties,
}

/// What was applied last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Hash over all managed fields.
    pub(crate) hash: String,
    /// The rule was deployed switched off because a table was missing, and is to be enabled later.
    pub(crate) waiting: bool,
    digests: BTreeMap<Field, String>,
}

impl Applied {
    /// What is about to be applied.
    pub(crate) fn new(desired: &Normal, managed: &BTreeSet<Field>, waiting: bool) -> Self {
        Self {
            hash: desired.hash(managed),
            waiting,
            digests: managed
                .iter()
                .map(|field| (*field, desired.digest(*field)))
                .collect(),
        }
    }

    /// Whether `form` has in `field` what was applied last; `None` when the field was not managed then.
    pub(crate) fn matches(&self, field: Field, form: &Normal) -> Option<bool> {
        let digest = self.digests.get(&field)?;
        Some(*digest == form.digest(field))
    }

    /// Whether `field` was among what was applied last.
    pub(crate) fn manages(&self, field: Field) -> bool {
        self.digests.contains_key(&field)
    }

    /// The same mark, saying that the rule was deployed switched off and waits; `None` for a mark not of ours.
    pub(crate) fn waiting(mark: &MetadataBody) -> Option<MetadataBody> {
        let mut applied = Self::read(mark.properties.custom_version.as_deref()?)?;
        applied.waiting = true;
        let mut mark = mark.clone();
        mark.properties.custom_version = Some(applied.write());
        Some(mark)
    }

    fn write(&self) -> String {
        let flags = if self.waiting { "w" } else { "" };
        let digests: String = Field::ALL
            .iter()
            .map(|field| self.digests.get(field).map_or(UNMANAGED, String::as_str))
            .collect();
        format!("{LAYOUT};{flags};{};{digests}", self.hash)
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        if parts.next()? != LAYOUT {
            return None;
        }
        let (flags, hash, digests) = (parts.next()?, parts.next()?, parts.next()?);
        let mut read = BTreeMap::new();
        for (index, field) in Field::ALL.iter().enumerate() {
            // A mark by an older release knows fewer fields.
            let Some(digest) = digests.get(index * 4..index * 4 + 4) else {
                break;
            };
            if digest != UNMANAGED {
                read.insert(*field, digest.to_owned());
            }
        }
        Some(Self {
            hash: hash.to_owned(),
            waiting: flags.contains('w'),
            digests: read,
        })
    }
}

impl Mark {
    /// Reads a metadata resource; `None` when it is not about an alert rule.
    pub(crate) fn read(resource: &MetadataResource, source: &Source) -> Option<Self> {
        const PREFIX: &str = "analyticsrule-";
        let properties = &resource.properties;
        let prefix = resource.name.get(..PREFIX.len())?;
        if !prefix.eq_ignore_ascii_case(PREFIX) {
            return None;
        }
        let rule = resource.name.get(PREFIX.len()..)?.to_owned();
        let owner = match &properties.source {
            Some(by) if by.kind.eq_ignore_ascii_case("SourceRepository") => {
                let id = by.source_id.clone().unwrap_or_default();
                if id == source.id {
                    Owner::Us
                } else if let Some(sibling) = source.sibling(&id) {
                    sibling
                } else {
                    Owner::Repository(
                        by.name
                            .clone()
                            .filter(|name| !name.is_empty())
                            .unwrap_or(id),
                    )
                }
            }
            Some(by) => Owner::Other(by.kind.clone()),
            None => Owner::Other("unknown".to_owned()),
        };
        Some(Self {
            content_id: properties
                .content_id
                .as_deref()
                .unwrap_or(&rule)
                .to_ascii_lowercase(),
            rule,
            owner,
            etag: resource.etag.clone(),
            applied: properties.custom_version.as_deref().and_then(Applied::read),
            properties: properties.clone(),
        })
    }
}

/// The mark to write beside the rule named `rule`.
pub(crate) fn body(
    workspace: &WorkspaceId,
    source: &Source,
    rule: &str,
    content_id: &str,
    version: Option<&str>,
    applied: &Applied,
) -> MetadataBody {
    MetadataBody {
        etag: None,
        properties: MetadataProperties {
            parent_id: workspace.alert_rule(rule),
            kind: "AnalyticsRule".to_owned(),
            content_id: Some(content_id.to_owned()),
            version: version.map(str::to_owned),
            custom_version: Some(applied.write()),
            source: Some(MetadataSource {
                kind: "SourceRepository".to_owned(),
                name: Some(source.name.clone()),
                source_id: Some(source.id.clone()),
            }),
        },
    }
}

/// Whether a mark already says what `body` would.
pub(crate) fn says(mark: &Mark, body: &MetadataBody) -> bool {
    let (live, wanted) = (&mark.properties, &body.properties);
    live.custom_version == wanted.custom_version
        && live.content_id == wanted.content_id
        && live.version == wanted.version
        && live.source.as_ref().and_then(|by| by.source_id.as_ref())
            == wanted.source.as_ref().and_then(|by| by.source_id.as_ref())
}
