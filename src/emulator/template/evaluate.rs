//! Evaluates template expressions: the functions that templates of analytics rules use.
//!
//! A function of Azure Resource Manager that is not here is refused by name, never guessed.
//! Source: "ARM template functions" of the Azure documentation.

use serde_json::{Map, Value, json};

use crate::emulator::template::parse::{Expression, parse};

/// What expressions may refer to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// Subscription GUID.
    pub(crate) subscription: String,
    /// Tenant GUID.
    pub(crate) tenant: String,
    /// Resource group.
    pub(crate) group: String,
    /// Where the group is.
    pub(crate) location: String,
    /// Name of the deployment.
    pub(crate) deployment: String,
    /// Values of the parameters, by name in lower case.
    pub(crate) parameters: Map<String, Value>,
    /// Values of the variables, by name in lower case.
    pub(crate) variables: Map<String, Value>,
}

/// The functions there are.
pub(crate) const FUNCTIONS: &[&str] = &[
    "and",
    "bool",
    "concat",
    "contains",
    "createArray",
    "createObject",
    "deployment",
    "empty",
    "equals",
    "extensionResourceId",
    "false",
    "format",
    "if",
    "int",
    "json",
    "length",
    "not",
    "null",
    "or",
    "parameters",
    "replace",
    "resourceGroup",
    "resourceId",
    "split",
    "string",
    "subscription",
    "toLower",
    "toUpper",
    "true",
    "union",
    "variables",
];

impl Scope {
    /// A value with every expression in it evaluated.
    pub(crate) fn value(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => members
                .iter()
                .map(|(name, value)| Ok((name.clone(), self.value(value)?)))
                .collect::<Result<Map<_, _>, String>>()
                .map(Value::Object),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
        }
    }

    /// A text: in brackets it is an expression, with a doubled first bracket it stands for itself.
    fn text(&self, text: &str) -> Result<Value, String> {
        let Some(inner) = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        else {
            return Ok(json!(text));
        };
        if inner.starts_with('[') {
            return Ok(json!(format!("{inner}]")));
        }
        let expression = parse(inner).map_err(|reason| {
            format!("The language expression '{inner}' is not valid: {reason}.")
        })?;
        self.evaluate(&expression)
    }

    fn evaluate(&self, expression: &Expression) -> Result<Value, String> {
        match expression {
            Expression::Text(text) => Ok(json!(text)),
            Expression::Number(number) => Ok(json!(number)),
            Expression::Member(of, name) => member(&self.evaluate(of)?, &self.evaluate(name)?),
            Expression::Call(name, arguments) => self.call(name, arguments),
        }
    }

    fn call(&self, name: &str, arguments: &[Expression]) -> Result<Value, String> {
        // The branch that is not taken is not evaluated.
        if name.eq_ignore_ascii_case("if") {
            let [condition, yes, no] = arguments else {
                return Err(count(name));
            };
            let Value::Bool(condition) = self.evaluate(condition)? else {
                return Err(kind(name));
            };
            return self.evaluate(if condition { yes } else { no });
        }
        let values: Vec<Value> = arguments
            .iter()
            .map(|argument| self.evaluate(argument))
            .collect::<Result<_, _>>()?;
        let folded = name.to_ascii_lowercase();
        match (folded.as_str(), &values[..]) {
            ("parameters", [Value::String(of)]) => named(&self.parameters, of, "parameter"),
            ("variables", [Value::String(of)]) => named(&self.variables, of, "variable"),
            ("resourcegroup", []) => Ok(json!({
                "id": format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.group),
                "name": self.group,
                "type": "Microsoft.Resources/resourceGroups",
                "location": self.location,
                "properties": {"provisioningState": "Succeeded"},
            })),
            ("subscription", []) => Ok(json!({
                "id": format!("/subscriptions/{}", self.subscription),
                "subscriptionId": self.subscription,
                "tenantId": self.tenant,
            })),
            ("deployment", []) => Ok(json!({"name": self.deployment})),
            ("resourceid", values) => {
                let names = texts(values).ok_or_else(|| kind(name))?;
                resource_id(&self.subscription, &self.group, &names)
            }
            ("extensionresourceid", [Value::String(of), rest @ ..]) => {
                let names = texts(rest).ok_or_else(|| kind(name))?;
                below(of, &names)
            }
            (known, values) => pure(known, values).unwrap_or_else(|| {
                Err(if is_known(known) {
                    kind(name)
                } else {
                    unknown(name)
                })
            }),
        }
    }
}

