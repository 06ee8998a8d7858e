//! The expression language of ARM templates, as far as it can be evaluated without Azure.
//!
//! A string that begins with `[` and ends with `]` is an expression; `[[` is an escaped bracket. What only a
//! deployment knows (the resource group, a parameter without value, a new GUID) is *missing*: it is named, and
//! stands in strings as [`HOLE`], so that the known end of a resource name is still found.
//! Work is bounded: a template may be hostile.
//! Source: "Syntax and expressions in ARM templates" and "ARM template functions" of the Azure documentation.

mod copy;
mod function;
mod parse;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Map;
use serde_json::Value as Json;

pub(crate) use crate::import::expression::copy::{Loop, loops};
use crate::import::expression::parse::Node;

/// Stands in a string for what is not known.
pub(crate) const HOLE: char = '\u{FFFC}';

/// Deepest nesting of variables and parameters that refer to each other.
const MAX_DEPTH: u32 = 32;
/// Most bytes that one template may evaluate to.
const MAX_BYTES: usize = 64 << 20;

/// What a name stands for inside a template.
#[derive(Debug)]
pub(crate) struct Scope<'a> {
    parameters: BTreeMap<String, Binding<'a>>,
    variables: BTreeMap<String, Variable<'a>>,
    /// Loops around the place being evaluated, innermost last: name and index.
    copies: RefCell<Vec<(String, i64)>>,
    depth: Cell<u32>,
    bytes: Cell<usize>,
    /// Whether a value of the public cloud was taken since the last look.
    public_cloud: Cell<bool>,
}

/// A parameter's value.
#[derive(Debug)]
enum Binding<'a> {
    /// Given from outside.
    Given(Json),
    /// Its default, not evaluated yet.
    Default(&'a Json),
    /// Neither.
    Missing,
}

/// A variable's value, not evaluated yet.
#[derive(Debug)]
enum Variable<'a> {
    Value(&'a Json),
    Loop(Loop<'a>),
}

/// The result of evaluating a value of the template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evaluated {
    /// The value; strings have [`HOLE`] where something is missing.
    pub(crate) value: Json,
    /// What is missing, each as words for a message: empty when the value is whole.
    pub(crate) missing: Vec<String>,
}

/// Why an expression has no value; words for a message.
type Missing = String;

impl<'a> Scope<'a> {
    /// The scope of a template; `given` are the values of its parameters.
    pub(crate) fn of(template: &'a Map<String, Json>, given: &Map<String, Json>) -> Self {
        let mut parameters = BTreeMap::new();
        for (name, definition) in member(template, "parameters")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
        {
            let default = definition
                .as_object()
                .and_then(|definition| member(definition, "defaultValue"));
            let binding = match (member(given, name), default) {
                (Some(value), _) => Binding::Given(value.clone()),
                (None, Some(default)) => Binding::Default(default),
                (None, None) => Binding::Missing,
            };
            parameters.insert(name.to_lowercase(), binding);
        }
        let mut variables = BTreeMap::new();
        for (name, value) in member(template, "variables")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
        {
            if let Some(loops) = loops(name, value) {
                let of = |one: Loop<'a>| (one.name.to_lowercase(), Variable::Loop(one));
                variables.extend(loops.into_iter().map(of));
            } else {
                variables.insert(name.to_lowercase(), Variable::Value(value));
            }
        }
        Self {
            parameters,
            variables,
            copies: RefCell::default(),
            depth: Cell::new(0),
            bytes: Cell::new(0),
            public_cloud: Cell::new(false),
        }
    }

    /// Runs `body` inside a loop called `name`, at `index`.
    pub(crate) fn in_copy<T>(&self, name: &str, index: i64, body: impl FnOnce() -> T) -> T {
        self.copies.borrow_mut().push((name.to_lowercase(), index));
        let result = body();
        self.copies.borrow_mut().pop();
        result
    }

    /// Whether `environment()` was taken to be the public cloud since this was last asked.
    pub(crate) fn took_public_cloud(&self) -> bool {
        self.public_cloud.take()
    }

