//! Calls: the library, the functions that need more than values, and the query's own functions.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Cx;
use super::Window;
use super::common_type;
use super::not;
use super::sort::sort_arrays;
use crate::engine::code::Code;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::function;
use crate::engine::function::Out;
use crate::engine::operator;
use crate::engine::session::Binding;
use crate::engine::session::Scope;
use crate::engine::table::ARRIVAL;
use crate::engine::text::text;
use crate::engine::time;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Call;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Function;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::ParameterKind;
use crate::kql::ast::StatementKind;

/// The columns of a function that gives several: names and types.
pub(crate) type Multi = Vec<(String, Type)>;

impl<'q> Cx<'_, 'q> {
    /// Compiles a call.
    pub(crate) fn call(&self, call: &'q Call, _whole: &'q Expr) -> Result<Code> {
        let name = &*call.name.text;
        if let Some(Binding::Function(function, scope)) = self.scope.get(name) {
            return self.inline(function, scope, &call.arguments, &call.name.text);
        }
        let argument = |index: usize| {
            call.arguments
                .get(index)
                .map(|a| &a.value)
                .ok_or_else(|| Error::invalid(format!("`{name}()` lacks an argument")))
        };
        if let Some(code) = self.graph_call(call)? {
            return Ok(code);
        }
        let count = call.arguments.len();
        if let Some(aggregates) = self.aggregates
            && crate::engine::aggregate::is_aggregate(call)
        {
            let aggregate = crate::engine::aggregate::compile(&aggregates.input, call)?;
            let ty = aggregate
                .outputs
                .first()
                .map_or(Type::Dynamic, |(_, ty)| *ty);
            return Ok(Code::column(ty, aggregates.add(aggregate)));
        }
        match name {
            "iff" | "iif" => {
                let condition = self.condition(argument(0)?)?;
                return self.choose(
                    vec![(condition, self.scalar(argument(1)?)?)],
                    self.scalar(argument(2)?)?,
                );
            }
            "case" => {
                if count < 3 || count.is_multiple_of(2) {
                    return Err(Error::invalid(
                        "`case()` takes pairs of condition and value, and one value more",
                    ));
                }
                let mut arms = Vec::new();
                for pair in call.arguments[..count - 1].chunks(2) {
                    arms.push((
                        self.condition(&pair[0].value)?,
                        self.scalar(&pair[1].value)?,
                    ));
                }
                return self.choose(arms, self.scalar(argument(count - 1)?)?);
            }
            "not" => return Ok(not(self.condition(argument(0)?)?)),
            "now" | "ago" => {
                let mut t = self.session.env.now;
                if let Ok(offset) = argument(0) {
                    let code = self.scalar(offset)?;
                    let Some(Value::Timespan(by)) = code.as_const().cloned() else {
                        let now = t;
                        let sign = if name == "ago" { -1 } else { 1 };
                        return Ok(Code::new(Type::Datetime, move |row| {
                            match code.get(row).as_ref() {
                                Value::Timespan(by) => {
                                    Value::Datetime(now.saturating_add(sign * by))
                                }
                                _ => Value::Null,
                            }
                        }));
                    };
                    t = t.saturating_add(if name == "ago" {
                        by.saturating_neg()
                    } else {
                        by
                    });
                }
                return Ok(Code::constant(
                    Type::Datetime,
                    Value::Datetime(t.clamp(0, time::LAST)),
                ));
            }
            "ingestion_time" => {
                return Ok(match self.find(ARRIVAL) {
                    Some(index) => self.column(index),
                    None => Code::constant(Type::Datetime, Value::Null),
                });
            }
            "column_ifexists" | "columnifexists" => {
                let column = self.scalar(argument(0)?)?;
                let wanted = column
                    .as_const()
                    .and_then(Value::as_str)
                    .ok_or_else(|| Error::invalid(format!("`{name}()` takes a constant name")))?;
                return match self.find(wanted) {
                    Some(index) => Ok(self.column(index)),
                    None => self.scalar(argument(1)?),
                };
            }
            "pack_all" | "bag_pack_columns" => return self.pack_columns(call),
            "rand" => return self.rand(call),
            "new_guid" => {
                let random = Arc::clone(&self.session.random);
                return Ok(volatile(Type::Guid, move || {
                    let high = next_random(&random).to_be_bytes();
                    let low = next_random(&random).to_be_bytes();
                    let mut bytes = [0; 16];
                    bytes[..8].copy_from_slice(&high);
                    bytes[8..].copy_from_slice(&low);
                    bytes[6] = bytes[6] & 0x0f | 0x40;
                    bytes[8] = bytes[8] & 0x3f | 0x80;
                    Value::Guid(bytes)
                }));
            }
            "prev" | "next" | "row_number" | "row_cumsum" | "row_rank_dense" | "row_rank_min"
            | "row_window_session" => return self.window(name, call),
            "extract" => return self.extract(call),
            "extract_json" | "extractjson" | "extract_all" | "extractall"
                if call
                    .arguments
                    .iter()
                    .any(|a| matches!(a.value.kind, ExprKind::TypeOf(_))) =>
            {
                let ty = self.type_of(argument(count - 1)?)?;
                let codes = self.arguments(&call.arguments[..count - 1])?;
                return Ok(cast(ty, library(name, codes)?));
            }
            "isnull" | "isnotnull" | "notnull" => {
                let code = self.scalar(argument(0)?)?;
                if code.ty == Type::String {
                    return Ok(Code::constant(Type::Bool, Value::Bool(name != "isnull")));
                }
            }
            "bin_auto" => {
                let value = self.scalar(argument(0)?)?;
                let options = self.session.options.borrow();
                let size = options.get("query_bin_auto_size").cloned().ok_or_else(|| {
                    Error::invalid("`bin_auto()` needs `set query_bin_auto_size = …`")
                })?;
                let at = options.get("query_bin_auto_at").cloned();
                let at = at.unwrap_or_else(|| {
                    let zero = match value.ty {
                        Type::Datetime => Value::Datetime(0),
                        Type::Timespan => Value::Timespan(0),
                        _ => Value::Long(0),
                    };
                    Code::constant(value.ty, zero)
                });
                return library("bin_at", vec![value, size, at]);
            }
            "materialize" | "toscalar" => {}
            "assert" => {
                let code = self.condition(argument(0)?)?;
                if code.as_const() == Some(&Value::Bool(false)) {
                    let message = self.scalar(argument(1)?)?.eval(&[]);
                    return Err(Error::invalid(text(&message)));
                }
                return Ok(code);
            }
            "array_sort_asc" | "array_sort_desc" => {
                let codes = self.arguments(&call.arguments)?;
                let ascending = name == "array_sort_asc";
                let arrays = codes.iter().filter(|c| c.ty != Type::Bool).count();
                return Ok(Code::new(Type::Dynamic, move |row| {
                    let values: Vec<Value> = codes.iter().map(|c| c.eval(row)).collect();
                    sort_arrays(&values, ascending, arrays)
                }));
            }
            "geo_info_from_ip_address" => {
                // The service has a database of addresses; here a test says what it would answer.
                let known = self.session.env.geo.clone().ok_or_else(|| {
                    Error::unsupported(
                        "`geo_info_from_ip_address()` without the places of the addresses",
                    )
                })?;
                let code = self.scalar(argument(0)?)?;
                let within: Vec<_> = ["ipv4_is_in_range", "ipv6_is_in_range"]
                    .into_iter()
                    .filter_map(|name| function::lookup(name).map(|known| known.body))
                    .collect();
                return Ok(Code::new(Type::Dynamic, move |row| {
                    let ip = code.eval(row);
                    let found = known.iter().find(|(range, _)| {
                        let arguments = [ip.clone(), range.as_str().into()];
                        within.iter().any(|f| f(&arguments) == Value::Bool(true))
                    });
                    found.map(|(_, place)| place.clone()).unwrap_or_default()
                }));
            }
            "dcount_hll" => {
                let code = self.scalar(argument(0)?)?;
                return Ok(Code::new(Type::Long, move |row| {
                    code.get(row).as_array().map(|i| i.len() as i64).into()
                }));
            }
            "hll_merge" => return library("set_union", self.arguments(&call.arguments)?),
            "series_stats" => {
                let code = self.scalar(argument(0)?)?;
                let ignore = (count > 1).then(|| self.scalar(argument(1)?)).transpose()?;
                return Ok(Code::new(Type::Dynamic, move |row| {
                    let ignore = ignore
                        .as_ref()
                        .map_or(Value::Null, |i| i.get(row).into_owned());
                    function::stats(&code.get(row), &ignore).map_or(Value::Null, Value::array)
                }));
            }
            "series_fit_line" => {
                let code = self.scalar(argument(0)?)?;
                return Ok(Code::new(Type::Dynamic, move |row| {
                    function::fit_line(&code.get(row)).map_or(Value::Null, Value::array)
                }));
            }
            "series_seasonal" if count == 1 => {
                return Err(Error::unsupported("`series_seasonal()` without a period"));
            }
            "estimate_data_size" => return self.data_size(call),
            "column_names_of" => {
                let stream = operator::stream_of(self.session, self.scope, argument(0)?)?;
                let visible = stream.columns.iter().filter(|c| c.is_visible());
                let names = visible.map(|c| Value::String(Arc::clone(&c.name)));
                return Ok(Code::constant(Type::Dynamic, Value::array(names.collect())));
            }
            "gettype" if count == 1 => {
                let code = self.scalar(argument(0)?)?;
                // A `real` is told by that name, a number of JSON by its own.
                if code.ty == Type::Real {
                    let input = code.clone();
                    let name = move |row: &[Value]| match code.get(row).as_ref() {
                        Value::Null => Value::text("null"),
                        _ => Value::text(Type::Real.name()),
                    };
                    return Ok(Code::new(Type::String, name).folded(&[&input]));
                }
                return library(name, vec![code]);
            }
            "current_principal"
            | "current_database"
            | "current_cluster_endpoint"
            | "extent_id"
            | "cursor_current"
            | "cursor_after" => {
                return Err(Error::unsupported(format!("`{name}()`")));
            }
            "has_any" | "has_all" => {}
            _ => {}
        }
        library(name, self.arguments(&call.arguments)?)
    }

    fn arguments(&self, arguments: &'q [NamedExpr]) -> Result<Vec<Code>> {
        arguments.iter().map(|a| self.scalar(&a.value)).collect()
    }

    /// The type that `typeof(…)` names.
    pub(crate) fn type_of(&self, expr: &Expr) -> Result<Type> {
        match &expr.kind {
            ExprKind::TypeOf(columns) => columns
                .first()
                .and_then(|c| Type::parse(&c.type_name.text))
                .ok_or_else(|| Error::invalid("`typeof()` takes the name of a type")),
            _ => Err(Error::invalid("`typeof()` is expected")),
        }
    }

    /// The first arm whose condition holds.
    fn choose(&self, arms: Vec<(Code, Code)>, otherwise: Code) -> Result<Code> {
        let known = arms.iter().map(|(_, v)| v).chain([&otherwise]);
        // A bare null takes the type of the others.
        let is_null = |c: &Code| c.ty == Type::Dynamic && c.as_const().is_some_and(Value::is_null);
        let types: Vec<Type> = known.filter(|c| !is_null(c)).map(|c| c.ty).collect();
        let ty = common_type(types.into_iter());
        let inputs: Vec<Code> = arms
            .iter()
            .flat_map(|(c, v)| [c.clone(), v.clone()])
            .chain([otherwise.clone()])
            .collect();
        Ok(Code::new(ty, move |row| {
            for (condition, value) in &arms {
                if condition.is_true(row) {
                    return convert::cast(ty, value.eval(row));
                }
            }
            convert::cast(ty, otherwise.eval(row))
        })
        .folded(&inputs.iter().collect::<Vec<_>>()))
    }

    fn pack_columns(&self, call: &'q Call) -> Result<Code> {
        let mut parts: Vec<(Arc<str>, Code)> = Vec::new();
        let mut skip_empty = false;
        if &*call.name.text == "pack_all" {
            if let Some(flag) = call.arguments.first() {
                skip_empty = self
                    .scalar(&flag.value)?
                    .eval(&[])
                    .as_bool()
                    .unwrap_or(false);
            }
            for (index, column) in self
                .columns
                .iter()
                .enumerate()
                .filter(|(_, c)| c.is_visible())
            {
                parts.push((Arc::clone(&column.name), self.column(index)));
            }
        } else {
            for argument in &call.arguments {
                let name = super::column_name(&argument.value)
                    .ok_or_else(|| Error::invalid("`bag_pack_columns()` takes columns"))?;
                parts.push((name, self.scalar(&argument.value)?));
            }
        }
        Ok(Code::new(Type::Dynamic, move |row| {
            Value::bag(
                parts
                    .iter()
                    .map(|(name, code)| {
                        (
                            Arc::clone(name),
                            convert::cast(Type::Dynamic, code.eval(row)),
                        )
                    })
                    .filter(|(_, v)| !skip_empty || !(v.is_null() || v.as_str() == Some("")))
                    .collect(),
            )
        }))
    }

    fn rand(&self, call: &'q Call) -> Result<Code> {
        let most = match call.arguments.first() {
            Some(n) => self.scalar(&n.value)?.eval(&[]).as_long(),
            None => None,
        };
        let random = Arc::clone(&self.session.random);
        let ty = if most.is_some() {
            Type::Long
        } else {
            Type::Real
        };
        Ok(volatile(ty, move || {
            let bits = next_random(&random);
            match most {
                Some(n) if n > 0 => Value::Long((bits % n as u64) as i64),
                _ => Value::Real((bits >> 11) as f64 / (1_u64 << 53) as f64),
            }
        }))
    }

    fn window(&self, name: &str, call: &'q Call) -> Result<Code> {
        let Some(windows) = self.windows else {
            return Err(Error::invalid(format!(
                "`{name}()` needs rows in order: `sort` or `serialize` them first"
            )));
        };
        let codes = self.arguments(&call.arguments)?;
        let get = |i: usize| codes.get(i).cloned();
        let need = |i: usize| {
            get(i).ok_or_else(|| Error::invalid(format!("`{name}()` lacks an argument")))
        };
        let (ty, window) = match name {
            "prev" | "next" => {
                let value = need(0)?;
                let offset = match get(1) {
                    Some(n) => n.as_const().and_then(Value::as_long).ok_or_else(|| {
                        Error::unsupported(format!("an offset of `{name}()` that is no constant"))
                    })?,
                    None => 1,
                };
                let default = get(2).unwrap_or_else(|| Code::constant(value.ty, Value::Null));
                (
                    value.ty,
                    Window::Shift(
                        value,
                        if name == "prev" { offset } else { -offset },
                        default,
                    ),
                )
            }
            "row_number" => {
                let start = get(0).unwrap_or_else(|| Code::constant(Type::Long, Value::Long(1)));
                (Type::Long, Window::Number(start, get(1)))
            }
            "row_cumsum" => (need(0)?.ty, Window::Sum(need(0)?, get(1))),
            "row_rank_dense" => (Type::Long, Window::RankDense(need(0)?, get(1))),
            "row_rank_min" => (Type::Long, Window::RankMin(need(0)?, get(1))),
            _ => (
                need(0)?.ty,
                Window::Session(need(0)?, need(1)?, need(2)?, get(3)),
            ),
        };
        Ok(windows.add(self.columns.len(), ty, window))
    }

    fn extract(&self, call: &'q Call) -> Result<Code> {
        let mut ty = Type::String;
        let mut arguments = &call.arguments[..];
        if let [rest @ .., last] = arguments
            && rest.len() == 3
        {
            ty = self.type_of(&last.value)?;
            arguments = rest;
        }
        let codes = self.arguments(arguments)?;
        if let [pattern, group, source] = codes.as_slice()
            && let (Some(pattern), Some(group)) = (pattern.as_const(), group.as_const())
        {
            let pattern = text(pattern).into_owned();
            let regex = regex::Regex::new(&pattern)
                .map_err(|_| Error::invalid(format!("`{pattern}` is no regular expression")))?;
            let (group, source) = (group.clone(), source.clone());
            let input = source.clone();
            let code = Code::new(Type::String, move |row| {
                function::extract(&regex, &group, &text(&source.get(row)))
            });
            return Ok(cast(ty, code.folded(&[&input])));
        }
        Ok(cast(ty, library("extract", codes)?))
    }

    /// A function of the query's own, its body put in place of the call.
    pub(crate) fn inline(
        &self,
        function: &'q Function,
        scope: &Scope<'q>,
        arguments: &'q [NamedExpr],
        name: &str,
    ) -> Result<Code> {
        let mut inner = scope.clone();
        for (index, parameter) in function.parameters.iter().enumerate() {
            let ParameterKind::Scalar(type_name) = &parameter.kind else {
                return Err(Error::unsupported(format!(
                    "`{name}()` with a table as argument of a value"
                )));
            };
            let code = match argument(arguments, index, &parameter.name.text) {
                Some(value) => self.scalar(value)?,
                None => match &parameter.default {
                    Some(default) => self.scalar(default)?,
                    None => {
                        return Err(Error::invalid(format!(
                            "`{name}()` lacks its argument `{}`",
                            parameter.name.text
                        )));
                    }
                },
            };
            let ty = Type::parse(&type_name.text)
                .ok_or_else(|| Error::invalid(format!("`{}` is no type", type_name.text)))?;
            inner = inner.with(&parameter.name.text, Binding::Scalar(cast(ty, code)));
        }
        self.session.deeper(|| {
            for statement in &function.body.statements {
                match &statement.kind {
                    StatementKind::Let { name, value } => {
                        let binding = operator::bind(self.session, &inner, value)?;
                        inner = inner.with(&name.text, binding);
                    }
                    StatementKind::Expression(value) => {
                        return Cx::new(self.session, &inner, &[]).scalar(value);
                    }
                    _ => return Err(Error::unsupported("this statement inside a function")),
                }
            }
            Err(Error::invalid(format!("`{name}()` has no value")))
        })
    }
}

