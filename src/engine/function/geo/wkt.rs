//! Well-known text as GeoJSON.

use super::sphere::shape;
use crate::engine::value::Value;

/// The shape that the text describes; none where it is none.
pub(super) fn read(text: &str) -> Option<Value> {
    let mut reader = Reader {
        rest: text.trim(),
        depth: 0,
    };
    let value = reader.geometry()?;
    reader.rest.trim().is_empty().then_some(value)
}

struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl Reader<'_> {
    fn eat(&mut self, token: char) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> String {
        let rest = self.rest.trim_start();
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        let word = rest[..end].to_ascii_uppercase();
        self.rest = &rest[end..];
        word
    }

    fn geometry(&mut self) -> Option<Value> {
        // Collections may nest, but not without end.
        self.depth += 1;
        if self.depth > 32 {
            return None;
        }
        let word = self.word();
        Some(match word.as_str() {
            "POINT" => shape("Point", self.list(Self::position)?.into_iter().next()?),
            "LINESTRING" => shape("LineString", Value::array(self.list(Self::position)?)),
            "POLYGON" => shape("Polygon", Value::array(self.list(Self::line)?)),
            "MULTIPOINT" => shape("MultiPoint", Value::array(self.list(Self::point)?)),
            "MULTILINESTRING" => shape("MultiLineString", Value::array(self.list(Self::line)?)),
            "MULTIPOLYGON" => shape("MultiPolygon", Value::array(self.list(Self::polygon)?)),
            "GEOMETRYCOLLECTION" => Value::bag(vec![
                ("type".into(), "GeometryCollection".into()),
                (
                    "geometries".into(),
                    Value::array(self.list(Self::geometry)?),
                ),
            ]),
            _ => return None,
        })
    }

    /// `(item, item, …)`
    fn list(&mut self, item: fn(&mut Self) -> Option<Value>) -> Option<Vec<Value>> {
        if !self.eat('(') {
            return None;
        }
        let mut items = vec![item(self)?];
        while self.eat(',') {
            items.push(item(self)?);
        }
        self.eat(')').then_some(items)
    }

    fn line(&mut self) -> Option<Value> {
        self.list(Self::position).map(Value::array)
    }

    fn polygon(&mut self) -> Option<Value> {
        self.list(Self::line).map(Value::array)
    }

    /// A position, with brackets or without.
    fn point(&mut self) -> Option<Value> {
        if self.rest.trim_start().starts_with('(') {
            return self.list(Self::position)?.into_iter().next();
        }
        self.position()
    }

    fn position(&mut self) -> Option<Value> {
        let longitude = self.number()?;
        let latitude = self.number()?;
        Some(Value::array(vec![longitude, latitude]))
    }

    fn number(&mut self) -> Option<Value> {
        let rest = self.rest.trim_start();
        let end = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E')))
            .unwrap_or(rest.len());
        let number: f64 = rest[..end].parse().ok()?;
        self.rest = &rest[end..];
        Some(Value::Real(number))
    }
}
