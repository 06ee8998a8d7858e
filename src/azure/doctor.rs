//! Whether everything that a deployment needs is there, checked one by one without changing anything.
//!
//! A check that fails does not stop the others, save those that cannot be made without it; these say so.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::api::lenient::ListedRule;
use crate::api::path::WorkspaceId;
use crate::azure::client::{
    Client, Permission, SubscriptionFacts, TokenFacts, Workspace, WorkspaceRef,
};
use crate::azure::error::{Class, Error};

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// As it should be.
    Ok,
    /// It works, but something should be looked at.
    Warning,
    /// A deployment would fail.
    Failed,
    /// It could not be checked.
    Skipped,
}

impl Status {
    /// The word that stands for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What was checked.
    pub(crate) name: &'static str,
    /// How it came out.
    pub(crate) status: Status,
    /// What was found.
    pub(crate) detail: String,
    /// What to do, where something is to be done; one line each.
    pub(crate) help: Vec<String>,
}

impl Check {
    fn new(name: &'static str, status: Status, detail: impl Into<String>) -> Self {
        Self {
            name,
            status,
            detail: detail.into(),
            help: Vec::new(),
        }
    }

    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, detail)
    }

    fn skipped(name: &'static str, without: &str) -> Self {
        Self::new(name, Status::Skipped, format!("needs {without}"))
    }

    fn failed(name: &'static str, error: &Error) -> Self {
        let mut detail = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            detail = format!("{detail}: {cause}");
            source = cause.source();
        }
        Self::new(name, Status::Failed, detail).with_help(error.help())
    }

    fn with_help(mut self, help: Vec<String>) -> Self {
        self.help = help;
        self
    }

    fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with_help(vec![hint.into()])
    }
}

/// What rules need of a workspace, as far as the caller knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needs {
    /// Tables that must exist; `None` when no rules were given.
    pub(crate) tables: Option<BTreeSet<String>>,
}

/// Makes all checks, in the order in which one depends on the other.
pub(crate) async fn examine(client: &Client, wanted: &WorkspaceRef, needs: &Needs) -> Vec<Check> {
    let mut checks = Vec::new();
    let token = match client.token_facts().await {
        Ok(token) => token,
        Err(error) => {
            checks.push(Check::failed("credential", &error));
            for name in [
                "token audience",
                "clock",
                "subscription",
                "workspace",
                "Sentinel",
                "permissions",
                "rules",
                "tables",
            ] {
                checks.push(Check::skipped(name, "a credential"));
            }
            return checks;
        }
    };
    checks.push(credential(client, &token));
    checks.push(audience(client, &token));
    let subscription = subscription_of(wanted);
    match client.subscriptions(subscription.as_deref()).await {
        Ok((seen, ahead)) => {
            checks.push(clock(ahead));
            checks.push(subscriptions(&seen));
        }
        Err(error) => {
            checks.push(Check::skipped("clock", "an answer of the service"));
            checks.push(Check::failed("subscription", &error));
        }
    }
    let workspace = client.resolve_workspace(wanted).await;
    match workspace {
        Ok(workspace) => in_workspace(client, &workspace, needs, &mut checks).await,
        Err(error) => {
            checks.push(Check::failed("workspace", &error));
            for name in ["Sentinel", "permissions", "rules", "tables"] {
                checks.push(Check::skipped(name, "a workspace"));
            }
        }
    }
    checks
}

async fn in_workspace(
    client: &Client,
    workspace: &Workspace,
    needs: &Needs,
    checks: &mut Vec<Check>,
) {
    let id = &workspace.id;
    checks.push(Check::ok("workspace", id.to_string()));
    let onboarded = client.require_onboarded(id).await;
    checks.push(match &onboarded {
        Ok(()) => Check::ok("Sentinel", "enabled on the workspace"),
        Err(error) => Check::failed("Sentinel", error),
    });
    checks.push(match client.permissions(id).await {
        Ok(permissions) => may_write(id, &permissions),
        Err(error) => Check::failed("permissions", &error),
    });
    checks.push(if onboarded.is_ok() {
        match client.list_rules(id).await {
            Ok(rules) => quota(&rules),
            Err(error) => Check::failed("rules", &error),
        }
    } else {
        Check::skipped("rules", "Sentinel on the workspace")
    });
    checks.push(tables(client, id, needs).await);
}

fn subscription_of(wanted: &WorkspaceRef) -> Option<String> {
    match wanted.workspace.parse::<WorkspaceId>() {
        Ok(id) => Some(id.subscription),
        Err(_) => wanted.subscription.clone(),
    }
}

fn credential(client: &Client, token: &TokenFacts) -> Check {
    let mut detail = format!("signed in with `{}`", client.auth_method());
    if let Some(who) = token.person.as_ref().or(token.application.as_ref()) {
        detail.push_str(&format!(" as `{who}`"));
    }
    if let Some(tenant) = &token.tenant {
        detail.push_str(&format!(", tenant `{tenant}`"));
    }
    Check::ok("credential", detail)
}

