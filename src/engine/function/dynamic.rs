//! Functions on arrays and bags.

use std::cmp::Ordering;
use std::collections::HashSet;

use super::Def;
use super::MANY;
use super::arg;
use super::def;
use crate::engine::convert;
use crate::engine::json;
use crate::engine::text::text;
use crate::engine::time;
use crate::engine::value::Bag;
use crate::engine::value::Type;
use crate::engine::value::Value;

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Bool, Dynamic, Long, Real, String};
    match name {
        "array_length" | "arraylength" => def(1, 1, Long, |a| {
            a[0].as_array().map(|i| i.len() as i64).into()
        }),
        "array_concat" => def(1, MANY, Dynamic, |a| {
            Value::array(
                a.iter()
                    .filter_map(Value::as_array)
                    .flatten()
                    .cloned()
                    .collect(),
            )
        }),
        "pack_array" => def(0, MANY, Dynamic, |a| {
            Value::array(a.iter().map(element).collect())
        }),
        "array_reverse" => def(1, 1, Dynamic, |a| match a[0].as_array() {
            Some(items) => Value::array(items.iter().rev().cloned().collect()),
            None => a[0].clone(),
        }),
        "array_rotate_left" => def(2, 2, Dynamic, |a| rotate(a, 1)),
        "array_rotate_right" => def(2, 2, Dynamic, |a| rotate(a, -1)),
        "array_shift_left" => def(2, 3, Dynamic, |a| shift(a, 1)),
        "array_shift_right" => def(2, 3, Dynamic, |a| shift(a, -1)),
        "array_slice" => def(3, 3, Dynamic, array_slice),
        "array_split" => def(2, 2, Dynamic, array_split),
        "array_sum" => def(1, 1, Real, |a| {
            let items = a[0].as_array().unwrap_or_default();
            let sum: Option<f64> = items.iter().map(Value::as_real).sum();
            sum.filter(|_| a[0].as_array().is_some()).into()
        }),
        "array_index_of" => def(2, 5, Long, array_index_of),
        "array_iff" | "array_iif" => def(3, 3, Dynamic, array_iff),
        "repeat" => def(2, 2, Dynamic, |a| match a[1].as_long() {
            Some(n) if n >= 0 => Value::array(vec![element(&a[0]); n.min(1_000_000) as usize]),
            _ => Value::Null,
        }),
        "range" => def(2, 3, Dynamic, range),
        "zip" => def(1, 16, Dynamic, |a| {
            let longest = a
                .iter()
                .filter_map(Value::as_array)
                .map(<[Value]>::len)
                .max();
            let Some(longest) = longest else {
                return Value::Null;
            };
            Value::array(
                (0..longest)
                    .map(|i| {
                        Value::array(
                            a.iter()
                                .map(|v| arg(v.as_array().unwrap_or_default(), i).clone())
                                .collect(),
                        )
                    })
                    .collect(),
            )
        }),
        "set_union" => def(1, MANY, Dynamic, |a| {
            let mut seen = HashSet::new();
            let all = a.iter().filter_map(Value::as_array).flatten();
            Value::array(all.filter(|v| seen.insert((*v).clone())).cloned().collect())
        }),
        "set_intersect" => def(1, MANY, Dynamic, |a| {
            let others: Vec<HashSet<&Value>> = a[1..]
                .iter()
                .map(|v| v.as_array().unwrap_or_default().iter().collect())
                .collect();
            distinct(&a[0], |v| others.iter().all(|o| o.contains(v)))
        }),
        "set_difference" => def(1, MANY, Dynamic, |a| {
            let others: HashSet<&Value> = a[1..]
                .iter()
                .filter_map(Value::as_array)
                .flatten()
                .collect();
            distinct(&a[0], |v| !others.contains(v))
        }),
        "set_equals" => def(2, 2, Bool, |a| {
            let set = |v: &Value| {
                v.as_array()
                    .map(|i| i.iter().cloned().collect::<HashSet<_>>())
            };
            Value::Bool(set(&a[0]) == set(&a[1]))
        }),
        "set_has_element" => def(2, 2, Bool, |a| match a[0].as_array() {
            Some(items) => Value::Bool(items.contains(&a[1])),
            None => Value::Null,
        }),
        "jaccard_index" => def(2, 2, Real, |a| {
            let set = |v: &Value| {
                v.as_array()
                    .unwrap_or_default()
                    .iter()
                    .cloned()
                    .collect::<HashSet<_>>()
            };
            let (x, y) = (set(&a[0]), set(&a[1]));
            let union = x.union(&y).count();
            if union == 0 {
                return Value::Real(f64::NAN);
            }
            Value::Real(x.intersection(&y).count() as f64 / union as f64)
        }),
        "bag_keys" => def(1, 1, Dynamic, |a| match &a[0] {
            Value::Bag(bag) => {
                Value::array(bag.iter().map(|(k, _)| Value::String(k.clone())).collect())
            }
            _ => Value::Null,
        }),
        "bag_has_key" => def(2, 2, Bool, |a| match &a[0] {
            Value::Bag(_) => {
                let key = text(&a[1]);
                let there = a[0].member(&key).is_some() || path(&a[0], &key).is_some();
                Value::Bool(there)
            }
            _ => Value::Null,
        }),
        "bag_merge" => def(1, MANY, Dynamic, |a| bag_merge(a.iter())),
        "bag_pack" | "pack" | "pack_dictionary" => def(2, MANY, Dynamic, |a| {
            Value::bag(a.chunks_exact(2).fold(Bag::new(), |mut bag, pair| {
                set_member(&mut bag, &text(&pair[0]), element(&pair[1]));
                bag
            }))
        }),
        "bag_remove_keys" => def(2, 2, Dynamic, |a| {
            let Value::Bag(_) = &a[0] else {
                return Value::Null;
            };
            let mut value = a[0].clone();
            for key in a[1].as_array().unwrap_or_default() {
                value = remove_path(&value, &steps(&text(key)));
            }
            value
        }),
        "bag_set_key" => def(3, 3, Dynamic, |a| match &a[0] {
            Value::Bag(_) => {
                set_path(&a[0], &steps(&text(&a[1])), &element(&a[2])).unwrap_or_default()
            }
            _ => Value::Null,
        }),
        "bag_zip" => def(2, 2, Dynamic, |a| {
            // Values that are no array are none at all.
            let values = a[1].as_array().unwrap_or_default();
            match a[0].as_array() {
                Some(keys) => Value::bag(
                    keys.iter()
                        .enumerate()
                        .filter(|(_, k)| k.as_str().is_some())
                        .map(|(i, k)| (k.to_text(), arg(values, i).clone()))
                        .collect(),
                ),
                None => Value::Null,
            }
        }),
        "treepath" => def(1, 1, Dynamic, |a| {
            let mut paths = Vec::new();
            tree_paths(&a[0], "", &mut paths);
            Value::array(paths)
        }),
        "dynamic_to_json" => def(1, 1, String, |a| sorted(&a[0]).to_json().into()),
        "gettype" => def(1, 1, String, |a| {
            match &a[0] {
                Value::Null => "null",
                Value::Array(_) => "array",
                Value::Bag(_) => "dictionary",
                Value::Real(_) => "double",
                other => other.runtime_type().map_or("null", Type::name),
            }
            .into()
        }),
        "extract_json" | "extractjson" => def(2, 3, String, |a| {
            json::parse(&text(&a[1]))
                .and_then(|v| path(&v, &text(&a[0])))
                .map_or_else(|| Value::text(""), |v| Value::String(v.to_text()))
        }),
        _ => None,
    }
}

