//! Aggregates: what `summarize` and its kin compute over rows.

mod state;

pub(crate) use state::State;
pub(crate) use state::percentile_of;

use std::sync::Arc;

use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::compile::column_name;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Call;
use crate::kql::ast::ExprKind;

/// Most elements of `make_list` and its kin.
const MOST: usize = 1_048_576;

/// What an aggregate keeps.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// `count`
    Count,
    /// `sum`
    Sum,
    /// `avg`
    Avg,
    /// `min`
    Min,
    /// `max`
    Max,
    /// `dcount`, `count_distinct`
    Distinct,
    /// `hll`: the distinct values themselves
    Hll,
    /// `hll_merge`
    HllMerge,
    /// `make_list`; with nulls or without
    List {
        /// Whether nulls are kept.
        nulls: bool,
        /// At most so many.
        most: usize,
    },
    /// `make_set`
    Set(usize),
    /// `make_bag`
    Bag,
    /// `take_any`
    Any,
    /// `arg_max`, `arg_min`: the row's other values where the first is greatest
    Arg {
        /// Whether the greatest is wanted.
        greatest: bool,
    },
    /// `variance` and its kin
    Variance {
        /// Divided by the count, not by one less.
        population: bool,
        /// The square root of it.
        root: bool,
    },
    /// `covariance`
    Covariance {
        /// Divided by the count, not by one less.
        population: bool,
    },
    /// `percentile`; with weights in the second input
    Percentile {
        /// The percentages.
        of: Vec<f64>,
        /// Whether the second input weighs.
        weighted: bool,
        /// Whether the result is one array.
        array: bool,
    },
    /// `binary_all_and`, `_or`, `_xor`
    Bits(char),
    /// `buildschema`
    Schema,
}

/// One aggregate.
#[derive(Debug, Clone)]
pub(crate) struct Aggregate {
    /// What it keeps.
    pub(crate) kind: Kind,
    /// What it takes from each row.
    pub(crate) inputs: Vec<Code>,
    /// Rows that do not fulfil this are left out.
    pub(crate) condition: Option<Code>,
    /// The columns it gives: suggested names and types.
    pub(crate) outputs: Vec<(Arc<str>, Type)>,
}

/// Whether `name` is an aggregate of the language.
pub(crate) fn is_known(name: &str) -> bool {
    !matches!(name, "range" | "any" | "max_of" | "min_of")
        && matches!(
            name,
            "count"
                | "countif"
                | "sum"
                | "sumif"
                | "avg"
                | "avgif"
                | "min"
                | "minif"
                | "max"
                | "maxif"
                | "dcount"
                | "dcountif"
                | "count_distinct"
                | "count_distinctif"
                | "make_list"
                | "make_list_if"
                | "makelist"
                | "make_list_with_nulls"
                | "make_set"
                | "make_set_if"
                | "makeset"
                | "make_bag"
                | "make_bag_if"
                | "make_dictionary"
                | "take_any"
                | "take_anyif"
                | "anyif"
                | "arg_max"
                | "arg_min"
                | "argmax"
                | "argmin"
                | "stdev"
                | "stdevif"
                | "stdevp"
                | "stdevpif"
                | "variance"
                | "varianceif"
                | "variancep"
                | "variancepif"
                | "covariance"
                | "covarianceif"
                | "covariancep"
                | "covariancepif"
                | "percentile"
                | "percentiles"
                | "percentiles_array"
                | "percentilew"
                | "percentilesw"
                | "percentilesw_array"
                | "binary_all_and"
                | "binary_all_or"
                | "binary_all_xor"
                | "buildschema"
                | "hll"
                | "hll_if"
                | "hll_merge"
                | "tdigest"
                | "tdigest_merge"
                | "merge_tdigest"
        )
}

/// Whether the call is one of an aggregate.
pub(crate) fn is_aggregate(call: &Call) -> bool {
    is_known(&call.name.text) || (&*call.name.text == "any" && !call.arguments.is_empty())
}

