//! Plug-ins that count who was active when.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use super::column_of;
use crate::engine::compile::Cx;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::function;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Call;
use crate::kql::ast::Expr;

/// Most periods of a time line.
const MOST: i64 = 1_000_000;

/// What all of them take.
struct Activity<'q> {
    session: &'q Session<'q>,
    scope: Scope<'q>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    arguments: Vec<&'q Expr>,
    id: usize,
    time: usize,
}

/// The time line, cut into periods.
struct Line {
    start: i64,
    end: i64,
    step: i64,
}

impl Line {
    /// The number of the period that holds the point; none before the start.
    fn period(&self, at: i64) -> i64 {
        at.saturating_sub(self.start).div_euclid(self.step)
    }

    /// The numbers of the periods.
    fn periods(&self) -> std::ops::RangeInclusive<i64> {
        0..=self.period(self.end)
    }
}

/// A number on the time line: ticks of a time, or the number itself.
fn point(value: &Value) -> Option<i64> {
    match value {
        Value::Datetime(t) | Value::Timespan(t) => Some(*t),
        Value::Int(_) | Value::Long(_) => value.as_long(),
        _ => None,
    }
}

impl<'q> Activity<'q> {
    fn new(
        session: &'q Session<'q>,
        scope: &Scope<'q>,
        input: Stream<'q>,
        call: &'q Call,
    ) -> Result<Self> {
        let name = &call.name.text;
        let arguments: Vec<&'q Expr> = call.arguments.iter().map(|a| &a.value).collect();
        let [id, time, ..] = arguments.as_slice() else {
            return Err(Error::invalid(format!(
                "`{name}` takes a column of ids and one of times"
            )));
        };
        let table = input.collect(session.held("`evaluate`"))?;
        Ok(Self {
            session,
            scope: scope.clone(),
            id: column_of(&table.columns, id)?,
            time: column_of(&table.columns, time)?,
            columns: table.columns,
            rows: table.rows,
            arguments,
        })
    }

    /// The constant at a position.
    fn constant(&self, index: usize) -> Result<Value> {
        let expr = self
            .arguments
            .get(index)
            .ok_or_else(|| Error::invalid("the plug-in lacks an argument"))?;
        let code = Cx::new(self.session, &self.scope, &[]).scalar(expr)?;
        Ok(code.eval(&[]))
    }

    fn number(&self, index: usize) -> Result<i64> {
        let value = self.constant(index)?;
        if value.as_str().is_some() {
            return Err(Error::unsupported(
                "periods of calendar weeks, months or years",
            ));
        }
        point(&value).ok_or_else(|| Error::invalid("a point or a span of time is expected"))
    }

    fn line(&self, start: usize, end: usize, step: usize) -> Result<Line> {
        let line = Line {
            start: self.number(start)?,
            end: self.number(end)?,
            step: self.number(step)?,
        };
        if line.step <= 0 || line.end < line.start || line.period(line.end) > MOST {
            return Err(Error::invalid(format!(
                "the periods must be positive and at most {MOST}"
            )));
        }
        Ok(line)
    }

    /// The dimensions: columns from that argument on.
    fn dimensions(&self, from: usize) -> Result<Vec<usize>> {
        let named = self.arguments.get(from..).unwrap_or_default();
        named.iter().map(|a| column_of(&self.columns, a)).collect()
    }

    /// Rows by dimension, in the order of their coming: time and id.
    fn groups(&self, dimensions: &[usize]) -> Vec<(Row, Vec<(i64, Value)>)> {
        let mut places: HashMap<Row, usize> = HashMap::new();
        let mut groups: Vec<(Row, Vec<(i64, Value)>)> = Vec::new();
        for row in &self.rows {
            let Some(at) = point(&row[self.time]) else {
                continue;
            };
            let key: Row = dimensions.iter().map(|d| row[*d].clone()).collect();
            let place = *places.entry(key.clone()).or_insert_with(|| {
                groups.push((key, Vec::new()));
                groups.len() - 1
            });
            groups[place].1.push((at, row[self.id].clone()));
        }
        groups
    }

