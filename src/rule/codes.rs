//! The kinds of finding that reading a rule file can make.

use crate::diag::{Code, code};

/// Every code of this area, in the order of `explain`.
pub(crate) static CODES: &[&Code] = &[
    &UNREADABLE_FILE,
    &NOT_UTF8,
    &YAML_SYNTAX,
    &TOO_LARGE,
    &TRAILING_TAB,
    &DUPLICATE_KEY,
    &UNKNOWN_KEY,
    &KEY_SPELLING,
    &MISSING_FIELD,
    &MISSING_KIND,
    &WRONG_TYPE,
    &VALUE_SPELLING,
    &INVALID_ID,
    &INVALID_KIND,
    &INVALID_SEVERITY,
    &INVALID_DURATION,
    &INVALID_TRIGGER,
    &INVALID_TACTIC,
    &INVALID_TECHNIQUE,
    &INVALID_ENTITY_TYPE,
    &INVALID_VALUE,
    &SCHEDULE_ON_NRT,
    &UNBALANCED_DESCRIPTION_QUOTE,
    &TECHNIQUES_TWICE,
];

code! {
    /// The file cannot be read, so nothing is known of the rules in it.
    pub(crate) static UNREADABLE_FILE = "unreadable-file", Error, "a file that cannot be read";
    /// The file is not UTF-8.
    pub(crate) static NOT_UTF8 = "not-utf8", Warning, "a file that is not UTF-8";
    /// The file is no YAML.
    pub(crate) static YAML_SYNTAX = "yaml-syntax", Error, "a file that is no YAML";
    /// The file is over a limit.
    pub(crate) static TOO_LARGE = "too-large", Error, "a file over the limits of reading";
    /// A tab ends a line.
    pub(crate) static TRAILING_TAB = "trailing-tab", Error, "a tab after a value";
    /// A key stands twice.
    pub(crate) static DUPLICATE_KEY = "duplicate-key", Error, "a key that stands twice in one mapping";
    /// A key nobody knows.
    pub(crate) static UNKNOWN_KEY = "unknown-key", Warning, "a key that is not part of the rule format";
    /// A key in another case.
    pub(crate) static KEY_SPELLING = "key-spelling", Warning, "a key in an unusual spelling";
    /// A required field is absent.
    pub(crate) static MISSING_FIELD = "missing-field", Error, "a required field that is absent";
    /// The kind is absent.
    pub(crate) static MISSING_KIND = "missing-kind", Note, "a rule without `kind`";
    /// A value of another type.
    pub(crate) static WRONG_TYPE = "wrong-type", Error, "a value of the wrong type";
    /// A value in another spelling.
    pub(crate) static VALUE_SPELLING = "value-spelling", Warning, "a value in an unusual spelling";
    /// The id is no GUID.
    pub(crate) static INVALID_ID = "invalid-id", Error, "an `id` that is no GUID";
    /// The kind is unknown.
    pub(crate) static INVALID_KIND = "invalid-kind", Error, "a `kind` that cannot be deployed";
    /// The severity is unknown.
    pub(crate) static INVALID_SEVERITY = "invalid-severity", Error, "a `severity` the service does not know";
    /// The duration is unreadable.
    pub(crate) static INVALID_DURATION = "invalid-duration", Error, "a value that is no duration";
    /// The trigger is unreadable.
    pub(crate) static INVALID_TRIGGER = "invalid-trigger", Error, "a trigger the service does not know";
    /// The tactic is unknown.
    pub(crate) static INVALID_TACTIC = "invalid-tactic", Error, "a tactic the service does not know";
    /// The technique is malformed.
    pub(crate) static INVALID_TECHNIQUE = "invalid-technique", Error, "a technique id of the wrong form";
    /// The entity type is unknown.
    pub(crate) static INVALID_ENTITY_TYPE = "invalid-entity-type", Error, "an entity type the service does not know";
    /// A word that is none of those accepted.
    pub(crate) static INVALID_VALUE = "invalid-value", Error, "a word that is none of those accepted";
    /// NRT rules have no schedule.
    pub(crate) static SCHEDULE_ON_NRT = "schedule-on-nrt", Warning, "a schedule on a rule that runs near real time";
    /// A quote that is not closed.
    pub(crate) static UNBALANCED_DESCRIPTION_QUOTE = "unbalanced-description-quote", Warning, "a description with one quote mark";
    /// Two lists of techniques.
    pub(crate) static TECHNIQUES_TWICE = "techniques-twice", Warning, "`techniques` beside a different `relevantTechniques`";
}
