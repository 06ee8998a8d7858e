//! Subscriptions of the caller's tenant.

use hyper::Method;
use serde_json::{Value, json};

use crate::emulator::Emulator;
use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::Caller;
use crate::emulator::call::Call;
use crate::emulator::identity::{Role, Subscription};
use crate::emulator::version::check_subscriptions;

fn show(one: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", one.id),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": one.id,
        "tenantId": one.tenant,
        "displayName": one.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

/// The subscriptions the caller sees: none without a role.
fn seen(emulator: &Emulator, caller: &Caller) -> Vec<Subscription> {
    if caller.role == Role::None {
        return Vec::new();
    }
    let identity = emulator
        .identity
        .lock()
        .expect("no holder of this lock panics");
    let all = identity.subscriptions.iter();
    all.filter(|one| one.tenant == caller.tenant)
        .cloned()
        .collect()
}

/// `GET /subscriptions`.
pub(crate) fn list(
    emulator: &Emulator,
    call: &Call,
    caller: &Caller,
) -> Result<Answer, ServiceError> {
    check_subscriptions(call)?;
    if call.method != Method::GET {
        return Err(answer::method_not_allowed(call.method.as_str()));
    }
    let items: Vec<Value> = seen(emulator, caller).iter().map(show).collect();
    let count = items.len();
    Ok(Answer::ok(&json!({
        "value": items,
        "count": {"type": "Total", "value": count},
    })))
}

/// `GET /subscriptions/{id}`.
pub(crate) fn get(
    emulator: &Emulator,
    call: &Call,
    caller: &Caller,
    id: &str,
) -> Result<Answer, ServiceError> {
    check_subscriptions(call)?;
    if call.method != Method::GET {
        return Err(answer::method_not_allowed(call.method.as_str()));
    }
    let all = seen(emulator, caller);
    let found = all.iter().find(|one| one.id.eq_ignore_ascii_case(id));
    found
        .map(|one| Answer::ok(&show(one)))
        .ok_or_else(|| answer::subscription_not_found(id))
}