    /// A point of the time line as a value of its column.
    fn at(&self, at: i64) -> Value {
        match self.columns[self.time].ty {
            Type::Datetime => Value::Datetime(at),
            Type::Timespan => Value::Timespan(at),
            _ => Value::Long(at),
        }
    }

    /// The columns of the result: time, dimensions, and those given.
    fn result(&self, dimensions: &[usize], more: &[(&str, Type)], rows: Vec<Row>) -> Stream<'q> {
        let mut columns = vec![self.columns[self.time].clone()];
        columns.extend(dimensions.iter().map(|d| self.columns[*d].clone()));
        columns.extend(more.iter().map(|(name, ty)| Column::new(*name, *ty)));
        Stream::of(columns, rows)
    }
}

fn distinct<'v>(ids: impl Iterator<Item = &'v Value>) -> HashSet<&'v Value> {
    ids.collect()
}

fn count(n: usize) -> Value {
    Value::Long(n as i64)
}

/// Runs the plug-in; none where it is another.
pub(super) fn run<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
) -> Result<Stream<'q>> {
    let activity = Activity::new(session, scope, input, call)?;
    match &*call.name.text {
        "sliding_window_counts" => sliding(&activity),
        "active_users_count" => active(&activity),
        "activity_counts_metrics" => counts(&activity),
        "activity_metrics" => metrics(&activity),
        _ => cohorts(&activity),
    }
}

/// `sliding_window_counts(id, time, start, end, lookback, bin, dimensions…)`: the window ends with its period.
fn sliding<'q>(a: &Activity<'q>) -> Result<Stream<'q>> {
    let (line, lookback) = (a.line(2, 3, 5)?, a.number(4)?);
    let dimensions = a.dimensions(6)?;
    let back = lookback.div_euclid(line.step).max(1);
    let mut rows = Vec::new();
    for (key, members) in a.groups(&dimensions) {
        let mut by_period: BTreeMap<i64, Vec<&Value>> = BTreeMap::new();
        for (at, id) in members.iter().filter(|(at, _)| *at <= line.end) {
            by_period.entry(line.period(*at)).or_default().push(id);
        }
        for period in line.periods() {
            let window: Vec<&Value> = by_period
                .range(period - back + 1..=period)
                .flat_map(|(_, ids)| ids.iter().copied())
                .collect();
            if window.is_empty() {
                continue;
            }
            let mut row = vec![a.at(line.start + period * line.step)];
            row.extend(key.iter().cloned());
            row.push(count(window.len()));
            row.push(count(distinct(window.into_iter()).len()));
            rows.push(row);
        }
    }
    let columns = [("Count", Type::Long), ("Dcount", Type::Long)];
    Ok(a.result(&dimensions, &columns, rows))
}

/// `active_users_count(id, time, start, end, lookback, period, active periods, bin, dimensions…)`
fn active<'q>(a: &Activity<'q>) -> Result<Stream<'q>> {
    let line = a.line(2, 3, 7)?;
    let (lookback, period, least) = (a.number(4)?, a.number(5)?, a.number(6)?);
    if period <= 0 {
        return Err(Error::invalid("the period must be positive"));
    }
    let dimensions = a.dimensions(8)?;
    let mut rows = Vec::new();
    for (key, members) in a.groups(&dimensions) {
        let mut by_id: HashMap<&Value, Vec<i64>> = HashMap::new();
        for (at, id) in &members {
            by_id.entry(id).or_default().push(*at);
        }
        let mut found: BTreeMap<i64, HashSet<&Value>> = BTreeMap::new();
        for (at, id) in &members {
            if *at < line.start || *at > line.end {
                continue;
            }
            let seen: HashSet<i64> = by_id[id]
                .iter()
                .filter(|t| **t <= *at && **t > at - lookback)
                .map(|t| t.div_euclid(period))
                .collect();
            if seen.len() as i64 >= least {
                found.entry(line.period(*at)).or_default().insert(id);
            }
        }
        for (bin, ids) in found {
            let mut row = vec![a.at(line.start + bin * line.step)];
            row.extend(key.iter().cloned());
            row.push(count(ids.len()));
            rows.push(row);
        }
    }
    Ok(a.result(&dimensions, &[("dcount", Type::Long)], rows))
}