/// A scalar as an array or bag holds it.
pub(crate) fn element(value: &Value) -> Value {
    convert::cast(Type::Dynamic, value.clone())
}

/// Bags joined; where two have a key, the first keeps it.
pub(crate) fn bag_merge<'a>(bags: impl Iterator<Item = &'a Value>) -> Value {
    let mut out = Bag::new();
    let mut any = false;
    for value in bags {
        if let Value::Bag(bag) = value {
            any = true;
            for (key, value) in bag.iter() {
                if !out.iter().any(|(k, _)| k == key) {
                    out.push((key.clone(), value.clone()));
                }
            }
        }
    }
    if any { Value::bag(out) } else { Value::Null }
}

fn set_member(bag: &mut Bag, key: &str, value: Value) {
    match bag.iter_mut().find(|(k, _)| &**k == key) {
        Some(member) => member.1 = value,
        None => bag.push((key.into(), value)),
    }
}

fn distinct(value: &Value, keep: impl Fn(&Value) -> bool) -> Value {
    let mut seen = HashSet::new();
    match value.as_array() {
        Some(items) => Value::array(
            items
                .iter()
                .filter(|v| keep(v) && seen.insert((*v).clone()))
                .cloned()
                .collect(),
        ),
        None => Value::Null,
    }
}

