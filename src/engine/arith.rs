//! Arithmetic, and the comparisons with their null logic.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::time;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;

/// The type of `left op right`, or that there is none.
pub(crate) fn result_type(op: BinaryOp, left: Type, right: Type) -> Result<Type> {
    use Type::{Datetime, Decimal, Dynamic, Int, Long, Real, Timespan};
    let numeric = |a: Type, b: Type| {
        if a == Decimal || b == Decimal {
            Decimal
        } else if a == Real || b == Real {
            Real
        } else if a == Int && b == Int {
            Int
        } else {
            Long
        }
    };
    let number = |t: Type| t.is_numeric() || t == Type::Bool;
    Ok(match (op, left, right) {
        (BinaryOp::Subtract, Datetime, Datetime) => Timespan,
        (BinaryOp::Add | BinaryOp::Subtract, Datetime, Timespan)
        | (BinaryOp::Add, Timespan, Datetime) => Datetime,
        (BinaryOp::Divide, Timespan, Timespan) => Real,
        (BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Modulo, Timespan, Timespan) => Timespan,
        (BinaryOp::Multiply | BinaryOp::Divide, Timespan, t) if number(t) => Timespan,
        (BinaryOp::Multiply, t, Timespan) if number(t) => Timespan,
        // A count of ticks beside a point in time.
        (BinaryOp::Add | BinaryOp::Subtract, Datetime | Timespan, t) if number(t) => left,
        (BinaryOp::Divide | BinaryOp::Modulo, Datetime, Timespan) => Long,
        (_, a, b) if number(a) && number(b) => numeric(a, b),
        (_, Dynamic, t) | (_, t, Dynamic) if t != Type::String => match t {
            Real | Decimal | Datetime => t,
            Timespan if op != BinaryOp::Divide => Timespan,
            _ => Dynamic,
        },
        _ => {
            let sign = sign(op);
            return Err(Error::invalid(format!(
                "`{sign}` takes numbers, points in time and time spans, not `{}` and `{}`; texts are joined by `strcat()`",
                left.name(),
                right.name()
            )));
        }
    })
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        _ => "%",
    }
}

/// `left op right`; null where an operand is null or the operation has no result.
pub(crate) fn compute(op: BinaryOp, left: &Value, right: &Value) -> Value {
    use Value::{Datetime, Int, Long, Null, Timespan};
    match (left, right) {
        (Null, _) | (_, Null) => Null,
        (Long(a), Long(b)) => long(op, *a, *b).map_or(Null, Long),
        (Int(a), Int(b)) => long(op, i64::from(*a), i64::from(*b)).map_or(Null, |n| Int(n as i32)),
        (Datetime(a), Datetime(b)) if op == BinaryOp::Subtract => Timespan(a.wrapping_sub(*b)),
        (Datetime(a), Timespan(b)) => match op {
            BinaryOp::Add => datetime(a.checked_add(*b)),
            BinaryOp::Subtract => datetime(a.checked_sub(*b)),
            BinaryOp::Divide if *b != 0 => Long(a.wrapping_div(*b)),
            BinaryOp::Modulo if *b != 0 => Long(a.wrapping_rem_euclid(*b)),
            _ => Null,
        },
        (Timespan(a), Datetime(b)) if op == BinaryOp::Add => datetime(a.checked_add(*b)),
        (Timespan(a), Timespan(b)) => match op {
            BinaryOp::Add => a.checked_add(*b).map_or(Null, Timespan),
            BinaryOp::Subtract => a.checked_sub(*b).map_or(Null, Timespan),
            BinaryOp::Divide => Value::Real(*a as f64 / *b as f64),
            BinaryOp::Modulo if *b != 0 => Timespan(a.wrapping_rem_euclid(*b)),
            _ => Null,
        },
        (Timespan(a), n) => match (op, n) {
            (BinaryOp::Multiply, Long(n)) => a.checked_mul(*n).map_or(Null, Timespan),
            (BinaryOp::Multiply, n) => scaled(*a, n.as_real()),
            (BinaryOp::Divide, n) => scaled(*a, n.as_real().map(|n| 1.0 / n)),
            (BinaryOp::Add, n) => n.as_long().map_or(Null, |n| Timespan(a.wrapping_add(n))),
            (BinaryOp::Subtract, n) => n.as_long().map_or(Null, |n| Timespan(a.wrapping_sub(n))),
            _ => Null,
        },
        (n, Timespan(_)) if op == BinaryOp::Multiply => compute(op, right, n),
        (Datetime(a), n) => match op {
            BinaryOp::Add => datetime(n.as_long().and_then(|n| a.checked_add(n))),
            BinaryOp::Subtract => datetime(n.as_long().and_then(|n| a.checked_sub(n))),
            _ => Null,
        },
        (Value::Decimal(_), _) | (_, Value::Decimal(_)) => {
            match (left.as_decimal(), right.as_decimal()) {
                (Some(a), Some(b)) => decimal(op, a, b).map_or(Null, Value::Decimal),
                _ => Null,
            }
        }
        (Value::Real(_), _) | (_, Value::Real(_)) => match (left.as_real(), right.as_real()) {
            (Some(a), Some(b)) => Value::Real(real(op, a, b)),
            _ => Null,
        },
        _ => match (left.as_long(), right.as_long()) {
            (Some(a), Some(b)) => long(op, a, b).map_or(Null, Long),
            _ => Null,
        },
    }
}

