//! Lines: chains of geodesics.

use super::overlay;
use super::sphere::Place;
use super::sphere::RADIUS;
use super::sphere::shape;
use crate::engine::value::Value;

/// The places along a line, two at least.
pub(super) type Line = Vec<Place>;

/// The lines of a GeoJSON `LineString` or `MultiLineString`; none where it is neither.
pub(super) fn read(value: &Value) -> Option<Vec<Line>> {
    let coordinates = value.member("coordinates")?.as_array()?;
    match value.member("type")?.as_str()? {
        "LineString" => Some(vec![line(coordinates)?]),
        "MultiLineString" => {
            let lines: Option<Vec<Line>> =
                coordinates.iter().map(|l| line(l.as_array()?)).collect();
            lines.filter(|l| !l.is_empty())
        }
        _ => None,
    }
}

/// The line of a `LineString`; none where the shape is anything else.
pub(super) fn read_one(value: &Value) -> Option<Line> {
    (value.member("type")?.as_str()? == "LineString")
        .then(|| read(value)?.pop())
        .flatten()
}

fn line(coordinates: &[Value]) -> Option<Line> {
    let mut places: Line = coordinates.iter().map(Place::read).collect::<Option<_>>()?;
    if places.len() < 2 {
        return None;
    }
    places.dedup();
    // Opposite places have no one way between them.
    let antipodal = places.windows(2).any(|e| e[0].plus(e[1]).norm() < 1e-15);
    (places.len() > 1 && !antipodal).then_some(places)
}

/// The GeoJSON object of lines.
pub(super) fn to_value(lines: &[Line]) -> Value {
    let each = |line: &Line| Value::array(line.iter().map(|p| p.to_value()).collect());
    match lines {
        [line] => shape("LineString", each(line)),
        _ => shape(
            "MultiLineString",
            Value::array(lines.iter().map(each).collect()),
        ),
    }
}

/// The edges of lines.
pub(super) fn edges(lines: &[Line]) -> impl Iterator<Item = (Place, Place)> {
    lines
        .iter()
        .flat_map(|line| line.windows(2).map(|e| (e[0], e[1])))
}

/// The place on the lines that is closest, and its distance in radians.
pub(super) fn closest(
    at: Place,
    edges: impl Iterator<Item = (Place, Place)>,
) -> Option<(Place, f64)> {
    edges
        .map(|(from, to)| {
            let place = at.closest(from, to);
            (place, at.angle(place))
        })
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// The edges of lines, each once.
fn distinct(lines: &[Line]) -> Vec<(Place, Place)> {
    let mut out: Vec<(Place, Place)> = Vec::new();
    for (from, to) in edges(lines) {
        if lines.len() == 1 || !out.iter().any(|e| *e == (from, to) || *e == (to, from)) {
            out.push((from, to));
        }
    }
    out
}

/// The length in metres.
pub(super) fn length(lines: &[Line]) -> f64 {
    distinct(lines)
        .iter()
        .map(|(a, b)| a.angle(*b))
        .sum::<f64>()
        * RADIUS
}

/// The centre of the length.
pub(super) fn centroid(lines: &[Line]) -> Place {
    distinct(lines)
        .iter()
        .fold(Place([0.0; 3]), |sum, (a, b)| {
            // The middle of an edge, by the sine of half its angle twice.
            let (across, along) = (a.plus(b.times(-1.0)), a.plus(*b));
            let cosine = along.norm();
            if cosine == 0.0 {
                sum
            } else {
                sum.plus(along.times(across.norm() / cosine))
            }
        })
        .unit()
}

/// The part of the line at which the place closest to `at` lies.
pub(super) fn locate(line: &Line, at: Place) -> Option<f64> {
    let mut before = 0.0;
    let mut best: Option<(f64, f64)> = None;
    for edge in line.windows(2) {
        let place = at.closest(edge[0], edge[1]);
        let distance = at.angle(place);
        if best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, before + edge[0].angle(place)));
        }
        before += edge[0].angle(edge[1]);
    }
    best.map(|(_, along)| (along / before).clamp(0.0, 1.0))
}

/// The place at a part of the line.
pub(super) fn interpolate(line: &Line, part: f64) -> Option<Place> {
    let total: f64 = line.windows(2).map(|e| e[0].angle(e[1])).sum();
    let mut left = part * total;
    for edge in line.windows(2) {
        let length = edge[0].angle(edge[1]);
        if left <= length {
            return Some(edge[0].toward(edge[1], left / length));
        }
        left -= length;
    }
    line.last().copied()
}

/// What two shapes of lines have in common: places, and stretches; none where that is not known exactly.
pub(super) fn intersection(a: &[Line], b: &[Line]) -> Option<(Vec<Place>, Vec<Line>)> {
    let mut shared: Vec<(Place, Place)> = Vec::new();
    let mut places: Vec<Place> = Vec::new();
    for (p, q) in edges(a) {
        for (r, s) in edges(b) {
            if (p, q) == (r, s) || (p, q) == (s, r) {
                shared.push((p, q));
            } else if super::sphere::crosses(p, q, r, s) {
                places.push(super::sphere::crossing(p, q, r, s));
            } else {
                places.extend([p, q].into_iter().filter(|v| *v == r || *v == s));
            }
        }
    }
    places.retain(|p| !shared.iter().any(|(a, b)| a == p || b == p));
    let places = overlay::in_cell_order(places);
    Some((places, overlay::chain(&shared)?))
}

/// The union of lines; none where they branch or cross, since the service's choice of ways is not known.
pub(super) fn union(lines: &[Line]) -> Option<Vec<Line>> {
    let edges = distinct(lines);
    for (index, (p, q)) in edges.iter().enumerate() {
        if edges[index + 1..]
            .iter()
            .any(|(r, s)| super::sphere::crosses(*p, *q, *r, *s))
        {
            return None;
        }
    }
    overlay::chain(&edges)
}
