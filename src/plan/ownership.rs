//! What may be touched, before what differs.
//!
//! Marks are read first. A live rule is *ours* when a mark of this source stands beside it; it is paired with the
//! file that the mark's `contentId` names, so a rule made by hand and taken over keeps its name. A live rule
//! without our mark is *foreign*: reported, never touched, unless its id or its display name is that of a file and
//! the run adopts. Ids are compared without regard to case.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::api::alert_rule::AlertRuleResource;
use crate::api::lenient::ListedRule;
use crate::api::metadata::MetadataResource;
use crate::plan::Action;
use crate::plan::Change;
use crate::plan::ConflictReason;
use crate::plan::Desired;
use crate::plan::Listed;
use crate::plan::Live;
use crate::plan::Options;
use crate::plan::mark::Mark;
use crate::plan::mark::Owner;

/// A file and what stands for it on the live side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<'a> {
    /// The file.
    pub(crate) desired: &'a Desired,
    /// The live side.
    pub(crate) live: Live<'a>,
}

/// What a file is paired with, by name.
#[derive(Debug)]
enum Match {
    Absent { mark: Option<String> },
    Ours(String),
    Adopted(String),
    InTheWay(String, ConflictReason),
}

/// Both sides, sorted and paired.
#[derive(Debug)]
pub(crate) struct Sides<'a> {
    /// Live items by name in lower case.
    live: BTreeMap<String, &'a ListedRule>,
    /// Items without a name.
    nameless: Vec<&'a ListedRule>,
    /// Marks by the name of their rule in lower case.
    marks: BTreeMap<String, Mark>,
    /// Files by id, each with its match.
    matches: Vec<(&'a Desired, Match)>,
    /// Names that a file is paired with.
    claimed: BTreeSet<String>,
    /// Whether a file that is not here is gone.
    whole: bool,
    /// Whether owned rules without a file are deleted.
    prune: bool,
}

impl<'a> Sides<'a> {
    /// Sorts and pairs; the order of the inputs does not matter.
    pub(crate) fn new(
        desired: &'a [Desired],
        live: &'a [ListedRule],
        resources: &[MetadataResource],
        options: &Options,
    ) -> Self {
        let mut by_name: BTreeMap<String, &ListedRule> = BTreeMap::new();
        let mut nameless = Vec::new();
        // A list that repeats an item names it once; which of two versions wins must not hang on the order.
        let mut items: Vec<&ListedRule> = live.iter().collect();
        items.sort_by_cached_key(|item| (name_of(item).map(str::to_owned), tag_of(item)));
        for item in items {
            match name_of(item) {
                Some(name) => {
                    by_name.entry(name.to_ascii_lowercase()).or_insert(item);
                }
                None => nameless.push(item),
            }
        }
        let mut marks: BTreeMap<String, Mark> = BTreeMap::new();
        let mut resources: Vec<&MetadataResource> = resources.iter().collect();
        resources.sort_by_key(|resource| (&resource.name, &resource.etag));
        for mark in resources
            .into_iter()
            .filter_map(|resource| Mark::read(resource, &options.source))
        {
            marks.entry(mark.rule.to_ascii_lowercase()).or_insert(mark);
        }
        let mut desired: Vec<&Desired> = desired.iter().collect();
        desired.sort_by_key(|desired| (desired.id, &desired.path));
        desired.dedup_by_key(|desired| desired.id);
        let mut sides = Self {
            live: by_name,
            nameless,
            marks,
            matches: Vec::new(),
            claimed: BTreeSet::new(),
            whole: options.whole,
            prune: options.prune,
        };
        sides.pair(desired, options.adopt);
        sides
    }