fn scaled(ticks: i64, by: Option<f64>) -> Value {
    by.map(|by| ticks as f64 * by)
        .filter(|t| t.abs() < 9.2e18)
        .map_or(Value::Null, |t| Value::Timespan(t.round() as i64))
}

fn datetime(ticks: Option<i64>) -> Value {
    ticks
        .filter(|t| (0..=time::LAST).contains(t))
        .map_or(Value::Null, Value::Datetime)
}

fn long(op: BinaryOp, a: i64, b: i64) -> Option<i64> {
    match op {
        BinaryOp::Add => Some(a.wrapping_add(b)),
        BinaryOp::Subtract => Some(a.wrapping_sub(b)),
        BinaryOp::Multiply => Some(a.wrapping_mul(b)),
        BinaryOp::Divide => (b != 0).then(|| a.wrapping_div(b)),
        BinaryOp::Modulo => (b != 0).then(|| a.wrapping_rem_euclid(b)),
        _ => None,
    }
}

fn real(op: BinaryOp, a: f64, b: f64) -> f64 {
    match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
        _ => a.rem_euclid(b),
    }
}

fn decimal(op: BinaryOp, a: Decimal, b: Decimal) -> Option<Decimal> {
    match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Divide => a.checked_div(b),
        _ => a.checked_rem(b),
    }
}

/// `==`: null beside a value is false, null beside null is null.
pub(crate) fn equal(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Null, Value::Null) => Value::Null,
        (Value::Null, _) | (_, Value::Null) => Value::Bool(false),
        (Value::Array(_) | Value::Bag(_), _) | (_, Value::Array(_) | Value::Bag(_)) => {
            Value::Bool(left == right)
        }
        _ => Value::Bool(left.compare(right) == Some(Ordering::Equal)),
    }
}

/// The comparison operators.
pub(crate) fn compare(op: BinaryOp, left: &Value, right: &Value) -> Value {
    match op {
        BinaryOp::Equal => return equal(left, right),
        BinaryOp::NotEqual => {
            return match equal(left, right) {
                Value::Bool(same) => Value::Bool(!same),
                null => null,
            };
        }
        _ => {}
    }
    if left.is_null() || right.is_null() {
        return Value::Null;
    }
    let Some(order) = left.compare(right) else {
        return Value::Bool(false);
    };
    Value::Bool(match op {
        BinaryOp::Less => order == Ordering::Less,
        BinaryOp::LessEqual => order != Ordering::Greater,
        BinaryOp::Greater => order == Ordering::Greater,
        _ => order != Ordering::Less,
    })
}

/// `bin(value, size)`; null where one is null or the size is not above zero.
pub(crate) fn bin(value: &Value, size: &Value) -> Value {
    bin_at(value, size, &Value::Null)
}

/// `bin_at(value, size, fixed)`; a null fixed point is the type's zero.
pub(crate) fn bin_at(value: &Value, size: &Value, fixed: &Value) -> Value {
    let floor =
        |n: i64, size: i64, at: i64| (size > 0).then(|| (n - at).div_euclid(size) * size + at);
    match (value, size) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (Value::Datetime(n), size) => {
            let at = match fixed {
                Value::Datetime(at) => *at,
                _ => 0,
            };
            let size = match size {
                Value::Timespan(size) => Some(*size),
                // A number counts days.
                other => other.as_real().map(|d| (d * time::DAY as f64) as i64),
            };
            datetime(size.and_then(|size| floor(*n, size, at)))
        }
        (Value::Timespan(n), Value::Timespan(size)) => {
            let at = match fixed {
                Value::Timespan(at) => *at,
                _ => 0,
            };
            floor(*n, *size, at).map_or(Value::Null, Value::Timespan)
        }
        (Value::Timespan(n), size) => size
            .as_long()
            .and_then(|s| floor(*n, s, 0))
            .map_or(Value::Null, Value::Timespan),
        (Value::Decimal(n), size) => match (size.as_decimal(), fixed.as_decimal()) {
            (Some(size), at) if size > Decimal::ZERO => {
                let at = at.unwrap_or(Decimal::ZERO);
                ((*n - at) / size)
                    .floor()
                    .checked_mul(size)
                    .map_or(Value::Null, |n| Value::Decimal(n + at))
            }
            _ => Value::Null,
        },
        (Value::Real(_), _) | (_, Value::Real(_)) => match (value.as_real(), size.as_real()) {
            (Some(n), Some(size)) if size > 0.0 => {
                let at = fixed.as_real().unwrap_or(0.0);
                Value::Real(((n - at) / size).floor() * size + at)
            }
            _ => Value::Null,
        },
        _ => match (value.as_long(), size.as_long()) {
            (Some(n), Some(size)) => match floor(n, size, fixed.as_long().unwrap_or(0)) {
                Some(n) if matches!(value, Value::Int(_)) => Value::Int(n as i32),
                Some(n) => Value::Long(n),
                None => Value::Null,
            },
            _ => Value::Null,
        },
    }
}

/// The negated value.
pub(crate) fn negate(value: &Value) -> Value {
    match value {
        Value::Int(n) => Value::Int(n.wrapping_neg()),
        Value::Long(n) => Value::Long(n.wrapping_neg()),
        Value::Real(n) => Value::Real(-n),
        Value::Decimal(n) => Value::Decimal(-n),
        Value::Timespan(n) => Value::Timespan(n.wrapping_neg()),
        _ => Value::Null,
    }
}
