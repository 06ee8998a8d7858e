//! Mathematics, bits, conversions between types.

use super::Def;
use super::MANY;
use super::Out;
use super::arg;
use super::def;
use super::def_as;
use crate::engine::arith;
use crate::engine::convert;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;

/// A function of one real.
macro_rules! real1 {
    ($f:expr) => {
        def(1, 1, Type::Real, |a| a[0].as_real().map($f).into())
    };
}

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Bool, Datetime, Decimal, Dynamic, Guid, Int, Long, Real, String, Timespan};
    match name {
        "tobool" | "toboolean" => def(1, 1, Bool, |a| convert::to_bool(&a[0])),
        "toint" => def(1, 1, Int, |a| convert::to_int(&a[0])),
        "tolong" => def(1, 1, Long, |a| convert::to_long(&a[0])),
        "toreal" | "todouble" | "tofloat" => def(1, 1, Real, |a| convert::to_real(&a[0])),
        "todecimal" => def(1, 1, Decimal, |a| convert::to_decimal(&a[0])),
        "todatetime" => def(1, 1, Datetime, |a| convert::to_datetime(&a[0])),
        "totimespan" => def(1, 1, Timespan, |a| convert::to_timespan(&a[0])),
        "toguid" => def(1, 1, Guid, |a| convert::to_guid(&a[0])),
        "todynamic" | "parse_json" | "parsejson" | "toobject" => {
            def(1, 1, Dynamic, |a| convert::to_dynamic(&a[0]))
        }
        "abs" => def_as(1, 1, Out::Arg(0), |a| match &a[0] {
            Value::Int(n) => Value::Int(n.wrapping_abs()),
            Value::Long(n) => Value::Long(n.wrapping_abs()),
            Value::Timespan(n) => Value::Timespan(n.wrapping_abs()),
            Value::Decimal(n) => Value::Decimal(n.abs()),
            other => other.as_real().map(f64::abs).into(),
        }),
        "ceiling" => def_as(1, 1, Out::Arg(0), |a| rounded(&a[0], f64::ceil)),
        "sign" => def(1, 1, Int, |a| {
            a[0].as_real().map_or(Value::Null, |n| {
                Value::Int(if n > 0.0 { 1 } else { -i32::from(n < 0.0) })
            })
        }),
        "sqrt" => def(1, 1, Real, |a| {
            a[0].as_real().filter(|n| *n >= 0.0).map(f64::sqrt).into()
        }),
        "exp" => real1!(f64::exp),
        "exp2" => real1!(f64::exp2),
        "exp10" => real1!(|n| 10_f64.powf(n)),
        "log" => def(1, 1, Real, |a| log(a, f64::ln)),
        "log10" => def(1, 1, Real, |a| log(a, f64::log10)),
        "log2" => def(1, 1, Real, |a| log(a, f64::log2)),
        "sin" => real1!(f64::sin),
        "cos" => real1!(f64::cos),
        "tan" => real1!(f64::tan),
        "asin" => def(1, 1, Real, |a| of_ratio(a, f64::asin)),
        "acos" => def(1, 1, Real, |a| of_ratio(a, f64::acos)),
        "atan" => real1!(f64::atan),
        "cot" => real1!(|n: f64| n.tan().recip()),
        "degrees" => real1!(f64::to_degrees),
        "radians" => real1!(f64::to_radians),
        "erf" => real1!(erf),
        "erfc" => real1!(erfc),
        "gamma" => real1!(gamma),
        "loggamma" => real1!(ln_gamma),
        "atan2" => def(2, 2, Real, |a| real2(a, f64::atan2)),
        "pow" => def(2, 2, Real, |a| real2(a, f64::powf)),
        "beta_cdf" => def(3, 3, Real, |a| beta(a, |x, p, q| incomplete_beta(p, q, x))),
        "beta_pdf" => def(3, 3, Real, |a| {
            beta(a, |x, p, q| {
                (ln_gamma(p + q) - ln_gamma(p) - ln_gamma(q)
                    + (p - 1.0) * x.ln()
                    + (q - 1.0) * (1.0 - x).ln())
                .exp()
            })
        }),
        // The page's example has null, not NaN, for what is no probability.
        "beta_inv" => def(3, 3, Real, |a| match a[0].as_real() {
            Some(p) if (0.0..=1.0).contains(&p) => beta(a, beta_inverse),
            _ => Value::Null,
        }),
        "pi" => def(0, 0, Real, |_| Value::Real(std::f64::consts::PI)),
        "round" => def_as(1, 2, Out::Arg(0), |a| {
            round(&a[0], arg(a, 1).as_long().unwrap_or(0))
        }),
        "isnan" => def(1, 1, Bool, |a| {
            Value::Bool(matches!(a[0], Value::Real(n) if n.is_nan()))
        }),
        "isinf" => def(1, 1, Bool, |a| {
            Value::Bool(matches!(a[0], Value::Real(n) if n.is_infinite()))
        }),
        "isfinite" => def(1, 1, Bool, |a| {
            Value::Bool(a[0].as_real().is_some_and(f64::is_finite))
        }),
        "max_of" => def_as(1, MANY, Out::Common(0), |a| extreme(a, true)),
        "min_of" => def_as(1, MANY, Out::Common(0), |a| extreme(a, false)),
        "bin" => def_as(2, 2, Out::Arg(0), |a| arith::bin(&a[0], &a[1])),
        // With one argument, the whole number below.
        "floor" => def_as(1, 2, Out::Arg(0), |a| match a.get(1) {
            Some(size) => arith::bin(&a[0], size),
            None => arith::bin(&a[0], &Value::Long(1)),
        }),
        "around" => def(3, 3, Bool, |a| {
            let low = arith::compute(BinaryOp::Subtract, &a[1], &a[2]);
            let high = arith::compute(BinaryOp::Add, &a[1], &a[2]);
            match (a[0].compare(&low), a[0].compare(&high)) {
                (Some(low), Some(high)) => Value::Bool(low.is_ge() && high.is_le()),
                _ => Value::Null,
            }
        }),
        "bin_at" => def_as(3, 3, Out::Arg(0), |a| arith::bin_at(&a[0], &a[1], &a[2])),
        "gcd" => def(2, 2, Long, |a| match (a[0].as_long(), a[1].as_long()) {
            (Some(a), Some(b)) => {
                let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
                while b != 0 {
                    (a, b) = (b, a % b);
                }
                Value::Long(a as i64)
            }
            _ => Value::Null,
        }),
        "binary_and" => def(2, 2, Long, |a| bits(a, |x, y| x & y)),
        "binary_or" => def(2, 2, Long, |a| bits(a, |x, y| x | y)),
        "binary_xor" => def(2, 2, Long, |a| bits(a, |x, y| x ^ y)),
        "binary_not" => def(1, 1, Long, |a| a[0].as_long().map(|n| !n).into()),
        "binary_shift_left" => def(2, 2, Long, |a| shifted(a, i64::wrapping_shl)),
        "binary_shift_right" => def(2, 2, Long, |a| shifted(a, i64::wrapping_shr)),
        "bitset_count_ones" => def(1, 1, Long, |a| {
            a[0].as_long().map(|n| i64::from(n.count_ones())).into()
        }),
        "tohex" => def(1, 2, String, |a| {
            let width = usize::try_from(arg(a, 1).as_long().unwrap_or(0))
                .unwrap_or(0)
                .min(16);
            match &a[0] {
                Value::Int(n) => format!("{n:0width$x}").into(),
                other => other
                    .as_long()
                    .map_or_else(|| Value::text(""), |n| format!("{n:0width$x}").into()),
            }
        }),
        "format_bytes" => def(1, 3, String, format_bytes),
        "welch_test" => def(6, 6, Real, welch_test),
        _ => None,
    }
}

