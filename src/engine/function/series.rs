//! Functions on series: arrays of numbers.

use super::Def;
use super::arg;
use super::def;
use crate::engine::value::Type;
use crate::engine::value::Value;

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Dynamic, Real};
    let one = |body| def(1, 1, Dynamic, body);
    let two = |body| def(2, 2, Dynamic, body);
    match name {
        "series_add" => two(|a| pair(a, |x, y| x + y, true)),
        "series_subtract" => two(|a| pair(a, |x, y| x - y, true)),
        "series_multiply" => two(|a| pair(a, |x, y| x * y, true)),
        "series_divide" => two(|a| pair(a, |x, y| x / y, false)),
        "series_pow" => two(|a| pair(a, f64::powf, false)),
        "series_greater" => two(|a| test(a, |x, y| x > y)),
        "series_greater_equals" => two(|a| test(a, |x, y| x >= y)),
        "series_less" => two(|a| test(a, |x, y| x < y)),
        "series_less_equals" => two(|a| test(a, |x, y| x <= y)),
        "series_equals" => two(|a| test(a, |x, y| x.total_cmp(&y).is_eq())),
        "series_not_equals" => two(|a| test(a, |x, y| x.total_cmp(&y).is_ne())),
        "series_abs" => one(|a| {
            map(a, |v| match v {
                Value::Long(n) => Value::Long(n.wrapping_abs()),
                other => other.as_real().map(f64::abs).into(),
            })
        }),
        "series_sign" => one(|a| {
            map(a, |v| {
                v.as_real()
                    .map(|n| i64::from(n > 0.0) - i64::from(n < 0.0))
                    .into()
            })
        }),
        "series_ceiling" => one(|a| map(a, |v| v.as_real().map(f64::ceil).into())),
        "series_floor" => one(|a| map(a, |v| v.as_real().map(f64::floor).into())),
        "series_exp" => one(|a| map(a, |v| v.as_real().map(f64::exp).into())),
        "series_log" => one(|a| map(a, |v| v.as_real().map(f64::ln).into())),
        "series_sin" => one(|a| map(a, |v| v.as_real().map(f64::sin).into())),
        "series_cos" => one(|a| map(a, |v| v.as_real().map(f64::cos).into())),
        "series_tan" => one(|a| map(a, |v| v.as_real().map(f64::tan).into())),
        "series_asin" => one(|a| map(a, |v| v.as_real().map(f64::asin).into())),
        "series_acos" => one(|a| map(a, |v| v.as_real().map(f64::acos).into())),
        "series_atan" => one(|a| map(a, |v| v.as_real().map(f64::atan).into())),
        "series_sum" => def(1, 1, Real, |a| {
            numbers(&a[0]).map(|n| n.iter().sum::<f64>()).into()
        }),
        "series_product" => def(1, 1, Real, |a| {
            numbers(&a[0]).map(|n| n.iter().product::<f64>()).into()
        }),
        "series_dot_product" => def(2, 2, Real, |a| dot(&a[0], &a[1]).into()),
        "series_magnitude" => def(1, 1, Real, |a| dot(&a[0], &a[0]).map(f64::sqrt).into()),
        "series_cosine_similarity" => def(2, 4, Real, cosine),
        "series_pearson_correlation" => {
            def(2, 2, Real, |a| match (numbers(&a[0]), numbers(&a[1])) {
                (Some(x), Some(y)) if !x.is_empty() && x.len() == y.len() => {
                    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
                    let (mx, my) = (mean(&x), mean(&y));
                    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
                    for (x, y) in x.iter().zip(&y) {
                        xy += (x - mx) * (y - my);
                        xx += (x - mx) * (x - mx);
                        yy += (y - my) * (y - my);
                    }
                    Value::Real(xy / (xx * yy).sqrt())
                }
                _ => Value::Null,
            })
        }
        "series_fill_const" => def(2, 3, Dynamic, |a| {
            let missing = arg(a, 2).clone();
            map(a, |v| {
                if v.is_null() || (!missing.is_null() && *v == missing) {
                    a[1].clone()
                } else {
                    v.clone()
                }
            })
        }),
        "series_fill_forward" => def(1, 2, Dynamic, |a| fill(a, false)),
        "series_fill_backward" => def(1, 2, Dynamic, |a| fill(a, true)),
        "series_fill_linear" => def(1, 4, Dynamic, fill_linear),
        "series_stats_dynamic" => def(1, 2, Dynamic, |a| {
            let names = [
                "min", "min_idx", "max", "max_idx", "avg", "stdev", "variance",
            ];
            stats(&a[0], arg(a, 1)).map_or(Value::Null, |values| {
                let mut members: Vec<_> = names
                    .iter()
                    .zip(values)
                    .map(|(n, v)| ((*n).into(), v))
                    .collect();
                let items = a[0].as_array().unwrap_or_default();
                let sum = items.iter().filter_map(finite).sum();
                members.push(("sum".into(), Value::Real(sum)));
                members.push(("len".into(), Value::Long(items.len() as i64)));
                Value::bag(members)
            })
        }),
        "series_fit_line_dynamic" => def(1, 1, Dynamic, |a| {
            let names = [
                "rsquare",
                "slope",
                "variance",
                "rvariance",
                "interception",
                "line_fit",
            ];
            fit_line(&a[0]).map_or(Value::Null, |values| {
                Value::bag(
                    names
                        .iter()
                        .zip(values)
                        .map(|(n, v)| ((*n).into(), v))
                        .collect(),
                )
            })
        }),
        "series_fir" => def(2, 4, Dynamic, fir),
        "series_iir" => def(3, 3, Dynamic, iir),
        "series_seasonal" => def(2, 2, Dynamic, seasonal),
        _ => None,
    }
}

