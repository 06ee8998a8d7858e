//! `onboardingStates`: whether Sentinel is switched on in a workspace.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::auth::Caller;
use crate::emulator::fill::system_data;
use crate::emulator::handlers::Asked;
use crate::emulator::reader::Reader;
use crate::emulator::state::{Facts, Touch};
use crate::emulator::version::Version;

fn show(facts: &Facts, caller: &Caller) -> Value {
    let touch = Touch {
        at: facts.onboarded.unwrap_or(facts.created),
        by: caller.object_id.clone(),
        by_type: "Application".to_owned(),
    };
    json!({
        "properties": {},
        "id": facts.id().onboarding_state(),
        "name": "default",
        "type": "Microsoft.SecurityInsights/onboardingStates",
        "systemData": system_data(&touch, &touch),
    })
}

/// Everything below `onboardingStates`.
pub(crate) fn answer(asked: Asked<'_>, rest: &[&str]) -> Result<Answer, ServiceError> {
    let action = match asked.call.method {
        Method::GET => "Microsoft.SecurityInsights/onboardingStates/read",
        Method::DELETE => "Microsoft.SecurityInsights/onboardingStates/delete",
        _ => "Microsoft.SecurityInsights/onboardingStates/write",
    };
    let mut state = asked.emulator.state();
    let workspace = asked.workspace(&mut state, action)?;
    Version::of(asked.call)?;
    let facts = &mut workspace.facts;
    match (rest, &asked.call.method) {
        ([], &Method::GET) => {
            let items: Vec<Value> = facts
                .onboarded
                .iter()
                .map(|_| show(facts, asked.caller))
                .collect();
            Ok(Answer::ok(&json!({ "value": items })))
        }
        (["default"], &Method::GET) if facts.onboarded.is_some() => {
            Ok(Answer::ok(&show(facts, asked.caller)))
        }
        (["default"], &Method::PUT) => {
            let body = asked.body()?;
            let root = Reader::of(&body, "")?;
            if let Some(properties) = root.object("properties")? {
                properties.boolean("customerManagedKey")?;
            }
            let status = match facts.onboarded {
                Some(_) => StatusCode::OK,
                None => StatusCode::CREATED,
            };
            let mut changed = facts.clone();
            changed.onboarded = facts.onboarded.or(Some(asked.emulator.time.now()));
            asked.keep_facts(&changed)?;
            *facts = changed;
            Ok(Answer::json(status, &show(facts, asked.caller)))
        }
        (["default"], &Method::DELETE) => {
            let status = match facts.onboarded {
                Some(_) => StatusCode::OK,
                None => StatusCode::NO_CONTENT,
            };
            let mut changed = facts.clone();
            changed.onboarded = None;
            asked.keep_facts(&changed)?;
            *facts = changed;
            Ok(Answer::empty(status))
        }
        ([name], &Method::GET) => Err(answer::not_found("Onboarding state", name)),
        ([] | [_], method) => Err(answer::method_not_allowed(method.as_str())),
        _ => Err(answer::no_such_path(&asked.call.path)),
    }
}
