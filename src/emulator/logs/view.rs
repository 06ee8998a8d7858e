//! What a query sees of a table: the rows that had arrived, in a window of time.

use std::sync::Arc;

use crate::emulator::logs::{Batch, TIME, lines};
use crate::engine::data::LineReader;
use crate::engine::{ARRIVAL, Column, Filter, Row, Rows, Source, Type, Value};

/// Which rows are seen; times in ticks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// First `TimeGenerated`.
    pub(crate) from: i64,
    /// Last `TimeGenerated`.
    pub(crate) until: i64,
    /// Rows that arrived then or earlier are not seen.
    pub(crate) arrived_after: i64,
    /// Rows that arrived later are not there yet.
    pub(crate) arrived_until: i64,
}

impl Window {
    /// Everything that has arrived by then.
    pub(crate) fn arrived(now: i64) -> Self {
        Self {
            from: i64::MIN,
            until: i64::MAX,
            arrived_after: i64::MIN,
            arrived_until: now,
        }
    }

    /// The part of the window that another one covers as well.
    #[must_use]
    pub(crate) fn narrowed(self, from: i64, until: i64) -> Self {
        Self {
            from: self.from.max(from),
            until: self.until.min(until),
            ..self
        }
    }
}

/// The rows of a table as they were when the query began.
#[derive(Debug)]
pub(crate) struct View {
    columns: Vec<Column>,
    batches: Vec<Batch>,
    window: Window,
}

impl View {
    /// Rows in a window; the arrival is added to the columns.
    pub(crate) fn new(mut columns: Vec<Column>, batches: Vec<Batch>, window: Window) -> Self {
        columns.push(Column::new(ARRIVAL, Type::Datetime));
        Self {
            columns,
            batches,
            window,
        }
    }
}

impl Source for View {
    fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn scan(&self, wanted: Vec<usize>, keep: Option<Filter>) -> Rows<'_> {
        let count = wanted.len();
        let mut read: Vec<Column> = wanted
            .into_iter()
            .filter_map(|index| self.columns.get(index).cloned())
            .collect();
        let mut place = |name: &str| {
            let found = read.iter().position(|column| &*column.name == name);
            found.unwrap_or_else(|| {
                read.push(Column::new(name, Type::Datetime));
                read.len() - 1
            })
        };
        let (time, arrival) = (place(TIME), place(ARRIVAL));
        let window = self.window;
        // A filter may look at the window's two columns as well.
        let mut reads: Vec<usize> = keep
            .iter()
            .flat_map(|keep| keep.reads.iter().copied())
            .collect();
        reads.extend([time, arrival]);
        reads.sort_unstable();
        reads.dedup();
        let holds = move |row: &[Value]| {
            let (Value::Datetime(at), Value::Datetime(arrived)) = (&row[time], &row[arrival])
            else {
                return false;
            };
            (window.from..=window.until).contains(at)
                && *arrived > window.arrived_after
                && *arrived <= window.arrived_until
                && keep.as_ref().is_none_or(|keep| (keep.holds)(&row[..count]))
        };
        let filter = Filter {
            reads: reads.into(),
            holds: Arc::new(holds),
        };
        let mut reader = LineReader::new(read.into(), Some(filter));
        let rows = self.batches.iter().flat_map(|batch| lines(batch));
        Box::new(rows.filter_map(move |line| {
            // Every line was written by the emulator itself, from an object.
            let mut row: Row = reader.read(line).ok()??;
            row.truncate(count);
            Some(Ok(row))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::logs::Logs;

    #[test]
    fn rows_are_seen_when_they_have_arrived_and_only_in_the_window() {
        let mut logs = Logs::default();
        let line = |time: &str, arrival: &str| {
            format!("{{\"{ARRIVAL}\":\"{arrival}\",\"{TIME}\":\"{time}\",\"a\":\"{time}\"}}\n")
        };
        let text = [
            line("2026-01-01T10:00:00Z", "2026-01-01T10:02:00Z"),
            line("2026-01-01T10:01:00Z", "2026-01-01T10:30:00Z"),
            line("2026-01-01T09:00:00Z", "2026-01-01T09:02:00Z"),
        ];
        logs.add("T_CL", None, text.concat().into_bytes().into());
        let at = |text| crate::kql::literal::parse_datetime(text).expect("a time");
        let window = Window::arrived(at("2026-01-01T10:10:00Z"))
            .narrowed(at("2026-01-01T09:30:00Z"), i64::MAX);
        let view = logs.view("T_CL", None, window);
        let a = view
            .columns()
            .iter()
            .position(|column| &*column.name == "a");
        let rows: Vec<_> = view.scan(vec![a.expect("a column")], None).collect();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].as_ref().expect("a row").len(), 1);
    }
}