/// Compiles the call of an aggregate.
pub(crate) fn compile<'q>(cx: &Cx<'_, 'q>, call: &'q Call) -> Result<Aggregate> {
    let full = &*call.name.text;
    let (base, conditional) = match full {
        "make_list_if" => ("make_list", true),
        "make_set_if" => ("make_set", true),
        "make_bag_if" => ("make_bag", true),
        "hll_if" => ("hll", true),
        "take_anyif" | "anyif" => ("take_any", true),
        "any" => ("take_any", false),
        "makelist" => ("make_list", false),
        "makeset" => ("make_set", false),
        "make_dictionary" => ("make_bag", false),
        "argmax" => ("arg_max", false),
        "argmin" => ("arg_min", false),
        other => match other.strip_suffix("if") {
            Some(base) => (base, true),
            None => (other, false),
        },
    };
    let arguments: Vec<_> = call.arguments.iter().map(|a| &a.value).collect();
    let lacking = || Error::invalid(format!("`{full}()` lacks an argument"));
    let first_name = arguments
        .first()
        .and_then(|a| column_name(a))
        .unwrap_or_else(|| "".into());
    let name = |prefix: &str| -> Arc<str> { format!("{prefix}_{first_name}").into() };
    let value = |index: usize| cx.scalar(arguments.get(index).ok_or_else(lacking)?);
    // The condition follows the inputs, the limit follows the condition.
    let width = match base {
        "count" => 0,
        "covariance" | "covariancep" => 2,
        _ => 1,
    };
    let condition = if conditional {
        Some(cx.condition(arguments.get(width).ok_or_else(lacking)?)?)
    } else {
        None
    };
    let after = width + usize::from(conditional);
    let limit = || -> Result<usize> {
        match arguments.get(after) {
            None => Ok(MOST),
            Some(limit) => Ok(cx
                .scalar(limit)?
                .as_const()
                .and_then(Value::as_long)
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(MOST)
                .min(MOST)),
        }
    };
    let summed = |ty: Type| match ty {
        Type::Int | Type::Bool => Type::Long,
        Type::Dynamic => Type::Real,
        other => other,
    };
    let (kind, inputs, outputs) = match base {
        "count" => (
            Kind::Count,
            vec![],
            vec![(
                if conditional { "countif_" } else { "count_" }.into(),
                Type::Long,
            )],
        ),
        "sum" => {
            let input = value(0)?;
            let ty = summed(input.ty);
            (Kind::Sum, vec![input], vec![(name(full), ty)])
        }
        "avg" => {
            let input = value(0)?;
            let ty = match input.ty {
                Type::Timespan | Type::Datetime | Type::Decimal => input.ty,
                _ => Type::Real,
            };
            (Kind::Avg, vec![input], vec![(name(full), ty)])
        }
        "min" | "max" => {
            let input = value(0)?;
            let ty = input.ty;
            (
                if base == "min" { Kind::Min } else { Kind::Max },
                vec![input],
                vec![(name(full), ty)],
            )
        }
        "dcount" | "count_distinct" => (
            Kind::Distinct,
            vec![value(0)?],
            vec![(name(full), Type::Long)],
        ),
        "hll" => (
            Kind::Hll,
            vec![value(0)?],
            vec![(name(full), Type::Dynamic)],
        ),
        "hll_merge" => (
            Kind::HllMerge,
            vec![value(0)?],
            vec![(name(full), Type::Dynamic)],
        ),
        "make_list" | "make_list_with_nulls" => {
            let nulls = base != "make_list";
            (
                Kind::List {
                    nulls,
                    most: limit()?,
                },
                vec![value(0)?],
                vec![(name("list"), Type::Dynamic)],
            )
        }
        "make_set" => (
            Kind::Set(limit()?),
            vec![value(0)?],
            vec![(name("set"), Type::Dynamic)],
        ),
        "make_bag" => {
            let prefix = if full == "make_dictionary" {
                "dictionary"
            } else {
                "bag"
            };
            (
                Kind::Bag,
                vec![value(0)?],
                vec![(name(prefix), Type::Dynamic)],
            )
        }
        "take_any" => {
            let mut inputs = Vec::new();
            let mut outputs = Vec::new();
            let taken = if conditional {
                &arguments[..1]
            } else {
                &arguments[..]
            };
            for argument in taken {
                if matches!(argument.kind, ExprKind::Star) {
                    for (index, column) in cx
                        .columns
                        .iter()
                        .enumerate()
                        .filter(|(_, c)| c.is_visible())
                    {
                        inputs.push(Code::column(column.ty, index));
                        outputs.push((Arc::clone(&column.name), column.ty));
                    }
                } else {
                    let code = cx.scalar(argument)?;
                    let own = column_name(argument).unwrap_or_else(|| "".into());
                    let own = if full.starts_with("any") {
                        format!("{full}_{own}").into()
                    } else {
                        own
                    };
                    outputs.push((own, code.ty));
                    inputs.push(code);
                }
            }
            (Kind::Any, inputs, outputs)
        }
        "arg_max" | "arg_min" => {
            let first = value(0)?;
            let own = if arguments.first().is_some_and(|a| column_name(a).is_some()) {
                Arc::clone(&first_name)
            } else {
                base.replace("arg_", "").into()
            };
            let mut outputs = vec![(own, first.ty)];
            let mut inputs = vec![first];
            for argument in &arguments[1..] {
                if matches!(argument.kind, ExprKind::Star) {
                    for (index, column) in cx
                        .columns
                        .iter()
                        .enumerate()
                        .filter(|(_, c)| c.is_visible())
                    {
                        if outputs.iter().any(|(n, _)| *n == column.name) {
                            continue;
                        }
                        inputs.push(Code::column(column.ty, index));
                        outputs.push((Arc::clone(&column.name), column.ty));
                    }
                } else {
                    let code = cx.scalar(argument)?;
                    outputs.push((column_name(argument).unwrap_or_else(|| "".into()), code.ty));
                    inputs.push(code);
                }
            }
            (
                Kind::Arg {
                    greatest: base == "arg_max",
                },
                inputs,
                outputs,
            )
        }
        "stdev" | "stdevp" | "variance" | "variancep" => {
            let kind = Kind::Variance {
                population: base.ends_with('p'),
                root: base.starts_with("stdev"),
            };
            (kind, vec![value(0)?], vec![(name(full), Type::Real)])
        }
        "covariance" | "covariancep" => {
            let second = arguments
                .get(1)
                .and_then(|a| column_name(a))
                .unwrap_or_else(|| "".into());
            let own = format!("{full}_{first_name}_{second}").into();
            let kind = Kind::Covariance {
                population: base.ends_with('p'),
            };
            (kind, vec![value(0)?, value(1)?], vec![(own, Type::Real)])
        }
        "percentile" | "percentiles" | "percentiles_array" | "percentilew" | "percentilesw"
        | "percentilesw_array" => {
            let weighted = base.trim_end_matches("_array").ends_with('w');
            let array = base.ends_with("_array");
            let mut inputs = vec![value(0)?];
            if weighted {
                inputs.push(value(1)?);
            }
            let mut of = Vec::new();
            for argument in &arguments[inputs.len().min(arguments.len())..] {
                let code = cx.scalar(argument)?;
                match code.as_const() {
                    Some(Value::Array(items)) => of.extend(items.iter().filter_map(Value::as_real)),
                    Some(v) => of.extend(v.as_real()),
                    None => {
                        return Err(Error::invalid(format!(
                            "`{full}()` takes constant percentages"
                        )));
                    }
                }
            }
            if of.is_empty() {
                return Err(lacking());
            }
            let ty = inputs[0].ty;
            let outputs = if array {
                vec![(format!("percentiles_{first_name}").into(), Type::Dynamic)]
            } else {
                of.iter()
                    .map(|p| {
                        let p = crate::engine::json::real_text(*p).replace('.', "_");
                        (format!("percentile_{first_name}_{p}").into(), ty)
                    })
                    .collect()
            };
            (
                Kind::Percentile {
                    of,
                    weighted,
                    array,
                },
                inputs,
                outputs,
            )
        }
        "binary_all_and" | "binary_all_or" | "binary_all_xor" => {
            let op = match base {
                "binary_all_and" => '&',
                "binary_all_or" => '|',
                _ => '^',
            };
            (
                Kind::Bits(op),
                vec![value(0)?],
                vec![(Arc::clone(&first_name), Type::Long)],
            )
        }
        "buildschema" => (
            Kind::Schema,
            vec![value(0)?],
            vec![(name("schema"), Type::Dynamic)],
        ),
        other => return Err(Error::unsupported(format!("aggregate `{other}()`"))),
    };
    Ok(Aggregate {
        kind,
        inputs,
        condition,
        outputs,
    })
}