fn rotate(a: &[Value], sign: i64) -> Value {
    let (Some(items), Some(n)) = (a[0].as_array(), a[1].as_long()) else {
        return Value::Null;
    };
    let mut items = items.to_vec();
    if !items.is_empty() {
        let by = (n * sign).rem_euclid(items.len() as i64) as usize;
        items.rotate_left(by);
    }
    Value::array(items)
}

fn shift(a: &[Value], sign: i64) -> Value {
    let (Some(items), Some(n)) = (a[0].as_array(), a[1].as_long()) else {
        return Value::Null;
    };
    let fill = arg(a, 2);
    let count = items.len() as i64;
    Value::array(
        (0..count)
            .map(|i| {
                usize::try_from(i + n * sign)
                    .ok()
                    .and_then(|from| items.get(from))
                    .unwrap_or(fill)
                    .clone()
            })
            .collect(),
    )
}

fn array_slice(a: &[Value]) -> Value {
    let (Some(items), Some(start), Some(end)) = (a[0].as_array(), a[1].as_long(), a[2].as_long())
    else {
        return Value::Null;
    };
    let count = items.len() as i64;
    let place = |n: i64| if n < 0 { n + count } else { n };
    let (start, end) = (place(start).max(0), place(end).min(count - 1));
    if start > end {
        return Value::array(Vec::new());
    }
    Value::array(items[start as usize..=end as usize].to_vec())
}

fn array_split(a: &[Value]) -> Value {
    let Some(items) = a[0].as_array() else {
        return Value::Null;
    };
    let one = std::slice::from_ref(&a[1]);
    let count = items.len() as i64;
    let mut parts = Vec::new();
    let mut from = 0;
    for at in a[1].as_array().unwrap_or(one) {
        let Some(at) = at.as_long() else {
            return Value::Null;
        };
        let at = if at < 0 {
            (at + count).max(0)
        } else {
            at.min(count)
        } as usize;
        parts.push(Value::array(
            items.get(from..at).unwrap_or_default().to_vec(),
        ));
        from = from.max(at);
    }
    parts.push(Value::array(items[from..].to_vec()));
    Value::array(parts)
}

fn array_index_of(a: &[Value]) -> Value {
    let Some(items) = a[0].as_array() else {
        return Value::Null;
    };
    let count = items.len() as i64;
    let start = arg(a, 2).as_long().unwrap_or(0);
    let start = if start < 0 {
        start.saturating_add(count).max(0)
    } else {
        start
    };
    let length = arg(a, 3).as_long().unwrap_or(-1);
    if length < -1 {
        return Value::Null;
    }
    let end = if length < 0 {
        count
    } else {
        start.saturating_add(length).min(count)
    };
    let occurrence = arg(a, 4).as_long().unwrap_or(1);
    if occurrence < 1 {
        return Value::Null;
    }
    let found = (start..end)
        .filter(|i| items[*i as usize] == a[1])
        .nth(occurrence as usize - 1);
    Value::Long(found.unwrap_or(-1))
}

fn array_iff(a: &[Value]) -> Value {
    let Some(conditions) = a[0].as_array() else {
        return Value::Null;
    };
    let pick = |value: &Value, index: usize| match value {
        Value::Array(items) => arg(items, index).clone(),
        other => other.clone(),
    };
    Value::array(
        conditions
            .iter()
            .enumerate()
            .map(|(i, c)| match c.as_bool() {
                Some(true) => pick(&a[1], i),
                Some(false) => pick(&a[2], i),
                None => Value::Null,
            })
            .collect(),
    )
}

