//! Polygons on the sphere.

use std::f64::consts::PI;

use super::sphere::Place;
use super::sphere::shape;
use crate::engine::value::Value;

/// A ring without its closing place; its inside is on the left.
pub(super) type Ring = Vec<Place>;

/// A shell, which runs counter-clockwise, and its holes, which run clockwise.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Polygon {
    /// Shell first, then the holes.
    pub(super) rings: Vec<Ring>,
}

/// The polygons of a GeoJSON `Polygon` or `MultiPolygon`; none where it is neither.
pub(super) fn read(value: &Value) -> Option<Vec<Polygon>> {
    let coordinates = value.member("coordinates")?.as_array()?;
    match value.member("type")?.as_str()? {
        "Polygon" => Some(vec![polygon(coordinates)?]),
        "MultiPolygon" => {
            let polygons: Option<Vec<Polygon>> =
                coordinates.iter().map(|p| polygon(p.as_array()?)).collect();
            polygons.filter(|p| !p.is_empty())
        }
        _ => None,
    }
}

fn polygon(coordinates: &[Value]) -> Option<Polygon> {
    let mut rings = Vec::new();
    for (index, value) in coordinates.iter().enumerate() {
        let mut ring: Ring = value
            .as_array()?
            .iter()
            .map(Place::read)
            .collect::<Option<_>>()?;
        if ring.len() < 4 || ring.first() != ring.last() {
            return None;
        }
        ring.pop();
        ring.dedup();
        let repeated = (1..ring.len()).any(|i| ring[..i].contains(&ring[i]));
        if ring.len() < 3 || repeated {
            return None;
        }
        // The smaller of the two regions is meant, whichever way the ring runs.
        if (turning(&ring) < 0.0) == (index == 0) {
            ring.reverse();
            ring.rotate_right(1);
        }
        rings.push(ring);
    }
    (!rings.is_empty()).then_some(Polygon { rings })
}

/// The GeoJSON object of polygons.
pub(super) fn to_value(polygons: &[Polygon]) -> Value {
    let each = |polygon: &Polygon| {
        let rings = polygon.rings.iter().map(|ring| {
            let closed = ring.iter().chain(ring.first());
            Value::array(closed.map(|p| p.to_value()).collect())
        });
        Value::array(rings.collect())
    };
    match polygons {
        [polygon] => shape("Polygon", each(polygon)),
        _ => shape(
            "MultiPolygon",
            Value::array(polygons.iter().map(each).collect()),
        ),
    }
}

/// The edges of a ring.
pub(super) fn ring_edges(ring: &Ring) -> impl Iterator<Item = (Place, Place)> + Clone {
    (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
}

/// The edges of polygons.
pub(super) fn edges(polygons: &[Polygon]) -> impl Iterator<Item = (Place, Place)> {
    polygons
        .iter()
        .flat_map(|p| p.rings.iter().flat_map(ring_edges))
}

/// The sum of the turns at the corners, positive for a ring that encloses the smaller side on its left.
pub(super) fn turning(ring: &Ring) -> f64 {
    let n = ring.len();
    (0..n)
        .map(|i| {
            let (a, b, c) = (ring[i], ring[(i + 1) % n], ring[(i + 2) % n]);
            let (into, out) = (a.cross(b), b.cross(c));
            let angle = into.angle(out);
            if out.dot(a) > 0.0 { angle } else { -angle }
        })
        .sum()
}

/// The area in steradians, negative where the ring runs clockwise.
fn signed_area(ring: &Ring) -> f64 {
    let origin = ring[0];
    (1..ring.len().saturating_sub(1))
        .map(|i| triangle(origin, ring[i], ring[i + 1]))
        .sum()
}

/// The signed area of a triangle, after L'Huilier where it is well-conditioned.
fn triangle(a: Place, b: Place, c: Place) -> f64 {
    let numerator = a.dot(b.cross(c));
    let denominator = 1.0 + a.dot(b) + b.dot(c) + c.dot(a);
    2.0 * numerator.atan2(denominator)
}

/// The area in steradians.
pub(super) fn area(polygons: &[Polygon]) -> f64 {
    polygons
        .iter()
        .flat_map(|p| &p.rings)
        .map(signed_area)
        .sum::<f64>()
        .abs()
}

/// The centre of the area.
pub(super) fn centroid(polygons: &[Polygon]) -> Place {
    let mut sum = Place([0.0; 3]);
    for (a, b) in edges(polygons) {
        // The integral of the position over the area is a sum over the edges (Stokes).
        let normal = a.cross(b);
        let norm = normal.norm();
        if norm > 0.0 {
            sum = sum.plus(normal.times(a.angle(b) / norm));
        }
    }
    sum.unit()
}

/// How often the ring goes around the place, as the turn of its edges seen from there.
fn winding(at: Place, ring: &Ring) -> f64 {
    ring_edges(ring)
        .map(|(from, to)| {
            // The directions in the plane that touches the sphere at the place.
            let (p, q) = (at.cross(from), at.cross(to));
            at.dot(p.cross(q)).atan2(p.dot(q))
        })
        .sum()
}

/// Whether the ring's inside, the smaller side, holds the place; its corners belong to it.
fn ring_holds(ring: &Ring, at: Place) -> bool {
    if ring.contains(&at) {
        return true;
    }
    // The ring goes around the place opposite to each place inside as well.
    let middle = ring.iter().fold(Place([0.0; 3]), |s, p| s.plus(*p));
    winding(at, ring).abs() > PI && at.dot(middle) > 0.0
}

/// Whether one of the polygons holds the place.
pub(super) fn holds(polygons: &[Polygon], at: Place) -> bool {
    polygons.iter().any(|polygon| {
        polygon.rings.iter().enumerate().all(|(index, ring)| {
            if index == 0 {
                ring_holds(ring, at)
            } else {
                ring.contains(&at) || !ring_holds(ring, at)
            }
        })
    })
}
