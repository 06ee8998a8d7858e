//! Straight edges of a map as geodesics: places are added until the two differ by no more than the tolerance.
//!
//! The measure of the difference and the halving are those of the S2 library (`S2EdgeTessellator`).

use super::sphere::Place;
use super::sphere::RADIUS;
use crate::engine::value::Value;

/// Longitude and latitude in degrees.
type Flat = (f64, f64);

/// Where along an edge the two are compared.
const PART: f64 = 0.312_156_910_822_483_1;

/// The share of the tolerance that the two places compared may take.
const SCALE: f64 = 0.838_299_925_698_885_1;

/// Most places of the result.
const MOST: usize = 10_485_760;

fn between(a: Flat, b: Flat, part: f64) -> Flat {
    (
        (1.0 - part) * a.0 + part * b.0,
        (1.0 - part) * a.1 + part * b.1,
    )
}

/// The places after `a` up to `b`; none where there would be too many.
fn add(a: Flat, b: Flat, tolerance: f64, out: &mut Vec<Flat>) -> Option<()> {
    let (from, to) = (Place::new(a.0, a.1)?, Place::new(b.0, b.1)?);
    let far = from.dot(to) < -1e-14;
    let differs = |part: f64| {
        let flat = between(a, b, part);
        let curved = from.toward(to, part);
        Place::new(flat.0, flat.1).is_none_or(|p| p.angle(curved) > tolerance)
    };
    if out.len() >= MOST {
        return None;
    }
    if far || differs(PART) || differs(1.0 - PART) {
        let middle = between(a, b, 0.5);
        if middle == a || middle == b {
            return None;
        }
        add(a, middle, tolerance, out)?;
        return add(middle, b, tolerance, out);
    }
    out.push(b);
    Some(())
}

/// The positions with those added between them; none where one is not on the map.
pub(super) fn densify(positions: &Value, metres: f64) -> Option<Value> {
    if !(0.1..=10_000.0).contains(&metres) {
        return None;
    }
    let flat = |v: &Value| {
        let pair = v.as_array()?;
        Some((pair.first()?.as_real()?, pair.get(1)?.as_real()?))
    };
    let flats: Vec<Flat> = positions
        .as_array()?
        .iter()
        .map(flat)
        .collect::<Option<_>>()?;
    let mut out = vec![*flats.first()?];
    for edge in flats.windows(2) {
        add(edge[0], edge[1], metres / RADIUS * SCALE, &mut out)?;
    }
    Some(Value::array(
        out.into_iter()
            .map(|(lng, lat)| Value::array(vec![Value::Real(lng), Value::Real(lat)]))
            .collect(),
    ))
}
