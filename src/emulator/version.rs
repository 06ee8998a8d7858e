//! Which versions of the API there are, and what each of them knows.

use crate::emulator::answer::{self, ServiceError};
use crate::emulator::call::Call;

/// Versions of `Microsoft.SecurityInsights` with alert rules, as published.
pub(crate) const SENTINEL: &[&str] = &[
    "2019-01-01-preview",
    "2020-01-01",
    "2021-03-01-preview",
    "2021-04-01",
    "2021-09-01-preview",
    "2021-10-01",
    "2021-10-01-preview",
    "2022-01-01-preview",
    "2022-04-01-preview",
    "2022-05-01-preview",
    "2022-06-01-preview",
    "2022-07-01-preview",
    "2022-08-01",
    "2022-08-01-preview",
    "2022-09-01-preview",
    "2022-10-01-preview",
    "2022-11-01",
    "2022-11-01-preview",
    "2022-12-01-preview",
    "2023-02-01",
    "2023-02-01-preview",
    "2023-03-01-preview",
    "2023-04-01-preview",
    "2023-05-01-preview",
    "2023-06-01-preview",
    "2023-07-01-preview",
    "2023-08-01-preview",
    "2023-09-01-preview",
    "2023-10-01-preview",
    "2023-11-01",
    "2023-12-01-preview",
    "2024-01-01-preview",
    "2024-03-01",
    "2024-04-01-preview",
    "2024-09-01",
    "2024-10-01-preview",
    "2025-01-01-preview",
    "2025-03-01",
    "2025-04-01-preview",
    "2025-06-01",
    "2025-07-01-preview",
    crate::api::version::STABLE,
    "2025-10-01-preview",
];

/// Versions of `Microsoft.OperationalInsights/workspaces`.
pub(crate) const WORKSPACES: &[&str] = &[
    "2015-03-20",
    "2020-08-01",
    "2020-10-01",
    "2021-06-01",
    "2021-12-01-preview",
    "2022-10-01",
    "2023-09-01",
    "2025-02-01",
    "2025-07-01",
    "2026-03-01",
];

/// Versions of Azure Resource Manager's own subscriptions.
pub(crate) const SUBSCRIPTIONS: &[&str] = &[
    "2016-06-01",
    "2018-06-01",
    "2019-06-01",
    "2019-11-01",
    "2020-01-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2022-12-01",
];

/// Versions of `Microsoft.Resources/deployments` with what-if.
pub(crate) const DEPLOYMENTS: &[&str] = &[
    "2019-07-01",
    "2019-08-01",
    "2019-10-01",
    "2020-06-01",
    "2020-08-01",
    "2020-10-01",
    "2021-01-01",
    "2021-04-01",
    "2022-09-01",
    "2023-07-01",
    "2024-03-01",
    "2024-07-01",
    "2024-11-01",
    "2025-03-01",
    "2025-04-01",
];

/// A version of `Microsoft.SecurityInsights`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    text: &'a str,
}

impl<'a> Version<'a> {
    /// The version a request asks for.
    pub(crate) fn of(call: &'a Call) -> Result<Self, ServiceError> {
        let text = call.api_version().ok_or_else(answer::missing_api_version)?;
        if !SENTINEL.contains(&text) {
            let url = format!("{}{}", call.origin(), call.path);
            return Err(answer::unsupported_api_version(&url, text));
        }
        Ok(Self { text })
    }

    /// The newest version, which knows everything.
    pub(crate) fn newest() -> Version<'static> {
        Version {
            text: crate::api::version::PREVIEW,
        }
    }

    /// Whether this is a preview of `date` or later, or a stable version of `stable` or later.
    fn since(self, preview: &str, stable: Option<&str>) -> bool {
        match self.text.strip_suffix("-preview") {
            Some(date) => date >= preview,
            None => stable.is_some_and(|stable| self.text >= stable),
        }
    }

    /// Whether rules of the kind `NRT` exist.
    pub(crate) fn has_nrt(self) -> bool {
        self.since("2021-09-01", None)
    }

    /// Whether this is the first stable version, with grouping by `entitiesMatchingMethod`.
    pub(crate) fn is_first(self) -> bool {
        self.text < "2021"
    }

    /// Whether answers hold `systemData` on alert rules; those recorded before did not.
    pub(crate) fn has_system_data(self) -> bool {
        self.since("2022-08-01", Some("2022-08-01"))
    }

    /// Whether a member of `properties` of an alert rule exists.
    pub(crate) fn has_member(self, name: &str) -> bool {
        match name {
            "techniques" => self.since("2021-10-01", Some("2022-08-01")),
            "subTechniques" => self.since("2023-12-01", None),
            "sentinelEntitiesMappings" => self.since("2022-10-01", None),
            "templateVersion" => self.since("2021-10-01", Some("2021-10-01")),
            "alertDynamicProperties" => self.since("2022-10-01", Some("2023-02-01")),
            "eventGroupingSettings"
            | "customDetails"
            | "entityMappings"
            | "alertDetailsOverride" => !self.is_first(),
            _ => true,
        }
    }
}

/// Refuses a version of workspaces that does not exist.
pub(crate) fn check_workspaces(call: &Call, location: &str) -> Result<(), ServiceError> {
    let version = call.api_version().ok_or_else(answer::missing_api_version)?;
    if WORKSPACES.contains(&version) {
        return Ok(());
    }
    Err(answer::no_registered_provider(
        location,
        version,
        "workspaces",
        WORKSPACES,
    ))
}

/// Refuses a version of subscriptions that does not exist.
pub(crate) fn check_subscriptions(call: &Call) -> Result<(), ServiceError> {
    let version = call.api_version().ok_or_else(answer::missing_api_version)?;
    if SUBSCRIPTIONS.contains(&version) {
        return Ok(());
    }
    Err(answer::invalid_api_version(version, SUBSCRIPTIONS))
}

/// Refuses a version of deployments that does not exist.
pub(crate) fn check_deployments(call: &Call) -> Result<(), ServiceError> {
    let version = call.api_version().ok_or_else(answer::missing_api_version)?;
    if DEPLOYMENTS.contains(&version) {
        return Ok(());
    }
    Err(answer::invalid_api_version(version, DEPLOYMENTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version<'_> {
        assert!(SENTINEL.contains(&text), "{text}");
        Version { text }
    }

    #[test]
    fn the_table_is_sorted_and_knows_the_versions_the_client_uses() {
        assert!(SENTINEL.is_sorted());
        for text in [crate::api::version::STABLE, crate::api::version::PREVIEW] {
            assert!(SENTINEL.contains(&text), "{text}");
        }
        assert!(WORKSPACES.contains(&crate::api::version::WORKSPACES));
        assert!(SUBSCRIPTIONS.contains(&crate::api::version::SUBSCRIPTIONS));
        assert!(DEPLOYMENTS.contains(&crate::api::version::DEPLOYMENTS));
    }

    #[test]
    fn members_came_with_their_versions() {
        assert!(!version("2025-09-01").has_nrt());
        assert!(version("2025-10-01-preview").has_nrt());
        assert!(!version("2025-09-01").has_member("subTechniques"));
        assert!(version("2023-12-01-preview").has_member("subTechniques"));
        assert!(!version("2023-10-01-preview").has_member("subTechniques"));
        assert!(!version("2021-09-01-preview").has_member("techniques"));
        assert!(version("2022-08-01").has_member("techniques"));
        assert!(!version("2020-01-01").has_member("entityMappings"));
        assert!(version("2020-01-01").has_member("query"));
    }
}
