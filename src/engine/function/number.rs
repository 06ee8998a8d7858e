//! Mathematics, bits, conversions between types and units.

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
        "asin" => real1!(f64::asin),
        "acos" => real1!(f64::acos),
        "atan" => real1!(f64::atan),
        "cot" => real1!(|n: f64| n.tan().recip()),
        "degrees" => real1!(f64::to_degrees),
        "radians" => real1!(f64::to_radians),
        "erf" => real1!(erf),
        "erfc" => real1!(|n| 1.0 - erf(n)),
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
        "beta_inv" => def(3, 3, Real, |a| beta(a, beta_inverse)),
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
        "bin" | "floor" => def_as(2, 2, Out::Arg(0), |a| arith::bin(&a[0], &a[1])),
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
        "binary_shift_left" => def(2, 2, Long, |a| {
            bits(a, |x, y| x.wrapping_shl((y % 64) as u32))
        }),
        "binary_shift_right" => def(2, 2, Long, |a| {
            bits(a, |x, y| x.wrapping_shr((y % 64) as u32))
        }),
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
        "convert_angle" => def(3, 3, Real, |a| convert_unit(a, angle)),
        "convert_energy" => def(3, 3, Real, |a| convert_unit(a, energy)),
        "convert_force" => def(3, 3, Real, |a| convert_unit(a, force)),
        "convert_length" => def(3, 3, Real, |a| convert_unit(a, length)),
        "convert_mass" => def(3, 3, Real, |a| convert_unit(a, mass)),
        "convert_speed" => def(3, 3, Real, |a| convert_unit(a, speed)),
        "convert_volume" => def(3, 3, Real, |a| convert_unit(a, volume)),
        "convert_temperature" => def(3, 3, Real, convert_temperature),
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
        let mut fraction = 0.0;
        for n in (1..120).rev() {
            fraction = f64::from(n) / 2.0 / (a + fraction);
        }
        1.0 - (-a * a).exp() / std::f64::consts::PI.sqrt() / (a + fraction)
    };
    if x < 0.0 { -value } else { value }
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

/// Scales by units: `factor` tells how many base units one unit is.
fn convert_unit(a: &[Value], factor: fn(&str) -> Option<f64>) -> Value {
    match (a[0].as_real(), factor(&text(&a[1])), factor(&text(&a[2]))) {
        (Some(n), Some(from), Some(to)) => Value::Real(n * (from / to)),
        _ => Value::Null,
    }
}

fn angle(unit: &str) -> Option<f64> {
    Some(match unit {
        "Degree" => 1.0,
        "Arcminute" => 1.0 / 60.0,
        "Arcsecond" => 1.0 / 3600.0,
        "Gradian" => 0.9,
        "Radian" => 180.0 / std::f64::consts::PI,
        "Centiradian" => 1.8 / std::f64::consts::PI,
        "Deciradian" => 18.0 / std::f64::consts::PI,
        "Milliradian" => 0.18 / std::f64::consts::PI,
        "Microradian" => 0.000_18 / std::f64::consts::PI,
        "Nanoradian" => 0.000_000_18 / std::f64::consts::PI,
        "Revolution" | "Tilt" => 360.0,
        "NatoMil" => 360.0 / 6400.0,
        _ => return None,
    })
}

fn energy(unit: &str) -> Option<f64> {
    Some(match unit {
        "Joule" => 1.0,
        "Kilojoule" => 1e3,
        "Megajoule" => 1e6,
        "Gigajoule" => 1e9,
        "Millijoule" => 1e-3,
        "BritishThermalUnit" => 1_055.055_852_62,
        "KilobritishThermalUnit" => 1_055_055.852_62,
        "Calorie" => 4.184,
        "Kilocalorie" => 4184.0,
        "ElectronVolt" => 1.602_176_565e-19,
        "Erg" => 1e-7,
        "FootPound" => 1.355_817_948,
        "HorsepowerHour" => 2.684_519_537_696_173e6,
        "WattHour" => 3600.0,
        "KilowattHour" => 3.6e6,
        "MegawattHour" => 3.6e9,
        "GigawattHour" => 3.6e12,
        "WattDay" => 86_400.0,
        "KilowattDay" => 8.64e7,
        "ThermUs" => 1.054_804e8,
        "ThermEc" => 1.055_055_852_62e8,
        "ThermImperial" => 1.055_055_852_57e8,
        _ => return None,
    })
}

fn force(unit: &str) -> Option<f64> {
    Some(match unit {
        "Newton" => 1.0,
        "Kilonewton" => 1e3,
        "Meganewton" => 1e6,
        "Decanewton" => 10.0,
        "Millinewton" => 1e-3,
        "Micronewton" => 1e-6,
        "Dyn" => 1e-5,
        "KilogramForce" | "KiloPond" => 9.806_65,
        "PoundForce" => 4.448_221_615_260_5,
        "KilopoundForce" => 4_448.221_615_260_5,
        "OunceForce" => 2.780_138_509_537_812e-1,
        "Poundal" => 0.138_254_954_376,
        "ShortTonForce" => 8.896_443_230_521e3,
        "TonneForce" => 9_806.65,
        _ => return None,
    })
}

