//! S2 and H3 cells.

use h3o::CellIndex;
use h3o::LatLng;
use h3o::Resolution;
use s2::cell::Cell;
use s2::cellid::CellID;

use super::line;
use super::polygon;
use super::polygon::Polygon;
use super::polygon::Ring;
use super::sphere::Place;
use super::sphere::RADIUS;
use super::sphere::crosses;
use super::sphere::shape;
use crate::engine::value::Value;

/// The most cells that cover a shape.
const MOST: usize = 65_536;

/// The S2 cell of that level at a place.
pub(super) fn s2_at(at: Place, level: i64) -> Option<String> {
    let level = u64::try_from(level).ok().filter(|l| *l <= 30)?;
    Some(CellID::from(at.s2()).parent(level).to_token())
}

fn s2_read(token: &str) -> Option<CellID> {
    if token.is_empty() || token.len() > 16 || !token.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some(CellID::from_token(token)).filter(CellID::is_valid)
}

/// The middle of an S2 cell.
pub(super) fn s2_center(token: &str) -> Option<Value> {
    let center = Place::from(Cell::from(s2_read(token)?).center());
    Some(shape("Point", center.unit().to_value()))
}

fn s2_corners(cell: CellID) -> Ring {
    Cell::from(cell)
        .vertices()
        .into_iter()
        .map(|v| Place::from(v).unit())
        .collect()
}

/// The outline of an S2 cell.
pub(super) fn s2_polygon(token: &str) -> Option<Value> {
    let ring = s2_corners(s2_read(token)?);
    Some(polygon::to_value(&[Polygon { rings: vec![ring] }]))
}

/// The cells around an S2 cell, corners included.
pub(super) fn s2_neighbors(token: &str) -> Option<Value> {
    let cell = s2_read(token)?;
    let around = cell.all_neighbors(cell.level());
    Some(in_set_order(around.iter().map(CellID::to_token)))
}

/// The tokens in the order of the hash set that the service keeps neighbours in: eight buckets by FNV-1a, filled in
/// the order of coming; within a bucket the last comes first.
pub(super) fn in_set_order(tokens: impl Iterator<Item = String>) -> Value {
    let bucket = |token: &str| {
        token.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }) % 8
    };
    let mut set: Vec<String> = Vec::new();
    for token in tokens {
        if set.contains(&token) {
            continue;
        }
        let own = bucket(&token);
        let place = set.iter().position(|t| bucket(t) == own);
        set.insert(place.unwrap_or(set.len()), token);
    }
    Value::array(set.into_iter().map(Value::from).collect())
}

/// What cells are to cover.
pub(super) enum Covered {
    /// Lines, with what is at most so many radians away.
    Lines(Vec<line::Line>, f64),
    /// Polygons.
    Polygons(Vec<Polygon>),
}

impl Covered {
    /// Whether the cell and the shape meet.
    fn meets(&self, cell: CellID) -> bool {
        let corners = s2_corners(cell);
        let sides: Vec<_> = polygon::ring_edges(&corners).collect();
        let whole = Cell::from(cell);
        let edges: Vec<(Place, Place)> = match self {
            Self::Lines(lines, _) => line::edges(lines).collect(),
            Self::Polygons(polygons) => polygon::edges(polygons).collect(),
        };
        let near = match self {
            Self::Lines(_, radius) => *radius,
            Self::Polygons(_) => 0.0,
        };
        if edges
            .iter()
            .any(|(from, _)| whole.contains_point(&from.s2()))
        {
            return true;
        }
        let meet = |(a, b): &(Place, Place)| {
            whole.contains_point(&b.s2())
                || sides.iter().any(|(c, d)| crosses(*a, *b, *c, *d))
                || near > 0.0
                    && sides.iter().any(|(c, d)| {
                        [
                            a.angle(a.closest(*c, *d)),
                            b.angle(b.closest(*c, *d)),
                            c.angle(c.closest(*a, *b)),
                            d.angle(d.closest(*a, *b)),
                        ]
                        .iter()
                        .any(|distance| *distance <= near)
                    })
        };
        edges.iter().any(meet)
            || match self {
                Self::Lines(..) => false,
                Self::Polygons(polygons) => corners.iter().any(|c| polygon::holds(polygons, *c)),
            }
    }
}

