//! The library of scalar functions.
//!
//! A function takes values and gives a value; what it cannot compute is null. Functions that need more than values
//! (columns, constant patterns, the clock) are built by the compiler. Start at [`lookup`].

mod dynamic;
mod encode;
mod geo;
mod network;
mod number;
mod parse;
mod series;
mod text;
mod timing;
mod unit;

pub(crate) use dynamic::bag_merge;
pub(crate) use geo::distance_from;
pub(crate) use parse::csv_cells;
pub(crate) use parse::csv_records;
pub(crate) use series::fit_line;
pub(crate) use series::stats;
pub(crate) use text::cached_regex;
pub(crate) use text::extract;

use std::cell::RefCell;

use crate::engine::value::Type;
use crate::engine::value::Value;

/// A function's body.
pub(crate) type Body = fn(&[Value]) -> Value;

/// The type of a function's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Out {
    /// Always this.
    Is(Type),
    /// The type of the argument at this position.
    Arg(usize),
    /// The common type of the arguments from this position on.
    Common(usize),
}

/// A function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Def {
    /// Fewest arguments.
    pub(crate) min: usize,
    /// Most arguments.
    pub(crate) max: usize,
    /// Type of the result.
    pub(crate) out: Out,
    /// What it computes.
    pub(crate) body: Body,
}

/// A definition with a fixed type.
const fn def(min: usize, max: usize, out: Type, body: Body) -> Option<Def> {
    Some(Def {
        min,
        max,
        out: Out::Is(out),
        body,
    })
}

/// A definition whose type follows its arguments.
const fn def_as(min: usize, max: usize, out: Out, body: Body) -> Option<Def> {
    Some(Def {
        min,
        max,
        out,
        body,
    })
}

/// As many arguments as one likes.
const MANY: usize = 64;

thread_local! {
    /// What a function met since the run began that it must not answer.
    static REFUSED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Notes that the run came upon something whose result is not known exactly; stands for its value meanwhile.
///
/// Bodies give values, not errors; the run asks at its end.
fn refuse(what: &str) -> Value {
    REFUSED.with_borrow_mut(|refused| {
        refused.get_or_insert_with(|| what.to_owned());
    });
    Value::Null
}

/// What was refused since this was asked last, on this thread.
pub(crate) fn refused() -> Option<String> {
    REFUSED.take()
}

/// The function of that name.
pub(crate) fn lookup(name: &str) -> Option<Def> {
    // Older names.
    let name = match name {
        "totime" => "totimespan",
        "datepart" => "datetime_part",
        "parseurl" => "parse_url",
        "parseurlquery" => "parse_urlquery",
        name => name,
    };
    text::lookup(name)
        .or_else(|| number::lookup(name))
        .or_else(|| unit::lookup(name))
        .or_else(|| timing::lookup(name))
        .or_else(|| dynamic::lookup(name))
        .or_else(|| parse::lookup(name))
        .or_else(|| encode::lookup(name))
        .or_else(|| network::lookup(name))
        .or_else(|| series::lookup(name))
        .or_else(|| geo::lookup(name))
}

/// The argument at `index`, null where there is none.
fn arg(args: &[Value], index: usize) -> &Value {
    const NULL: &Value = &Value::Null;
    args.get(index).unwrap_or(NULL)
}
