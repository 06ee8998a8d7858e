//! How much one operator may hold: what must see all rows says so here, and is refused when they become too many.
//!
//! The size of a value is an estimate: texts that several rows share are counted for each.

use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::value::Value;

/// What one operator may hold unless the caller says otherwise, in bytes.
pub(crate) const MOST: u64 = 4 << 30;

/// What one operator holds.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    what: &'static str,
    most: u64,
    bytes: u64,
}

impl Held {
    /// Nothing yet; `what` names the operator.
    pub(crate) fn new(what: &'static str, most: u64) -> Self {
        Self {
            what,
            most,
            bytes: 0,
        }
    }

    /// Takes a row.
    pub(crate) fn row(&mut self, row: &[Value]) -> Result<()> {
        let cells: u64 = row.iter().map(size).sum();
        self.bytes(cells + size_of::<Vec<Value>>() as u64)
    }

    /// Takes a value.
    pub(crate) fn value(&mut self, value: &Value) -> Result<()> {
        self.bytes(size(value))
    }

    /// Takes so many bytes.
    pub(crate) fn bytes(&mut self, bytes: u64) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes <= self.most {
            return Ok(());
        }
        Err(Error::Limit(format!(
            "the query needs more than {} of memory: {} holds too much; filter the rows or project fewer columns before it",
            text(self.most),
            self.what
        )))
    }
}

/// About how many bytes a value takes.
fn size(value: &Value) -> u64 {
    let inner: u64 = match value {
        Value::String(text) => text.len() as u64 + 16,
        Value::Array(items) => items.iter().map(size).sum::<u64>() + 40,
        Value::Bag(members) => members
            .iter()
            .map(|(key, value)| key.len() as u64 + 32 + size(value))
            .sum(),
        _ => 0,
    };
    size_of::<Value>() as u64 + inner
}

/// Bytes in the largest unit that needs no fraction.
fn text(bytes: u64) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= size && bytes.is_multiple_of(size) {
            return format!("{} {unit}", bytes / size);
        }
    }
    format!("{bytes} bytes")
}

/// Bytes from a text such as `512MiB`, `2GiB` or `100000`.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for (written, bytes) in [
            ("512MiB", 512 << 20),
            ("2GiB", 2 << 30),
            ("10", 10),
            ("7KiB", 7 << 10),
        ] {
            assert_eq!(parse(written), Some(bytes));
        }
        for wrong in ["", "MiB", "1.5GiB", "1GB", "-1", "99999999999GiB", "1 é"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(text(3 << 20), "3 MiB");
        assert_eq!(text(1000), "1000 bytes");
    }
}