/// The numbers of a series; none where it is no array of numbers.
pub(super) fn numbers(value: &Value) -> Option<Vec<f64>> {
    value
        .as_array()?
        .iter()
        .map(|v| {
            if v.is_null() {
                Some(f64::NAN)
            } else {
                v.as_real()
            }
        })
        .collect()
}

fn map(a: &[Value], f: impl Fn(&Value) -> Value) -> Value {
    match a[0].as_array() {
        Some(items) => Value::array(items.iter().map(f).collect()),
        None => Value::Null,
    }
}

/// Element by element; whole where both are whole and `whole` says so. The shorter series is filled with nulls.
fn pair(a: &[Value], f: fn(f64, f64) -> f64, whole: bool) -> Value {
    zipped(a, |x, y| match (x.as_real(), y.as_real()) {
        (Some(x_real), Some(y_real)) => {
            let both = matches!((x, y), (Value::Long(_), Value::Long(_)));
            let result = f(x_real, y_real);
            if whole && both {
                Value::Long(result as i64)
            } else {
                Value::Real(result)
            }
        }
        _ => Value::Null,
    })
}

fn test(a: &[Value], f: fn(f64, f64) -> bool) -> Value {
    zipped(a, |x, y| match (x.as_real(), y.as_real()) {
        (Some(x), Some(y)) => Value::Bool(f(x, y)),
        _ => Value::Null,
    })
}

fn zipped(a: &[Value], f: impl Fn(&Value, &Value) -> Value) -> Value {
    match (a[0].as_array(), a[1].as_array()) {
        (Some(x), Some(y)) => Value::array(
            (0..x.len().max(y.len()))
                .map(|i| f(arg(x, i), arg(y, i)))
                .collect(),
        ),
        (Some(x), None) if !a[1].is_null() => Value::array(x.iter().map(|x| f(x, &a[1])).collect()),
        (None, Some(y)) if !a[0].is_null() => Value::array(y.iter().map(|y| f(&a[0], y)).collect()),
        _ => Value::Null,
    }
}

fn fill(a: &[Value], backward: bool) -> Value {
    let Some(items) = a[0].as_array() else {
        return Value::Null;
    };
    let missing = arg(a, 1);
    let mut items = items.to_vec();
    if backward {
        items.reverse();
    }
    let mut last = missing.clone();
    for item in &mut items {
        if item.is_null() || (!missing.is_null() && *item == *missing) {
            *item = last.clone();
        } else {
            last = item.clone();
        }
    }
    if backward {
        items.reverse();
    }
    Value::array(items)
}