/// `range(start, stop, step)`, at most as many as the service gives.
fn range(a: &[Value]) -> Value {
    const MOST: usize = 1_048_576;
    let step = match (a.get(2), &a[0]) {
        (Some(step), _) => step.clone(),
        (None, Value::Datetime(_) | Value::Timespan(_)) => Value::Timespan(time::HOUR),
        (None, _) => Value::Long(1),
    };
    let add = crate::kql::ast::BinaryOp::Add;
    let up = match &step {
        Value::Timespan(n) => *n > 0,
        other => other.as_real().unwrap_or(0.0) > 0.0,
    };
    let zero = matches!(&step, Value::Timespan(0)) || step.as_real() == Some(0.0);
    if zero || step.is_null() || a[0].is_null() || a[1].is_null() {
        return Value::Null;
    }
    let beyond = if up {
        Ordering::Greater
    } else {
        Ordering::Less
    };
    let mut items = Vec::new();
    let mut at = a[0].clone();
    while items.len() < MOST && at.compare(&a[1]).is_some_and(|o| o != beyond) {
        items.push(at.clone());
        at = crate::engine::arith::compute(add, &at, &step);
    }
    Value::array(items)
}

/// One step of a path such as `$.a['b'][0]`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// A member.
    Key(String),
    /// An element.
    Index(i64),
}

/// The steps of a path; a text that does not begin with `$` is one key.
fn steps(path: &str) -> Vec<Step> {
    let Some(rest) = path.strip_prefix('$') else {
        return vec![Step::Key(path.to_owned())];
    };
    let mut out = Vec::new();
    let mut rest = rest;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let Some(end) = inner.find(']') else {
                break;
            };
            let content = inner[..end].trim();
            out.push(match content.parse::<i64>() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key(content.trim_matches(['\'', '"']).to_owned()),
            });
            rest = &inner[end + 1..];
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                break;
            }
            out.push(Step::Key(name[..end].to_owned()));
            rest = &name[end..];
        }
    }
    out
}

fn path(value: &Value, path: &str) -> Option<Value> {
    let mut at = value;
    for step in steps(path) {
        at = match (&step, at) {
            (Step::Key(key), Value::Bag(_)) => at.member(key)?,
            (Step::Index(i), Value::Array(items)) => {
                let index = if *i < 0 { items.len() as i64 + i } else { *i };
                items.get(usize::try_from(index).ok()?)?
            }
            _ => return None,
        };
    }
    Some(at.clone())
}

fn remove_path(value: &Value, steps: &[Step]) -> Value {
    let (Value::Bag(bag), Some(Step::Key(key))) = (value, steps.first()) else {
        return value.clone();
    };
    Value::bag(
        bag.iter()
            .filter(|(k, _)| steps.len() > 1 || **k != **key)
            .map(|(k, v)| {
                let inner = if **k == **key {
                    remove_path(v, &steps[1..])
                } else {
                    v.clone()
                };
                (k.clone(), inner)
            })
            .collect(),
    )
}

fn set_path(value: &Value, steps: &[Step], new: &Value) -> Option<Value> {
    let Some(step) = steps.first() else {
        return Some(new.clone());
    };
    let (Value::Bag(bag), Step::Key(key)) = (value, step) else {
        return None;
    };
    let mut bag = bag.as_ref().clone();
    let empty = Value::bag(Vec::new());
    let inner = value
        .member(key)
        .filter(|_| steps.len() > 1)
        .unwrap_or(&empty);
    let inner = set_path(inner, &steps[1..], new)?;
    set_member(&mut bag, key, inner);
    Some(Value::bag(bag))
}

fn tree_paths(value: &Value, prefix: &str, out: &mut Vec<Value>) {
    let mut child = |path: String, value: &Value| {
        if !out.iter().any(|p| p.as_str() == Some(&path)) {
            out.push(path.as_str().into());
        }
        tree_paths(value, &path, out);
    };
    match value {
        Value::Bag(bag) => {
            for (key, value) in bag.iter() {
                child(format!("{prefix}['{key}']"), value);
            }
        }
        Value::Array(items) => {
            for value in items.iter() {
                child(format!("{prefix}[0]"), value);
            }
        }
        _ => {}
    }
}

/// The value with the keys of every bag in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Bag(bag) => {
            let mut bag: Bag = bag.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            bag.sort_by(|a, b| a.0.cmp(&b.0));
            Value::bag(bag)
        }
        Value::Array(items) => Value::array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
