//! What an aggregate has seen so far.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use super::Aggregate;
use super::Kind;
use crate::engine::arith;
use crate::engine::convert;
use crate::engine::function::bag_merge;
use crate::engine::value::Bag;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;

/// The state of one aggregate in one group.
#[derive(Debug)]
pub(crate) enum State {
    /// How many rows.
    Count(i64),
    /// A value that is combined with each next one.
    One(Value),
    /// Sum and count.
    Avg(Value, i64),
    /// Distinct values, in the order of their coming.
    Set(HashSet<Value>, Vec<Value>),
    /// All values.
    List(Vec<Value>),
    /// The values of one row; none before the first.
    Row(Option<Vec<Value>>),
    /// Count, means, and sum of products of the differences (Welford).
    Moments(f64, f64, f64, f64),
    /// Values with their weights.
    Weighted(Vec<(Value, i64)>),
}

impl State {
    /// Before any row.
    pub(crate) fn new(aggregate: &Aggregate) -> Self {
        match &aggregate.kind {
            Kind::Count => Self::Count(0),
            Kind::Sum | Kind::Min | Kind::Max | Kind::Bits(_) => Self::One(Value::Null),
            Kind::Avg => Self::Avg(Value::Null, 0),
            Kind::Distinct | Kind::Hll | Kind::HllMerge | Kind::Set(_) => {
                Self::Set(HashSet::new(), Vec::new())
            }
            Kind::List { .. } | Kind::Bag | Kind::Schema => Self::List(Vec::new()),
            Kind::Any | Kind::Arg { .. } => Self::Row(None),
            Kind::Variance { .. } | Kind::Covariance { .. } => Self::Moments(0.0, 0.0, 0.0, 0.0),
            Kind::Percentile { .. } => Self::Weighted(Vec::new()),
        }
    }

    /// How many values it keeps.
    pub(crate) fn kept(&self) -> usize {
        match self {
            Self::Set(seen, _) => seen.len(),
            Self::List(values) => values.len(),
            Self::Weighted(values) => values.len(),
            _ => 0,
        }
    }

