//! Resource ids and request paths of Azure Resource Manager.

use std::fmt;
use std::str::FromStr;

/// Where a Log Analytics workspace is found in Azure Resource Manager.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WorkspaceId {
    /// Subscription GUID.
    pub(crate) subscription: String,
    /// Resource group name.
    pub(crate) resource_group: String,
    /// Workspace name.
    pub(crate) name: String,
}

/// A text that is no workspace resource id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the resource id of a Log Analytics workspace")]
pub(crate) struct ParseWorkspaceIdError {
    /// What was written.
    pub(crate) text: String,
}

impl fmt::Display for WorkspaceId {
    /// The resource id, with leading slash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.OperationalInsights/workspaces/{}",
            self.subscription, self.resource_group, self.name
        )
    }
}

impl FromStr for WorkspaceId {
    type Err = ParseWorkspaceIdError;

    /// Reads a resource id; the fixed words in any case, as Azure itself prints several.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseWorkspaceIdError {
            text: text.to_owned(),
        };
        let segments: Vec<&str> = text.trim_matches('/').split('/').collect();
        let [
            subscriptions,
            subscription,
            groups,
            resource_group,
            providers,
            provider,
            workspaces,
            name,
        ] = segments[..]
        else {
            return Err(fail());
        };
        let words = [
            (subscriptions, "subscriptions"),
            (groups, "resourceGroups"),
            (providers, "providers"),
            (provider, "Microsoft.OperationalInsights"),
            (workspaces, "workspaces"),
        ];
        let fixed = words
            .iter()
            .all(|(found, wanted)| found.eq_ignore_ascii_case(wanted));
        if !fixed
            || subscription.is_empty()
            || !is_resource_group(resource_group)
            || !is_workspace_name(name)
        {
            return Err(fail());
        }
        Ok(Self {
            subscription: subscription.to_owned(),
            resource_group: resource_group.to_owned(),
            name: name.to_owned(),
        })
    }
}

/// Resource group names: `^[-\w\._\(\)]+$`, 1 to 90 characters.
pub(crate) fn is_resource_group(name: &str) -> bool {
    (1..=90).contains(&name.chars().count())
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')'))
}

/// Workspace names: `^[A-Za-z0-9][A-Za-z0-9-]+[A-Za-z0-9]$`, up to 90 characters.
pub(crate) fn is_workspace_name(name: &str) -> bool {
    let inner = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (3..=90).contains(&name.len()) && inner && !name.starts_with('-') && !name.ends_with('-')
}

impl WorkspaceId {
    /// Path of the Sentinel provider below the workspace.
    pub(crate) fn sentinel(&self) -> String {
        format!("{self}/providers/Microsoft.SecurityInsights")
    }

    /// Path of all alert rules.
    pub(crate) fn alert_rules(&self) -> String {
        format!("{}/alertRules", self.sentinel())
    }

    /// Path, and resource id, of one alert rule.
    pub(crate) fn alert_rule(&self, rule: &str) -> String {
        format!("{}/{rule}", self.alert_rules())
    }

    /// Path of all metadata resources.
    pub(crate) fn metadata_list(&self) -> String {
        format!("{}/metadata", self.sentinel())
    }

    /// Path of the metadata resource of one alert rule.
    pub(crate) fn rule_metadata(&self, rule: &str) -> String {
        format!("{}/analyticsrule-{rule}", self.metadata_list())
    }

    /// Path of the caller's permissions in the workspace.
    pub(crate) fn permissions(&self) -> String {
        format!("{self}/providers/Microsoft.Authorization/permissions")
    }

    /// Path of a template deployment in the workspace's resource group.
    pub(crate) fn deployment(&self, name: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Resources/deployments/{name}",
            self.subscription, self.resource_group
        )
    }

    /// Path of the tables of the workspace.
    pub(crate) fn tables(&self) -> String {
        format!("{self}/tables")
    }

    /// Path of the saved searches of the workspace, functions among them.
    pub(crate) fn saved_searches(&self) -> String {
        format!("{self}/savedSearches")
    }

    /// Path of the watchlists.
    pub(crate) fn watchlists(&self) -> String {
        format!("{}/watchlists", self.sentinel())
    }

    /// Path of the items of one watchlist.
    pub(crate) fn watchlist_items(&self, alias: &str) -> String {
        format!("{}/{alias}/watchlistItems", self.watchlists())
    }

    /// Path that tells whether the workspace is onboarded to Sentinel.
    pub(crate) fn onboarding_state(&self) -> String {
        format!("{}/onboardingStates/default", self.sentinel())
    }
}

/// Path that lists the workspaces of a subscription.
pub(crate) fn workspaces(subscription: &str) -> String {
    format!("/subscriptions/{subscription}/providers/Microsoft.OperationalInsights/workspaces")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_ids_are_read_in_any_case_and_printed_in_one() {
        let id: WorkspaceId = "/Subscriptions/s/resourcegroups/rg/providers/microsoft.operationalinsights/workspaces/law-1/"
            .parse()
            .expect("a workspace id");
        assert_eq!(
            id.alert_rule("r"),
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law-1\
             /providers/Microsoft.SecurityInsights/alertRules/r"
        );
    }

    #[test]
    fn what_is_no_workspace_id_is_refused() {
        for text in [
            "",
            "law-1",
            "/subscriptions/s/resourceGroups/rg",
            "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/workspaces/w11",
        ] {
            assert!(text.parse::<WorkspaceId>().is_err(), "{text}");
        }
    }
}