/// The S2 cells of that level that meet the shape, in their order.
pub(super) fn s2_cover(shape: &Covered, level: i64) -> Option<Value> {
    let level = u64::try_from(level).ok().filter(|l| *l <= 30)?;
    let mut found = Vec::new();
    let mut open: Vec<CellID> = (0..6).rev().map(CellID::from_face).collect();
    let mut looked = 0;
    while let Some(cell) = open.pop() {
        looked += 1;
        if looked > 8 * MOST {
            return None;
        }
        if !shape.meets(cell) {
            continue;
        }
        if cell.level() == level {
            found.push(cell);
            if found.len() > MOST {
                return None;
            }
        } else {
            open.extend(cell.children().into_iter().rev());
        }
    }
    Some(Value::array(
        found.iter().map(|c| c.to_token().into()).collect(),
    ))
}

/// A radius in metres as an angle; none where it is negative.
pub(super) fn radians(metres: f64) -> Option<f64> {
    (metres >= 0.0).then_some(metres / RADIUS)
}

fn h3_read(token: &str) -> Option<CellIndex> {
    token.parse().ok()
}

/// The H3 cell of that resolution at a place.
pub(super) fn h3_at(longitude: f64, latitude: f64, resolution: i64) -> Option<String> {
    Place::new(longitude, latitude)?;
    let resolution = Resolution::try_from(u8::try_from(resolution).ok()?).ok()?;
    Some(
        LatLng::new(latitude, longitude)
            .ok()?
            .to_cell(resolution)
            .to_string(),
    )
}

/// The resolution of an H3 cell.
pub(super) fn h3_level(token: &str) -> Option<i64> {
    Some(i64::from(u8::from(h3_read(token)?.resolution())))
}

/// The H3 cell around a cell, of the resolution given or of the next coarser.
pub(super) fn h3_parent(token: &str, resolution: Option<i64>) -> Option<String> {
    let cell = h3_read(token)?;
    let own = i64::from(u8::from(cell.resolution()));
    let wanted = resolution.unwrap_or(own - 1);
    if wanted >= own {
        return None;
    }
    let wanted = Resolution::try_from(u8::try_from(wanted).ok()?).ok()?;
    cell.parent(wanted).map(|c| c.to_string())
}

/// The H3 cells inside a cell, of the resolution given or of the next finer.
pub(super) fn h3_children(token: &str, resolution: Option<i64>) -> Option<Value> {
    let cell = h3_read(token)?;
    let own = i64::from(u8::from(cell.resolution()));
    let wanted = resolution.unwrap_or(own + 1);
    if wanted <= own || wanted - own > 5 {
        return None;
    }
    let wanted = Resolution::try_from(u8::try_from(wanted).ok()?).ok()?;
    Some(h3_tokens(cell.children(wanted)))
}

fn h3_tokens(cells: impl Iterator<Item = CellIndex>) -> Value {
    Value::array(cells.map(|c| c.to_string().into()).collect())
}

fn h3_place(at: LatLng) -> Value {
    Value::array(vec![Value::Real(at.lng()), Value::Real(at.lat())])
}

/// The middle of an H3 cell.
pub(super) fn h3_center(token: &str) -> Option<Value> {
    Some(shape("Point", h3_place(h3_read(token)?.into())))
}

/// The outline of an H3 cell.
pub(super) fn h3_polygon(token: &str) -> Option<Value> {
    let boundary = h3_read(token)?.boundary();
    let closed = boundary.iter().chain(boundary.first());
    let ring = Value::array(closed.map(|p| h3_place(*p)).collect());
    Some(shape("Polygon", Value::array(vec![ring])))
}

/// The cells around an H3 cell, ring by ring, the cell itself first.
pub(super) fn h3_rings(token: &str, distance: i64) -> Option<Vec<Value>> {
    let cell = h3_read(token)?;
    let distance = u32::try_from(distance).ok().filter(|d| *d <= 142)?;
    let mut rings: Vec<Vec<CellIndex>> = vec![Vec::new(); distance as usize + 1];
    let around: Vec<(CellIndex, u32)> = cell.grid_disk_distances(distance);
    for (cell, away) in around {
        rings.get_mut(away as usize)?.push(cell);
    }
    Some(
        rings
            .into_iter()
            .map(|r| h3_tokens(r.into_iter()))
            .collect(),
    )
}
