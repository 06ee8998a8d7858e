//! `[targets.NAME]` of `rulepost.toml`: a named workspace, and what is different there.
//!
//! A target takes the rules that fit `include` and not `exclude`, and changes them by its overrides, in the order
//! written. What a rule is meant by (a word) is its id, a tag, or a pattern for its file or its name.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error as _;
use serde_json::Value;

use crate::diag::Spanned;
use crate::duration::Duration;
use crate::project::config::GuardConfig;
use crate::rule::Rule;
use crate::rule::RuleKind;
use crate::rule::field::IncidentConfiguration;
use crate::rule::field::Severity;
use crate::rule::field::Tag;

/// `[targets.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Target {
    /// Name or resource id of the workspace.
    pub(crate) workspace: String,
    /// Its resource group.
    pub(crate) resource_group: Option<String>,
    /// Its subscription.
    pub(crate) subscription: Option<String>,
    /// The tenant to sign in to.
    pub(crate) tenant: Option<String>,
    /// The application to sign in as.
    pub(crate) client_id: Option<String>,
    /// As `--cloud`.
    pub(crate) cloud: Option<String>,
    /// As `--auth`.
    pub(crate) auth: Option<String>,
    /// What writes here, where `--engine` does not say.
    pub(crate) engine: Option<Engine>,
    /// The schema file of this workspace, relative to the configuration; without it, that of `[schema]`.
    pub(crate) schema: Option<PathBuf>,
    /// Rules that are deployed here; all when empty.
    pub(crate) include: Vec<String>,
    /// Rules that are not deployed here.
    pub(crate) exclude: Vec<String>,
    /// Fields that people may change in the portal, of every rule.
    pub(crate) unmanaged: Vec<String>,
    /// What is not done here without `--yes-many`.
    pub(crate) guard: GuardConfig,
    /// Values of parameters, by name.
    pub(crate) parameters: BTreeMap<String, Value>,
    /// What is different, in the order it is applied.
    pub(crate) overrides: Vec<Override>,
}

/// What writes rules to a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Engine {
    /// Requests for single rules.
    Rest,
    /// Template deployments.
    Arm,
}

/// `[[targets.NAME.overrides]]`: what is different for some rules.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Override {
    /// The rules, by id, tag or pattern.
    pub(crate) rules: Vec<String>,
    /// `enabled`
    pub(crate) enabled: Option<bool>,
    /// `severity`
    #[serde(deserialize_with = "severity")]
    pub(crate) severity: Option<Severity>,
    /// `queryFrequency`
    #[serde(deserialize_with = "duration")]
    pub(crate) frequency: Option<Duration>,
    /// `queryPeriod`
    #[serde(deserialize_with = "duration")]
    pub(crate) period: Option<Duration>,
    /// `triggerThreshold`
    pub(crate) threshold: Option<i64>,
    /// `incidentConfiguration.createIncident`
    pub(crate) create_incident: Option<bool>,
    /// `incidentConfiguration.groupingConfiguration.enabled`, where the rule has a grouping.
    pub(crate) grouping: Option<bool>,
    /// `incidentConfiguration.groupingConfiguration.lookbackDuration`, where the rule has a grouping.
    #[serde(deserialize_with = "duration")]
    pub(crate) lookback: Option<Duration>,
    /// Values of parameters, by name.
    pub(crate) parameters: BTreeMap<String, Value>,
}

fn severity<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Severity>, D::Error> {
    let text = String::deserialize(from)?;
    let read = Severity::parse_lenient(&text).ok_or_else(|| {
        D::Error::custom(format!(
            "`{text}` is no severity: `Informational`, `Low`, `Medium` or `High`"
        ))
    });
    read.map(Some)
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(from)?;
    let read = text.parse().map_err(|_not_one| {
        D::Error::custom(format!(
            "`{text}` is no length of time such as `5m`, `1h` or `P1D`"
        ))
    });
    read.map(Some)
}

/// A rule as a target wants it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tailored {
    /// The rule, overridden.
    pub(crate) rule: Rule,
    /// Values of its parameters.
    pub(crate) parameters: BTreeMap<String, Value>,
}

impl Target {
    /// The rule as it is deployed here; `None` when it is not.
    pub(crate) fn tailor(&self, rule: &Rule) -> Option<Tailored> {
        let one_of = |words: &[String]| words.iter().any(|word| is_meant(rule, word));
        if !(self.include.is_empty() || one_of(&self.include)) || one_of(&self.exclude) {
            return None;
        }
        let mut tailored = Tailored {
            rule: rule.clone(),
            parameters: self.parameters.clone(),
        };
        for change in &self.overrides {
            if one_of(&change.rules) {
                change.apply(&mut tailored);
            }
        }
        Some(tailored)
    }
}

