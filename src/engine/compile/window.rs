//! Functions that look at other rows: `prev`, `next`, `row_number`, `row_cumsum` and their kin.
//!
//! Each call becomes a hidden column behind the row's own, computed over all rows in their order.

use std::cell::RefCell;

use crate::engine::arith;
use crate::engine::code::Code;
use crate::engine::table::Row;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;

/// One call.
#[derive(Debug, Clone)]
pub(crate) enum Window {
    /// `prev(value, offset, default)`; a negative offset looks ahead.
    Shift(Code, i64, Code),
    /// `row_number(start, restart)`
    Number(Code, Option<Code>),
    /// `row_cumsum(value, restart)`
    Sum(Code, Option<Code>),
    /// `row_rank_dense(value, restart)`
    RankDense(Code, Option<Code>),
    /// `row_rank_min(value, restart)`
    RankMin(Code, Option<Code>),
    /// `row_window_session(time, most from first, most between, restart)`
    Session(Code, Code, Code, Option<Code>),
}

/// The calls of one operator.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    calls: RefCell<Vec<Window>>,
}

impl Windows {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.calls.borrow().is_empty()
    }

    /// Adds a call; its column stands behind `width` columns and those of the calls before.
    pub(crate) fn add(&self, width: usize, ty: Type, call: Window) -> Code {
        let mut calls = self.calls.borrow_mut();
        calls.push(call);
        Code::column(ty, width + calls.len() - 1)
    }

    /// Computes all calls for `rows`, appending their columns.
    pub(crate) fn compute(&self, rows: &mut [Row]) {
        for call in self.calls.borrow().iter() {
            let values = values(call, rows);
            for (row, value) in rows.iter_mut().zip(values) {
                row.push(value);
            }
        }
    }
}

fn restarts(restart: Option<&Code>, row: &[Value]) -> bool {
    restart.is_some_and(|r| r.is_true(row))
}

fn values(call: &Window, rows: &[Row]) -> Vec<Value> {
    match call {
        Window::Shift(value, offset, default) => (0..rows.len())
            .map(|i| {
                let from = usize::try_from(i as i64 - offset)
                    .ok()
                    .and_then(|i| rows.get(i));
                match from {
                    Some(row) => value.eval(row),
                    None => default.eval(&rows[i]),
                }
            })
            .collect(),
        Window::Number(start, restart) => {
            let mut n = 0;
            rows.iter()
                .enumerate()
                .map(|(i, row)| {
                    let start = start.eval(row).as_long().unwrap_or(1);
                    n = if i == 0 || restarts(restart.as_ref(), row) {
                        start
                    } else {
                        n + 1
                    };
                    Value::Long(n)
                })
                .collect()
        }
        Window::Sum(value, restart) => {
            let mut sum = Value::Null;
            rows.iter()
                .map(|row| {
                    if restarts(restart.as_ref(), row) {
                        sum = Value::Null;
                    }
                    let v = value.eval(row);
                    if sum.is_null() {
                        sum = v;
                    } else if !v.is_null() {
                        sum = arith::compute(BinaryOp::Add, &sum, &v);
                    }
                    sum.clone()
                })
                .collect()
        }
        Window::RankDense(value, restart) | Window::RankMin(value, restart) => {
            let dense = matches!(call, Window::RankDense(..));
            let mut last = None;
            let (mut rank, mut seen) = (0, 0);
            rows.iter()
                .map(|row| {
                    if restarts(restart.as_ref(), row) {
                        last = None;
                        (rank, seen) = (0, 0);
                    }
                    seen += 1;
                    let v = value.eval(row);
                    if last.as_ref() != Some(&v) {
                        rank = if dense { rank + 1 } else { seen };
                        last = Some(v);
                    }
                    Value::Long(rank)
                })
                .collect()
        }
        Window::Session(time, most, between, restart) => {
            let mut first = Value::Null;
            let mut last = Value::Null;
            rows.iter()
                .map(|row| {
                    let v = time.eval(row);
                    let over = |from: &Value, limit: &Code| {
                        let distance = arith::compute(BinaryOp::Subtract, &v, from);
                        distance.compare(&limit.eval(row)) == Some(std::cmp::Ordering::Greater)
                    };
                    if first.is_null()
                        || restarts(restart.as_ref(), row)
                        || over(&first, most)
                        || over(&last, between)
                    {
                        first = v.clone();
                    }
                    last = v;
                    first.clone()
                })
                .collect()
        }
    }
}
