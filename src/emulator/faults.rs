//! Misbehaviour on purpose: which fault meets which request.
//!
//! A [`Plan`] comes from a file or through the admin routes. Its script is a list of entries; each says which
//! requests it is for, how many it lets through first and how often it strikes. An entry with a probability
//! draws from the plan's seed, the method, the path and how often that path was asked before, so that the same
//! run meets the same faults however its requests interleave. What each fault does is in [`effect`].

pub(crate) mod bucket;
pub(crate) mod effect;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::emulator::call::Call;
use crate::emulator::faults::bucket::{Buckets, Throttle};

/// How to misbehave.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Plan {
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// Milliseconds added to every request.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) latency_ms: u64,
    /// Token buckets as Azure Resource Manager has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) throttle: Option<Throttle>,
    /// Seconds by which the emulator's clock is ahead; negative when it is behind.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) skew_seconds: i64,
    /// The faults, the first that strikes is the one that happens.
    pub(crate) script: Vec<Entry>,
}

fn is_zero<T: Default + PartialEq>(number: &T) -> bool {
    *number == T::default()
}

/// One line of the script.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Entry {
    /// Method it is for; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) method: Option<String>,
    /// Part of the path it is for, in any case; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// Requests let through first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) skip: u64,
    /// How often it strikes: once when absent, always when there is a probability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) times: Option<u64>,
    /// Chance that it strikes, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) probability: Option<f64>,
    /// What happens.
    pub(crate) fault: Fault,
}

/// What can happen to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub(crate) enum Fault {
    /// The answer comes later.
    Latency { ms: u64 },
    /// 429; the wait as seconds, as a date that many seconds ahead, or as milliseconds, or not at all.
    Throttled {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_date: Option<u64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// Any status, with the service's error envelope; nothing is done.
    Status {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    },
    /// An error whose message holds another error as JSON text.
    Nested {
        status: u16,
        code: String,
        message: String,
    },
    /// A page of HTML instead of JSON.
    Html { status: u16 },
    /// The connection is dropped before anything is done.
    CutBefore,
    /// The request is done, then the connection is dropped without an answer.
    CutAfter,
    /// The request is done, then the connection is dropped in the middle of the answer's body.
    CutBody,
    /// The answer's body is cut short, its length says otherwise nothing: JSON that does not end.
    Truncated,
    /// The answer's body comes in pieces of eight bytes, this long apart.
    SlowBody { ms: u64 },
    /// Every token given out so far is refused as expired.
    ExpiredToken,
    /// 409 as for a stale tag; nothing is done.
    StaleEtag,
    /// The id is said to belong to a rule that was deleted, with this status.
    RecentlyDeleted {
        #[serde(default = "bad_request")]
        status: u16,
    },
    /// The query of an enabled rule is said to name a table that does not exist.
    TableMissing,
    /// A read does not see the last write of what it reads.
    StaleRead,
    /// The rule is written, then the service switches it off.
    AutoDisable,
    /// A list begins with this item.
    ListItem { item: Value },
    /// The link of a list leads to the same page again.
    RepeatLink,
}

fn bad_request() -> u16 {
    400
}

impl Fault {
    /// The name used in plans and in the request log.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Throttled { .. } => "throttled",
            Self::Status { .. } => "status",
            Self::Nested { .. } => "nested",
            Self::Html { .. } => "html",
            Self::CutBefore => "cutBefore",
            Self::CutAfter => "cutAfter",
            Self::CutBody => "cutBody",
            Self::Truncated => "truncated",
            Self::SlowBody { .. } => "slowBody",
            Self::ExpiredToken => "expiredToken",
            Self::StaleEtag => "staleEtag",
            Self::RecentlyDeleted { .. } => "recentlyDeleted",
            Self::TableMissing => "tableMissing",
            Self::StaleRead => "staleRead",
            Self::AutoDisable => "autoDisable",
            Self::ListItem { .. } => "listItem",
            Self::RepeatLink => "repeatLink",
        }
    }
}

/// A plan at work.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    plan: Plan,
    /// For each entry: requests it was for, and times it struck.
    counts: Vec<(u64, u64)>,
    /// How often each method and path was asked.
    asked: BTreeMap<String, u64>,
    buckets: Buckets,
}

/// What meets one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Struck {
    /// Milliseconds to wait first.
    pub(crate) wait_ms: u64,
    /// The fault, if one struck.
    pub(crate) fault: Option<Fault>,
}

impl Faults {
    /// A plan at its start.
    pub(crate) fn new(plan: Plan) -> Self {
        Self {
            counts: vec![(0, 0); plan.script.len()],
            buckets: Buckets::default(),
            asked: BTreeMap::new(),
            plan,
        }
    }

    /// The plan.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Adds an entry to the script.
    pub(crate) fn push(&mut self, entry: Entry) {
        self.plan.script.push(entry);
        self.counts.push((0, 0));
    }