fn real2(a: &[Value], f: fn(f64, f64) -> f64) -> Value {
    match (a[0].as_real(), a[1].as_real()) {
        (Some(x), Some(y)) => Value::Real(f(x, y)),
        _ => Value::Null,
    }
}

fn bits(a: &[Value], f: fn(i64, i64) -> i64) -> Value {
    match (a[0].as_long(), a[1].as_long()) {
        (Some(x), Some(y)) => Value::Long(f(x, y)),
        _ => Value::Null,
    }
}

/// Shifts by the count modulo 64; there is no shift by a negative count.
fn shifted(a: &[Value], f: fn(i64, u32) -> i64) -> Value {
    match (a[0].as_long(), a[1].as_long()) {
        (Some(n), Some(count)) if count >= 0 => Value::Long(f(n, (count % 64) as u32)),
        _ => Value::Null,
    }
}

/// A function of -1 to 1, null beside it.
fn of_ratio(a: &[Value], f: fn(f64) -> f64) -> Value {
    let ratio = a[0].as_real();
    ratio.filter(|n| n.abs() <= 1.0 || n.is_nan()).map(f).into()
}

fn log(a: &[Value], f: fn(f64) -> f64) -> Value {
    a[0].as_real().filter(|n| *n > 0.0).map(f).into()
}

fn rounded(value: &Value, f: fn(f64) -> f64) -> Value {
    match value {
        Value::Real(n) => Value::Real(f(*n)),
        Value::Decimal(n) => Value::Decimal(n.ceil()),
        other => other.clone(),
    }
}

/// Away from zero at the half, as .NET's `MidpointRounding.AwayFromZero`.
fn round(value: &Value, digits: i64) -> Value {
    match value {
        Value::Real(n) => {
            let scale = 10_f64.powi(digits.clamp(-20, 20) as i32);
            if digits <= 0 {
                return Value::Real((n * scale).round() / scale);
            }
            let rounded = (n * scale).round() / scale;
            Value::Real(if rounded.is_finite() { rounded } else { *n })
        }
        Value::Decimal(n) => Value::Decimal(n.round_dp_with_strategy(
            u32::try_from(digits).unwrap_or(0),
            rust_decimal::RoundingStrategy::MidpointAwayFromZero,
        )),
        Value::Long(n) if digits < 0 => {
            let scale = 10_f64.powi(-digits.max(-18) as i32);
            Value::Long(((*n as f64 / scale).round() * scale) as i64)
        }
        other => other.clone(),
    }
}

