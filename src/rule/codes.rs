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
    &WRAPPED_IN_PROPERTIES,
    &MISSING_KIND,
    &WRONG_TYPE,
    &VALUE_SPELLING,
    &INVALID_ID,
    &INVALID_KIND,
    &INVALID_SEVERITY,
    &INVALID_DURATION,
    &DURATION_SPELLING,
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
    /// The file exists in the folder and cannot be read: no permission, or a link to nowhere.
    ///
    /// Nothing is known of the rules in it, so a run that went on without a word would lose them.
    ///
    /// Source: rulepost's own rule.
    pub(crate) static UNREADABLE_FILE = "unreadable-file", Error, "a file that cannot be read";

    /// The file holds bytes that are not UTF-8. UTF-16 with its mark is read as such, anything else as Windows-1252.
    ///
    /// Every tool guesses another encoding, so the text in the portal differs from the text in the editor. `--fix` saves the
    /// file as UTF-8.
    ///
    /// Source: the YAML specification, which knows UTF-8, UTF-16 and UTF-32 only.
    pub(crate) static NOT_UTF8 = "not-utf8", Warning, "a file that is not UTF-8";

    /// The file cannot be parsed, so nothing after the place shown is known.
    ///
    /// A query with `: ` or ` #` in it must be a block (`query: |`), and so must every text of several lines.
    ///
    /// Bad:
    /// ```yaml
    /// name: Many failed logins: all users
    /// ```
    /// Good:
    /// ```yaml
    /// name: "Many failed logins: all users"
    /// ```
    /// Source: YAML 1.2.2.
    pub(crate) static YAML_SYNTAX = "yaml-syntax", Error, "a file that is no YAML";

    /// The file is over one megabyte, over 50000 lines, nested deeper than 64 levels, or grows over 100000 values when its
    /// aliases are expanded.
    ///
    /// No rule is that large; a file like that is a mistake or an attack on the tools that read it, so it is refused before it
    /// is built.
    ///
    /// Source: rulepost's own limits.
    pub(crate) static TOO_LARGE = "too-large", Error, "a file over the limits of reading";

    /// A tab follows a value at the end of a line.
    ///
    /// The readers built on libyaml, those of Python, Ruby and PowerShell among them, refuse the whole file: `found character
    /// '\\t' that cannot start any token`. `--fix` takes the tab away.
    ///
    /// Source: YAML 1.2.2.
    pub(crate) static TRAILING_TAB = "trailing-tab", Error, "a tab after a value";

    /// A mapping has the same key twice.
    ///
    /// One of the two values is lost, and which one depends on the reader.
    ///
    /// Bad:
    /// ```yaml
    /// severity: Medium
    /// severity: High
    /// ```
    /// Good:
    /// ```yaml
    /// severity: High
    /// ```
    /// Source: YAML 1.2.2, section 3.2.1.3.
    pub(crate) static DUPLICATE_KEY = "duplicate-key", Error, "a key that stands twice in one mapping";

    /// A key is none of those that the rule format knows.
    ///
    /// It has no effect, and when it is a misspelled one the setting is lost. What is yours goes under `tags` or `rulepost`.
    ///
    /// Bad:
    /// ```yaml
    /// supressionEnabled: true
    /// ```
    /// Good:
    /// ```yaml
    /// suppressionEnabled: true
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static UNKNOWN_KEY = "unknown-key", Warning, "a key that is not part of the rule format";

    /// A key is understood and spelled in another way than the format spells it.
    ///
    /// Other tools look for the exact spelling and do not see the field. `--fix` writes the usual one.
    ///
    /// Bad:
    /// ```yaml
    /// requireddataconnectors: []
    /// ```
    /// Good:
    /// ```yaml
    /// requiredDataConnectors: []
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static KEY_SPELLING = "key-spelling", Warning, "a key in an unusual spelling";

    /// A field that the service requires is absent or empty.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// # no queryFrequency
    /// ```
    /// Good:
    /// ```yaml
    /// queryFrequency: 1h
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static MISSING_FIELD = "missing-field", Error, "a required field that is absent";

    /// The rule is written as the service's API writes it: its fields stand below `properties`.
    ///
    /// A rule file has them at its top, under the names of the community format, so nothing of this rule would be deployed.
    /// `rulepost import FILE -o rules/` writes such a rule as a rule file.
    ///
    /// Bad:
    /// ```yaml
    /// # no query
    /// kind: Scheduled
    /// properties:
    ///   displayName: Many failed logins
    ///   severity: Medium
    ///   query: SigninLogs | where ResultType == "50126"
    /// ```
    /// Good:
    /// ```yaml
    /// kind: Scheduled
    /// name: Many failed logins
    /// severity: Medium
    /// query: SigninLogs | where ResultType == "50126"
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static WRAPPED_IN_PROPERTIES = "wrapped-in-properties", Error, "a rule in the form of the API";

    /// The rule has no `kind`. It is taken as `Scheduled`, as older files of the community mean it.
    ///
    /// Tools that came later require it. `--fix` writes it.
    ///
    /// Bad:
    /// ```yaml
    /// # no kind
    /// ```
    /// Good:
    /// ```yaml
    /// kind: Scheduled
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static MISSING_KIND = "missing-kind", Note, "a rule without kind";

    /// A list stands where a text belongs, a text where a mapping belongs, or something is no truth value or number.
    ///
    /// The field cannot be understood.
    ///
    /// Bad:
    /// ```yaml
    /// entityMappings:
    ///   - entityType IP
    /// ```
    /// Good:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: IP
    ///     fieldMappings:
    ///       - identifier: Address
    ///         columnName: IPAddress
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static WRONG_TYPE = "wrong-type", Error, "a value of the wrong type";

    /// A value is understood and spelled in another way than the service spells it.
    ///
    /// rulepost sends the service's spelling; other tools send what is written, and the service refuses it. `--fix` writes the
    /// service's spelling.
    ///
    /// Bad:
    /// ```yaml
    /// severity: medium
    /// ```
    /// Good:
    /// ```yaml
    /// severity: Medium
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static VALUE_SPELLING = "value-spelling", Warning, "a value in an unusual spelling";

    /// The `id` is not a GUID.
    ///
    /// It becomes the name of the rule in the workspace and must be one: 32 hexadecimal digits in groups of 8-4-4-4-12.
    ///
    /// Bad:
    /// ```yaml
    /// id: dns-tunnel-0001
    /// ```
    /// Good:
    /// ```yaml
    /// id: 9f6e64e5-1d1b-4a2b-9a70-5a1c0b0e6d11
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static INVALID_ID = "invalid-id", Error, "an id that is no GUID";

    /// The `kind` is neither `Scheduled` nor `NRT`.
    ///
    /// Rules of other kinds are made by the service itself.
    ///
    /// Bad:
    /// ```yaml
    /// kind: Shceduled
    /// ```
    /// Good:
    /// ```yaml
    /// kind: Scheduled
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static INVALID_KIND = "invalid-kind", Error, "a kind that cannot be deployed";

    /// The `severity` is none of `Informational`, `Low`, `Medium` and `High`.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// severity: critical
    /// ```
    /// Good:
    /// ```yaml
    /// severity: High
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static INVALID_SEVERITY = "invalid-severity", Error, "a severity the service does not know";

    /// A duration cannot be read, or is written in a form that only rulepost reads.
    ///
    /// Accepted are one number with `m`, `h` or `d`, ISO 8601 such as `PT1H30M`, and `hh:mm:ss`. `1h10m` is read with a
    /// warning: other tools make an invalid value of it. `--fix` writes `1 hour` and `60 min` as they are meant.
    ///
    /// Bad:
    /// ```yaml
    /// queryPeriod: 24h with 4h bins
    /// ```
    /// Good:
    /// ```yaml
    /// queryPeriod: 24h
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static INVALID_DURATION = "invalid-duration", Error, "a value that is no duration";

    /// A duration is spelled in another way than rule files spell it.
    ///
    /// One length has many spellings (`PT60M`, `01:00:00`, `1H`), and what is equal should look equal, in a review as in a
    /// search. `--fix` and `fmt` write one number with `m`, `h` or `d`, the largest unit that fits: `1h`, `90m`, `1d`.
    ///
    /// Bad:
    /// ```yaml
    /// queryPeriod: PT120M
    /// ```
    /// Good:
    /// ```yaml
    /// queryPeriod: 2h
    /// ```
    /// Source: rulepost's own rule.
    pub(crate) static DURATION_SPELLING = "duration-spelling", Note, "a duration in an unusual spelling";

    /// `triggerOperator` is none of `gt`, `lt`, `eq` and `ne`, or `triggerThreshold` is no whole number.
    ///
    /// The service has no "greater or equal"; move the threshold by one.
    ///
    /// Bad:
    /// ```yaml
    /// triggerOperator: ge
    /// triggerThreshold: 5
    /// ```
    /// Good:
    /// ```yaml
    /// triggerOperator: gt
    /// triggerThreshold: 4
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static INVALID_TRIGGER = "invalid-trigger", Error, "a trigger the service does not know";

    /// A tactic is none of the seventeen that the service knows, or is spelled in another way.
    ///
    /// Another case and spaces are forgiven with a warning, since the service forgives the case too; hyphens are refused as
    /// written, though the meaning is clear. `--fix` writes the service's spelling.
    ///
    /// Bad:
    /// ```yaml
    /// tactics:
    ///   - Credential-access
    /// ```
    /// Good:
    /// ```yaml
    /// tactics:
    ///   - CredentialAccess
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static INVALID_TACTIC = "invalid-tactic", Error, "a tactic the service does not know";

    /// A technique is not of the form `T####` or `T####.###`.
    ///
    /// The service refuses the rule: `The technique 'T111' is invalid. The expected format is 'T####'`. Ids of other matrices
    /// go under `tags`.
    ///
    /// Bad:
    /// ```yaml
    /// relevantTechniques:
    ///   - T111
    /// ```
    /// Good:
    /// ```yaml
    /// relevantTechniques:
    ///   - T1110
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static INVALID_TECHNIQUE = "invalid-technique", Error, "a technique id of the wrong form";

    /// The `entityType` is none of the eighteen that the service knows.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: File hash
    ///     fieldMappings:
    ///       - identifier: Algorithm
    ///         columnName: HashType
    ///       - identifier: Value
    ///         columnName: Hash
    /// ```
    /// Good:
    /// ```yaml
    /// entityMappings:
    ///   - entityType: FileHash
    ///     fieldMappings:
    ///       - identifier: Algorithm
    ///         columnName: HashType
    ///       - identifier: Value
    ///         columnName: Hash
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static INVALID_ENTITY_TYPE = "invalid-entity-type", Error, "an entity type the service does not know";

    /// A field that takes one of a few words has another.
    ///
    /// The service refuses the rule.
    ///
    /// Bad:
    /// ```yaml
    /// eventGroupingSettings:
    ///   aggregationKind: AlertPerRow
    /// ```
    /// Good:
    /// ```yaml
    /// eventGroupingSettings:
    ///   aggregationKind: AlertPerResult
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static INVALID_VALUE = "invalid-value", Error, "a word that is none of those accepted";

    /// An NRT rule has `queryFrequency`, `queryPeriod`, `triggerOperator` or `triggerThreshold`.
    ///
    /// NRT rules run every minute and fire on every result; the service refuses these fields, so they are left out. `--fix`
    /// takes them away.
    ///
    /// Bad:
    /// ```yaml
    /// kind: NRT
    /// ```
    /// Good:
    /// ```yaml
    /// kind: NRT
    /// # no queryFrequency
    /// # no queryPeriod
    /// # no triggerOperator
    /// # no triggerThreshold
    /// ```
    /// Source: the API's definition of alert rules.
    pub(crate) static SCHEDULE_ON_NRT = "schedule-on-nrt", Warning, "a schedule on a rule that runs near real time";

    /// The description begins with a quote mark and does not end with it.
    ///
    /// Files of the community put the whole text between quote marks, and packaging tools cut the first and the last character
    /// off any text that begins with one: here a letter would go.
    ///
    /// Bad:
    /// ```yaml
    /// description: |
    ///   'Failed logins' are counted for each address.
    /// ```
    /// Good:
    /// ```yaml
    /// description: |
    ///   'Failed logins are counted for each address.'
    /// ```
    /// Source: the packaging script of Azure-Sentinel.
    pub(crate) static UNBALANCED_DESCRIPTION_QUOTE = "unbalanced-description-quote", Warning, "a description with one quote mark";

    /// The rule has `techniques` and `relevantTechniques`, and they differ.
    ///
    /// `techniques` is what exports write; the format's own list is `relevantTechniques`. Both are taken together.
    ///
    /// Bad:
    /// ```yaml
    /// techniques:
    ///   - T1110.003
    /// ```
    /// Good:
    /// ```yaml
    /// relevantTechniques:
    ///   - T1110
    ///   - T1110.003
    /// ```
    /// Source: Azure-Sentinel's template validation (`detectionTemplateSchemaValidation`).
    pub(crate) static TECHNIQUES_TWICE = "techniques-twice", Warning, "techniques beside different relevantTechniques";
}