fn length(unit: &str) -> Option<f64> {
    Some(match unit {
        "Meter" => 1.0,
        "Kilometer" => 1e3,
        "Megameter" => 1e6,
        "Hectometer" => 100.0,
        "Decameter" => 10.0,
        "Decimeter" => 0.1,
        "Centimeter" => 0.01,
        "Millimeter" => 1e-3,
        "Micrometer" => 1e-6,
        "Nanometer" => 1e-9,
        "Angstrom" => 1e-10,
        "Inch" => 0.0254,
        "Mil" => 2.54e-5,
        "Microinch" => 2.54e-8,
        "Foot" => 0.3048,
        "Yard" => 0.9144,
        "Mile" => 1609.344,
        "NauticalMile" => 1852.0,
        "Fathom" => 1.8288,
        "Chain" => 20.1168,
        "Hand" => 0.1016,
        "LightYear" => 9.460_730_472_580_8e15,
        "AstronomicalUnit" => 1.495_978_707e11,
        "Parsec" => 3.085_677_581_28e16,
        "Kiloparsec" => 3.085_677_581_28e19,
        "Megaparsec" => 3.085_677_581_28e22,
        "KilolightYear" => 9.460_730_472_580_8e18,
        "UsSurveyFoot" => 1200.0 / 3937.0,
        _ => return None,
    })
}

fn mass(unit: &str) -> Option<f64> {
    Some(match unit {
        "Kilogram" => 1.0,
        "Gram" => 1e-3,
        "Hectogram" => 0.1,
        "Decagram" => 0.01,
        "Decigram" => 1e-4,
        "Centigram" => 1e-5,
        "Milligram" => 1e-6,
        "Microgram" => 1e-9,
        "Nanogram" => 1e-12,
        "Tonne" => 1e3,
        "Kilotonne" => 1e6,
        "Megatonne" => 1e9,
        "Pound" => 0.453_592_37,
        "Kilopound" => 453.592_37,
        "Megapound" => 453_592.37,
        "Ounce" => 0.028_349_523_125,
        "Stone" => 6.350_293_18,
        "Grain" => 6.479_891e-5,
        "ShortTon" => 907.184_74,
        "LongTon" => 1_016.046_908_8,
        "ShortHundredweight" => 45.359_237,
        "LongHundredweight" => 50.802_345_44,
        "Slug" => 14.593_902_937_206_36,
        "EarthMass" => 5.972_2e24,
        "SolarMass" => 1.988_47e30,
        _ => return None,
    })
}

fn speed(unit: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 12] = [
        ("Kilometer", 1e3),
        ("Decimeter", 0.1),
        ("Centimeter", 0.01),
        ("Millimeter", 1e-3),
        ("Micrometer", 1e-6),
        ("Nanometer", 1e-9),
        ("Meter", 1.0),
        ("Foot", 0.3048),
        ("Inch", 0.0254),
        ("Yard", 0.9144),
        ("Mile", 1609.344),
        ("UsSurveyFoot", 1200.0 / 3937.0),
    ];
    match unit {
        "Knot" => return Some(1852.0 / 3600.0),
        "Mach" => return Some(340.29),
        "SpeedOfLight" => return Some(299_792_458.0),
        _ => {}
    }
    let (distance, time) = unit.split_once("Per")?;
    let distance = UNITS
        .iter()
        .find(|(name, _)| distance.trim_end_matches('s') == *name)?
        .1;
    let time = match time {
        "Second" => 1.0,
        "Minute" => 60.0,
        "Hour" => 3600.0,
        _ => return None,
    };
    Some(distance / time)
}

fn volume(unit: &str) -> Option<f64> {
    Some(match unit {
        "CubicMeter" => 1.0,
        "CubicKilometer" => 1e9,
        "CubicHectometer" => 1e6,
        "CubicDecimeter" | "Liter" => 1e-3,
        "CubicCentimeter" | "Milliliter" => 1e-6,
        "CubicMillimeter" | "Microliter" => 1e-9,
        "Hectoliter" => 0.1,
        "Kiloliter" => 1.0,
        "Deciliter" => 1e-4,
        "Centiliter" => 1e-5,
        "CubicFoot" => 0.028_316_846_592,
        "CubicInch" => 1.638_706_4e-5,
        "CubicYard" => 0.764_554_857_984,
        "CubicMile" => 4.168_181_825_440_58e9,
        "UsGallon" => 3.785_411_784e-3,
        "ImperialGallon" => 4.546_09e-3,
        "UsPint" => 4.731_764_73e-4,
        "UsQuart" => 9.463_529_46e-4,
        "UsOunce" => 2.957_352_956_25e-5,
        "UsTeaspoon" => 4.928_921_593_75e-6,
        "UsTablespoon" => 1.478_676_478_125e-5,
        "OilBarrel" => 0.158_987_294_928,
        "UsBeerBarrel" => 0.117_347_765_304,
        _ => return None,
    })
}

fn convert_temperature(a: &[Value]) -> Value {
    let from = text(&a[1]);
    let to = text(&a[2]);
    let kelvin = a[0].as_real().and_then(|n| {
        Some(match from.as_ref() {
            "Kelvin" => n,
            "DegreeCelsius" => n + 273.15,
            "DegreeFahrenheit" => (n + 459.67) * 5.0 / 9.0,
            "DegreeRankine" => n * 5.0 / 9.0,
            "MillidegreeCelsius" => n / 1000.0 + 273.15,
            "DegreeReaumur" => n * 1.25 + 273.15,
            _ => return None,
        })
    });
    kelvin
        .and_then(|k| {
            Some(match to.as_ref() {
                "Kelvin" => k,
                "DegreeCelsius" => k - 273.15,
                "DegreeFahrenheit" => k * 9.0 / 5.0 - 459.67,
                "DegreeRankine" => k * 9.0 / 5.0,
                "MillidegreeCelsius" => (k - 273.15) * 1000.0,
                "DegreeReaumur" => (k - 273.15) / 1.25,
                _ => return None,
            })
        })
        .into()
}
