//! Geography on the sphere: distances, directions, circles, polygons, geohashes.
//!
//! The functions on S2 and H3 cells, lines and buffers are left out.

use super::Def;
use super::arg;
use super::def;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;

/// The radius of the sphere in metres that the service's documented distances imply.
const RADIUS: f64 = 6_371_010.0;

pub(super) fn lookup(name: &str) -> Option<Def> {
    use Type::{Bool, Dynamic, Real, String};
    match name {
        "geo_distance_2points" => def(4, 4, Real, |a| both(a).map(|(p, q)| distance(p, q)).into()),
        "geo_azimuth" => def(4, 4, Real, |a| {
            both(a).and_then(|(p, q)| azimuth(p, q)).into()
        }),
        "geo_angle" => def(6, 6, Real, |a| {
            let angle = || {
                let (p, q, r) = (point(a, 0)?, point(a, 2)?, point(a, 4)?);
                Some((azimuth(q, r)? - azimuth(q, p)?).rem_euclid(std::f64::consts::TAU))
            };
            angle().into()
        }),
        "geo_point_in_circle" => def(5, 5, Bool, |a| {
            let radius = a[4].as_real().filter(|r| *r >= 0.0);
            match (both(a), radius) {
                (Some((p, q)), Some(radius)) => Value::Bool(distance(p, q) <= radius),
                _ => Value::Null,
            }
        }),
        "geo_point_in_polygon" => def(3, 3, Bool, |a| {
            let inside = || {
                let at = point(a, 0)?;
                let shape = a[2].member("coordinates")?.as_array()?;
                match a[2].member("type")?.as_str()? {
                    "Polygon" => in_polygon(at, shape),
                    "MultiPolygon" => {
                        let each: Option<Vec<bool>> = shape
                            .iter()
                            .map(|p| in_polygon(at, p.as_array()?))
                            .collect();
                        Some(each?.contains(&true))
                    }
                    _ => None,
                }
            };
            inside().into()
        }),
        "geo_point_to_geohash" => def(2, 3, String, |a| {
            let length = arg(a, 2).as_long().unwrap_or(9);
            match point(a, 0) {
                Some(at) if (1..=18).contains(&length) => geohash(at, length as usize).into(),
                _ => Value::text(""),
            }
        }),
        "geo_geohash_to_central_point" => def(1, 1, Dynamic, |a| {
            cell(&text(&a[0])).map_or(Value::Null, |[west, south, east, north]| {
                let at = pair(f64::midpoint(west, east), f64::midpoint(south, north));
                shape("Point", at)
            })
        }),
        "geo_geohash_to_polygon" => def(1, 1, Dynamic, |a| {
            cell(&text(&a[0])).map_or(Value::Null, |[west, south, east, north]| {
                let ring = vec![
                    pair(west, south),
                    pair(east, south),
                    pair(east, north),
                    pair(west, north),
                    pair(west, south),
                ];
                shape("Polygon", Value::array(vec![Value::array(ring)]))
            })
        }),
        _ => None,
    }
}

/// Longitude and latitude in radians.
type Point = (f64, f64);

/// A place in degrees; none outside the map.
fn degrees(longitude: f64, latitude: f64) -> Option<Point> {
    ((-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude))
        .then(|| (longitude.to_radians(), latitude.to_radians()))
}

fn point(a: &[Value], from: usize) -> Option<Point> {
    degrees(a[from].as_real()?, a[from + 1].as_real()?)
}

fn both(a: &[Value]) -> Option<(Point, Point)> {
    Some((point(a, 0)?, point(a, 2)?))
}

fn distance(p: Point, q: Point) -> f64 {
    let half = ((q.1 - p.1) / 2.0).sin().powi(2)
        + p.1.cos() * q.1.cos() * ((q.0 - p.0) / 2.0).sin().powi(2);
    2.0 * RADIUS * half.sqrt().min(1.0).asin()
}

/// The direction from one place to another, clockwise from north; none where they are one.
fn azimuth(p: Point, q: Point) -> Option<f64> {
    if p == q {
        return None;
    }
    let across = q.0 - p.0;
    let y = across.sin() * q.1.cos();
    let x = p.1.cos() * q.1.sin() - p.1.sin() * q.1.cos() * across.cos();
    Some(y.atan2(x).rem_euclid(std::f64::consts::TAU))
}

/// Whether the place is inside the first ring and outside the others; none where a ring is none.
fn in_polygon(at: Point, rings: &[Value]) -> Option<bool> {
    let mut inside = false;
    for (index, ring) in rings.iter().enumerate() {
        let places: Vec<Point> = ring
            .as_array()?
            .iter()
            .map(|p| {
                let p = p.as_array()?;
                degrees(p.first()?.as_real()?, p.get(1)?.as_real()?)
            })
            .collect::<Option<_>>()?;
        let mut different = places.clone();
        different.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        different.dedup();
        if different.len() < 3 || places.first() != places.last() {
            return None;
        }
        let within = winds(at, &places);
        if index == 0 {
            inside = within;
        } else if within {
            inside = false;
        }
    }
    Some(inside)
}

/// Whether the ring goes around the place: its edges, seen from there, turn a full circle.
fn winds(at: Point, ring: &[Point]) -> bool {
    let mut turned = 0.0;
    for edge in ring.windows(2) {
        let (Some(from), Some(to)) = (azimuth(at, edge[0]), azimuth(at, edge[1])) else {
            // A corner belongs to its polygon.
            return true;
        };
        let mut by = (to - from).rem_euclid(std::f64::consts::TAU);
        if by > std::f64::consts::PI {
            by -= std::f64::consts::TAU;
        }
        turned += by;
    }
    turned.abs() > std::f64::consts::PI
}

const BASE32: &str = "0123456789bcdefghjkmnpqrstuvwxyz";

fn geohash(at: Point, length: usize) -> String {
    let target = [at.0.to_degrees(), at.1.to_degrees()];
    let mut bounds = [[-180.0, 180.0], [-90.0, 90.0]];
    let mut out = String::new();
    for letter in 0..length {
        let mut bits = 0;
        for bit in 0..5 {
            let axis = (letter * 5 + bit) % 2;
            let middle = f64::midpoint(bounds[axis][0], bounds[axis][1]);
            let upper = target[axis] >= middle;
            bounds[axis][usize::from(!upper)] = middle;
            bits = bits * 2 + usize::from(upper);
        }
        out.push(char::from(BASE32.as_bytes()[bits]));
    }
    out
}

/// West, south, east and north of a geohash; none where it is none.
fn cell(hash: &str) -> Option<[f64; 4]> {
    if hash.is_empty() || hash.len() > 18 {
        return None;
    }
    let mut bounds = [[-180.0, 180.0], [-90.0, 90.0]];
    for (letter, c) in hash.chars().enumerate() {
        let bits = BASE32.find(c.to_ascii_lowercase())?;
        for bit in 0..5 {
            let axis = (letter * 5 + bit) % 2;
            let upper = bits >> (4 - bit) & 1 == 1;
            bounds[axis][usize::from(!upper)] = f64::midpoint(bounds[axis][0], bounds[axis][1]);
        }
    }
    Some([bounds[0][0], bounds[1][0], bounds[0][1], bounds[1][1]])
}

fn pair(longitude: f64, latitude: f64) -> Value {
    Value::array(vec![Value::Real(longitude), Value::Real(latitude)])
}

fn shape(kind: &str, coordinates: Value) -> Value {
    Value::bag(vec![
        ("type".into(), kind.into()),
        ("coordinates".into(), coordinates),
    ])
}
