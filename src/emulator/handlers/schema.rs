//! What a workspace has for queries beside tables: saved searches, watchlists and their items.
//!
//! All of it comes with a seed and can only be read. A watchlist has one item, with empty values.

use std::collections::BTreeMap;

use hyper::Method;
use serde_json::{Map, Value, json};

use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::call::Call;
use crate::emulator::handlers::{Asked, page};
use crate::emulator::version::{Version, check_workspaces};
use crate::kql::schema::{FunctionFile, Lines};

/// Refuses every method but reading; writing goes by the seed.
fn reads_only(call: &Call) -> Result<(), ServiceError> {
    if call.method == Method::GET {
        return Ok(());
    }
    Err(answer::method_not_allowed(call.method.as_str()))
}

/// `GET …/workspaces/{name}/savedSearches`.
pub(crate) fn saved_searches(asked: Asked<'_>) -> Result<Answer, ServiceError> {
    reads_only(asked.call)?;
    let action = "Microsoft.OperationalInsights/workspaces/savedSearches/read";
    let mut state = asked.emulator.state();
    let facts = &asked.workspace(&mut state, action)?.facts;
    check_workspaces(asked.call, &facts.location)?;
    let show = |function: &FunctionFile| {
        let query = function.body.as_ref().map(Lines::text);
        let parameters = function.parameters.as_deref().unwrap_or_default();
        json!({
            "id": format!("{}/savedSearches/{}", facts.id(), function.name),
            "etag": "W/\"datetime'2026-01-01T00%3A00%3A00Z'\"",
            "name": function.name,
            "type": "Microsoft.OperationalInsights/savedSearches",
            "properties": {
                "category": "Functions",
                "displayName": function.name,
                "query": query,
                "functionAlias": function.name,
                "functionParameters": parameters.trim_start_matches('(').trim_end_matches(')'),
                "version": 2,
            },
        })
    };
    let items: Vec<Value> = facts.schema.functions.iter().map(show).collect();
    Ok(Answer::ok(&json!({ "value": items })))
}

/// `GET …/watchlists` and `GET …/watchlists/{alias}/watchlistItems`.
pub(crate) fn watchlists(asked: Asked<'_>, rest: &[&str]) -> Result<Answer, ServiceError> {
    reads_only(asked.call)?;
    let action = "Microsoft.SecurityInsights/watchlists/read";
    let mut state = asked.emulator.state();
    let found = asked.onboarded(&mut state, action)?;
    Version::of(asked.call)?;
    let known = &found.facts.schema.watchlists;
    let named: BTreeMap<String, (&String, &Vec<String>)> = known
        .iter()
        .map(|(alias, columns)| (alias.to_lowercase(), (alias, columns)))
        .collect();
    let base = format!("{}/watchlists", asked.id.sentinel());
    match rest {
        [] => Ok(page(asked, &named, |(alias, columns)| {
            Some(json!({
                "id": format!("{base}/{alias}"),
                "name": alias,
                "type": "Microsoft.SecurityInsights/Watchlists",
                "properties": {
                    "displayName": alias,
                    "provider": "Microsoft",
                    "source": "Local file",
                    "itemsSearchKey": columns.first(),
                    "watchlistAlias": alias,
                    "isDeleted": false,
                },
            }))
        })),
        [alias, items] if items.eq_ignore_ascii_case("watchlistItems") => {
            let (alias, columns) = named
                .get(&alias.to_lowercase())
                .ok_or_else(|| answer::not_found("Watchlist", alias))?;
            let values: Map<String, Value> = columns
                .iter()
                .map(|column| (column.clone(), Value::from("")))
                .collect();
            let name = crate::emulator::identity::guid_of(alias);
            Ok(Answer::ok(&json!({ "value": [{
                "id": format!("{base}/{alias}/WatchlistItems/{name}"),
                "name": name,
                "type": "Microsoft.SecurityInsights/Watchlists/WatchlistItems",
                "properties": {
                    "watchlistItemType": "watchlist-item",
                    "watchlistItemId": name,
                    "isDeleted": false,
                    "itemsKeyValue": values,
                },
            }]})))
        }
        _ => Err(answer::no_such_path(&asked.call.path)),
    }
}