fn extreme(a: &[Value], greatest: bool) -> Value {
    a.iter()
        .filter(|v| !v.is_null())
        .reduce(|best, v| {
            if (v.total_order(best) == std::cmp::Ordering::Greater) == greatest {
                v
            } else {
                best
            }
        })
        .cloned()
        .unwrap_or_default()
}

fn format_bytes(a: &[Value]) -> Value {
    const UNITS: [&str; 7] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB"];
    let Some(bytes) = a[0].as_real() else {
        return Value::text("");
    };
    let digits = arg(a, 1).as_long().unwrap_or(0);
    let wanted = text(arg(a, 2));
    let unit = UNITS
        .iter()
        .position(|u| u.eq_ignore_ascii_case(&wanted))
        .unwrap_or_else(|| {
            let mut unit = 0;
            while unit < 6 && bytes.abs() >= 1024_f64.powi(unit + 1) {
                unit += 1;
            }
            unit as usize
        });
    let scaled = round(&Value::Real(bytes / 1024_f64.powi(unit as i32)), digits);
    format!("{} {}", scaled.to_text(), UNITS[unit]).into()
}

/// The error function, to about 1e-16, by series and continued fraction.
pub(super) fn erf(x: f64) -> f64 {
    let a = x.abs();
    let value = if a < 2.5 {
        let mut term = a;
        let mut sum = a;
        for n in 1..200 {
            term *= -a * a / f64::from(n);
            let part = term / f64::from(2 * n + 1);
            sum += part;
            if part.abs() < 1e-17 * sum.abs() {
                break;
            }
        }
        2.0 / std::f64::consts::PI.sqrt() * sum
    } else {
        1.0 - erfc(a)
    };
    if x < 0.0 { -value } else { value }
}

/// What the error function lacks to one, exact where that is next to nothing.
fn erfc(x: f64) -> f64 {
    if x < 2.5 {
        return 1.0 - erf(x);
    }
    let mut fraction = 0.0;
    for n in (1..120).rev() {
        fraction = f64::from(n) / 2.0 / (x + fraction);
    }
    (-x * x).exp() / std::f64::consts::PI.sqrt() / (x + fraction)
}

/// The logarithm of the gamma function, by the Lanczos approximation.
pub(super) fn ln_gamma(x: f64) -> f64 {
    const G: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin().abs()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let t = x + 7.5;
    let sum = G
        .iter()
        .enumerate()
        .skip(1)
        .fold(G[0], |sum, (i, g)| sum + g / (x + i as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

fn gamma(x: f64) -> f64 {
    // Whole numbers are factorials, exactly.
    if x.fract() == 0.0 && (1.0..=171.0).contains(&x) {
        return (1..x as i64).fold(1.0, |product, n| product * n as f64);
    }
    if x < 0.0 && x.fract() == 0.0 {
        return f64::NAN;
    }
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return pi / ((pi * x).sin() * gamma(1.0 - x));
    }
    ln_gamma(x).exp()
}

fn beta(a: &[Value], f: fn(f64, f64, f64) -> f64) -> Value {
    let (Some(x), Some(p), Some(q)) = (a[0].as_real(), a[1].as_real(), a[2].as_real()) else {
        return Value::Null;
    };
    if !(0.0..=1.0).contains(&x) || p <= 0.0 || q <= 0.0 {
        return Value::Real(f64::NAN);
    }
    Value::Real(f(x, p, q))
}

/// The regularized incomplete beta function, by its continued fraction.
pub(super) fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front =
        (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta_fraction(b, a, 1.0 - x, front);
    }
    incomplete_beta_fraction(a, b, x, front)
}

fn incomplete_beta_fraction(a: f64, b: f64, x: f64, front: f64) -> f64 {
    let tiny = 1e-300;
    let guard = |n: f64| if n.abs() < tiny { tiny } else { n };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guard(1.0 + even * d);
        c = guard(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guard(1.0 + odd * d);
        c = guard(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    front * h / a
}

fn beta_inverse(probability: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if incomplete_beta(a, b, middle) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Two-sided p-value of Welch's t-test from means, variances and counts.
fn welch_test(a: &[Value]) -> Value {
    let n: Option<Vec<f64>> = a.iter().map(Value::as_real).collect();
    let Some([mean1, var1, count1, mean2, var2, count2]) = n.as_deref() else {
        return Value::Null;
    };
    let (s1, s2) = (var1 / count1, var2 / count2);
    let t = (mean1 - mean2) / (s1 + s2).sqrt();
    let freedom = (s1 + s2).powi(2) / (s1 * s1 / (count1 - 1.0) + s2 * s2 / (count2 - 1.0));
    Value::Real(incomplete_beta(
        freedom / 2.0,
        0.5,
        freedom / (freedom + t * t),
    ))
}