/// The argument for a parameter, by name or by position.
pub(crate) fn argument<'q>(
    arguments: &'q [NamedExpr],
    index: usize,
    parameter: &str,
) -> Option<&'q Expr> {
    arguments
        .iter()
        .find(|a| a.name().is_some_and(|n| &*n.text == parameter))
        .or_else(|| arguments.get(index).filter(|a| a.name().is_none()))
        .map(|a| &a.value)
}

/// A value of another type.
pub(crate) fn cast(ty: Type, code: Code) -> Code {
    if code.ty == ty {
        return code;
    }
    let input = code.clone();
    Code::new(ty, move |row| convert::cast(ty, code.eval(row))).folded(&[&input])
}

/// A value that differs each time.
fn volatile(ty: Type, f: impl Fn() -> Value + Send + Sync + 'static) -> Code {
    let mut code = Code::new(ty, move |_| f());
    code.volatile = true;
    code
}

/// `SplitMix64`: the same numbers in every run of a query at one time.
fn next_random(state: &std::sync::atomic::AtomicU64) -> u64 {
    let mut z = state.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A function of the library on compiled arguments.
pub(crate) fn library(name: &str, codes: Vec<Code>) -> Result<Code> {
    let Some(def) = function::lookup(name) else {
        let known = crate::engine::aggregate::is_known(name);
        return Err(if known {
            Error::invalid(format!(
                "`{name}()` is an aggregate: it means something in `summarize` only"
            ))
        } else {
            Error::unsupported(format!("function `{name}()`"))
        });
    };
    if codes.len() < def.min || codes.len() > def.max {
        return Err(Error::invalid(format!(
            "`{name}()` takes {} to {} arguments, not {}",
            def.min,
            def.max,
            codes.len()
        )));
    }
    let ty = match def.out {
        Out::Is(ty) => ty,
        Out::Arg(index) => codes[index].ty,
        Out::Common(from) => {
            let typed = codes[from..]
                .iter()
                .filter(|c| !(c.ty == Type::Dynamic && c.as_const().is_some_and(Value::is_null)));
            common_type(typed.map(|c| c.ty))
        }
    };
    // `bin` of a whole number by a real is a real.
    let ty = match (name, codes.as_slice()) {
        ("bin" | "floor" | "bin_at", [value, size, ..])
            if value.ty.is_numeric() && size.ty == Type::Real =>
        {
            Type::Real
        }
        ("bin", [value, size]) if value.ty == Type::Dynamic => size.ty,
        ("abs" | "ceiling" | "round", [value, ..]) if value.ty == Type::Dynamic => Type::Real,
        _ => ty,
    };
    let body = def.body;
    let inputs = codes.clone();
    let finish = move |value: Value| {
        if ty == Type::String && value.is_null() {
            Value::text("")
        } else {
            value
        }
    };
    let code = match <[Code; 1]>::try_from(codes) {
        Ok([a]) => Code::new(ty, move |row| finish(body(&[a.eval(row)]))),
        Err(codes) => match <[Code; 2]>::try_from(codes) {
            Ok([a, b]) => Code::new(ty, move |row| finish(body(&[a.eval(row), b.eval(row)]))),
            Err(codes) => Code::new(ty, move |row| {
                let values: Vec<Value> = codes.iter().map(|c| c.eval(row)).collect();
                finish(body(&values))
            }),
        },
    };
    Ok(code.folded(&inputs.iter().collect::<Vec<_>>()))
}

/// The columns of a call that gives several values at once, with the code that gives them as an array.
pub(crate) fn multiple<'q>(cx: &Cx<'_, 'q>, expr: &'q Expr) -> Result<Option<(Multi, Code)>> {
    let ExprKind::Call(call) = &expr.kind else {
        return Ok(None);
    };
    let name = &*call.name.text;
    let argument_name = |index: usize| {
        call.arguments
            .get(index)
            .and_then(|a| super::column_name(&a.value))
            .unwrap_or_else(|| "Column".into())
    };
    let fields: Multi = match name {
        "series_stats" => {
            let x = argument_name(0);
            [
                "min", "min_idx", "max", "max_idx", "avg", "stdev", "variance",
            ]
            .iter()
            .map(|f| {
                (
                    format!("series_stats_{x}_{f}"),
                    if f.ends_with("idx") {
                        Type::Long
                    } else {
                        Type::Real
                    },
                )
            })
            .collect()
        }
        "series_fit_line" => {
            let x = argument_name(0);
            [
                "rsquare",
                "slope",
                "variance",
                "rvariance",
                "interception",
                "line_fit",
            ]
            .iter()
            .map(|f| {
                (
                    format!("series_fit_line_{x}_{f}"),
                    if *f == "line_fit" {
                        Type::Dynamic
                    } else {
                        Type::Real
                    },
                )
            })
            .collect()
        }
        "array_sort_asc" | "array_sort_desc" => {
            let arrays: Vec<usize> = (0..call.arguments.len())
                .filter(|i| {
                    !matches!(
                        &call.arguments[*i].value.kind,
                        ExprKind::Literal(crate::kql::literal::Literal::Bool(_))
                    )
                })
                .collect();
            if arrays.len() < 2 {
                return Ok(None);
            }
            arrays
                .iter()
                .map(|i| (format!("{}_sorted", argument_name(*i)), Type::Dynamic))
                .collect()
        }
        _ => return Ok(None),
    };
    Ok(Some((fields, cx.scalar(expr)?)))
}
