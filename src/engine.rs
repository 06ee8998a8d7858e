//! The test engine: runs checked queries on rows in memory or in files.
//!
//! It knows nothing of rules, alerts or the clock: tables, `now()` and the texts behind addresses come with the
//! [`Environment`]. What it does not know of the language is [`Error::Unsupported`], never a guess.
//! A query goes from the tree of `kql` straight to closures over rows (`compile`), and the operators (`operator`)
//! pull rows through them one by one. Start at [`run`].

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::many_single_char_names,
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    clippy::type_complexity,
    clippy::too_many_arguments,
    clippy::trivially_copy_pass_by_ref,
    clippy::single_match_else,
    clippy::map_err_ignore,
    clippy::collapsible_if,
    clippy::elidable_lifetime_names,
    clippy::unused_self,
    reason = "the conversions of the language are defined this way, and functions of one table share one signature"
)]

mod aggregate;
mod arith;
mod code;
mod compile;
pub(crate) mod convert;
pub(crate) mod coverage;
pub(crate) mod data;
mod error;
mod function;
mod graph;
pub(crate) mod json;
pub(crate) mod memory;
mod operator;
pub(crate) mod output;
mod session;
mod table;
mod text;
pub(crate) mod time;
mod value;

pub(crate) use error::Error;
pub(crate) use error::Result;
pub(crate) use session::Environment;
pub(crate) use table::ARRIVAL;
pub(crate) use table::Column;
pub(crate) use table::Filter;
pub(crate) use table::Row;
pub(crate) use table::Rows;
pub(crate) use table::Source;
pub(crate) use table::Table;
pub(crate) use value::Type;
pub(crate) use value::Value;

use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::kql::ast::StatementKind;

/// Runs the query and gives its last result.
pub(crate) fn run(text: &str, env: &Environment) -> Result<Table> {
    // What a run before left, had it failed.
    function::refused();
    let result = evaluate(text, env);
    match (result, function::refused()) {
        (Ok(_), Some(what)) => Err(Error::unsupported(what)),
        (result, _) => result,
    }
}

fn evaluate(text: &str, env: &Environment) -> Result<Table> {
    let parsed = crate::kql::parse(text);
    if let Some(problem) = parsed
        .diagnostics
        .iter()
        .find(|d| d.severity == crate::kql::Severity::Error)
    {
        return Err(Error::Invalid(problem.message.clone()));
    }
    let session = Session::new(env, text);
    let mut scope = Scope::default();
    let mut result = None;
    for statement in &parsed.query.statements {
        match &statement.kind {
            StatementKind::Let { name, value } => {
                let binding = operator::bind(&session, &scope, value)?;
                scope = scope.with(&name.text, binding);
            }
            StatementKind::Set { name, .. } if &*name.text == "query_now" => {
                return Err(Error::unsupported("`set query_now`"));
            }
            StatementKind::Set { name, value } => {
                // Other options change how the service works, not what it answers.
                if let Some(value) = value
                    && name.text.starts_with("query_bin_auto")
                {
                    let code = compile::Cx::new(&session, &scope, &[]).scalar(value)?;
                    let mut options = session.options.borrow_mut();
                    options.insert(std::sync::Arc::clone(&name.text), code);
                }
            }
            StatementKind::Expression(value) => {
                if result.is_some() {
                    return Err(Error::unsupported("several results in one query"));
                }
                let table = operator::table_of(&session, &scope, value)?;
                if operator::is_graph(&table.columns) {
                    return Err(Error::unsupported("a graph as the result"));
                }
                result = Some(table);
            }
            StatementKind::QueryParameters(parameters) => {
                for parameter in parameters {
                    if let Some(default) = &parameter.default {
                        let binding = operator::bind(&session, &scope, default)?;
                        scope = scope.with(&parameter.name.text, binding);
                    }
                }
            }
            StatementKind::Pattern(_) => return Err(Error::unsupported("`declare pattern`")),
            StatementKind::Alias { .. } => return Err(Error::unsupported("`alias database`")),
            StatementKind::Restrict(_) => return Err(Error::unsupported("`restrict access`")),
        }
    }
    result.ok_or_else(|| Error::invalid("there is no query: every statement is a `let`"))
}

#[cfg(test)]
mod tests;
