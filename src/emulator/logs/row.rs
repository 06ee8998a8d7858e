//! A row on its way in: its times, and the columns its table has.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::emulator::logs::{Batch, TIME};
use crate::engine::{ARRIVAL, Column, time};
use crate::kql::literal;

/// When rows are generated and when they arrive; ticks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Times {
    /// As the pipeline does: a row arrives at `arrival`; its own time counts when it is neither more than two days
    /// before `now` nor more than a day after, else the time it was received. Documented.
    Pipeline {
        /// The emulator's time.
        now: i64,
        /// When the rows can be queried.
        arrival: i64,
    },
    /// As a record of the past: a row keeps its own time and arrived `delay` later.
    History {
        /// The time of rows without one.
        now: i64,
        /// How long rows were under way.
        delay: i64,
    },
}

/// Rows that were taken.
#[derive(Debug)]
pub(crate) struct Received {
    /// How many.
    pub(crate) count: usize,
    /// Columns that the table does not have, left out.
    pub(crate) unknown: BTreeSet<String>,
    /// The rows as they are kept.
    pub(crate) batch: Batch,
}

/// Makes a batch of rows. Columns that are not among `columns` are left out where these are all there are.
pub(crate) fn receive(
    table: &str,
    tenant: &str,
    rows: Vec<Map<String, Value>>,
    (columns, closed): (&[Column], bool),
    times: Times,
) -> Received {
    let count = rows.len();
    let mut unknown = BTreeSet::new();
    let mut text = Vec::new();
    let has = |name: &str| columns.iter().any(|column| &*column.name == name);
    for mut row in rows {
        let own = row.remove(TIME);
        let own = own.as_ref().and_then(Value::as_str);
        let own = own.and_then(literal::parse_datetime);
        let (at, arrival) = times.of(own);
        let mut kept = Map::new();
        kept.insert(ARRIVAL.to_owned(), time::datetime_json(arrival).into());
        kept.insert(TIME.to_owned(), time::datetime_json(at).into());
        for (name, value) in row {
            if name == ARRIVAL {
                continue;
            }
            if closed && !has(&name) {
                unknown.insert(name);
            } else if !value.is_null() {
                kept.insert(name, value);
            }
        }
        for (name, value) in [("Type", table), ("TenantId", tenant)] {
            if has(name) && !kept.contains_key(name) {
                kept.insert(name.to_owned(), value.into());
            }
        }
        text.extend_from_slice(Value::Object(kept).to_string().as_bytes());
        text.push(b'\n');
    }
    Received {
        count,
        unknown,
        batch: text.into(),
    }
}

impl Times {
    /// When a row with this time of its own was generated, and when it arrived.
    fn of(self, own: Option<i64>) -> (i64, i64) {
        match self {
            Self::Pipeline { now, arrival } => {
                let fits = |at: &i64| (now - 2 * time::DAY..=now + time::DAY).contains(at);
                (own.filter(fits).unwrap_or(now), arrival)
            }
            Self::History { now, delay } => {
                let at = own.unwrap_or(now);
                (at, at.saturating_add(delay).min(time::LAST))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(text: &str) -> i64 {
        literal::parse_datetime(text).expect("a time")
    }

    #[test]
    fn a_time_far_from_the_present_is_that_of_the_receipt() {
        let now = at("2026-01-10T00:00:00Z");
        let times = Times::Pipeline {
            now,
            arrival: now + time::MINUTE,
        };
        for (own, kept) in [
            ("2026-01-09T00:00:00Z", "2026-01-09T00:00:00Z"),
            ("2026-01-07T23:59:59Z", "2026-01-10T00:00:00Z"),
            ("2026-01-11T00:00:01Z", "2026-01-10T00:00:00Z"),
        ] {
            assert_eq!(times.of(Some(at(own))), (at(kept), now + time::MINUTE));
        }
        let past = at("2020-01-01T00:00:00Z");
        let times = Times::History { now, delay: 5 };
        assert_eq!(times.of(Some(past)), (past, past + 5));
    }

    #[test]
    fn columns_that_the_table_does_not_have_are_left_out_and_named() {
        let columns =
            crate::engine::data::known_columns("StorageBlobLogs", &crate::kql::Schema::built_in());
        let row = json!({"StatusCode": "200", "Colour": "red", "Uri": null});
        let rows = vec![row.as_object().expect("an object").clone()];
        let times = Times::History { now: 0, delay: 0 };
        let got = receive("StorageBlobLogs", "t", rows, (&columns, true), times);
        assert_eq!(got.unknown, BTreeSet::from(["Colour".to_owned()]));
        let line: Value = serde_json::from_slice(got.batch.trim_ascii()).expect("a line");
        assert_eq!(line["Type"], "StorageBlobLogs");
        assert_eq!(line["TenantId"], "t");
        assert_eq!(line.get("Uri"), None);
    }
}