/// Functions of their arguments alone; `None` when there is none of that name for those.
fn pure(name: &str, values: &[Value]) -> Option<Result<Value, String>> {
    let value = match (name, values) {
        ("true", []) => json!(true),
        ("false", []) => json!(false),
        ("null", []) => Value::Null,
        ("not", [Value::Bool(value)]) => json!(!value),
        ("and" | "or", [_, _, ..]) => {
            let all: Vec<bool> = values.iter().map(Value::as_bool).collect::<Option<_>>()?;
            json!(if name == "and" {
                all.iter().all(|one| *one)
            } else {
                all.contains(&true)
            })
        }
        ("equals", [one, other]) => json!(one == other),
        ("concat", [Value::Array(_), ..]) => {
            let lists: Vec<&Vec<Value>> =
                values.iter().map(Value::as_array).collect::<Option<_>>()?;
            lists.into_iter().flatten().cloned().collect()
        }
        ("concat", [_, ..]) => {
            let texts: Vec<String> = values.iter().map(as_text).collect::<Option<_>>()?;
            json!(texts.concat())
        }
        ("format", [Value::String(pattern), rest @ ..]) => return Some(format_text(pattern, rest)),
        ("string", [value]) => json!(as_text(value).unwrap_or_else(|| value.to_string())),
        ("int", [Value::Number(number)]) => json!(number),
        ("int", [Value::String(text)]) => json!(text.parse::<i64>().ok()?),
        ("bool", [Value::Bool(value)]) => json!(value),
        ("bool", [Value::String(text)]) => json!(text.to_ascii_lowercase().parse::<bool>().ok()?),
        ("tolower", [Value::String(text)]) => json!(text.to_lowercase()),
        ("toupper", [Value::String(text)]) => json!(text.to_uppercase()),
        ("replace", [Value::String(text), Value::String(old), Value::String(new)])
            if !old.is_empty() =>
        {
            json!(text.replace(old.as_str(), new))
        }
        ("split", [Value::String(text), Value::String(by)]) if !by.is_empty() => {
            text.split(by.as_str()).collect()
        }
        ("length", [Value::String(text)]) => json!(text.encode_utf16().count()),
        ("length", [Value::Array(items)]) => json!(items.len()),
        ("length", [Value::Object(members)]) => json!(members.len()),
        ("empty", [Value::Null]) => json!(true),
        ("empty", [Value::String(text)]) => json!(text.is_empty()),
        ("empty", [Value::Array(items)]) => json!(items.is_empty()),
        ("empty", [Value::Object(members)]) => json!(members.is_empty()),
        ("contains", [Value::Object(members), Value::String(name)]) => {
            json!(members.keys().any(|one| one.eq_ignore_ascii_case(name)))
        }
        ("contains", [Value::Array(items), item]) => json!(items.contains(item)),
        ("contains", [Value::String(text), Value::String(part)]) => {
            json!(text.contains(part.as_str()))
        }
        ("createarray", values) => values.iter().cloned().collect(),
        ("createobject", values) if values.len() % 2 == 0 => {
            let members = values
                .chunks(2)
                .map(|pair| Some((pair.first()?.as_str()?.to_owned(), pair.get(1)?.clone())));
            Value::Object(members.collect::<Option<_>>()?)
        }
        ("json", [Value::String(text)]) => serde_json::from_str(text).ok()?,
        ("union", [Value::Object(_), _, ..]) => {
            let mut all = Value::Object(Map::new());
            for one in values {
                unite(&mut all, one.as_object()?);
            }
            all
        }
        ("union", [Value::Array(_), _, ..]) => {
            let mut all: Vec<Value> = Vec::new();
            for item in values
                .iter()
                .map(Value::as_array)
                .collect::<Option<Vec<_>>>()?
                .into_iter()
                .flatten()
            {
                if !all.contains(item) {
                    all.push(item.clone());
                }
            }
            Value::Array(all)
        }
        _ => return None,
    };
    Some(Ok(value))
}

/// Adds members; of two with one name the later counts, objects are united.
fn unite(into: &mut Value, more: &Map<String, Value>) {
    let Value::Object(members) = into else { return };
    for (name, value) in more {
        match (members.get_mut(name), value) {
            (Some(old @ Value::Object(_)), Value::Object(new)) => unite(old, new),
            _ => {
                members.insert(name.clone(), value.clone());
            }
        }
    }
}

fn member(of: &Value, name: &Value) -> Result<Value, String> {
    let found = match (of, name) {
        (Value::Object(members), Value::String(name)) => members
            .iter()
            .find(|(one, _)| one.eq_ignore_ascii_case(name))
            .map(|(_, value)| value),
        (Value::Array(items), Value::Number(index)) => index
            .as_u64()
            .and_then(|index| items.get(usize::try_from(index).ok()?)),
        _ => None,
    };
    found.cloned().ok_or_else(|| {
        let name = as_text(name).unwrap_or_default();
        format!("The language expression property '{name}' doesn't exist.")
    })
}

fn named(values: &Map<String, Value>, name: &str, what: &str) -> Result<Value, String> {
    let found = values.get(&name.to_lowercase());
    found
        .cloned()
        .ok_or_else(|| format!("The template {what} '{name}' is not found."))
}

/// A plain value as text; none for arrays, objects and null.
fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn texts(values: &[Value]) -> Option<Vec<&str>> {
    values.iter().map(Value::as_str).collect()
}