    /// Takes one row.
    pub(crate) fn add(&mut self, aggregate: &Aggregate, row: &[Value]) {
        if aggregate
            .condition
            .as_ref()
            .is_some_and(|c| !c.is_true(row))
        {
            return;
        }
        let input = |index: usize| aggregate.inputs[index].get(row);
        match (self, &aggregate.kind) {
            (Self::Count(n), _) => *n += 1,
            (Self::One(state), kind) => {
                let v = input(0);
                if v.is_null() {
                    return;
                }
                let v = v.into_owned();
                *state = match (std::mem::take(state), kind) {
                    (Value::Null, Kind::Sum) => widened(v),
                    (Value::Null, _) => v,
                    (old, Kind::Sum) => arith::compute(BinaryOp::Add, &old, &widened(v)),
                    (old, Kind::Bits(op)) => match (old.as_long(), v.as_long()) {
                        (Some(x), Some(y)) => Value::Long(match op {
                            '&' => x & y,
                            '|' => x | y,
                            _ => x ^ y,
                        }),
                        _ => old,
                    },
                    (old, Kind::Max) => {
                        if v.total_order(&old) == Ordering::Greater {
                            v
                        } else {
                            old
                        }
                    }
                    // The least text of all is the empty one.
                    (old, _) => {
                        if v.total_order(&old) == Ordering::Less {
                            v
                        } else {
                            old
                        }
                    }
                };
            }
            (Self::Avg(sum, count), _) => {
                let v = input(0);
                let v = match v.as_ref() {
                    Value::Null => return,
                    Value::Timespan(_) | Value::Decimal(_) => v.into_owned(),
                    Value::Datetime(t) => Value::Timespan(*t),
                    other => match other.as_real() {
                        Some(n) => Value::Real(n),
                        None => return,
                    },
                };
                *count += 1;
                *sum = if sum.is_null() {
                    v
                } else {
                    arith::compute(BinaryOp::Add, sum, &v)
                };
            }
            (Self::Set(seen, order), kind) => {
                let v = input(0);
                match (kind, v.as_ref()) {
                    (_, Value::Null) => {}
                    (Kind::Set(_) | Kind::HllMerge, Value::Array(items)) => {
                        for item in items.iter() {
                            if seen.insert(item.clone()) {
                                order.push(item.clone());
                            }
                        }
                    }
                    (kind, v) => {
                        if let Kind::Set(most) = kind
                            && order.len() >= *most
                        {
                            return;
                        }
                        if !seen.contains(v) {
                            seen.insert(v.clone());
                            if !matches!(kind, Kind::Distinct) {
                                order.push(convert::cast(Type::Dynamic, v.clone()));
                            }
                        }
                    }
                }
                if let Kind::Set(most) = kind {
                    order.truncate(*most);
                }
            }
            (Self::List(items), kind) => {
                let v = input(0);
                if let Kind::List { nulls, most } = kind {
                    if v.is_null() && !nulls {
                        return;
                    }
                    // An array gives its elements, as the documented lists of lists show.
                    let room = most.saturating_sub(items.len());
                    match v.into_owned() {
                        Value::Array(inner) => items.extend(inner.iter().take(room).cloned()),
                        v if room > 0 => items.push(convert::cast(Type::Dynamic, v)),
                        _ => {}
                    }
                    return;
                }
                items.push(convert::cast(Type::Dynamic, v.into_owned()));
            }
            (Self::Row(best), Kind::Arg { greatest }) => {
                let v = input(0);
                if v.is_null() && best.is_some() {
                    return;
                }
                let better = best.as_ref().is_none_or(|best| {
                    best[0].is_null()
                        || v.total_order(&best[0])
                            == if *greatest {
                                Ordering::Greater
                            } else {
                                Ordering::Less
                            }
                });
                if better {
                    *best = Some(aggregate.inputs.iter().map(|i| i.eval(row)).collect());
                }
            }
            (Self::Row(best), _) => match best {
                None => *best = Some(aggregate.inputs.iter().map(|i| i.eval(row)).collect()),
                Some(values) => {
                    // A value that is not null is better than none.
                    for (value, code) in values.iter_mut().zip(&aggregate.inputs) {
                        if value.is_null() || value.as_str() == Some("") {
                            *value = code.eval(row);
                        }
                    }
                }
            },
            (Self::Moments(n, mean_x, mean_y, sum), kind) => {
                let Some(x) = number(&input(0)) else {
                    return;
                };
                let y = match kind {
                    Kind::Covariance { .. } => match number(&input(1)) {
                        Some(y) => y,
                        None => return,
                    },
                    _ => x,
                };
                *n += 1.0;
                let dx = x - *mean_x;
                *mean_x += dx / *n;
                *mean_y += (y - *mean_y) / *n;
                *sum += dx * (y - *mean_y);
            }
            (Self::Weighted(values), Kind::Percentile { weighted, .. }) => {
                let v = input(0).into_owned();
                let weight = if *weighted {
                    input(1).as_long().unwrap_or(0)
                } else {
                    1
                };
                if !v.is_null() && weight > 0 {
                    values.push((v, weight));
                }
            }
            (Self::Weighted(_), _) => {}
        }
    }

