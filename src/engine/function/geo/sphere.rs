//! Vectors on the unit sphere: what all shapes are made of.

use s2::edge_crossings::Crossing;
use s2::point::Point;

use crate::engine::value::Value;

/// The radius of the sphere in metres that the service's documented distances imply.
pub(super) const RADIUS: f64 = 6_371_010.0;

/// A place as a unit vector.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place(pub(super) [f64; 3]);

impl Place {
    /// From longitude and latitude in degrees; none outside the map.
    pub(super) fn new(longitude: f64, latitude: f64) -> Option<Self> {
        if !((-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude)) {
            return None;
        }
        let (lng, lat) = (longitude.to_radians(), latitude.to_radians());
        Some(Self([
            lat.cos() * lng.cos(),
            lat.cos() * lng.sin(),
            lat.sin(),
        ]))
    }

    /// From a GeoJSON position.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let pair = value.as_array()?;
        Self::new(pair.first()?.as_real()?, pair.get(1)?.as_real()?)
    }

    /// Longitude and latitude in degrees.
    pub(super) fn degrees(self) -> (f64, f64) {
        let [x, y, z] = self.0;
        (
            y.atan2(x).to_degrees(),
            z.atan2((x * x + y * y).sqrt()).to_degrees(),
        )
    }

    /// As a GeoJSON position.
    pub(super) fn to_value(self) -> Value {
        let (longitude, latitude) = self.degrees();
        Value::array(vec![Value::Real(longitude), Value::Real(latitude)])
    }

    /// The scalar product.
    pub(super) fn dot(self, other: Self) -> f64 {
        self.0.iter().zip(other.0).map(|(a, b)| a * b).sum()
    }

    /// The vector product.
    pub(super) fn cross(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        Self([b * z - c * y, c * x - a * z, a * y - b * x])
    }

    /// The sum.
    pub(super) fn plus(self, other: Self) -> Self {
        Self([0, 1, 2].map(|i| self.0[i] + other.0[i]))
    }

    /// The multiple.
    pub(super) fn times(self, by: f64) -> Self {
        Self(self.0.map(|n| n * by))
    }

    /// The length of the vector.
    pub(super) fn norm(self) -> f64 {
        self.dot(self).sqrt()
    }

    /// The unit vector of that direction; itself where it has none.
    pub(super) fn unit(self) -> Self {
        let norm = self.norm();
        if norm > 0.0 {
            self.times(1.0 / norm)
        } else {
            self
        }
    }

    /// The angle between the two in radians.
    pub(super) fn angle(self, other: Self) -> f64 {
        self.cross(other).norm().atan2(self.dot(other))
    }

    /// The place at a part of the way to another.
    pub(super) fn toward(self, other: Self, part: f64) -> Self {
        let whole = self.angle(other);
        if whole == 0.0 {
            return self;
        }
        let (a, b) = (((1.0 - part) * whole).sin(), (part * whole).sin());
        self.times(a).plus(other.times(b)).unit()
    }

    /// The place of the edge that is closest.
    pub(super) fn closest(self, from: Self, to: Self) -> Self {
        let normal = from.cross(to);
        if normal.norm() > 0.0 {
            let normal = normal.unit();
            let foot = self.plus(normal.times(-self.dot(normal)));
            if normal.cross(from).dot(foot) > 0.0 && to.cross(normal).dot(foot) > 0.0 {
                // The foot of the perpendicular lies on the edge.
                return foot.unit();
            }
        }
        if self.dot(from) >= self.dot(to) {
            from
        } else {
            to
        }
    }

    /// For the library of S2.
    pub(super) fn s2(self) -> Point {
        let [x, y, z] = self.0;
        Point::from_coords(x, y, z)
    }
}

impl From<Point> for Place {
    fn from(point: Point) -> Self {
        Self([point.0.x, point.0.y, point.0.z])
    }
}

/// Whether two edges cross in the inside of both.
pub(super) fn crosses(a: Place, b: Place, c: Place, d: Place) -> bool {
    s2::edge_crossings::crossing_sign(&a.s2(), &b.s2(), &c.s2(), &d.s2()) == Crossing::Cross
}

/// Where two edges cross that do.
pub(super) fn crossing(a: Place, b: Place, c: Place, d: Place) -> Place {
    s2::edge_crossings::get_intersection(&a.s2(), &b.s2(), &c.s2(), &d.s2()).into()
}

/// The GeoJSON object of that type.
pub(super) fn shape(kind: &str, coordinates: Value) -> Value {
    Value::bag(vec![
        ("type".into(), kind.into()),
        ("coordinates".into(), coordinates),
    ])
}
