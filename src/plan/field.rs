//! The fields of a rule that are compared, each under the path the service gives it.

use std::fmt;

/// Makes the enum from its variants and their paths, in the order reports show them.
macro_rules! fields {
    ($($variant:ident = $path:literal),+ $(,)?) => {
        /// A field of an alert rule, as it is compared, reported and declared unmanaged.
        ///
        /// The order is that of reports and of the digests in a mark: new fields go to the end.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Field { $($variant),+ }

        impl Field {
            /// Every field.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its path below `properties`; `kind` stands beside them.
            pub(crate) fn path(self) -> &'static str {
                match self { $(Self::$variant => $path),+ }
            }
        }
    };
}

fields! {
    Kind = "kind",
    DisplayName = "displayName",
    Description = "description",
    Severity = "severity",
    Enabled = "enabled",
    Query = "query",
    QueryFrequency = "queryFrequency",
    QueryPeriod = "queryPeriod",
    TriggerOperator = "triggerOperator",
    TriggerThreshold = "triggerThreshold",
    SuppressionEnabled = "suppressionEnabled",
    SuppressionDuration = "suppressionDuration",
    Tactics = "tactics",
    Techniques = "techniques",
    SubTechniques = "subTechniques",
    TemplateName = "alertRuleTemplateName",
    TemplateVersion = "templateVersion",
    AggregationKind = "eventGroupingSettings.aggregationKind",
    CustomDetails = "customDetails",
    EntityMappings = "entityMappings",
    SentinelEntities = "sentinelEntitiesMappings",
    DisplayNameFormat = "alertDetailsOverride.alertDisplayNameFormat",
    DescriptionFormat = "alertDetailsOverride.alertDescriptionFormat",
    TacticsColumn = "alertDetailsOverride.alertTacticsColumnName",
    SeverityColumn = "alertDetailsOverride.alertSeverityColumnName",
    DynamicProperties = "alertDetailsOverride.alertDynamicProperties",
    CreateIncident = "incidentConfiguration.createIncident",
    GroupingEnabled = "incidentConfiguration.groupingConfiguration.enabled",
    ReopenClosed = "incidentConfiguration.groupingConfiguration.reopenClosedIncident",
    Lookback = "incidentConfiguration.groupingConfiguration.lookbackDuration",
    MatchingMethod = "incidentConfiguration.groupingConfiguration.matchingMethod",
    GroupByEntities = "incidentConfiguration.groupingConfiguration.groupByEntities",
    GroupByAlertDetails = "incidentConfiguration.groupingConfiguration.groupByAlertDetails",
    GroupByCustomDetails = "incidentConfiguration.groupingConfiguration.groupByCustomDetails",
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.path())
    }
}

impl Field {
    /// The fields a word stands for: a path, the last or first part of one, or the key of the rule file.
    ///
    /// `incidentConfiguration` stands for everything below it, `relevantTechniques` for both lists of techniques.
    /// Empty when there is no such field, or when it cannot be left unmanaged (`kind`).
    pub(crate) fn named(word: &str) -> Vec<Self> {
        let word = word.trim();
        let same = |text: &str| text.eq_ignore_ascii_case(word);
        if same("name") {
            return vec![Self::DisplayName];
        }
        if same("relevantTechniques") {
            return vec![Self::Techniques, Self::SubTechniques];
        }
        if same("version") {
            return vec![Self::TemplateVersion];
        }
        if same(Self::Kind.path()) {
            return Vec::new();
        }
        // `enabled` alone is the rule's own, never that of the grouping.
        if let Some(field) = Self::ALL.iter().find(|field| same(field.path())) {
            return vec![*field];
        }
        let below = |field: &&Self| {
            let parts: Vec<&str> = field.path().split('.').collect();
            parts.len() > 1
                && (parts.iter().any(|part| same(part))
                    || (1..parts.len()).any(|end| same(&parts[..end].join("."))))
        };
        Self::ALL.iter().filter(below).copied().collect()
    }

    /// Whether only preview versions of the API carry the field.
    pub(crate) fn preview_only(self) -> bool {
        matches!(self, Self::SubTechniques | Self::SentinelEntities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_files_and_paths_of_the_service_name_fields() {
        assert_eq!(Field::named("enabled"), [Field::Enabled]);
        assert_eq!(Field::named("name"), [Field::DisplayName]);
        assert_eq!(
            Field::named("relevantTechniques"),
            [Field::Techniques, Field::SubTechniques]
        );
        assert_eq!(Field::named("lookbackDuration"), [Field::Lookback]);
        assert_eq!(Field::named("incidentConfiguration").len(), 8);
        assert_eq!(Field::named("groupingConfiguration").len(), 7);
        assert_eq!(
            Field::named("incidentConfiguration.groupingConfiguration").len(),
            7
        );
        assert_eq!(Field::named("kind"), []);
        assert_eq!(Field::named("colour"), []);
    }
}
