//! Unions and intersections of polygons and lines.
//!
//! Edges are split where they cross, each piece is kept or dropped as a whole, and the pieces kept are joined to
//! rings. Which place a ring starts with follows the S2 library, which the service uses: the piece of the edge that
//! was given last comes last (`S2Builder::Graph::CanonicalizeLoopOrder`).

use s2::cellid::CellID;

use super::line::Line;
use super::polygon::Polygon;
use super::polygon::Ring;
use super::polygon::edges;
use super::polygon::holds;
use super::polygon::ring_edges;
use super::polygon::turning;
use super::sphere::Place;
use super::sphere::crosses;
use super::sphere::crossing;

/// A piece of an edge.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: Place,
    to: Place,
    /// The number of the edge among those given.
    edge: usize,
}

/// The edge cut where the others cross it.
fn split(edge: (Place, Place), number: usize, others: &[(Place, Place)]) -> Vec<Piece> {
    let (a, b) = edge;
    let mut cuts: Vec<Place> = others
        .iter()
        .filter(|(c, d)| crosses(a, b, *c, *d))
        .map(|(c, d)| {
            // The same place, whichever of the two edges is the one that is cut.
            let ordered =
                |x: &Place, y: &Place| x.0.partial_cmp(&y.0).is_some_and(std::cmp::Ordering::is_lt);
            let (p, q) = if ordered(&a, &b) { (a, b) } else { (b, a) };
            let (r, s) = if ordered(c, d) { (*c, *d) } else { (*d, *c) };
            if ordered(&p, &r) {
                crossing(p, q, r, s)
            } else {
                crossing(r, s, p, q)
            }
        })
        .collect();
    cuts.sort_by(|x, y| a.angle(*x).total_cmp(&a.angle(*y)));
    cuts.dedup();
    let mut from = a;
    let mut pieces = Vec::new();
    for to in cuts.into_iter().chain([b]) {
        if from != to {
            pieces.push(Piece {
                from,
                to,
                edge: number,
            });
            from = to;
        }
    }
    pieces
}

/// The pieces of `a`'s edges, numbered from `first`.
fn pieces(a: &[(Place, Place)], first: usize, b: &[(Place, Place)]) -> Vec<Piece> {
    a.iter()
        .enumerate()
        .flat_map(|(index, edge)| split(*edge, first + index, b))
        .collect()
}

/// Where a piece lies against other polygons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Inside,
    Outside,
    /// On an edge that runs the same way.
    Along,
    /// On an edge that runs the other way.
    Against,
}

fn side(piece: &Piece, other: &[Polygon], other_pieces: &[Piece]) -> Side {
    for p in other_pieces {
        if (p.from, p.to) == (piece.from, piece.to) {
            return Side::Along;
        }
        if (p.to, p.from) == (piece.from, piece.to) {
            return Side::Against;
        }
    }
    if holds(other, piece.from.toward(piece.to, 0.5)) {
        Side::Inside
    } else {
        Side::Outside
    }
}

/// The rings of the union, or of the intersection; none where the pieces do not close.
fn combine(a: &[Polygon], b: &[Polygon], union: bool) -> Option<(Vec<Polygon>, bool)> {
    let edges_a: Vec<_> = edges(a).collect();
    let edges_b: Vec<_> = edges(b).collect();
    let of_a = pieces(&edges_a, 0, &edges_b);
    let of_b = pieces(&edges_b, edges_a.len(), &edges_a);
    let wanted = if union { Side::Outside } else { Side::Inside };
    let mut against = false;
    let mut kept: Vec<Piece> = Vec::new();
    for piece in &of_a {
        let side = side(piece, b, &of_b);
        against |= side == Side::Against;
        if side == wanted || side == Side::Along {
            kept.push(*piece);
        }
    }
    kept.extend(of_b.iter().filter(|p| side(p, a, &of_a) == wanted));
    Some((assemble(rings(kept)?)?, against))
}

/// The union of two groups of polygons.
fn union_of(a: &[Polygon], b: &[Polygon]) -> Option<Vec<Polygon>> {
    Some(combine(a, b, true)?.0)
}

/// The union of all polygons, joined in the order of `S2Polygon::DestructiveUnion`: the two of the fewest corners
/// first, a union counting as many as both.
pub(super) fn union(polygons: &[Polygon]) -> Option<Vec<Polygon>> {
    let mut queue: Vec<(usize, Vec<Polygon>)> = Vec::new();
    let insert = |queue: &mut Vec<(usize, Vec<Polygon>)>, size: usize, group: Vec<Polygon>| {
        let place = queue.partition_point(|(other, _)| *other <= size);
        queue.insert(place, (size, group));
    };
    for polygon in polygons {
        let size = polygon.rings.iter().map(Vec::len).sum();
        insert(&mut queue, size, vec![polygon.clone()]);
    }
    while queue.len() > 1 {
        let (size, a) = queue.remove(0);
        let (other, b) = queue.remove(0);
        insert(&mut queue, size + other, union_of(&a, &b)?);
    }
    queue.pop().map(|(_, group)| group)
}

