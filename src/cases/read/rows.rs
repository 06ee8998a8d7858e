//! The rows of a case: written out, repeated, or from a file.

use serde_json::{Map, Value};

use super::{get, items, mapping, members, number, only, span, string};
use crate::cases::sample::{self, Around};
use crate::cases::{Fault, Row};
use crate::rule::yaml::{self, Node};

/// Most rows a group may be repeated to.
const MOST_ROWS: u64 = 1_000_000;

/// Makes the rows of one table.
pub(super) struct Maker<'m, 'a> {
    pub(super) table: &'m str,
    /// The time of the last run, in ticks.
    pub(super) now: i64,
    /// How long after it was generated a row arrives unless it says otherwise, in ticks.
    pub(super) arrives: i64,
    /// The table's defaults.
    pub(super) shared: Map<String, Value>,
    pub(super) around: &'m mut Around<'a>,
    /// The rows so far.
    pub(super) made: Vec<Row>,
}

impl Maker<'_, '_> {
    /// The rows of all groups; one that stands alone needs no list.
    pub(super) fn groups(&mut self, groups: &Node) -> Result<(), Fault> {
        let groups = match &groups.value {
            yaml::Value::Mapping(_) => std::slice::from_ref(groups),
            _ => items(groups, &format!("rows of `{}`", self.table))?,
        };
        for group in groups {
            let of = format!("a row of `{}`", self.table);
            if get(group, "file").is_some() {
                only(group, &["file", "at", "arrives", "every", "row"], &of)?;
                self.file(group)?;
            } else {
                let keys = ["at", "arrives", "repeat", "every", "row", "vary", "file"];
                only(group, &keys, &of)?;
                self.repeat(group)?;
            }
        }
        Ok(())
    }

    /// Makes out the rows of a group.
    fn repeat(&mut self, group: &Node) -> Result<(), Fault> {
        let age = span(group, "at")?.ok_or_else(|| {
            let message = "a row has no `at`: how long before `now` it was generated";
            Fault::new(group.span, message)
        })?;
        let delay = span(group, "arrives")?.unwrap_or(self.arrives);
        let every = span(group, "every")?.unwrap_or(0);
        let times = number(group, "repeat", MOST_ROWS)?;
        let mut columns = self.shared.clone();
        if let Some(row) = get(group, "row") {
            columns.append(&mut mapping(row, "row")?);
        }
        let mut vary = Vec::new();
        for (column, value) in members(group, "vary")? {
            let Value::String(text) = value.to_json() else {
                let message = format!("`vary` of `{column}` must be a text");
                return Err(Fault::new(value.span, message));
            };
            vary.push((column, text));
        }
        let mut age = age;
        for number in 1..=times {
            let mut columns = columns.clone();
            for (column, text) in &vary {
                let text = text.replace("{n}", &number.to_string());
                columns.insert(column.clone(), text.into());
            }
            self.made.push(Row {
                age,
                delay,
                columns,
            });
            age = age.saturating_sub(every);
        }
        Ok(())
    }

    /// Makes out the rows of a file.
    fn file(&mut self, group: &Node) -> Result<(), Fault> {
        let Some(path) = string(group, "file")? else {
            return Ok(());
        };
        let (source, text) =
            (self.around.open)(&path.value).map_err(|message| Fault::new(path.span, message))?;
        let rows = sample::rows(source, &text, self.table, self.around.schema)?;
        let at = span(group, "at")?;
        let every = span(group, "every")?;
        let delay = span(group, "arrives")?.unwrap_or(self.arrives);
        let own = get(group, "row")
            .map(|row| mapping(row, "row"))
            .transpose()?;
        let times: Vec<i64> = rows.iter().filter_map(|row| row.time).collect();
        let ages: Vec<i64> = if times.is_empty() {
            let age = at.ok_or_else(|| {
            let message = "no row of the file has a `TimeGenerated`: `at` tells how long before `now` the first was generated, `every` how much later each other";
            Fault::new(path.span, message)
        })?;
            let every = every.unwrap_or(0);
            (0..i64::try_from(rows.len()).unwrap_or(i64::MAX))
                .map(|index| age.saturating_sub(every.saturating_mul(index)))
                .collect()
        } else {
            if times.len() < rows.len() {
                let message = "some rows of the file have a `TimeGenerated` and some have none: all or none of them may have one";
                return Err(Fault::new(path.span, message));
            }
            if every.is_some() {
                let message = "`every` is for a file without `TimeGenerated`; the rows of this one say when they were generated";
                return Err(Fault::new(path.span, message));
            }
            // With `at` the newest row stands there, and the others as far before it as in the file.
            let (from, age) = match at {
                Some(at) => (times.iter().copied().max().unwrap_or(0), at),
                None => (self.now, 0),
            };
            let age = |time: &i64| age.saturating_add(from.saturating_sub(*time));
            times.iter().map(age).collect()
        };
        for (row, age) in rows.into_iter().zip(ages) {
            let mut columns = self.shared.clone();
            columns.extend(row.columns);
            columns.extend(own.clone().unwrap_or_default());
            self.made.push(Row {
                age,
                delay,
                columns,
            });
        }
        Ok(())
    }
}
