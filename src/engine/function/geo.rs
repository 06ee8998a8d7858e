//! Geography on the sphere: distances, directions, circles, lines, polygons, cells and geohashes.
//!
//! Edges are geodesics on a sphere, as the service has them. What the service computes by a way that is not
//! documented (buffers, simplification) is refused; only what leaves nothing of its input is answered, with null.

mod cells;
mod densify;
mod line;
mod overlay;
mod polygon;
mod sphere;
mod wkt;

use polygon::Polygon;
use sphere::Place;
use sphere::RADIUS;
use sphere::shape;

use super::Def;
use super::arg;
use super::def;
use super::refuse;
use crate::engine::text::text;
use crate::engine::value::Type;
use crate::engine::value::Value;

/// The tolerance in metres where none is given.
const TOLERANCE: f64 = 10.0;

pub(super) fn lookup(name: &str) -> Option<Def> {
    points(name)
        .or_else(|| lines(name))
        .or_else(|| polygons(name))
        .or_else(|| grids(name))
}

fn points(name: &str) -> Option<Def> {
    use Type::{Bool, Dynamic, Real};
    match name {
        "geo_distance_2points" => def(4, 5, Real, |a| {
            let far = both(a).map(|(p, q)| distance(p, q));
            on_sphere(far, arg(a, 4), "`geo_distance_2points()`")
        }),
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
            let inside = || Some(polygon::holds(&polygon::read(&a[2])?, place(a)?));
            inside().into()
        }),
        "geo_distance_point_to_line" => def(3, 3, Real, |a| {
            let far = || {
                let lines = line::read(&a[2])?;
                line::closest(place(a)?, line::edges(&lines)).map(|(_, d)| d * RADIUS)
            };
            far().into()
        }),
        "geo_distance_point_to_polygon" => def(3, 3, Real, |a| {
            let far = || Some(to_polygon(a)?.1 * RADIUS);
            far().into()
        }),
        "geo_closest_point_on_line" => def(3, 3, Dynamic, |a| {
            let closest = || {
                let lines = line::read(&a[2])?;
                line::closest(place(a)?, line::edges(&lines)).map(|(p, _)| p)
            };
            closest().map_or(Value::Null, |p| shape("Point", p.to_value()))
        }),
        "geo_closest_point_on_polygon" => def(3, 3, Dynamic, |a| {
            to_polygon(a).map_or(Value::Null, |(p, _)| shape("Point", p.to_value()))
        }),
        "geo_from_wkt" => def(1, 1, Dynamic, |a| {
            wkt::read(&text(&a[0])).unwrap_or_default()
        }),
        "geo_point_buffer" => def(3, 4, Dynamic, |a| {
            let valid = place(a).is_some() && positive(&a[2]) && tolerable(arg(a, 3));
            unknown(valid, "the outline of `geo_point_buffer()`")
        }),
        _ => None,
    }
}

