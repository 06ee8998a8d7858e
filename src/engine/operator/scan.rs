//! `partition` and `scan`.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::Arc;

use super::source::inner_query;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::session::Binding;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Operator;
use crate::kql::ast::ParameterKind;
use crate::kql::ast::PartitionQuery;
use crate::kql::ast::Scan;
use crate::kql::ast::ScanStep;

/// `partition by column (query)`, `partition by column { query }`
pub(super) fn partition<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    by: &'q Expr,
    query: &'q PartitionQuery,
) -> Result<Stream<'q>> {
    let columns = input.columns.clone();
    let code = Cx::new(session, scope, &columns).scalar(by)?;
    let mut index: HashMap<Value, usize> = HashMap::new();
    let mut groups: Vec<(Value, Vec<Row>)> = Vec::new();
    let mut held = session.held("`partition`");
    for row in input.rows {
        let row = row?;
        let key = code.eval(&row);
        let place = *index.entry(key.clone()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        held.row(&row)?;
        groups[place].1.push(row);
    }
    let leg = |key: Value, rows: Vec<Row>| -> Result<Stream<'q>> {
        match query {
            PartitionQuery::Rows(query) => {
                let mut stream = Stream::of(columns.clone(), rows);
                stream.serialized = true;
                inner_query(session, scope, stream, query)
            }
            // The query has rows of its own and sees the key alone.
            PartitionQuery::Whole(query) => {
                let ExprKind::Name(name) = &by.kind else {
                    return Err(Error::invalid("`partition` takes a column"));
                };
                let key = Binding::Scalar(Code::constant(code.ty, key));
                super::stream_of(session, &scope.with(&name.text, key), query)
            }
        }
    };
    if groups.is_empty() {
        return leg(convert::cast(code.ty, Value::Null), Vec::new());
    }
    let legs = groups
        .into_iter()
        .map(|(key, rows)| Ok(("".into(), leg(key, rows)?)))
        .collect::<Result<_>>()?;
    super::union::join_legs(legs, false, None)
}

/// Which of the records that match a step are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    All,
    Last,
    None,
}

/// A compiled step.
struct Step {
    name: Arc<str>,
    condition: Code,
    assignments: Vec<(usize, Code)>,
    output: Output,
}

/// What is known of a sequence that has come to a step: the last record of that step and of each before.
#[derive(Clone)]
struct Sequence {
    records: Vec<Option<Row>>,
    id: i64,
}

/// The running scan.
struct Machine {
    steps: Vec<Step>,
    /// For each step the sequence that has come to it.
    states: Vec<Option<Sequence>>,
    /// The declared columns before a step set them.
    initial: Row,
    /// How many columns a record has, those declared included.
    width: usize,
    next_id: i64,
    match_id: bool,
    step_name: bool,
    /// Records to be given.
    ready: VecDeque<Row>,
    /// For each step whose last record alone counts, that record.
    held: Vec<Option<Row>>,
}

impl Machine {
    /// The record as the expressions see it: with the records of the sequence's steps behind it.
    fn wide(&self, record: &Row, sequence: Option<&Sequence>) -> Row {
        let mut row = record.clone();
        for step in 0..self.steps.len() {
            match sequence.and_then(|s| s.records[step].as_ref()) {
                Some(known) => row.extend(known.iter().cloned()),
                None => {
                    let blank = self.width - self.initial.len();
                    row.extend(std::iter::repeat_n(Value::Null, blank));
                    row.extend(self.initial.iter().cloned());
                }
            }
        }
        row
    }

    /// Tries a step with a sequence; gives the record with what the step sets.
    fn tried(&self, step: usize, record: &Row, sequence: Option<&Sequence>) -> Option<Row> {
        let mut wide = self.wide(record, sequence);
        if !self.steps[step].condition.is_true(&wide) {
            return None;
        }
        for (place, code) in &self.steps[step].assignments {
            wide[*place] = code.eval(&wide);
        }
        wide.truncate(self.width);
        Some(wide)
    }

    fn give(&mut self, step: usize, record: &Row, id: i64) {
        let mut row = record.clone();
        if self.match_id {
            row.push(Value::Long(id));
        }
        if self.step_name {
            row.push(Value::String(Arc::clone(&self.steps[step].name)));
        }
        match self.steps[step].output {
            Output::All => self.ready.push_back(row),
            Output::Last => self.held[step] = Some(row),
            Output::None => {}
        }
    }

    /// The steps see the record from the last to the first.
    fn take(&mut self, record: &Row) {
        for step in (0..self.steps.len()).rev() {
            // A sequence comes on from the step before.
            if step > 0
                && let Some(row) = self.states[step - 1]
                    .as_ref()
                    .and_then(|s| self.tried(step, record, Some(s)))
                && let Some(mut sequence) = self.states[step - 1].take()
            {
                for done in [step, step - 1] {
                    let held = self.held[done].take();
                    self.ready.extend(held);
                }
                sequence.records[step] = Some(row.clone());
                self.give(step, &row, sequence.id);
                self.states[step] = Some(sequence);
                continue;
            }
            let active = self.states[step].is_some();
            if !active && step > 0 {
                continue;
            }
            if let Some(row) = self.tried(step, record, self.states[step].as_ref()) {
                let mut sequence = self.states[step].take().unwrap_or_else(|| {
                    self.next_id += 1;
                    Sequence {
                        records: vec![None; self.steps.len()],
                        id: self.next_id - 1,
                    }
                });
                sequence.records[step] = Some(row.clone());
                self.give(step, &row, sequence.id);
                self.states[step] = Some(sequence);
            }
        }
    }
}