impl Override {
    fn apply(&self, tailored: &mut Tailored) {
        let rule = &mut tailored.rule;
        let span = rule.origin.span;
        if let Some(enabled) = self.enabled {
            rule.enabled = Some(Spanned::new(enabled, span));
        }
        if let Some(severity) = self.severity {
            rule.severity.value = severity;
        }
        if let RuleKind::Scheduled(schedule) = &mut rule.kind.value {
            if let Some(frequency) = self.frequency {
                schedule.frequency.value = frequency;
            }
            if let Some(period) = self.period {
                schedule.period.value = period;
            }
            if let Some(threshold) = self.threshold {
                schedule.trigger_threshold.value = threshold;
            }
        }
        if let Some(create) = self.create_incident {
            let silent = IncidentConfiguration {
                span,
                create: Spanned::new(create, span),
                grouping: None,
            };
            rule.incident.get_or_insert(silent).create.value = create;
        }
        let grouping = rule
            .incident
            .as_mut()
            .and_then(|incident| incident.grouping.as_mut());
        if let Some(grouping) = grouping {
            if let Some(enabled) = self.grouping {
                grouping.enabled.value = enabled;
            }
            if let Some(lookback) = self.lookback {
                grouping.lookback.value = lookback;
            }
        }
        let parameters = self.parameters.iter();
        tailored
            .parameters
            .extend(parameters.map(|(name, value)| (name.clone(), value.clone())));
    }
}

/// Whether a word means the rule: its id, a tag, or a pattern for its file or its name.
pub(crate) fn is_meant(rule: &Rule, word: &str) -> bool {
    let path = rule.origin.path.display().to_string().replace('\\', "/");
    let has_tag = rule.tags.iter().any(|tag| match tag {
        Tag::Word(tag) => tag.value.eq_ignore_ascii_case(word),
        Tag::Map(_) => false,
    });
    has_tag
        || rule.id.value.to_string().eq_ignore_ascii_case(word)
        || fits(word, &path)
        || fits(word, &rule.name.value)
}

/// Whether a text fits a pattern in which `*` stands for any text and `?` for any character; case does not matter.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on when what follows the last `*` does not fit.
    let mut retry = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                retry = Some((p, t));
                p += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((star, taken)) = retry else {
                    return false;
                };
                retry = Some((star, taken + 1));
                p = star + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_read_and_says_what_it_does_not_know() {
        let target: Target = toml::from_str(
            "workspace = 'sec-prod'\nexclude = ['noisy']\n[parameters]\nlimit = 5\n\
             [[overrides]]\nrules = ['*sftp*']\nseverity = 'high'\nfrequency = '30m'\n",
        )
        .expect("a target");
        assert_eq!(target.overrides[0].severity, Some(Severity::High));
        assert_eq!(target.overrides[0].frequency, Some(Duration::from_mins(30)));
        assert_eq!(target.parameters["limit"], 5);
        for (text, told) in [
            ("work-space = 'x'", "unknown field `work-space`"),
            ("[[overrides]]\nseverity = 'Huge'", "`Huge` is no severity"),
            (
                "[[overrides]]\nfrequency = '1 h'",
                "`1 h` is no length of time",
            ),
        ] {
            let error = toml::from_str::<Target>(text).expect_err("refused");
            assert!(error.to_string().contains(told), "{error}");
        }
    }

    #[test]
    fn overrides_change_what_they_mean_and_nothing_else() {
        let text = "id: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11\nname: Many failed logins\nkind: Scheduled\n\
                    description: d\nseverity: Medium\nqueryFrequency: 1h\nqueryPeriod: 1h\n\
                    triggerOperator: gt\ntriggerThreshold: 0\ntags: [sftp]\nquery: T\n";
        let loaded = crate::project::load::load_text("rules/a.yaml".as_ref(), text.to_owned());
        let rule = &loaded.rules[0];
        let target: Target = toml::from_str(
            "exclude = ['other']\n[[overrides]]\nrules = ['sftp']\nenabled = false\nthreshold = 9\n\
             create-incident = false\n[[overrides]]\nrules = ['*other*']\nseverity = 'Low'\n",
        )
        .expect("a target");
        let tailored = target.tailor(rule).expect("not excluded").rule;
        assert_eq!(tailored.enabled.as_ref().map(|on| on.value), Some(false));
        assert_eq!(tailored.severity, rule.severity);
        let RuleKind::Scheduled(schedule) = &tailored.kind.value else {
            panic!("scheduled");
        };
        assert_eq!(schedule.trigger_threshold.value, 9);
        assert!(!tailored.incident.expect("made").create.value);
        for (include, exclude, taken) in [
            ("sftp", "x", true),
            ("rules/*", "x", true),
            ("x", "x", false),
            ("sftp", "many*", false),
        ] {
            let target = Target {
                include: vec![include.to_owned()],
                exclude: vec![exclude.to_owned()],
                ..Target::default()
            };
            assert_eq!(target.tailor(rule).is_some(), taken, "{include} {exclude}");
        }
    }

    #[test]
    fn patterns_fit_whole_texts() {
        for (pattern, text, fit) in [
            ("*sftp*", "rules/impact/SFTP-mass-delete.yaml", true),
            (
                "rules/*/sftp-?ass*",
                "rules/impact/sftp-mass-delete.yaml",
                true,
            ),
            ("sftp", "rules/sftp.yaml", false),
            ("*", "", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, text), fit, "{pattern} {text}");
        }
    }
}
