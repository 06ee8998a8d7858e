//! Loops that make the items of a property or of a variable.
//!
//! Source: "Property iteration in ARM templates" and "Variable iteration in ARM templates" of the Azure documentation.

use serde_json::Map;
use serde_json::Value as Json;

use crate::import::expression::{HOLE, Missing, Scope, member, weight};

/// Most rounds of one loop, as Azure Resource Manager has it.
const MAX_ROUNDS: i64 = 800;

/// One loop: what it makes, how often, and of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loop<'a> {
    /// The property or variable that is the list.
    pub(crate) name: &'a str,
    count: &'a Json,
    input: &'a Json,
}

/// The loops that the member `key` of an object declares; None when it is a member like others.
pub(crate) fn loops<'a>(key: &str, value: &'a Json) -> Option<Vec<Loop<'a>>> {
    if !key.eq_ignore_ascii_case("copy") {
        return None;
    }
    let of = |item: &'a Json| {
        let item: &'a Map<String, Json> = item.as_object()?;
        Some(Loop {
            name: member(item, "name")?.as_str()?,
            count: member(item, "count")?,
            input: member(item, "input")?,
        })
    };
    value.as_array()?.iter().map(of).collect()
}

impl Scope<'_> {
    /// The items that a loop makes; what is missing in them is named.
    pub(crate) fn rounds(&self, of: Loop<'_>, missing: &mut Vec<Missing>) -> Json {
        let count = self.tree(of.count, missing);
        let Some(count) = count.as_i64() else {
            if count.as_str() != Some(HOLE.to_string().as_str()) {
                missing.push(format!("the loop `{}` counts no rounds", of.name));
            }
            return Json::String(HOLE.to_string());
        };
        let mut items = Vec::new();
        for index in 0..count.min(MAX_ROUNDS) {
            let item = self.in_copy(of.name, index, || self.tree(of.input, missing));
            if let Err(what) = self.spend(weight(&item)) {
                missing.push(what);
                break;
            }
            items.push(item);
        }
        Json::Array(items)
    }
}