/// The ids of each period, in order, of the rows between start and end.
fn periods<'v>(line: &Line, members: &'v [(i64, Value)]) -> BTreeMap<i64, Vec<&'v Value>> {
    let mut periods: BTreeMap<i64, Vec<&Value>> = BTreeMap::new();
    for (at, id) in members {
        if (line.start..=line.end).contains(at) {
            periods.entry(line.period(*at)).or_default().push(id);
        }
    }
    periods
}

/// `activity_counts_metrics(id, time, start, end, window, dimensions…)`
fn counts<'q>(a: &Activity<'q>) -> Result<Stream<'q>> {
    let line = a.line(2, 3, 4)?;
    let dimensions = a.dimensions(5)?;
    let mut rows = Vec::new();
    for (key, members) in a.groups(&dimensions) {
        let mut seen: HashSet<&Value> = HashSet::new();
        for (period, ids) in periods(&line, &members) {
            let here = distinct(ids.iter().copied());
            let new = here.iter().filter(|id| !seen.contains(**id)).count();
            seen.extend(&here);
            let mut row = vec![a.at(line.start + period * line.step)];
            row.extend(key.iter().cloned());
            row.extend([ids.len(), here.len(), new, seen.len()].map(count));
            rows.push(row);
        }
    }
    let columns = ["count", "dcount", "new_dcount", "aggregated_dcount"].map(|n| (n, Type::Long));
    Ok(a.result(&dimensions, &columns, rows))
}

/// `activity_metrics(id, time, start, end, window, dimensions…)`: each period against the one before.
fn metrics<'q>(a: &Activity<'q>) -> Result<Stream<'q>> {
    let line = a.line(2, 3, 4)?;
    let dimensions = a.dimensions(5)?;
    let mut rows = Vec::new();
    for (key, members) in a.groups(&dimensions) {
        let mut before: HashSet<&Value> = HashSet::new();
        let mut last = None;
        for (period, ids) in periods(&line, &members) {
            if last.is_some_and(|last| last + 1 != period) {
                return Err(Error::unsupported(
                    "`activity_metrics` where a period is without activity",
                ));
            }
            last = Some(period);
            let here = distinct(ids.into_iter());
            let kept = here.iter().filter(|id| before.contains(**id)).count();
            let share = |n: usize| Value::Real(n as f64 / before.len() as f64);
            let mut row = vec![a.at(line.start + period * line.step)];
            row.extend(key.iter().cloned());
            row.extend([here.len(), here.len() - kept].map(count));
            row.extend([share(kept), share(before.len() - kept)]);
            rows.push(row);
            before = here;
        }
    }
    let columns = [
        ("dcount_values", Type::Long),
        ("dcount_newvalues", Type::Long),
        ("retention_rate", Type::Real),
        ("churn_rate", Type::Real),
    ];
    Ok(a.result(&dimensions, &columns, rows))
}