/// Audiences that Azure Resource Manager takes: its own address, and that of the classic service it replaced.
fn audience(client: &Client, token: &TokenFacts) -> Check {
    let name = "token audience";
    let Some(audience) = &token.audience else {
        return Check::new(name, Status::Skipped, "the token does not tell");
    };
    let bare = |text: &str| text.trim_end_matches('/').to_ascii_lowercase();
    let endpoints = client.endpoints();
    let taken = [
        bare(&endpoints.audience),
        bare(endpoints.management.as_str()),
        "https://management.core.windows.net".to_owned(),
        "https://management.core.usgovcloudapi.net".to_owned(),
        "https://management.core.chinacloudapi.cn".to_owned(),
    ];
    if taken.contains(&bare(audience)) {
        Check::ok(name, audience.clone())
    } else {
        Check::new(
            name,
            Status::Failed,
            format!(
                "the token is for `{audience}`, not for `{}`",
                endpoints.audience
            ),
        )
        .with_hint("check `--cloud`: a token of one cloud is not taken by another")
    }
}

/// Entra ID tolerates five minutes between clocks.
fn clock(ahead: Option<SignedDuration>) -> Check {
    let Some(ahead) = ahead else {
        return Check::new(
            "clock",
            Status::Skipped,
            "the service does not tell its time",
        );
    };
    let seconds = ahead.as_secs();
    let direction = if seconds < 0 { "behind" } else { "ahead of" };
    let detail = format!("{} s {direction} the service", seconds.abs());
    let status = match seconds.abs() {
        0..=60 => Status::Ok,
        61..=240 => Status::Warning,
        _ => Status::Failed,
    };
    let check = Check::new("clock", status, detail);
    if status == Status::Ok {
        check
    } else {
        check.with_hint(
            "set the clock of this machine: tokens are refused when it is off by five minutes",
        )
    }
}

fn subscriptions(seen: &[SubscriptionFacts]) -> Check {
    let name = "subscription";
    match seen {
        [] => Check::new(name, Status::Failed, "the identity sees no subscription")
            .with_hint("assign it a role on the workspace, or check `--tenant`"),
        [one] if one.state.is_empty() || one.state == "Enabled" => {
            Check::ok(name, format!("`{}` ({})", one.name, one.id))
        }
        [one] => Check::new(
            name,
            Status::Failed,
            format!("`{}` ({}) is {}", one.name, one.id, one.state),
        )
        .with_hint("a subscription that is not `Enabled` takes no changes"),
        many => Check::ok(
            name,
            format!(
                "{} are seen; `--subscription` makes the search for the workspace shorter",
                many.len()
            ),
        ),
    }
}

/// Actions that a deployment takes, with what each is for.
const ACTIONS: [(&str, &str); 9] = [
    (
        "Microsoft.SecurityInsights/onboardingStates/read",
        "see that Sentinel is enabled",
    ),
    ("Microsoft.SecurityInsights/alertRules/read", "read rules"),
    ("Microsoft.SecurityInsights/alertRules/write", "write rules"),
    (
        "Microsoft.SecurityInsights/alertRules/delete",
        "delete rules (`--prune`)",
    ),
    (
        "Microsoft.SecurityInsights/metadata/read",
        "read ownership marks",
    ),
    (
        "Microsoft.SecurityInsights/metadata/write",
        "write ownership marks",
    ),
    (
        "Microsoft.SecurityInsights/metadata/delete",
        "delete ownership marks (`--prune`)",
    ),
    (
        "Microsoft.OperationalInsights/workspaces/read",
        "find the workspace",
    ),
    (
        "Microsoft.OperationalInsights/workspaces/query/read",
        "run the query of a rule, as the service does on every write",
    ),
];

fn may_write(workspace: &WorkspaceId, permissions: &[Permission]) -> Check {
    let missing: Vec<String> = ACTIONS
        .iter()
        .filter(|(action, _)| !permissions.iter().any(|one| allows(one, action)))
        .map(|(action, purpose)| format!("`{action}`, to {purpose}"))
        .collect();
    if missing.is_empty() {
        return Check::ok(
            "permissions",
            "reading, writing and deleting rules is allowed",
        );
    }
    Check::new(
        "permissions",
        Status::Failed,
        format!("not allowed: {}", missing.join("; ")),
    )
    .with_hint(format!(
        "assign the role `Microsoft Sentinel Contributor` on `{workspace}`; it takes up to five minutes to work"
    ))
}

/// Whether one assignment allows an action.
fn allows(permission: &Permission, action: &str) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
    any(&permission.actions) && !any(&permission.not_actions)
}

/// Whether an action fits a pattern in which `*` stands for any text; case does not matter.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Limits of enabled rules in one workspace; source: "Service limits for Microsoft Sentinel".
const SCHEDULED_LIMIT: usize = 512;
const NRT_LIMIT: usize = 50;