fn lines(name: &str) -> Option<Def> {
    use Type::{Bool, Dynamic, Real};
    match name {
        "geo_line_length" => def(1, 1, Real, |a| {
            line::read(&a[0]).map(|l| line::length(&l)).into()
        }),
        "geo_line_centroid" => def(1, 1, Dynamic, |a| {
            line::read(&a[0]).map_or(Value::Null, |l| {
                shape("Point", line::centroid(&l).to_value())
            })
        }),
        "geo_line_interpolate_point" => def(2, 2, Dynamic, |a| {
            let found = || {
                let part = a[1].as_real().filter(|p| (0.0..=1.0).contains(p))?;
                line::interpolate(&line::read_one(&a[0])?, part)
            };
            found().map_or(Value::Null, |p| shape("Point", p.to_value()))
        }),
        "geo_line_locate_point" => def(3, 4, Real, |a| {
            let found = || {
                let at = Place::new(a[1].as_real()?, a[2].as_real()?)?;
                line::locate(&line::read_one(&a[0])?, at)
            };
            on_sphere(found(), arg(a, 3), "`geo_line_locate_point()`")
        }),
        "geo_line_densify" => def(1, 3, Dynamic, |a| {
            let valid = line::read(&a[0]).is_some();
            densified(a, valid).unwrap_or_default()
        }),
        "geo_line_simplify" => def(1, 2, Dynamic, |a| {
            let places = line::read(&a[0]).map(|l| ends(line::edges(&l)));
            simplified(places, arg(a, 1), "geo_line_simplify")
        }),
        "geo_line_buffer" => def(2, 3, Dynamic, |a| {
            let valid = line::read(&a[0]).is_some() && positive(&a[1]) && tolerable(arg(a, 2));
            unknown(valid, "the outline of `geo_line_buffer()`")
        }),
        "geo_line_to_s2cells" => def(1, 3, Dynamic, |a| {
            let found = || {
                let radius = match arg(a, 2) {
                    Value::Null => 0.0,
                    radius => cells::radians(radius.as_real()?)?,
                };
                let shape = cells::Covered::Lines(line::read(&a[0])?, radius);
                cells::s2_cover(&shape, level(arg(a, 1), a.len() > 1, 11)?)
            };
            found().unwrap_or_default()
        }),
        "geo_union_lines_array" => def(1, 1, Dynamic, |a| {
            let all = || {
                let lines: Option<Vec<_>> = a[0].as_array()?.iter().map(line::read).collect();
                lines.map(|l| l.concat()).filter(|l| !l.is_empty())
            };
            match all() {
                None => Value::Null,
                Some(lines) => line::union(&lines).map_or_else(
                    || refuse("the union of lines that branch or cross"),
                    |l| line::to_value(&l),
                ),
            }
        }),
        "geo_intersects_2lines" => def(2, 2, Bool, |a| {
            let meet = || {
                let (one, other) = (line::read(&a[0])?, line::read(&a[1])?);
                let found = line::intersection(&one, &other);
                Some(found.is_none_or(|(p, l)| !p.is_empty() || !l.is_empty()))
            };
            meet().into()
        }),
        "geo_intersection_2lines" => def(2, 2, Dynamic, |a| {
            match (line::read(&a[0]), line::read(&a[1])) {
                (Some(one), Some(other)) => match line::intersection(&one, &other) {
                    Some((places, lines)) => collection(&places, &lines, &[]),
                    None => refuse("an intersection of lines that branch"),
                },
                _ => Value::Null,
            }
        }),
        _ => None,
    }
}