/// `new_activity_metrics(id, time, start, end, window, cohort)`: those first seen in a period, against each later one.
fn cohorts<'q>(a: &Activity<'q>) -> Result<Stream<'q>> {
    let line = a.line(2, 3, 4)?;
    if a.arguments.len() > 6 {
        return Err(Error::unsupported(
            "`new_activity_metrics` with dimensions or a table to look back",
        ));
    }
    let wanted = match a.arguments.get(5) {
        None => None,
        Some(expr) if column_of(&a.columns, expr).is_ok() => {
            return Err(Error::unsupported("`new_activity_metrics` with dimensions"));
        }
        Some(_) => Some(line.period(a.number(5)?)),
    };
    let mut rows = Vec::new();
    for (_, members) in a.groups(&[]) {
        let periods = periods(&line, &members);
        let mut seen: HashSet<&Value> = HashSet::new();
        for from in line.periods() {
            let here = distinct(periods.get(&from).into_iter().flatten().copied());
            let cohort: HashSet<&Value> = here.difference(&seen).copied().collect();
            seen.extend(&here);
            if cohort.is_empty() || wanted.is_some_and(|w| w != from) {
                continue;
            }
            for to in from..=*line.periods().end() {
                let then = distinct(periods.get(&to).into_iter().flatten().copied());
                // In its own period all of a cohort are new.
                let new = if to == from {
                    cohort.len()
                } else {
                    then.difference(&seen).count()
                };
                let kept = cohort.intersection(&then).count();
                let lost = cohort.len() - kept;
                let share = |n: usize| Value::Real(n as f64 / cohort.len() as f64);
                rows.push(vec![
                    a.at(line.start + from * line.step),
                    a.at(line.start + to * line.step),
                    count(new),
                    count(kept),
                    count(lost),
                    share(kept),
                    share(lost),
                ]);
            }
        }
    }
    let time = &a.columns[a.time];
    let mut columns = vec![
        Column::new(format!("from_{}", time.name), time.ty),
        Column::new(format!("to_{}", time.name), time.ty),
    ];
    for name in [
        "dcount_new_values",
        "dcount_retained_values",
        "dcount_churn_values",
    ] {
        columns.push(Column::new(name, Type::Long));
    }
    columns.push(Column::new("retention_rate", Type::Real));
    columns.push(Column::new("churn_rate", Type::Real));
    Ok(Stream::of(columns, rows))
}

/// `rolling_percentile(value, percentage, index, bin, bins, dimensions…)`
pub(super) fn rolling_percentile<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
) -> Result<Stream<'q>> {
    let table = input.collect(session.held("`evaluate`"))?;
    let arguments: Vec<&'q Expr> = call.arguments.iter().map(|a| &a.value).collect();
    let [value, percent, index, bin, bins, dimensions @ ..] = arguments.as_slice() else {
        return Err(Error::invalid(
            "`rolling_percentile` takes a value, a percentage, an index, a bin and a number of bins",
        ));
    };
    let constant = |expr: &'q Expr| -> Result<Value> {
        Ok(Cx::new(session, scope, &[]).scalar(expr)?.eval(&[]))
    };
    let value = column_of(&table.columns, value)?;
    let index = column_of(&table.columns, index)?;
    let dimensions = dimensions
        .iter()
        .map(|d| column_of(&table.columns, d))
        .collect::<Result<Vec<_>>>()?;
    let percent = constant(percent)?
        .as_real()
        .filter(|p| (0.0..=100.0).contains(p))
        .ok_or_else(|| Error::invalid("the percentage must be between 0 and 100"))?;
    let (size, bins) = (constant(bin)?, constant(bins)?.as_long().unwrap_or(0));
    let step = point(&size)
        .filter(|s| *s > 0 && bins > 0)
        .ok_or_else(|| Error::invalid("the bin and the number of bins must be positive"))?;
    let mut groups: BTreeMap<usize, BTreeMap<i64, Vec<(Value, i64)>>> = BTreeMap::new();
    let mut keys: Vec<Row> = Vec::new();
    for row in &table.rows {
        let Some(at) = point(&row[index]) else {
            continue;
        };
        let key: Row = dimensions.iter().map(|d| row[*d].clone()).collect();
        let place = keys.iter().position(|k| *k == key).unwrap_or_else(|| {
            keys.push(key);
            keys.len() - 1
        });
        groups
            .entry(place)
            .or_default()
            .entry(at.div_euclid(step))
            .or_default()
            .push((row[value].clone(), 1));
    }
    let ty = table.columns[index].ty;
    let mut rows = Vec::new();
    for (place, by_bin) in &groups {
        for bin in by_bin.keys() {
            let mut window: Vec<(Value, i64)> = by_bin
                .range(bin - bins + 1..=*bin)
                .flat_map(|(_, values)| values.iter().cloned())
                .filter(|(v, _)| !v.is_null())
                .collect();
            window.sort_by(|a, b| a.0.total_order(&b.0));
            let mut row = vec![match ty {
                Type::Datetime => Value::Datetime(bin * step),
                Type::Timespan => Value::Timespan(bin * step),
                _ => Value::Long(bin * step),
            }];
            row.extend(keys[*place].iter().cloned());
            row.push(crate::engine::aggregate::percentile_of(&window, percent));
            rows.push(row);
        }
    }
    let mut columns = vec![table.columns[index].clone()];
    columns.extend(dimensions.iter().map(|d| table.columns[*d].clone()));
    let name = format!(
        "rolling_{bins}_percentile_{}_{}",
        table.columns[value].name,
        crate::engine::json::real_text(percent).trim_end_matches(".0")
    );
    columns.push(Column::new(name, table.columns[value].ty));
    Ok(Stream::of(columns, rows))
}