    /// Takes a token from the bucket of a request, if there are buckets.
    pub(crate) fn throttle(&mut self, call: &Call, now: Timestamp) -> Option<bucket::Taken> {
        let throttle = self.plan.throttle?;
        Some(self.buckets.take(throttle, call, now))
    }

    /// Decides what meets a request.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Struck {
        let mut struck = Struck {
            wait_ms: self.plan.latency_ms,
            fault: None,
        };
        if self.plan.script.is_empty() {
            return struck;
        }
        let lower = path.to_lowercase();
        let asked = self.asked.entry(format!("{method} {lower}")).or_insert(0);
        let nth = *asked;
        *asked += 1;
        for (index, entry) in self.plan.script.iter().enumerate() {
            let fits = entry
                .method
                .as_ref()
                .is_none_or(|one| one.eq_ignore_ascii_case(method))
                && entry
                    .path
                    .as_ref()
                    .is_none_or(|part| lower.contains(&part.to_lowercase()));
            let Some((seen, struck_before)) = self.counts.get_mut(index).filter(|_| fits) else {
                continue;
            };
            *seen += 1;
            let most = entry.times.unwrap_or(if entry.probability.is_some() {
                u64::MAX
            } else {
                1
            });
            let drawn = entry.probability.is_none_or(|chance| {
                draw(self.plan.seed, index, &format!("{method} {lower} {nth}")) < chance
            });
            let is_wait = matches!(entry.fault, Fault::Latency { .. });
            if *seen <= entry.skip
                || *struck_before >= most
                || !drawn
                || (struck.fault.is_some() && !is_wait)
            {
                continue;
            }
            *struck_before += 1;
            match &entry.fault {
                Fault::Latency { ms } => struck.wait_ms += ms,
                fault => struck.fault = Some(fault.clone()),
            }
        }
        struck
    }
}

/// A number from 0 up to 1 that depends on nothing but its arguments.
fn draw(seed: u64, entry: usize, what: &str) -> f64 {
    let digest = Sha256::new()
        .chain_update(seed.to_le_bytes())
        .chain_update(entry.to_string())
        .chain_update(what)
        .finalize();
    let mut number = 0u32;
    for byte in digest.iter().take(4) {
        number = (number << 8) | u32::from(*byte);
    }
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(plan: Value) -> Faults {
        Faults::new(serde_json::from_value(plan).expect("a plan"))
    }

    #[test]
    fn an_entry_strikes_the_requests_it_is_for_after_those_let_through() {
        let mut faults = faults(serde_json::json!({"script": [
            {"method": "PUT", "path": "alertrules/", "skip": 1, "times": 2, "fault": {"kind": "cutBefore"}},
        ]}));
        let mut struck = |method| faults.strike(method, "/x/alertRules/r").fault.is_some();
        assert_eq!(
            ["GET", "PUT", "PUT", "PUT", "PUT"].map(&mut struck),
            [false, false, true, true, false]
        );
    }

    #[test]
    fn waits_add_up_and_the_first_other_fault_happens() {
        let mut faults = faults(serde_json::json!({"latencyMs": 5, "script": [
            {"fault": {"kind": "latency", "ms": 10}},
            {"fault": {"kind": "html", "status": 200}},
            {"fault": {"kind": "cutAfter"}},
        ]}));
        let first = faults.strike("GET", "/x");
        assert_eq!(
            (first.wait_ms, first.fault),
            (15, Some(Fault::Html { status: 200 }))
        );
        assert_eq!(faults.strike("GET", "/x").fault, Some(Fault::CutAfter));
        assert_eq!(
            faults.strike("GET", "/x"),
            Struck {
                wait_ms: 5,
                fault: None
            }
        );
    }

    #[test]
    fn chance_depends_on_the_request_and_not_on_the_order_of_requests() {
        let plan = serde_json::json!({"seed": 7, "script": [
            {"probability": 0.5, "fault": {"kind": "cutBefore"}},
        ]});
        let paths: Vec<String> = (0..100).map(|n| format!("/{n}")).collect();
        let run = |order: &mut dyn Iterator<Item = &String>| {
            let mut faults = faults(plan.clone());
            order
                .map(|path| (path.clone(), faults.strike("GET", path).fault.is_some()))
                .collect::<BTreeMap<_, _>>()
        };
        let forth = run(&mut paths.iter());
        let back = run(&mut paths.iter().rev());
        assert_eq!(forth, back);
        let hit = forth.values().filter(|hit| **hit).count();
        assert!((30..70).contains(&hit), "{hit}");
    }

    #[test]
    fn a_plan_with_a_word_it_does_not_know_is_refused() {
        for plan in [
            serde_json::json!({"scripts": []}),
            serde_json::json!({"script": [{"fault": {"kind": "explode"}}]}),
            serde_json::json!({"script": [{"fault": {"kind": "html", "status": 200, "x": 1}}]}),
        ] {
            assert!(serde_json::from_value::<Plan>(plan).is_err());
        }
    }
}