    /// Evaluates every string inside `value`.
    pub(crate) fn evaluate(&self, value: &Json) -> Evaluated {
        let mut missing = Vec::new();
        let value = self.tree(value, &mut missing);
        missing.sort();
        missing.dedup();
        Evaluated { value, missing }
    }

    fn tree(&self, value: &Json, missing: &mut Vec<Missing>) -> Json {
        match value {
            Json::String(text) => self.string(text, missing),
            Json::Array(items) => items.iter().map(|item| self.tree(item, missing)).collect(),
            Json::Object(members) => {
                let mut made = Map::new();
                for (key, value) in members {
                    if let Some(loops) = loops(key, value) {
                        for one in loops {
                            made.insert(one.name.to_owned(), self.rounds(one, missing));
                        }
                        continue;
                    }
                    let key = match self.string(key, missing) {
                        Json::String(key) => key,
                        _ => key.clone(),
                    };
                    made.insert(key, self.tree(value, missing));
                }
                Json::Object(made)
            }
            other => other.clone(),
        }
    }

    fn string(&self, text: &str, missing: &mut Vec<Missing>) -> Json {
        let Some(inner) = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'))
        else {
            return Json::String(text.to_owned());
        };
        if inner.starts_with('[') {
            return Json::String(text[1..].to_owned());
        }
        let Some(node) = parse::parse(inner) else {
            // `[Deprecated]` is a name that somebody wrote, not an expression.
            return Json::String(text.to_owned());
        };
        match self.node(&node, missing) {
            Ok(value) => value,
            Err(what) => {
                missing.push(what);
                Json::String(HOLE.to_string())
            }
        }
    }