    fn pair(&mut self, desired: Vec<&'a Desired>, adopt: bool) {
        let ids: BTreeSet<String> = desired.iter().map(|one| one.id.to_string()).collect();
        let by_content: BTreeMap<&str, &String> = self
            .marks
            .iter()
            .filter(|(_, mark)| mark.owner == Owner::Us)
            .map(|(name, mark)| (mark.content_id.as_str(), name))
            .collect();
        let mut matches = Vec::new();
        let mut claimed = BTreeSet::new();
        for one in desired {
            let id = one.id.to_string();
            let name = by_content.get(id.as_str()).map_or(&id, |name| *name);
            let found = self.find(name, adopt).unwrap_or_else(|| {
                // The mark stays where a rule was deleted in the portal, or a run was cut off before its write.
                let mark = self
                    .marks
                    .get(name)
                    .filter(|mark| mark.owner == Owner::Us)
                    .map(|_| name.clone());
                if mark.is_some() {
                    return Match::Absent { mark };
                }
                let same_name = self.same_name(one, &ids, &claimed);
                match same_name {
                    Some(name) if adopt => Match::Adopted(name),
                    Some(name) => Match::InTheWay(name, ConflictReason::SameName),
                    None => Match::Absent { mark: None },
                }
            });
            match &found {
                Match::Ours(name) | Match::Adopted(name) | Match::Absent { mark: Some(name) } => {
                    claimed.insert(name.clone());
                }
                Match::Absent { mark: None } | Match::InTheWay(..) => {}
            }
            matches.push((one, found));
        }
        self.matches = matches;
        self.claimed = claimed;
    }

    /// What the live rule of this name is to us, if there is one.
    fn find(&self, name: &str, adopt: bool) -> Option<Match> {
        let item = self.live.get(name)?;
        let name = name.to_owned();
        let ListedRule::Rule(_) = item else {
            let ListedRule::Other(other) = item else {
                return None;
            };
            let reason = match (&other.reason, &other.kind) {
                (Some(reason), _) => ConflictReason::Unreadable(reason.clone()),
                (None, kind) => ConflictReason::OtherKind {
                    live: kind.clone().unwrap_or_default(),
                },
            };
            return Some(Match::InTheWay(name, reason));
        };
        Some(match self.marks.get(&name).map(|mark| &mark.owner) {
            Some(Owner::Us) => Match::Ours(name),
            _ if adopt => Match::Adopted(name),
            Some(Owner::Sibling(target)) => {
                Match::InTheWay(name, ConflictReason::OfTarget(target.clone()))
            }
            Some(Owner::Repository(owner)) => {
                Match::InTheWay(name, ConflictReason::OwnedBy(owner.clone()))
            }
            Some(Owner::Other(_)) | None => Match::InTheWay(name, ConflictReason::NotOurs),
        })
    }

    /// A foreign live rule with the display name of a file, that no file has the id of.
    fn same_name(
        &self,
        desired: &Desired,
        ids: &BTreeSet<String>,
        claimed: &BTreeSet<String>,
    ) -> Option<String> {
        let title = desired.title().trim();
        self.live
            .iter()
            .filter(|(name, _)| !ids.contains(*name) && !claimed.contains(*name))
            .filter(|(name, _)| !self.is_ours(name))
            .find_map(|(name, item)| {
                let ListedRule::Rule(rule) = item else {
                    return None;
                };
                let live = rule.properties.display_name.as_deref()?;
                (live.trim() == title && rule.kind == desired.body.kind).then(|| name.clone())
            })
    }

    fn is_ours(&self, name: &str) -> bool {
        self.marks
            .get(name)
            .is_some_and(|mark| mark.owner == Owner::Us)
    }