/// What two groups of polygons have in common: single places and polygons; none where that is not known exactly.
pub(super) fn intersection(a: &[Polygon], b: &[Polygon]) -> Option<(Vec<Place>, Vec<Polygon>)> {
    let (polygons, against) = combine(a, b, false)?;
    if against {
        // What touches along an edge has a line in common, whose form is not documented.
        return None;
    }
    let corners: Vec<Place> = edges(b).map(|(from, _)| from).collect();
    let touching = edges(a)
        .map(|(from, _)| from)
        .filter(|p| corners.contains(p))
        .filter(|p| !edges(&polygons).any(|(from, _)| from == *p))
        .collect();
    Some((in_cell_order(touching), polygons))
}

/// The stretches of lines inside polygons, and the places where they only touch.
pub(super) fn lines_in(lines: &[Line], polygons: &[Polygon]) -> Option<(Vec<Place>, Vec<Line>)> {
    let border: Vec<_> = edges(polygons).collect();
    let own: Vec<_> = super::line::edges(lines).collect();
    let of_border = pieces(&border, own.len(), &own);
    let kept: Vec<(Place, Place)> = pieces(&own, 0, &border)
        .iter()
        .filter(|p| side(p, polygons, &of_border) != Side::Outside)
        .map(|p| (p.from, p.to))
        .collect();
    let touching = lines
        .iter()
        .flatten()
        .copied()
        .filter(|p| border.iter().any(|(from, _)| from == p))
        .filter(|p| !kept.iter().any(|(a, b)| a == p || b == p))
        .collect();
    Some((in_cell_order(touching), chain(&kept)?))
}

/// Joins pieces to rings, each as small as can be; none where one does not close.
fn rings(kept: Vec<Piece>) -> Option<Vec<Vec<Piece>>> {
    let mut left = kept;
    let cell = |p: Place| CellID::from(p.s2()).0;
    left.sort_by_key(|p| (cell(p.from), cell(p.to)));
    let mut rings = Vec::new();
    while !left.is_empty() {
        let mut ring = vec![left.remove(0)];
        loop {
            let last = ring[ring.len() - 1];
            if last.to == ring[0].from {
                break;
            }
            // Where several pieces leave, the one that turns left most keeps the ring small.
            let next = (0..left.len())
                .filter(|i| left[*i].from == last.to)
                .max_by(|i, j| {
                    let turn = |k: usize| turn_at(last.from, last.to, left[k].to);
                    turn(*i).total_cmp(&turn(*j))
                })?;
            ring.push(left.remove(next));
        }
        // The first run of pieces of the edge with the highest number comes last.
        let (mut last, mut gap) = (0, false);
        for i in 1..ring.len() {
            let order = ring[i].edge.cmp(&ring[last].edge);
            if order.is_lt() {
                gap = true;
            } else if order.is_gt() || !gap {
                (last, gap) = (i, false);
            }
        }
        let len = ring.len();
        ring.rotate_left((last + 1) % len);
        rings.push(ring);
    }
    rings.sort_by_key(|r| r[0].edge);
    Some(rings)
}

/// How far the way turns left at `b`, from -π to π.
fn turn_at(a: Place, b: Place, c: Place) -> f64 {
    let (into, out) = (a.cross(b), b.cross(c));
    b.dot(into.cross(out)).atan2(into.dot(out))
}

/// Shells with their holes.
fn assemble(rings: Vec<Vec<Piece>>) -> Option<Vec<Polygon>> {
    let rings: Vec<Ring> = rings
        .into_iter()
        .map(|r| r.into_iter().map(|p| p.from).collect())
        .collect();
    let (shells, holes): (Vec<Ring>, Vec<Ring>) = rings.into_iter().partition(|r| turning(r) > 0.0);
    let mut polygons: Vec<Polygon> = shells
        .into_iter()
        .map(|shell| Polygon { rings: vec![shell] })
        .collect();
    for hole in holes {
        let (from, to) = ring_edges(&hole).next()?;
        let inside = from.toward(to, 0.5);
        let owner = polygons.iter_mut().find(|p| {
            let shell = Polygon {
                rings: vec![p.rings[0].clone()],
            };
            holds(&[shell], inside)
        })?;
        owner.rings.push(hole);
    }
    Some(polygons)
}

/// Joins edges to lines; none where they branch.
pub(super) fn chain(edges: &[(Place, Place)]) -> Option<Vec<Line>> {
    let mut left: Vec<(Place, Place)> = edges.to_vec();
    let degree = |p: Place| {
        edges
            .iter()
            .map(|(a, b)| usize::from(*a == p) + usize::from(*b == p))
            .sum::<usize>()
    };
    if edges.iter().any(|(a, b)| degree(*a) > 2 || degree(*b) > 2) {
        return None;
    }
    let mut lines = Vec::new();
    while !left.is_empty() {
        // A line starts where nothing leads to; one that is a ring, with its first edge.
        let first = (0..left.len())
            .find(|i| !left.iter().any(|(_, to)| *to == left[*i].0))
            .unwrap_or(0);
        let (from, to) = left.remove(first);
        let mut line = vec![from, to];
        while let Some(next) = left.iter().position(|(from, _)| Some(from) == line.last()) {
            line.push(left.remove(next).1);
        }
        lines.push(line);
    }
    Some(lines)
}

/// Places in the order of their cells, which is the order of the S2 library, each once.
pub(super) fn in_cell_order(mut places: Vec<Place>) -> Vec<Place> {
    places.sort_by_key(|p| CellID::from(p.s2()).0);
    places.dedup();
    places
}