/// `scan`: records matched to sequences of steps.
pub(super) fn scan<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    operator: &'q Operator,
    scan: &'q Scan,
) -> Result<Stream<'q>> {
    if !scan.partition_by.is_empty() {
        return Err(Error::unsupported("`scan … partition by`"));
    }
    if scan.steps.iter().any(|s| s.optional) {
        return Err(Error::unsupported("`scan` with an optional step"));
    }
    if !input.serialized {
        return Err(Error::invalid(
            "`scan` needs rows in order: `sort` or `serialize` them first",
        ));
    }
    let mut columns = input.columns.clone();
    let initial = declared(session, scope, scan, &mut columns)?;
    let steps = scan
        .steps
        .iter()
        .map(|step| compiled(session, scope, &columns, &scan.steps, step))
        .collect::<Result<Vec<_>>>()?;
    let mut machine = Machine {
        states: steps.iter().map(|_| None).collect(),
        held: steps.iter().map(|_| None).collect(),
        steps,
        width: columns.len(),
        initial,
        next_id: 0,
        match_id: false,
        step_name: false,
        ready: VecDeque::new(),
    };
    if let Some(name) = operator.parameter_text("with_match_id") {
        columns.push(Column::new(name, Type::Long));
        machine.match_id = true;
    }
    if let Some(name) = operator.parameter_text("with_step_name") {
        columns.push(Column::new(name, Type::String));
        machine.step_name = true;
    }
    let mut rows = Some(input.rows);
    let rows = std::iter::from_fn(move || {
        loop {
            if let Some(row) = machine.ready.pop_front() {
                return Some(Ok(row));
            }
            match rows.as_mut()?.next() {
                Some(Ok(mut row)) => {
                    row.extend(machine.initial.iter().cloned());
                    machine.take(&row);
                }
                Some(Err(error)) => return Some(Err(error)),
                None => {
                    rows = None;
                    let held: Vec<Row> = machine.held.iter_mut().filter_map(Option::take).collect();
                    machine.ready.extend(held);
                    return machine.ready.pop_front().map(Ok);
                }
            }
        }
    })
    .fuse();
    let mut out = Stream::new(columns, Box::new(rows));
    out.serialized = true;
    Ok(out)
}

/// Adds the columns of `declare`; gives their first values.
fn declared<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    scan: &'q Scan,
    columns: &mut Vec<Column>,
) -> Result<Row> {
    let constants = Cx::new(session, scope, &[]);
    scan.declare
        .iter()
        .map(|declared| {
            let ParameterKind::Scalar(type_name) = &declared.kind else {
                return Err(Error::invalid("`declare` of `scan` takes values"));
            };
            let ty = Type::parse(&type_name.text)
                .ok_or_else(|| Error::invalid(format!("`{}` is no type", type_name.text)))?;
            let value = match &declared.default {
                Some(default) => constants.scalar(default)?.eval(&[]),
                None => Value::Null,
            };
            columns.push(Column::new(Arc::clone(&declared.name.text), ty));
            Ok(convert::cast(ty, value))
        })
        .collect()
}

fn compiled<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    columns: &[Column],
    steps: &'q [ScanStep],
    step: &'q ScanStep,
) -> Result<Step> {
    // Behind a record stand the last records of the steps, under names no query can write.
    let names: Vec<Arc<str>> = steps.iter().map(|s| Arc::clone(&s.name.text)).collect();
    let mut wide = columns.to_vec();
    for name in &names {
        for column in columns {
            wide.push(Column::new(format!("{name}.{}", column.name), column.ty));
        }
    }
    let mut cx = Cx::new(session, scope, &wide);
    cx.state = Some(&names);
    let assignments = step
        .assignments
        .iter()
        .map(|assignment| {
            let place = columns
                .iter()
                .position(|c| c.name == assignment.name.text)
                .ok_or_else(|| {
                    Error::invalid(format!("no column is called `{}`", assignment.name.text))
                })?;
            Ok((place, cx.scalar(&assignment.value)?))
        })
        .collect::<Result<_>>()?;
    let output = match step.output.as_ref().map(|o| &*o.text) {
        None | Some("all") => Output::All,
        Some("last") => Output::Last,
        Some("none") => Output::None,
        Some(other) => {
            return Err(Error::invalid(format!(
                "the output of a step is `all`, `last` or `none`, not `{other}`"
            )));
        }
    };
    Ok(Step {
        name: Arc::clone(&step.name.text),
        condition: cx.condition(&step.condition)?,
        assignments,
        output,
    })
}
