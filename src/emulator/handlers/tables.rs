//! Tables of a workspace: the built-in ones, and those made with their columns.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::emulator::answer::{self, Answer, ServiceError};
use crate::emulator::handlers::Asked;
use crate::emulator::logs::{self, Declared};
use crate::emulator::query;
use crate::emulator::state::Facts;
use crate::emulator::version::check_workspaces;
use crate::engine::Type;
use crate::kql::{Column, Schema};

/// `…/workspaces/{name}/tables` and `…/tables/{table}`.
pub(crate) fn answer(asked: Asked<'_>, rest: &[&str]) -> Result<Answer, ServiceError> {
    let action = match asked.call.method {
        Method::GET => "Microsoft.OperationalInsights/workspaces/tables/read",
        Method::PUT => "Microsoft.OperationalInsights/workspaces/tables/write",
        _ => return Err(answer::method_not_allowed(asked.call.method.as_str())),
    };
    let mut state = asked.emulator.state();
    let found = asked.workspace(&mut state, action)?;
    check_workspaces(asked.call, &found.facts.location)?;
    match (rest, &asked.call.method) {
        ([], &Method::GET) => {
            let schema = query::schema(&found.facts);
            let names = query::tables(&found.facts).into_iter();
            let items: Vec<Value> = names
                .map(|name| show(&found.facts, &schema, name))
                .collect();
            Ok(Answer::ok(&json!({ "value": items })))
        }
        ([name], &Method::GET) if query::has_table(&found.facts, name) => Ok(Answer::ok(&show(
            &found.facts,
            &query::schema(&found.facts),
            name,
        ))),
        ([name], &Method::GET) => Err(answer::not_found("Table", name)),
        ([name], _) => {
            let columns = declared(name, &asked.body()?)?;
            found.facts.schemas.insert((*name).to_owned(), columns);
            asked.keep_facts(&found.facts)?;
            Ok(Answer::json(
                StatusCode::OK,
                &show(&found.facts, &query::schema(&found.facts), name),
            ))
        }
        _ => Err(answer::no_such_path(&asked.call.path)),
    }
}

/// A table as the service shows it: of its own tables all columns are `standardColumns`, of custom ones those that
/// every table has.
fn show(facts: &Facts, schema: &Schema, name: &str) -> Value {
    let custom = name.ends_with("_CL");
    let mut described = json!({
        "name": name,
        "tableType": if custom { "CustomLog" } else { "Microsoft" },
        "tableSubType": if custom { "DataCollectionRuleBased" } else { "Any" },
    });
    if let Some(table) = schema.table(name) {
        let declared = facts.schemas.get(name);
        let own = |column: &str| match declared {
            Some(columns) => columns.iter().any(|one| one.name == column),
            None => query::built_in()
                .table(name)
                .is_none_or(|known| known.column(column).is_none()),
        };
        // The service lists no column that begins with `_`.
        let listed = table
            .columns
            .iter()
            .filter(|column| !column.name.starts_with('_'));
        let (columns, standard): (Vec<_>, Vec<_>) = listed.partition(|column| own(&column.name));
        let shown = |columns: Vec<&Column>| -> Value {
            let each = columns.iter().map(|column| {
                json!({"name": &*column.name, "type": spelled(column.ty.name()), "isDefaultDisplay": true, "isHidden": false})
            });
            each.collect()
        };
        described["columns"] = shown(columns);
        described["standardColumns"] = shown(standard);
    }
    json!({
        "id": format!("{}/tables/{name}", facts.id()),
        "name": name,
        "type": "Microsoft.OperationalInsights/workspaces/tables",
        "properties": {
            "plan": "Analytics",
            "provisioningState": "Succeeded",
            "schema": described,
        },
    })
}

/// A type as the service spells it.
fn spelled(name: &str) -> &str {
    match name {
        "bool" => "boolean",
        "datetime" => "dateTime",
        other => other,
    }
}

/// The columns that the body of a PUT declares. Names and types as documented; `TimeGenerated` must be there.
fn declared(name: &str, body: &Value) -> Result<Vec<Declared>, ServiceError> {
    let refuse = |text: String| Err(answer::bad_request(text));
    let legal = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if !name.ends_with("_CL") || !legal(name) {
        return refuse(format!(
            "Table name '{name}' is invalid: names of custom tables are letters, digits and underscores and end with '_CL'."
        ));
    }
    let schema = &body["properties"]["schema"];
    if schema["name"] != name {
        return refuse(format!("The schema name must be the table name '{name}'."));
    }
    let columns: Vec<Declared> = serde_json::from_value(schema["columns"].clone())
        .map_err(|error| answer::invalid_content(&error.to_string()))?;
    for column in &columns {
        if !legal(&column.name) || Type::parse(&column.kind.to_lowercase()).is_none() {
            return refuse(format!(
                "Column '{}' of type '{}' is invalid.",
                column.name, column.kind
            ));
        }
    }
    let time = |column: &Declared| {
        column.name == logs::TIME && column.kind.eq_ignore_ascii_case("datetime")
    };
    if !columns.iter().any(time) {
        return refuse(
            "The schema must have the column 'TimeGenerated' of type 'datetime'.".to_owned(),
        );
    }
    Ok(columns)
}