fn fill_linear(a: &[Value]) -> Value {
    let Some(items) = a[0].as_array() else {
        return Value::Null;
    };
    let missing = arg(a, 1);
    let edges = arg(a, 2).as_bool().unwrap_or(true);
    let known: Vec<(usize, f64)> = items
        .iter()
        .enumerate()
        .filter(|(_, v)| missing.is_null() || *v != missing)
        .filter_map(|(i, v)| Some((i, v.as_real()?)))
        .collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        // Nothing is known: zero, or the constant, which may be null.
        let constant = if a.len() > 3 {
            a[3].clone()
        } else {
            Value::Real(0.0)
        };
        return Value::array(vec![constant; items.len()]);
    };
    // A series of whole numbers stays one.
    let whole = items
        .iter()
        .all(|v| matches!(v, Value::Null | Value::Int(_) | Value::Long(_)));
    let number = |n: f64| {
        if whole {
            Value::Long(n as i64)
        } else {
            Value::Real(n)
        }
    };
    Value::array(
        items
            .iter()
            .enumerate()
            .map(|(i, item)| {
                if known.iter().any(|(k, _)| *k == i) {
                    return item.clone();
                }
                let before = known.iter().rev().find(|(k, _)| *k < i);
                let after = known.iter().find(|(k, _)| *k > i);
                match (before, after) {
                    (Some((i0, y0)), Some((i1, y1))) => {
                        let part = (i - i0) as f64 / (i1 - i0) as f64;
                        number(y0 + (y1 - y0) * part)
                    }
                    (None, _) if edges => number(first.1),
                    (_, None) if edges => number(last.1),
                    _ => item.clone(),
                }
            })
            .collect(),
    )
}

/// The number that a value is, where it is one and neither infinite nor NaN.
fn finite(value: &Value) -> Option<f64> {
    value.as_real().filter(|n| n.is_finite())
}

/// The sum of the products of what stands at the same place of two series, as far as the shorter one goes.
///
/// A number stands for a series of it; what is no number is passed over; there is none of no elements.
fn dot(x: &Value, y: &Value) -> Option<f64> {
    let length = match (x.as_array(), y.as_array()) {
        (Some(x), Some(y)) => x.len().min(y.len()),
        (Some(x), None) => y.as_real().map(|_| x.len())?,
        (None, Some(y)) => x.as_real().map(|_| y.len())?,
        (None, None) => return None,
    };
    let at = |value: &Value, index: usize| match value.as_array() {
        Some(items) => items.get(index).and_then(Value::as_real),
        None => value.as_real(),
    };
    let products = (0..length).filter_map(|i| Some(at(x, i)? * at(y, i)?));
    (length > 0).then(|| products.sum())
}

/// The cosine of the angle between two series of the length of the shorter one; their magnitudes may be given.
fn cosine(a: &[Value]) -> Value {
    let (Some(x), Some(y)) = (a[0].as_array(), a[1].as_array()) else {
        return Value::Null;
    };
    let length = x.len().min(y.len());
    let cut = |items: &[Value]| Value::array(items.iter().take(length).cloned().collect());
    let (x, y) = (cut(x), cut(y));
    let size = |series: &Value, given: &Value| {
        given
            .as_real()
            .or_else(|| dot(series, series).map(f64::sqrt))
    };
    match (dot(&x, &y), size(&x, arg(a, 2)), size(&y, arg(a, 3))) {
        (Some(dot), Some(x), Some(y)) => Value::Real(dot / (x * y)),
        _ => Value::Null,
    }
}

/// Minimum, its place, maximum, its place, average, standard deviation, variance.
///
/// There are none of a series with an element that is no finite number, unless these are to be ignored.
pub(crate) fn stats(value: &Value, ignore: &Value) -> Option<Vec<Value>> {
    let n: Vec<Option<f64>> = value.as_array()?.iter().map(finite).collect();
    let known: Vec<f64> = n.iter().copied().flatten().collect();
    if known.is_empty() || (known.len() < n.len() && ignore.as_bool() != Some(true)) {
        return None;
    }
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let variance = if known.len() < 2 {
        0.0
    } else {
        known.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / (known.len() - 1) as f64
    };
    let least = known.iter().copied().fold(f64::INFINITY, f64::min);
    let most = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let place = |v: f64| {
        let same = |n: &Option<f64>| n.is_some_and(|n| n.total_cmp(&v).is_eq());
        n.iter().position(same).unwrap_or(0) as i64
    };
    Some(vec![
        Value::Real(least),
        Value::Long(place(least)),
        Value::Real(most),
        Value::Long(place(most)),
        Value::Real(mean),
        Value::Real(variance.sqrt()),
        Value::Real(variance),
    ])
}