fn polygons(name: &str) -> Option<Def> {
    use Type::{Bool, Dynamic, Real};
    match name {
        "geo_polygon_area" => def(1, 1, Real, |a| {
            joined(&a[0], |p| Value::Real(polygon::area(p) * RADIUS * RADIUS))
        }),
        "geo_polygon_perimeter" => def(1, 1, Real, |a| {
            joined(&a[0], |p| {
                Value::Real(polygon::edges(p).map(|(a, b)| a.angle(b)).sum::<f64>() * RADIUS)
            })
        }),
        "geo_polygon_centroid" => def(1, 1, Dynamic, |a| {
            joined(&a[0], |p| shape("Point", polygon::centroid(p).to_value()))
        }),
        "geo_polygon_densify" => def(1, 3, Dynamic, |a| {
            let valid = polygon::read(&a[0]).is_some();
            densified(a, valid).unwrap_or_default()
        }),
        "geo_polygon_simplify" => def(1, 2, Dynamic, |a| {
            let places = polygon::read(&a[0]).map(|p| ends(polygon::edges(&p)));
            simplified(places, arg(a, 1), "geo_polygon_simplify")
        }),
        "geo_polygon_buffer" => def(2, 3, Dynamic, |a| {
            let valid = polygon::read(&a[0]).is_some() && positive(&a[1]) && tolerable(arg(a, 2));
            unknown(valid, "the outline of `geo_polygon_buffer()`")
        }),
        "geo_polygon_to_s2cells" => def(1, 3, Dynamic, |a| {
            let found = || {
                let shape = cells::Covered::Polygons(polygon::read(&a[0])?);
                let radius = match arg(a, 2) {
                    Value::Null => 0.0,
                    radius => cells::radians(radius.as_real()?)?,
                };
                if radius > 0.0 {
                    return Some(refuse("a radius of `geo_polygon_to_s2cells()`"));
                }
                cells::s2_cover(&shape, level(arg(a, 1), a.len() > 1, 11)?)
            };
            found().unwrap_or_default()
        }),
        "geo_polygon_to_h3cells" => def(1, 3, Dynamic, |a| {
            let level = level(arg(a, 1), a.len() > 1, 6);
            let valid =
                polygon::read(&a[0]).is_some() && level.is_some_and(|l| (0..=15).contains(&l));
            unknown(
                valid,
                "the order of the cells of `geo_polygon_to_h3cells()`",
            )
        }),
        "geo_union_polygons_array" => def(1, 1, Dynamic, |a| match all_polygons(&a[0]) {
            None => Value::Null,
            Some(polygons) => overlay::union(&polygons).map_or_else(
                || refuse("a union of polygons that cross themselves"),
                |p| polygon::to_value(&p),
            ),
        }),
        "geo_simplify_polygons_array" => def(1, 2, Dynamic, |a| {
            let places = all_polygons(&a[0]).map(|p| ends(polygon::edges(&p)));
            simplified(places, arg(a, 1), "geo_simplify_polygons_array")
        }),
        "geo_intersects_2polygons" => def(2, 2, Bool, |a| {
            let meet = || {
                let (one, other) = (polygon::read(&a[0])?, polygon::read(&a[1])?);
                let found = overlay::intersection(&one, &other);
                Some(found.is_none_or(|(p, q)| !p.is_empty() || !q.is_empty()))
            };
            meet().into()
        }),
        "geo_intersection_2polygons" => def(2, 2, Dynamic, |a| {
            match (polygon::read(&a[0]), polygon::read(&a[1])) {
                (Some(one), Some(other)) => match overlay::intersection(&one, &other) {
                    Some((places, polygons)) => collection(&places, &[], &polygons),
                    None => refuse("an intersection of polygons that touch along an edge"),
                },
                _ => Value::Null,
            }
        }),
        "geo_intersects_line_with_polygon" => def(2, 2, Bool, |a| {
            let meet = || {
                let (lines, polygons) = (line::read(&a[0])?, polygon::read(&a[1])?);
                let found = overlay::lines_in(&lines, &polygons);
                Some(found.is_none_or(|(p, l)| !p.is_empty() || !l.is_empty()))
            };
            meet().into()
        }),
        "geo_intersection_line_with_polygon" => def(2, 2, Dynamic, |a| {
            match (line::read(&a[0]), polygon::read(&a[1])) {
                (Some(lines), Some(polygons)) => match overlay::lines_in(&lines, &polygons) {
                    Some((places, lines)) => collection(&places, &lines, &[]),
                    None => refuse("an intersection of lines that branch"),
                },
                _ => Value::Null,
            }
        }),
        _ => None,
    }
}