    /// The results, one for each output.
    pub(crate) fn finish(self, aggregate: &Aggregate) -> Vec<Value> {
        let ty = aggregate
            .outputs
            .first()
            .map_or(Type::Dynamic, |(_, ty)| *ty);
        match (self, &aggregate.kind) {
            (Self::Count(n), _) => vec![Value::Long(n)],
            (Self::One(v), Kind::Sum) if v.is_null() => vec![match ty {
                Type::Timespan => Value::Timespan(0),
                Type::Real => Value::Real(0.0),
                Type::Long => Value::Long(0),
                other => convert::to(other, &Value::Long(0)),
            }],
            (Self::One(v), _) => vec![convert::cast(ty, v)],
            (Self::Avg(_, 0), _) => vec![if ty == Type::Real {
                Value::Real(f64::NAN)
            } else {
                Value::Null
            }],
            (Self::Avg(sum, n), _) => {
                let mean = arith::compute(BinaryOp::Divide, &sum, &Value::Long(n));
                vec![match (ty, mean) {
                    (Type::Datetime, Value::Timespan(t)) => Value::Datetime(t),
                    (_, mean) => mean,
                }]
            }
            (Self::Set(seen, _), Kind::Distinct) => vec![Value::Long(seen.len() as i64)],
            (Self::Set(_, order), _) => vec![Value::array(order)],
            (Self::List(items), Kind::Bag) => {
                let merged = bag_merge(items.iter());
                vec![if merged.is_null() {
                    Value::bag(Vec::new())
                } else {
                    merged
                }]
            }
            (Self::List(items), Kind::Schema) => vec![schema(&items)],
            (Self::List(items), _) => vec![Value::array(items)],
            (Self::Row(values), _) => values.unwrap_or_else(|| {
                aggregate
                    .outputs
                    .iter()
                    .map(|(_, ty)| convert::cast(*ty, Value::Null))
                    .collect()
            }),
            (Self::Moments(n, _, _, sum), kind) => {
                let (population, root) = match kind {
                    Kind::Variance { population, root } => (*population, *root),
                    Kind::Covariance { population } => (*population, false),
                    _ => (false, false),
                };
                let by = if population { n } else { n - 1.0 };
                if n == 0.0 {
                    return vec![Value::Real(f64::NAN)];
                }
                let value = if by > 0.0 { sum / by } else { 0.0 };
                vec![Value::Real(if root { value.sqrt() } else { value })]
            }
            (Self::Weighted(mut values), Kind::Percentile { of, array, .. }) => {
                values.sort_by(|a, b| a.0.total_order(&b.0));
                let found = of.iter().map(|p| percentile_of(&values, *p)).collect();
                if *array {
                    vec![Value::array(found)]
                } else {
                    found
                }
            }
            (Self::Weighted(_), _) => vec![Value::Null],
        }
    }
}

/// The value below or at which `percent` of the weight lies, by nearest rank; `values` are in order.
pub(crate) fn percentile_of(values: &[(Value, i64)], percent: f64) -> Value {
    let total: i64 = values.iter().map(|(_, w)| w).sum();
    let rank = ((percent / 100.0 * total as f64).ceil() as i64).max(1);
    let mut below = 0;
    for (value, weight) in values {
        below += weight;
        if below >= rank {
            return value.clone();
        }
    }
    values.last().map(|(v, _)| v.clone()).unwrap_or_default()
}

fn widened(value: Value) -> Value {
    match value {
        Value::Int(n) => Value::Long(i64::from(n)),
        Value::Bool(b) => Value::Long(i64::from(b)),
        other => other,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Timespan(t) | Value::Datetime(t) => Some(*t as f64),
        other => other.as_real(),
    }
}

/// The schema that all values fit.
fn schema(values: &[Value]) -> Value {
    let mut kinds: Vec<Value> = Vec::new();
    let mut members: Vec<(Arc<str>, Vec<Value>)> = Vec::new();
    let mut elements: Option<Vec<Value>> = None;
    let mut bags = false;
    for value in values {
        match value {
            Value::Null => {}
            Value::Bag(bag) => {
                bags = true;
                for (key, value) in bag.iter() {
                    match members.iter_mut().find(|(k, _)| k == key) {
                        Some((_, values)) => values.push(value.clone()),
                        None => members.push((Arc::clone(key), vec![value.clone()])),
                    }
                }
            }
            Value::Array(items) => elements
                .get_or_insert_default()
                .extend(items.iter().cloned()),
            scalar => {
                let name = match scalar {
                    Value::Real(_) => "double",
                    other => other.runtime_type().map_or("string", Type::name),
                };
                let name = Value::text(name);
                if !kinds.contains(&name) {
                    kinds.push(name);
                }
            }
        }
    }
    if bags {
        let bag: Bag = members
            .iter()
            .map(|(k, v)| (Arc::clone(k), schema(v)))
            .collect();
        kinds.push(Value::bag(bag));
    }
    if let Some(items) = elements {
        kinds.push(Value::bag(vec![("`indexer`".into(), schema(&items))]));
    }
    if kinds.len() == 1 {
        kinds.swap_remove(0)
    } else {
        Value::array(kinds)
    }
}