/// R², slope, variance, residual variance, interception and the fitted line.
///
/// The variances are those of a sample, and the first point stands at 1, as the reference's example shows: its
/// interception lies one step before the line.
pub(crate) fn fit_line(value: &Value) -> Option<Vec<Value>> {
    let y: Vec<f64> = numbers(value)?;
    let n = y.len() as f64;
    if y.len() < 2 {
        return None;
    }
    let mean_x = (n - 1.0) / 2.0;
    let mean_y = y.iter().sum::<f64>() / n;
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in y.iter().enumerate() {
        let dx = x as f64 - mean_x;
        xy += dx * (y - mean_y);
        xx += dx * dx;
        yy += (y - mean_y).powi(2);
    }
    let slope = xy / xx;
    let start = mean_y - slope * mean_x;
    let fitted: Vec<f64> = (0..y.len()).map(|x| start + slope * x as f64).collect();
    let residual: f64 = y.iter().zip(&fitted).map(|(y, f)| (y - f).powi(2)).sum();
    Some(vec![
        Value::Real(1.0 - residual / yy),
        Value::Real(slope),
        Value::Real(yy / (n - 1.0)),
        Value::Real(residual / (n - 1.0)),
        Value::Real(start - slope),
        Value::array(fitted.into_iter().map(Value::Real).collect()),
    ])
}

fn fir(a: &[Value]) -> Value {
    let (Some(x), Some(filter)) = (numbers(&a[0]), numbers(&a[1])) else {
        return Value::Null;
    };
    let sum: f64 = filter.iter().sum();
    let normalize = arg(a, 2)
        .as_bool()
        .unwrap_or(sum.abs() > 0.0 && filter.iter().all(|f| *f >= 0.0));
    let center = arg(a, 3).as_bool().unwrap_or(false);
    let scale = if normalize && sum != 0.0 {
        1.0 / sum
    } else {
        1.0
    };
    let shift = if center { filter.len() / 2 } else { 0 };
    Value::array(
        (0..x.len())
            .map(|i| {
                let value: f64 = filter
                    .iter()
                    .enumerate()
                    .filter_map(|(k, f)| Some(f * x.get((i + shift).checked_sub(k)?)?))
                    .sum();
                Value::Real(value * scale)
            })
            .collect(),
    )
}

fn iir(a: &[Value]) -> Value {
    let (Some(x), Some(b), Some(d)) = (numbers(&a[0]), numbers(&a[1]), numbers(&a[2])) else {
        return Value::Null;
    };
    let mut y: Vec<f64> = Vec::with_capacity(x.len());
    for i in 0..x.len() {
        let forward: f64 = b
            .iter()
            .enumerate()
            .filter_map(|(k, b)| Some(b * x[i.checked_sub(k)?]))
            .sum();
        let back: f64 = d
            .iter()
            .enumerate()
            .skip(1)
            .filter_map(|(k, d)| Some(d * y[i.checked_sub(k)?]))
            .sum();
        y.push((forward - back) / d.first().copied().unwrap_or(1.0));
    }
    Value::array(y.into_iter().map(Value::Real).collect())
}

/// The median of each place in the period; the period must be given.
fn seasonal(a: &[Value]) -> Value {
    let (Some(x), Some(period)) = (numbers(&a[0]), arg(a, 1).as_long()) else {
        return Value::Null;
    };
    let Some(period) = usize::try_from(period).ok().filter(|p| *p > 0) else {
        return Value::Null;
    };
    Value::array(
        (0..x.len())
            .map(|i| {
                let mut same: Vec<f64> =
                    x.iter().copied().skip(i % period).step_by(period).collect();
                same.sort_by(f64::total_cmp);
                let middle = same.len() / 2;
                Value::Real(if same.len() % 2 == 1 {
                    same[middle]
                } else {
                    f64::midpoint(same[middle - 1], same[middle])
                })
            })
            .collect(),
    )
}
