//! Log Analytics workspaces, and what the caller may do in them.

use hyper::Method;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::Caller;
use crate::emulator::call::Call;
use crate::emulator::handlers::{Asked, subscription};
use crate::emulator::identity::Role;
use crate::emulator::state::{Facts, Workspace};
use crate::emulator::time::seven_digits;
use crate::emulator::version::check_workspaces;

const READ: &str = "Microsoft.OperationalInsights/workspaces/read";

fn show(facts: &Facts) -> Value {
    let created = seven_digits(facts.created);
    json!({
        "properties": {
            "customerId": facts.customer_id,
            "provisioningState": "Succeeded",
            "sku": {"name": "PerGB2018", "lastSkuUpdate": created},
            "retentionInDays": 90,
            "features": {
                "legacy": 0,
                "searchVersion": 1,
                "enableLogAccessUsingOnlyResourcePermissions": true,
            },
            "workspaceCapping": {
                "dailyQuotaGb": -1.0,
                "quotaNextResetTime": created,
                "dataIngestionStatus": "RespectQuota",
            },
            "publicNetworkAccessForIngestion": "Enabled",
            "publicNetworkAccessForQuery": "Enabled",
            "createdDate": created,
            "modifiedDate": created,
        },
        "location": facts.location,
        "tags": {},
        "id": facts.id().to_string(),
        "name": facts.name,
        "type": "Microsoft.OperationalInsights/workspaces",
    })
}

/// `GET …/workspaces` of a subscription or of a resource group.
pub(crate) fn list(
    emulator: &Emulator,
    call: &Call,
    caller: &Caller,
    id: &str,
    group: Option<&str>,
) -> Result<Answer, ServiceError> {
    if call.method != Method::GET {
        return Err(answer::method_not_allowed(call.method.as_str()));
    }
    subscription(emulator, caller, id)?;
    caller.may(READ, &call.path)?;
    check_workspaces(call, "westeurope")?;
    let state = emulator.state();
    let wanted = |workspace: &&Workspace| {
        let facts = &workspace.facts;
        facts.subscription.eq_ignore_ascii_case(id)
            && group.is_none_or(|group| facts.resource_group.eq_ignore_ascii_case(group))
    };
    let items: Vec<Value> = state
        .workspaces
        .values()
        .filter(wanted)
        .map(|workspace| show(&workspace.facts))
        .collect();
    match group {
        Some(group) if items.is_empty() => Err(answer::group_not_found(group)),
        _ => Ok(Answer::ok(&json!({ "value": items }))),
    }
}

/// `GET …/workspaces/{name}`.
pub(crate) fn get(asked: Asked<'_>) -> Result<Answer, ServiceError> {
    if asked.call.method != Method::GET {
        return Err(answer::method_not_allowed(asked.call.method.as_str()));
    }
    let mut state = asked.emulator.state();
    let found = asked.workspace(&mut state, READ)?;
    check_workspaces(asked.call, &found.facts.location)?;
    Ok(Answer::ok(&show(&found.facts)))
}

/// `GET …/workspaces/{name}/providers/Microsoft.Authorization/permissions`.
pub(crate) fn permissions(asked: Asked<'_>) -> Result<Answer, ServiceError> {
    if asked.call.method != Method::GET {
        return Err(answer::method_not_allowed(asked.call.method.as_str()));
    }
    let mut state = asked.emulator.state();
    let action = "Microsoft.Authorization/permissions/read";
    asked.workspace(&mut state, action)?;
    asked
        .call
        .api_version()
        .ok_or_else(answer::missing_api_version)?;
    let actions = match asked.caller.role {
        Role::Contributor => json!([
            "Microsoft.SecurityInsights/*",
            "Microsoft.OperationalInsights/workspaces/*/read",
            "Microsoft.OperationalInsights/workspaces/read",
        ]),
        _ => json!([
            "Microsoft.SecurityInsights/*/read",
            "Microsoft.OperationalInsights/workspaces/*/read",
            "Microsoft.OperationalInsights/workspaces/read",
        ]),
    };
    Ok(Answer::ok(&json!({
        "value": [{"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}],
    })))
}