fn grids(name: &str) -> Option<Def> {
    use Type::{Dynamic, Long, String};
    match name {
        "geo_point_to_geohash" => def(2, 3, String, |a| {
            let length = level(arg(a, 2), a.len() > 2, 5);
            match (point(a, 0), length) {
                (Some(at), Some(length)) if (1..=18).contains(&length) => {
                    geohash(at, length as usize).into()
                }
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
        "geo_geohash_neighbors" => def(1, 1, Dynamic, |a| {
            neighbors(&text(&a[0])).unwrap_or_default()
        }),
        "geo_point_to_s2cell" => def(2, 3, String, |a| {
            let found = || cells::s2_at(place(a)?, level(arg(a, 2), a.len() > 2, 11)?);
            found().unwrap_or_default().into()
        }),
        "geo_s2cell_to_central_point" => def(1, 1, Dynamic, |a| {
            cells::s2_center(&text(&a[0])).unwrap_or_default()
        }),
        "geo_s2cell_to_polygon" => def(1, 1, Dynamic, |a| {
            cells::s2_polygon(&text(&a[0])).unwrap_or_default()
        }),
        "geo_s2cell_neighbors" => def(1, 1, Dynamic, |a| {
            cells::s2_neighbors(&text(&a[0])).unwrap_or_default()
        }),
        "geo_point_to_h3cell" => def(2, 3, String, |a| {
            let found = || {
                let resolution = level(arg(a, 2), a.len() > 2, 6)?;
                cells::h3_at(a[0].as_real()?, a[1].as_real()?, resolution)
            };
            found().unwrap_or_default().into()
        }),
        "geo_h3cell_level" => def(1, 1, Long, |a| cells::h3_level(&text(&a[0])).into()),
        "geo_h3cell_parent" => def(1, 2, String, |a| {
            cells::h3_parent(&text(&a[0]), arg(a, 1).as_long())
                .unwrap_or_default()
                .into()
        }),
        "geo_h3cell_children" => def(1, 2, Dynamic, |a| {
            cells::h3_children(&text(&a[0]), arg(a, 1).as_long()).unwrap_or_default()
        }),
        "geo_h3cell_to_central_point" => def(1, 1, Dynamic, |a| {
            cells::h3_center(&text(&a[0])).unwrap_or_default()
        }),
        "geo_h3cell_to_polygon" => def(1, 1, Dynamic, |a| {
            cells::h3_polygon(&text(&a[0])).unwrap_or_default()
        }),
        "geo_h3cell_neighbors" => def(1, 1, Dynamic, |a| {
            cells::h3_rings(&text(&a[0]), 1)
                .and_then(|mut rings| rings.pop())
                .unwrap_or_default()
        }),
        "geo_h3cell_rings" => def(2, 2, Dynamic, |a| {
            let found = || cells::h3_rings(&text(&a[0]), a[1].as_long()?);
            found().map_or(Value::Null, Value::array)
        }),
        _ => None,
    }
}

/// The level that is given, or the usual one; none where it is null.
fn level(value: &Value, given: bool, usual: i64) -> Option<i64> {
    if given { value.as_long() } else { Some(usual) }
}

/// The place of the first two arguments.
fn place(a: &[Value]) -> Option<Place> {
    Place::new(a[0].as_real()?, a[1].as_real()?)
}

/// The place of the polygon of the third argument that is closest, and how far it is.
fn to_polygon(a: &[Value]) -> Option<(Place, f64)> {
    let (at, polygons) = (place(a)?, polygon::read(&a[2])?);
    if polygon::holds(&polygons, at) {
        return Some((at, 0.0));
    }
    line::closest(at, polygon::edges(&polygons))
}

fn positive(value: &Value) -> bool {
    value.as_real().is_some_and(|r| r > 0.0 && r.is_finite())
}

fn tolerable(value: &Value) -> bool {
    value.is_null() || positive(value)
}

/// The result on the sphere; what is asked for on the spheroid is refused.
fn on_sphere(result: Option<f64>, spheroid: &Value, what: &str) -> Value {
    match result {
        Some(_) if spheroid.as_bool() == Some(true) => refuse(&format!("the spheroid of {what}")),
        result => result.into(),
    }
}

/// The ends of the edges.
fn ends(edges: impl Iterator<Item = (Place, Place)>) -> Vec<Place> {
    edges.flat_map(|(from, to)| [from, to]).collect()
}

/// What simplification leaves of a shape of these places, where that is known: null of what is not valid, and of what
/// lies so close together that no edge stays. Which places stay of a larger shape is not documented.
fn simplified(places: Option<Vec<Place>>, tolerance: &Value, function: &str) -> Value {
    /// Of more places, each is not compared with each.
    const MANY: usize = 2000;
    let metres = match tolerance {
        Value::Null => Some(TOLERANCE),
        metres => metres.as_real(),
    };
    let metres = metres.filter(|m| (0.0..7_800_000.0).contains(m));
    let (Some(places), Some(metres)) = (places, metres) else {
        return Value::Null;
    };
    let vanishes = places.len() <= MANY
        && places
            .iter()
            .enumerate()
            .all(|(i, p)| places[..i].iter().all(|q| p.angle(*q) * RADIUS < metres));
    if vanishes {
        Value::Null
    } else {
        refuse(&format!("the choice of places of `{function}()`"))
    }
}

/// Null for what is not valid; the rest is refused.
fn unknown(valid: bool, what: &str) -> Value {
    if valid { refuse(what) } else { Value::Null }
}

/// Computes on the union of the polygons.
fn joined(value: &Value, f: impl Fn(&[Polygon]) -> Value) -> Value {
    let Some(polygons) = polygon::read(value) else {
        return Value::Null;
    };
    match overlay::union(&polygons) {
        Some(polygons) => f(&polygons),
        None => refuse("a union of polygons that cross themselves"),
    }
}

fn all_polygons(value: &Value) -> Option<Vec<Polygon>> {
    let polygons: Option<Vec<Vec<Polygon>>> = value.as_array()?.iter().map(polygon::read).collect();
    polygons.map(|p| p.concat()).filter(|p| !p.is_empty())
}

/// Computes on the lists of positions, which lie at a depth that the type tells.
fn each(value: &Value, depth: usize, f: &dyn Fn(&Value) -> Option<Value>) -> Option<Value> {
    if depth == 0 {
        return f(value);
    }
    let items: Option<Vec<Value>> = value
        .as_array()?
        .iter()
        .map(|v| each(v, depth - 1, f))
        .collect();
    items.map(Value::array)
}

/// The shape with places added; none where it or the tolerance is not valid.
fn densified(a: &[Value], valid: bool) -> Option<Value> {
    let metres = match arg(a, 1) {
        Value::Null => TOLERANCE,
        metres => metres.as_real()?,
    };
    if !valid || !(0.1..=10_000.0).contains(&metres) {
        return None;
    }
    let wide = |positions: &Value| {
        let longitude = |v: &Value| v.as_array()?.first()?.as_real();
        positions.as_array().is_some_and(|p| {
            p.windows(2)
                .any(|e| match (longitude(&e[0]), longitude(&e[1])) {
                    (Some(from), Some(to)) => (from - to).abs() > 180.0,
                    _ => false,
                })
        })
    };
    let kind = a[0].member("type")?.as_str()?;
    let depth = match kind {
        "LineString" => 0,
        "MultiPolygon" => 2,
        _ => 1,
    };
    let coordinates = each(a[0].member("coordinates")?, depth, &|positions| {
        if wide(positions) {
            return Some(refuse("densified edges across the antimeridian"));
        }
        densify::densify(positions, metres)
    })?;
    Some(shape(kind, coordinates))
}

/// The one shape, or the collection of several.
fn collection(places: &[Place], lines: &[line::Line], polygons: &[Polygon]) -> Value {
    let mut shapes = Vec::new();
    match places {
        [] => {}
        [place] => shapes.push(shape("Point", place.to_value())),
        _ => shapes.push(shape(
            "MultiPoint",
            Value::array(places.iter().map(|p| p.to_value()).collect()),
        )),
    }
    if !lines.is_empty() {
        shapes.push(line::to_value(lines));
    }
    if !polygons.is_empty() {
        shapes.push(polygon::to_value(polygons));
    }
    if shapes.len() == 1 {
        return shapes.swap_remove(0);
    }
    Value::bag(vec![
        ("type".into(), "GeometryCollection".into()),
        ("geometries".into(), Value::array(shapes)),
    ])
}

/// Tells how many metres a place is from a GeoJSON object of lines or polygons, nothing inside; none where it is none.
pub(crate) fn distance_from(
    value: &Value,
) -> Option<impl Fn(&Value, &Value) -> Option<f64> + use<>> {
    let (lines, polygons) = match (line::read(value), polygon::read(value)) {
        (None, None) => return None,
        (lines, polygons) => (lines.unwrap_or_default(), polygons.unwrap_or_default()),
    };
    Some(move |longitude: &Value, latitude: &Value| {
        let at = at(longitude, latitude)?;
        if polygon::holds(&polygons, at) {
            return Some(0.0);
        }
        let edges = line::edges(&lines).chain(polygon::edges(&polygons));
        line::closest(at, edges).map(|(_, d)| d * RADIUS)
    })
}

/// A place in degrees; none outside the map.
fn at(longitude: &Value, latitude: &Value) -> Option<Place> {
    Place::new(longitude.as_real()?, latitude.as_real()?)
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

/// The cells around a geohash; none where it is no geohash.
fn neighbors(hash: &str) -> Option<Value> {
    let [west, south, east, north] = cell(hash)?;
    let around = (-1..=1)
        .rev()
        .flat_map(|y| (-1..=1).map(move |x| (f64::from(x), f64::from(y))))
        .filter(|at| *at != (0.0, 0.0));
    Some(cells::in_set_order(around.filter_map(|(x, y)| {
        let longitude = f64::midpoint(west, east) + x * (east - west);
        let latitude = f64::midpoint(south, north) + y * (north - south);
        // The map closes at the antimeridian, but not at the poles.
        let longitude = (longitude + 180.0).rem_euclid(360.0) - 180.0;
        Some(geohash(degrees(longitude, latitude)?, hash.len()))
    })))
}

fn pair(longitude: f64, latitude: f64) -> Value {
    Value::array(vec![Value::Real(longitude), Value::Real(latitude)])
}
