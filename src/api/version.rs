//! API versions, and which one a rule needs.

/// Newest stable version of `Microsoft.SecurityInsights`.
/// It has neither the kind `NRT` nor `subTechniques` nor `sentinelEntitiesMappings`.
pub(crate) const STABLE: &str = "2025-09-01";

/// Newest preview of `Microsoft.SecurityInsights`; its alert rule types hold everything that rules can say.
pub(crate) const PREVIEW: &str = "2025-10-01-preview";

/// Version used for `Microsoft.OperationalInsights/workspaces`.
pub(crate) const WORKSPACES: &str = "2023-09-01";

/// Version used for listing subscriptions.
pub(crate) const SUBSCRIPTIONS: &str = "2022-12-01";

/// Version used for `Microsoft.Authorization/permissions`.
pub(crate) const PERMISSIONS: &str = "2022-04-01";

/// Version used for `Microsoft.Resources/deployments`.
pub(crate) const DEPLOYMENTS: &str = "2021-04-01";