fn quota(rules: &[ListedRule]) -> Check {
    let enabled = |kind: &str| {
        rules
            .iter()
            .filter(|rule| {
                matches!(rule, ListedRule::Rule(rule)
                    if rule.kind == kind && rule.properties.enabled == Some(true))
            })
            .count()
    };
    let (scheduled, nrt) = (enabled("Scheduled"), enabled("NRT"));
    let detail = format!(
        "{} there; enabled: {scheduled} of {SCHEDULED_LIMIT} scheduled, {nrt} of {NRT_LIMIT} near-real-time",
        rules.len()
    );
    let full = scheduled >= SCHEDULED_LIMIT || nrt >= NRT_LIMIT;
    let nearly = scheduled * 10 >= SCHEDULED_LIMIT * 9 || nrt * 10 >= NRT_LIMIT * 9;
    if full || nearly {
        Check::new("rules", Status::Warning, detail)
            .with_hint("disable or delete rules before the limit stops a deployment")
    } else {
        Check::ok("rules", detail)
    }
}

async fn tables(client: &Client, workspace: &WorkspaceId, needs: &Needs) -> Check {
    let name = "tables";
    let Some(needed) = &needs.tables else {
        return Check::new(
            name,
            Status::Skipped,
            "no rules were found to take tables from",
        );
    };
    let there: BTreeSet<String> = match client.list_tables(workspace).await {
        Ok(tables) => tables
            .iter()
            .map(|table| table.name.to_lowercase())
            .collect(),
        Err(error) if matches!(error.class(), Class::NotFound | Class::Forbidden) => {
            return Check::new(
                name,
                Status::Skipped,
                "the service does not list its tables",
            );
        }
        Err(error) => return Check::failed(name, &error),
    };
    let missing: Vec<String> = needed
        .iter()
        .filter(|table| !there.contains(&table.to_lowercase()))
        .map(|table| format!("`{table}`"))
        .collect();
    if missing.is_empty() {
        let told = match needed.len() {
            1 => "the one that the rules read is there".to_owned(),
            count => format!("all {count} that the rules read are there"),
        };
        return Check::ok(name, told);
    }
    Check::new(name, Status::Warning, format!("missing: {}", missing.join(", "))).with_hint(
        "connect the data source of each; until then the service refuses enabled rules that read them",
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn permission(actions: &[&str], not_actions: &[&str]) -> Permission {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Permission {
            actions: owned(actions),
            not_actions: owned(not_actions),
        }
    }

    fn workspace() -> WorkspaceId {
        "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/law"
            .parse()
            .expect("a workspace id")
    }

    #[test]
    fn patterns_of_roles_are_read_as_azure_reads_them() {
        assert!(matches("*", "A/b/read"));
        assert!(matches("*/read", "Microsoft.X/y/read"));
        assert!(matches(
            "microsoft.securityinsights/*",
            "Microsoft.SecurityInsights/alertRules/write"
        ));
        assert!(matches("Microsoft.X/*/read", "Microsoft.X/y/z/read"));
        assert!(matches("Microsoft.X/y/read", "Microsoft.X/y/read"));
        assert!(!matches("Microsoft.X/y/read", "Microsoft.X/y/read/more"));
        assert!(!matches("*/read", "Microsoft.X/y/write"));
        assert!(!matches("Microsoft.Y/*", "Microsoft.X/y/read"));
    }

    #[test]
    fn the_contributor_s_roles_together_suffice_and_the_reader_s_do_not() {
        let contributor = [
            permission(&["Microsoft.SecurityInsights/*"], &[]),
            permission(&["*/read"], &[]),
        ];
        assert_eq!(may_write(&workspace(), &contributor).status, Status::Ok);
        let reader = may_write(&workspace(), &contributor[1..]);
        assert_eq!(reader.status, Status::Failed);
        assert!(
            reader
                .detail
                .contains("`Microsoft.SecurityInsights/alertRules/write`"),
            "{reader:?}"
        );
        assert!(!reader.detail.contains("alertRules/read"), "{reader:?}");
        assert!(reader.help[0].contains("`Microsoft Sentinel Contributor`"));
        let owner_without = [permission(&["*"], &["Microsoft.SecurityInsights/*/delete"])];
        let detail = may_write(&workspace(), &owner_without).detail;
        assert!(
            detail.contains("alertRules/delete") && !detail.contains("alertRules/write"),
            "{detail}"
        );
    }

    #[test]
    fn clocks_may_differ_by_a_minute() {
        let of = |seconds| clock(Some(SignedDuration::from_secs(seconds))).status;
        assert_eq!(of(-60), Status::Ok);
        assert_eq!(of(120), Status::Warning);
        assert_eq!(of(-400), Status::Failed);
        assert_eq!(
            clock(Some(SignedDuration::from_secs(-400))).detail,
            "400 s behind the service"
        );
    }

    #[test]
    fn only_enabled_rules_count() {
        let rule = |kind: &str, enabled: bool| {
            ListedRule::from_value(json!({
                "id": "/x", "name": "x", "kind": kind, "properties": {"enabled": enabled}
            }))
        };
        let mut rules = vec![rule("NRT", true); 44];
        rules.extend([rule("NRT", false), rule("Scheduled", true)]);
        assert_eq!(quota(&rules).status, Status::Ok);
        rules.push(rule("NRT", true));
        let check = quota(&rules);
        assert_eq!(check.status, Status::Warning);
        assert!(
            check.detail.contains("1 of 512 scheduled, 45 of 50"),
            "{check:?}"
        );
    }
}