/// `{0}` and so on replaced by the arguments; `{{` and `}}` stand for one brace.
fn format_text(pattern: &str, values: &[Value]) -> Result<Value, String> {
    let wrong =
        || "The template function 'format' has a pattern that its arguments do not fit.".to_owned();
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            text.extend(from.chars().next());
            rest = after;
            continue;
        }
        let (index, after) = from
            .strip_prefix('{')
            .and_then(|from| from.split_once('}'))
            .ok_or_else(wrong)?;
        let value = index
            .parse::<usize>()
            .ok()
            .and_then(|index| values.get(index));
        text.push_str(&value.and_then(as_text).ok_or_else(wrong)?);
        rest = after;
    }
    text.push_str(rest);
    Ok(json!(text))
}

/// `resourceId([subscription,] [group,] type, names…)`.
fn resource_id(subscription: &str, group: &str, arguments: &[&str]) -> Result<Value, String> {
    let at = arguments
        .iter()
        .position(|one| one.contains('/'))
        .filter(|at| *at <= 2)
        .ok_or_else(|| kind("resourceId"))?;
    let (scope, rest) = arguments.split_at(at);
    let (subscription, group) = match scope {
        [subscription, group] => (*subscription, *group),
        [group] => (subscription, *group),
        _ => (subscription, group),
    };
    below(
        &format!("/subscriptions/{subscription}/resourceGroups/{group}"),
        rest,
    )
}

/// The id of a resource below another: its type, then a name for each segment of the type.
fn below(parent: &str, arguments: &[&str]) -> Result<Value, String> {
    let (type_of, names) = arguments.split_first().ok_or_else(|| count("resourceId"))?;
    join_id(parent, type_of, names)
        .map(|id| json!(id))
        .ok_or_else(|| format!(
            "Unable to evaluate template language function 'resourceId': the type '{type_of}' requires '{}' resource name argument(s).",
            type_of.matches('/').count()
        ))
}

/// `PARENT/providers/NAMESPACE/type/name/…`; none when types and names are not as many.
pub(crate) fn join_id(parent: &str, type_of: &str, names: &[&str]) -> Option<String> {
    let mut segments = type_of.split('/');
    let mut id = format!(
        "{}/providers/{}",
        parent.trim_end_matches('/'),
        segments.next()?
    );
    let segments: Vec<&str> = segments.collect();
    if segments.is_empty() || segments.len() != names.len() {
        return None;
    }
    for (segment, name) in segments.iter().zip(names) {
        id.push_str(&format!("/{segment}/{name}"));
    }
    Some(id)
}

fn is_known(name: &str) -> bool {
    FUNCTIONS.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn count(name: &str) -> String {
    format!(
        "Unable to evaluate template language function '{name}': the number of arguments is wrong."
    )
}

fn kind(name: &str) -> String {
    format!(
        "Unable to evaluate template language function '{name}': the number or the type of the arguments is wrong."
    )
}

fn unknown(name: &str) -> String {
    format!(
        "The template function '{name}' is not evaluated by the emulator, which knows {}.",
        FUNCTIONS.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        let parameters =
            json!({"workspace": "law", "overrides": {"a": {"severity": "High"}}, "on": true});
        Scope {
            subscription: "s".to_owned(),
            group: "rg".to_owned(),
            parameters: parameters.as_object().cloned().unwrap_or_default(),
            ..Scope::default()
        }
    }

    #[test]
    fn functions_give_what_the_documentation_says() {
        for (text, wanted) in [
            ("plain", json!("plain")),
            ("[[T]", json!("[T]")),
            ("[T] | where x", json!("[T] | where x")),
            ("[concat(parameters('Workspace'), '/', 1)]", json!("law/1")),
            ("[if(parameters('on'), 'a', fail())]", json!("a")),
            (
                "[union(createObject('severity', 'Low'), if(contains(parameters('overrides'), 'a'), parameters('overrides')['a'], json('{}'))).severity]",
                json!("High"),
            ),
            ("[format('{0}-{{{1}}}', 'a', 2)]", json!("a-{2}")),
            (
                "[resourceId('Microsoft.OperationalInsights/workspaces', 'w')]",
                json!(
                    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/w"
                ),
            ),
            (
                "[extensionResourceId(resourceId('g', 'M.O/w', 'x'), 'M.S/a', 'r')]",
                json!("/subscriptions/s/resourceGroups/g/providers/M.O/w/x/providers/M.S/a/r"),
            ),
            ("[not(equals(toLower('A'), 'a'))]", json!(false)),
            ("[length(split('a,b', ','))]", json!(2)),
            ("[createArray(1, null())[1]]", Value::Null),
            ("[resourceGroup().name]", json!("rg")),
        ] {
            assert_eq!(scope().value(&json!(text)), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_evaluated_is_said() {
        for (text, part) in [
            ("[utcNow()]", "'utcNow' is not evaluated by the emulator"),
            ("[parameters('x')]", "parameter 'x' is not found"),
            ("[concat(1]", "expected ',' or ')'"),
            (
                "[not('a')]",
                "the number or the type of the arguments is wrong",
            ),
            ("[parameters('overrides').b]", "property 'b' doesn't exist"),
            (
                "[resourceId('M.O/w', 'a', 'b')]",
                "requires '1' resource name",
            ),
            (
                "[format('{1}', 'a')]",
                "a pattern that its arguments do not fit",
            ),
        ] {
            let error = scope().value(&json!(text)).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