    fn rule(&self, name: &str) -> Option<&'a AlertRuleResource> {
        match self.live.get(name)? {
            ListedRule::Rule(rule) => Some(rule),
            ListedRule::Other(_) => None,
        }
    }

    /// Every file with its live side, by id.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        self.matches.iter().map(|(desired, found)| {
            let live = match found {
                Match::Absent { mark } => Live::Absent {
                    mark: mark.as_ref().and_then(|name| self.marks.get(name)),
                },
                Match::Ours(name) => {
                    let rule = self.rule(name).expect("only rules are ours");
                    let mark = self.marks.get(name).expect("what is ours is marked");
                    Live::Ours { rule, mark }
                }
                Match::Adopted(name) => Live::Adopted {
                    rule: self.rule(name).expect("only rules are adopted"),
                    mark: self.marks.get(name),
                },
                Match::InTheWay(name, reason) => Live::InTheWay {
                    name,
                    rule: self.rule(name),
                    reason,
                },
            };
            Pair { desired, live }
        })
    }

    /// Names with our mark that no file is paired with.
    fn without_file(&self) -> impl Iterator<Item = (&String, &Mark)> {
        self.marks
            .iter()
            .filter(|(name, mark)| mark.owner == Owner::Us && !self.claimed.contains(*name))
    }

    /// Owned live rules without a file that stay.
    pub(crate) fn orphans(&self) -> Vec<Listed> {
        if !self.whole {
            return Vec::new();
        }
        self.without_file()
            .filter_map(|(name, _)| self.live.get(name))
            .filter(|item| !self.prune || matches!(item, ListedRule::Other(_)))
            .map(|item| listed(item, None))
            .collect()
    }

    /// What has to go: owned rules without a file when the run prunes, and marks without a rule.
    pub(crate) fn removals(&self) -> Vec<Change> {
        if !self.whole {
            return Vec::new();
        }
        let change = |mark: &Mark, title: String, action| Change {
            id: mark.content_id.clone(),
            name: mark.rule.clone(),
            title,
            path: None,
            action,
            fields: Vec::new(),
            notes: Vec::new(),
        };
        self.without_file()
            .filter_map(|(name, mark)| match self.live.get(name) {
                None => Some(change(mark, String::new(), Action::Forget)),
                Some(ListedRule::Rule(rule)) if self.prune => {
                    let title = rule.properties.display_name.clone().unwrap_or_default();
                    let live = rule.clone();
                    Some(change(mark, title, Action::Delete { live }))
                }
                Some(_) => None,
            })
            .collect()
    }

    /// Live rules that are not ours, that no file adopts, and that are in no file's way.
    pub(crate) fn foreign(&self) -> Vec<Listed> {
        let in_the_way: BTreeSet<&String> = self
            .matches
            .iter()
            .filter_map(|(_, found)| match found {
                Match::InTheWay(name, _) => Some(name),
                _ => None,
            })
            .collect();
        let mut foreign: Vec<Listed> = self
            .live
            .iter()
            .filter(|(name, _)| !self.is_ours(name) && !self.claimed.contains(*name))
            .filter(|(name, _)| !in_the_way.contains(name))
            .map(|(name, item)| {
                let owner = self.marks.get(name).and_then(|mark| match &mark.owner {
                    Owner::Repository(owner) => Some(format!("deployed by `{owner}`")),
                    Owner::Sibling(Some(target)) => {
                        Some(format!("deployed from here as target `{target}`"))
                    }
                    Owner::Sibling(None) => Some("deployed from here without a target".to_owned()),
                    Owner::Us | Owner::Other(_) => None,
                });
                listed(item, owner)
            })
            .collect();
        foreign.extend(self.nameless.iter().map(|item| listed(item, None)));
        foreign.sort_by(|a, b| (&a.title, &a.name).cmp(&(&b.title, &b.name)));
        foreign
    }

    /// How many live rules are ours.
    pub(crate) fn owned(&self) -> usize {
        self.marks
            .iter()
            .filter(|(name, mark)| mark.owner == Owner::Us && self.live.contains_key(*name))
            .count()
    }
}

fn name_of(item: &ListedRule) -> Option<&str> {
    match item {
        ListedRule::Rule(rule) => Some(&rule.name),
        ListedRule::Other(other) => other.name.as_deref(),
    }
}

fn tag_of(item: &ListedRule) -> String {
    match item {
        ListedRule::Rule(rule) => rule.etag.clone().unwrap_or_default(),
        ListedRule::Other(other) => other.raw.to_string(),
    }
}

fn listed(item: &ListedRule, reason: Option<String>) -> Listed {
    match item {
        ListedRule::Rule(rule) => Listed {
            name: rule.name.clone(),
            title: rule.properties.display_name.clone().unwrap_or_default(),
            kind: rule.kind.clone(),
            reason,
        },
        ListedRule::Other(other) => Listed {
            name: other.name.clone().unwrap_or_default(),
            title: other.display_name.clone().unwrap_or_default(),
            kind: other.kind.clone().unwrap_or_default(),
            reason: other.reason.clone().or(reason),
        },
    }
}
