//! `array_sort_asc()` and `array_sort_desc()`: several arrays in the order of the first.

use crate::engine::value::Type;
use crate::engine::value::Value;

/// The arrays in the order of the first, as an array where there are several: what is no array is a flag, and an array
/// of another length than the first is null.
pub(super) fn sort_arrays(values: &[Value], ascending: bool, arrays: usize) -> Value {
    let nulls_last = values
        .iter()
        .find_map(|v| {
            if let Value::Bool(b) = v {
                Some(*b)
            } else {
                None
            }
        })
        .unwrap_or(true);
    let Some(first) = values.first().and_then(Value::as_array) else {
        return Value::Null;
    };
    // Kinds follow each other in the order that the reference lists for both directions.
    let kind = |value: &Value| match value.runtime_type() {
        Some(Type::String) => 1,
        Some(Type::Guid) => 2,
        Some(Type::Bool | Type::Dynamic) | None => 3,
        Some(_) => 0,
    };
    let mut order: Vec<usize> = (0..first.len()).collect();
    order.sort_by(|a, b| {
        let (x, y) = (&first[*a], &first[*b]);
        match (x.is_null(), y.is_null()) {
            (true, true) => std::cmp::Ordering::Equal,
            (true, false) if nulls_last => std::cmp::Ordering::Greater,
            (true, false) => std::cmp::Ordering::Less,
            (false, true) if nulls_last => std::cmp::Ordering::Less,
            (false, true) => std::cmp::Ordering::Greater,
            _ if kind(x) != kind(y) => kind(x).cmp(&kind(y)),
            _ if ascending => x.total_order(y),
            _ => y.total_order(x),
        }
    });
    let sorted: Vec<Value> = values
        .iter()
        .filter_map(Value::as_array)
        .map(|items| {
            // A companion of another length cannot follow.
            if items.len() == first.len() {
                Value::array(order.iter().map(|i| items[*i].clone()).collect())
            } else {
                Value::Null
            }
        })
        .collect();
    if arrays > 1 {
        Value::array(sorted)
    } else {
        sorted.into_iter().next().unwrap_or_default()
    }
}