    /// Evaluates one node; what is missing inside strings goes to `missing`, what leaves no value is the error.
    fn node(&self, node: &Node, missing: &mut Vec<Missing>) -> Result<Json, Missing> {
        match node {
            Node::String(text) => Ok(Json::String(text.clone())),
            Node::Integer(number) => Ok(Json::from(*number)),
            Node::Member(base, name) => {
                let base = self.node(base, missing)?;
                let found = base.as_object().and_then(|object| member(object, name));
                found
                    .cloned()
                    .ok_or_else(|| format!("there is no property `{name}`"))
            }
            Node::Index(base, index) => {
                let base = self.node(base, missing)?;
                let index = self.node(index, missing)?;
                let found = match (&base, &index) {
                    (Json::Array(items), index) => index
                        .as_u64()
                        .and_then(|index| items.get(usize::try_from(index).ok()?)),
                    (Json::Object(object), Json::String(name)) => member(object, name),
                    _ => None,
                };
                found
                    .cloned()
                    .ok_or_else(|| format!("there is no item `{index}`"))
            }
            Node::Call(name, arguments) => self.call(name, arguments, missing),
        }
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Node],
        missing: &mut Vec<Missing>,
    ) -> Result<Json, Missing> {
        self.spend(0)?;
        let lower = name.to_lowercase();
        if lower == "if" {
            let [condition, then, otherwise] = arguments else {
                return Err("`if()` takes three arguments".to_owned());
            };
            let chosen = if truth(&self.node(condition, missing)?)? {
                then
            } else {
                otherwise
            };
            return self.node(chosen, missing);
        }
        let joins = matches!(lower.as_str(), "concat" | "format");
        let mut values = Vec::new();
        for argument in arguments {
            match self.node(argument, missing) {
                Ok(value) => values.push(value),
                // The known rest of a joined string is of use: a resource name ends with the rule's id.
                Err(what) if joins => {
                    missing.push(what);
                    values.push(Json::String(HOLE.to_string()));
                }
                Err(what) => return Err(what),
            }
        }
        let value = match lower.as_str() {
            "parameters" => self.parameter(&function::text(&values, 0)?, missing),
            "variables" => self.variable(&function::text(&values, 0)?, missing),
            "copyindex" => self.copy_index(&values),
            "environment" => {
                self.public_cloud.set(true);
                Ok(function::public_cloud())
            }
            _ => function::call(&lower, name, &values),
        }?;
        self.spend(weight(&value))?;
        Ok(value)
    }

    fn parameter(&self, name: &str, missing: &mut Vec<Missing>) -> Result<Json, Missing> {
        match self.parameters.get(&name.to_lowercase()) {
            Some(Binding::Given(value)) => Ok(value.clone()),
            Some(Binding::Default(default)) => {
                self.nested(missing, |missing| self.tree(default, missing))
            }
            Some(Binding::Missing) => Err(format!("parameter `{name}` has no value")),
            None => Err(format!("there is no parameter `{name}`")),
        }
    }

    fn variable(&self, name: &str, missing: &mut Vec<Missing>) -> Result<Json, Missing> {
        match self.variables.get(&name.to_lowercase()) {
            Some(Variable::Value(value)) => {
                self.nested(missing, |missing| self.tree(value, missing))
            }
            Some(Variable::Loop(one)) => self.nested(missing, |missing| self.rounds(*one, missing)),
            None => Err(format!("there is no variable `{name}`")),
        }
    }

    fn nested(
        &self,
        missing: &mut Vec<Missing>,
        evaluate: impl FnOnce(&mut Vec<Missing>) -> Json,
    ) -> Result<Json, Missing> {
        if self.depth.get() >= MAX_DEPTH {
            return Err("variables refer to each other without end".to_owned());
        }
        self.depth.set(self.depth.get() + 1);
        let value = evaluate(missing);
        self.depth.set(self.depth.get() - 1);
        // A value that is missing altogether is an error here, so that it is named once.
        if value.as_str() == Some(HOLE.to_string().as_str()) {
            return Err(missing
                .pop()
                .unwrap_or_else(|| "a value is not known".to_owned()));
        }
        Ok(value)
    }

    fn copy_index(&self, values: &[Json]) -> Result<Json, Missing> {
        let copies = self.copies.borrow();
        let offset = |value: &Json| value.as_i64().unwrap_or(0);
        let (name, offset) = match values {
            [] => (None, 0),
            [Json::String(name)] => (Some(name.to_lowercase()), 0),
            [only] => (None, offset(only)),
            [name, then, ..] => (name.as_str().map(str::to_lowercase), offset(then)),
        };
        let found = match name {
            Some(name) => copies
                .iter()
                .rev()
                .find(|(loop_name, _)| *loop_name == name),
            None => copies.last(),
        };
        found
            .map(|(_, index)| Json::from(index.saturating_add(offset)))
            .ok_or_else(|| "`copyIndex()` stands in no loop".to_owned())
    }

    /// Counts what was produced; a template that doubles its variables again and again ends here.
    fn spend(&self, bytes: usize) -> Result<(), Missing> {
        let spent = self.bytes.get().saturating_add(bytes);
        self.bytes.set(spent);
        if spent > MAX_BYTES {
            return Err("the template evaluates to more than 64 MiB".to_owned());
        }
        Ok(())
    }
}

/// Bytes that a value takes, roughly.
fn weight(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len() + 16,
        Json::Array(items) => 16 + items.iter().map(weight).sum::<usize>(),
        Json::Object(members) => {
            16 + members
                .iter()
                .map(|(key, value)| key.len() + weight(value))
                .sum::<usize>()
        }
        _ => 16,
    }
}

/// A member by its name in any case: Azure Resource Manager does not tell cases apart.
pub(crate) fn member<'m>(object: &'m Map<String, Json>, name: &str) -> Option<&'m Json> {
    object.get(name).or_else(|| {
        object
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

/// A boolean, as templates write it.
pub(crate) fn truth(value: &Json) -> Result<bool, Missing> {
    match value {
        Json::Bool(value) => Ok(*value),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Json::Number(number) => Ok(number.as_i64() != Some(0)),
        _ => Err("a condition is not known".to_owned()),
    }
}