/// `rows_near(condition, before, after)`
pub(super) fn rows_near<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
) -> Result<Stream<'q>> {
    if !input.serialized {
        return Err(Error::invalid(
            "`rows_near` needs rows in order: `sort` or `serialize` them first",
        ));
    }
    let columns = input.columns.clone();
    let arguments: Vec<&'q Expr> = call.arguments.iter().map(|a| &a.value).collect();
    let [condition, before, after @ ..] = arguments.as_slice() else {
        return Err(Error::invalid(
            "`rows_near` takes a condition and a number of rows",
        ));
    };
    let condition = Cx::new(session, scope, &columns).condition(condition)?;
    let before = crate::engine::operator::count_of(session, scope, before)?;
    let after = match after.first() {
        Some(after) => crate::engine::operator::count_of(session, scope, after)?,
        None => before,
    };
    let rows = input.collect(session.held("`evaluate`"))?.rows;
    let mut kept = vec![false; rows.len()];
    for (place, _) in rows
        .iter()
        .enumerate()
        .filter(|(_, r)| condition.is_true(r))
    {
        let last = place.saturating_add(after).min(rows.len() - 1);
        kept[place.saturating_sub(before)..=last].fill(true);
    }
    let rows = rows
        .into_iter()
        .zip(kept)
        .filter(|(_, k)| *k)
        .map(|(r, _)| r);
    let mut out = Stream::of(columns, rows.collect());
    out.serialized = true;
    Ok(out)
}

/// `dcount_intersect(hll, hll, …)`: how many are in the first set, in the first two, and so on.
pub(super) fn intersections<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    call: &'q Call,
) -> Result<Stream<'q>> {
    let columns = input.columns.clone();
    let codes = call
        .arguments
        .iter()
        .map(|a| Cx::new(session, scope, &columns).scalar(&a.value))
        .collect::<Result<Vec<_>>>()?;
    let names = (0..codes.len()).map(|i| Column::new(format!("s{i}"), Type::Long));
    let common = function::lookup("set_intersect")
        .map(|d| d.body)
        .ok_or_else(|| Error::unsupported("`dcount_intersect`"))?;
    let names: Vec<Column> = names.collect();
    let rows = input.rows.map(move |row| {
        let row = row?;
        let mut sofar: Option<Value> = None;
        Ok(codes
            .iter()
            .map(|code| {
                let set = code.eval(&row);
                let next = match sofar.take() {
                    None => set,
                    Some(before) => common(&[before, set]),
                };
                let n = next.as_array().map(|s| s.len() as i64);
                sofar = Some(next);
                n.into()
            })
            .collect())
    });
    Ok(Stream::new(names, Box::new(rows)))
}
