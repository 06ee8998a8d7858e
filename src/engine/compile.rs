//! Scalar expressions from the syntax tree to [`Code`].

mod call;
mod graph;
mod names;
mod size;
mod sort;
mod window;

pub(crate) use call::multiple;
pub(crate) use graph::Element;
pub(crate) use graph::ElementKind;
pub(crate) use graph::Elements;
pub(crate) use graph::Inside;
pub(crate) use names::column_name;
pub(crate) use names::unique;
pub(crate) use window::Window;
pub(crate) use window::Windows;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::collections::HashSet;
use std::sync::Arc;

use crate::engine::aggregate::Aggregate;
use crate::engine::arith;
use crate::engine::code::Code;
use crate::engine::code::Node;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::function;
use crate::engine::operator;
use crate::engine::session::Binding;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::text;
use crate::engine::text::Bounds;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::InOp;
use crate::kql::ast::LogicalOp;
use crate::kql::ast::TextOp;
use crate::kql::ast::UnaryOp;
use crate::kql::literal::Json;
use crate::kql::literal::Literal;

/// What an expression is compiled against.
pub(crate) struct Cx<'c, 'q> {
    /// The run.
    pub(crate) session: &'q Session<'q>,
    /// The names in force.
    pub(crate) scope: &'c Scope<'q>,
    /// The columns of the rows.
    pub(crate) columns: &'c [Column],
    /// Collects functions on several rows, where rows are in order.
    pub(crate) windows: Option<&'c Windows>,
    /// Collects aggregates, in the values of `summarize`.
    pub(crate) aggregates: Option<&'c Aggregates<'c, 'q>>,
    /// In `scan`: the steps whose last records are reached as `step.column`.
    pub(crate) state: Option<&'c [Arc<str>]>,
    /// In a graph pattern: the names of its parts.
    pub(crate) graph: Option<&'c Elements>,
    /// In a join: how many columns the left side has, the right side's following.
    pub(crate) split: Option<usize>,
    /// Collects the positions of the columns that are read.
    pub(crate) reads: Option<&'c RefCell<BTreeSet<usize>>>,
}

/// The aggregates of one `summarize`, each with its columns behind those of the groups.
pub(crate) struct Aggregates<'c, 'q> {
    /// What the aggregates' arguments are compiled against.
    pub(crate) input: Cx<'c, 'q>,
    /// How many columns stand before theirs.
    pub(crate) base: usize,
    /// The aggregates so far.
    pub(crate) list: RefCell<Vec<Aggregate>>,
}

impl Aggregates<'_, '_> {
    /// Adds one; gives the position of its first column.
    pub(crate) fn add(&self, aggregate: Aggregate) -> usize {
        let mut list = self.list.borrow_mut();
        let before: usize = list.iter().map(|a| a.outputs.len()).sum();
        list.push(aggregate);
        self.base + before
    }
}

impl<'c, 'q> Cx<'c, 'q> {
    /// For rows with `columns`.
    pub(crate) fn new(
        session: &'q Session<'q>,
        scope: &'c Scope<'q>,
        columns: &'c [Column],
    ) -> Self {
        Self {
            session,
            scope,
            columns,
            windows: None,
            aggregates: None,
            state: None,
            graph: None,
            split: None,
            reads: None,
        }
    }

    /// The position of a column.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| &*c.name == name)
    }

    /// The column at that position.
    pub(crate) fn column(&self, index: usize) -> Code {
        if let Some(reads) = self.reads {
            reads.borrow_mut().insert(index);
        }
        Code::column(self.columns[index].ty, index)
    }

    /// Compiles `expr`.
    pub(crate) fn scalar(&self, expr: &'q Expr) -> Result<Code> {
        self.session.deeper(|| self.scalar_inner(expr))
    }

    fn scalar_inner(&self, expr: &'q Expr) -> Result<Code> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.scalar(inner),
            ExprKind::Literal(literal) => Ok(constant(literal)),
            ExprKind::Name(ident) => self.name(&ident.text),
            ExprKind::Unary { op, operand } => {
                let operand = self.scalar(operand)?;
                if *op == UnaryOp::Plus {
                    return Ok(operand);
                }
                let input = operand.clone();
                Ok(
                    Code::new(operand.ty, move |row| arith::negate(&operand.get(row)))
                        .folded(&[&input]),
                )
            }
            ExprKind::Binary {
                op, left, right, ..
            } => self.binary(*op, left, right),
            ExprKind::Logical { op, operands, .. } => {
                let codes = operands
                    .iter()
                    .map(|o| self.condition(o))
                    .collect::<Result<Vec<_>>>()?;
                Ok(logical(*op, codes))
            }
            ExprKind::In { op, left, list, .. } => self.list(*op, left, list),
            ExprKind::Between {
                negated,
                value,
                low,
                high,
            } => self.between(*negated, value, low, high),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Path { target, selector } => {
                let key = match &selector.kind {
                    ExprKind::Name(name) => Arc::clone(&name.text),
                    _ => return Err(Error::unsupported("this kind of path")),
                };
                if let ExprKind::Name(side) = &target.kind {
                    if let Some(code) = self.graph.and_then(|g| g.member(&side.text, &key)) {
                        return code;
                    }
                    if self.state.is_some_and(|names| names.contains(&side.text))
                        && let Some(index) = self.find(&format!("{}.{key}", side.text))
                    {
                        return Ok(self.column(index));
                    }
                    if matches!(&*side.text, "$left" | "$right") {
                        return self.side(&side.text, &key);
                    }
                }
                let target = self.scalar(target)?;
                let input = target.clone();
                Ok(
                    Code::new(Type::Dynamic, move |row| match target.get(row).as_ref() {
                        Value::Bag(_) => target.get(row).member(&key).cloned().unwrap_or_default(),
                        // A text that holds JSON is not looked into, as in the service.
                        _ => Value::Null,
                    })
                    .folded(&[&input]),
                )
            }
            ExprKind::Index { target, index } => {
                let target = self.scalar(target)?;
                let index = self.scalar(index)?;
                let inputs = [target.clone(), index.clone()];
                Ok(Code::new(Type::Dynamic, move |row| {
                    element_at(&target.get(row), &index.get(row))
                })
                .folded(&[&inputs[0], &inputs[1]]))
            }
            ExprKind::ToScalar(query) => {
                let value = operator::to_scalar(self.session, self.scope, query)?;
                Ok(Code::constant(value.0, value.1))
            }
            ExprKind::Assign(named) => Err(Error::invalid(format!(
                "`{}` is given a value where a condition is expected; equality is written `==`",
                named.name().map_or("", |n| &n.text)
            ))),
            ExprKind::Missing => Err(Error::invalid("an expression is missing")),
            ExprKind::Star | ExprKind::Wildcard(_) => {
                Err(Error::invalid("`*` stands where a value is expected"))
            }
            ExprKind::TypeOf(_) => Err(Error::invalid(
                "`typeof()` stands where a value is expected",
            )),
            // A query of one cell where a value is expected.
            ExprKind::Pipeline(_) | ExprKind::Datatable(_) => {
                let (ty, value) = operator::to_scalar(self.session, self.scope, expr)?;
                Ok(Code::constant(ty, value))
            }
            _ => Err(Error::invalid("a table stands where a value is expected")),
        }
    }

    /// Compiles `expr` as a condition.
    pub(crate) fn condition(&self, expr: &'q Expr) -> Result<Code> {
        let code = self.scalar(expr)?;
        match code.ty {
            Type::Bool => Ok(code),
            Type::Dynamic | Type::Int | Type::Long | Type::Real => {
                let input = code.clone();
                Ok(
                    Code::new(Type::Bool, move |row| convert::to_bool(&code.get(row)))
                        .folded(&[&input]),
                )
            }
            other => Err(Error::invalid(format!(
                "a condition must be `bool`, not `{}`",
                other.name()
            ))),
        }
    }

    fn name(&self, name: &Arc<str>) -> Result<Code> {
        if let Some(index) = self.find(name) {
            return Ok(self.column(index));
        }
        if let Some(code) = self.graph.and_then(|g| g.whole(name)) {
            return Ok(code);
        }
        match self.scope.get(name) {
            Some(Binding::Scalar(code)) => Ok(code.clone()),
            Some(Binding::Function(function, scope)) if function.parameters.is_empty() => {
                self.inline(function, scope, &[], name)
            }
            Some(Binding::Table(_) | Binding::Query(..) | Binding::Cached(..)) => {
                // A query of one cell, such as the values in `in (T)`.
                Err(Error::invalid(format!(
                    "`{name}` is a table, but a value is expected"
                )))
            }
            _ => Err(Error::invalid(format!(
                "no column or variable is called `{name}`"
            ))),
        }
    }

    fn side(&self, side: &str, key: &str) -> Result<Code> {
        let split = self
            .split
            .ok_or_else(|| Error::invalid(format!("`{side}` means something in `join` only")))?;
        let range = if side == "$left" {
            0..split
        } else {
            split..self.columns.len()
        };
        let index = range
            .into_iter()
            .find(|i| &*self.columns[*i].name == key)
            .ok_or_else(|| Error::invalid(format!("`{side}` has no column `{key}`")))?;
        Ok(self.column(index))
    }

    fn binary(&self, op: BinaryOp, left: &'q Expr, right: &'q Expr) -> Result<Code> {
        let a = self.scalar(left)?;
        let b = self.scalar(right)?;
        binary(op, a, b)
    }

    fn between(
        &self,
        negated: bool,
        value: &'q Expr,
        low: &'q Expr,
        high: &'q Expr,
    ) -> Result<Code> {
        let (value, low, mut high) = (self.scalar(value)?, self.scalar(low)?, self.scalar(high)?);
        if low.ty == Type::Datetime && high.ty == Type::Timespan {
            // A time span after a point in time counts from it.
            high = binary(BinaryOp::Add, low.clone(), high)?;
        }
        let above = binary(BinaryOp::GreaterEqual, value.clone(), low)?;
        let below = binary(BinaryOp::LessEqual, value, high)?;
        let both = logical(LogicalOp::And, vec![above, below]);
        Ok(if negated { not(both) } else { both })
    }

    /// `in`, `has_any` and their kin.
    fn list(&self, op: InOp, left: &'q Expr, list: &'q [Expr]) -> Result<Code> {
        let left = self.scalar(left)?;
        let mut items = Vec::new();
        for item in list {
            if operator::is_tabular(self.session, self.scope, item, self.columns) {
                let table = operator::table_of(self.session, self.scope, item)?;
                let values = table.rows.into_iter().filter_map(|r| r.into_iter().next());
                items.push(Code::constant(
                    Type::Dynamic,
                    Value::array(values.collect()),
                ));
            } else {
                items.push(self.scalar(item)?);
            }
        }
        let all_constant = items.iter().all(|i| i.as_const().is_some());
        // As `==` compares them.
        let among_texts = left.ty == Type::String;
        let is_number = |value: &Value| value.runtime_type().is_some_and(Type::is_numeric);
        let flatten = move |values: Vec<Value>| {
            let mut out = Vec::new();
            for value in values {
                match value {
                    Value::Array(inner) => out.extend(inner.iter().cloned()),
                    Value::Bag(bag) => out.extend(bag.iter().map(|(_, v)| v.clone())),
                    other => out.push(other),
                }
            }
            if among_texts {
                for value in out.iter_mut().filter(|value| is_number(value)) {
                    *value = Value::String(value.to_text());
                }
            }
            out
        };
        let input = left.clone();
        if all_constant {
            let values = flatten(items.iter().map(|i| i.eval(&[])).collect());
            let test = list_test(op, values);
            return Ok(Code::new(Type::Bool, move |row| test(&left.get(row))).folded(&[&input]));
        }
        Ok(Code::new(Type::Bool, move |row| {
            let values = flatten(items.iter().map(|i| i.eval(row)).collect());
            list_test(op, values)(&left.get(row))
        }))
    }
}

/// The value at a position of an array or under a key of a bag.
fn element_at(target: &Value, index: &Value) -> Value {
    match (target, index) {
        (Value::Bag(_), Value::String(key)) => target.member(key).cloned().unwrap_or_default(),
        (Value::Array(items), index) => index
            .as_long()
            .map(|i| if i < 0 { items.len() as i64 + i } else { i })
            .and_then(|i| usize::try_from(i).ok())
            .and_then(|i| items.get(i).cloned())
            .unwrap_or_default(),
        _ => Value::Null,
    }
}

/// The test of a list operator against constant values.
fn list_test(op: InOp, values: Vec<Value>) -> Arc<dyn Fn(&Value) -> Value + Send + Sync> {
    match op {
        InOp::In | InOp::NotIn => {
            let negated = op == InOp::NotIn;
            let set: HashSet<Value> = values.into_iter().collect();
            Arc::new(move |v| {
                let found = match v {
                    Value::Null => false,
                    Value::Guid(_) => set.contains(v) || set.contains(&Value::String(v.to_text())),
                    v => set.contains(v),
                };
                Value::Bool(found != negated)
            })
        }
        InOp::InTilde | InOp::NotInTilde => {
            let negated = op == InOp::NotInTilde;
            let set: HashSet<String> = values
                .iter()
                .map(|v| text::text(v).to_lowercase())
                .collect();
            Arc::new(move |v| {
                let found = set.contains(text::fold(&text::text(v)).as_ref());
                Value::Bool(found != negated)
            })
        }
        InOp::HasAny | InOp::HasAll => {
            let words: Vec<String> = values
                .iter()
                .map(|v| text::text(v).to_lowercase())
                .collect();
            Arc::new(move |v| {
                let source = text::text(v);
                let source = text::fold(&source);
                let has = |w: &String| text::has(&source, w, Bounds::Both);
                Value::Bool(if op == InOp::HasAny {
                    words.iter().any(has)
                } else {
                    words.iter().all(has)
                })
            })
        }
    }
}

/// `not(code)`
pub(crate) fn not(code: Code) -> Code {
    let input = code.clone();
    Code::new(Type::Bool, move |row| match code.get(row).as_bool() {
        Some(value) => Value::Bool(!value),
        None => Value::Null,
    })
    .folded(&[&input])
}

/// `and`, `or` with three truth values.
pub(crate) fn logical(op: LogicalOp, codes: Vec<Code>) -> Code {
    let decides = op == LogicalOp::Or;
    let inputs = codes.clone();
    Code::new(Type::Bool, move |row| {
        let mut null = false;
        for code in &codes {
            match code.get(row).as_ref() {
                Value::Bool(value) if *value == decides => return Value::Bool(decides),
                Value::Bool(_) => {}
                _ => null = true,
            }
        }
        if null {
            Value::Null
        } else {
            Value::Bool(!decides)
        }
    })
    .folded(&inputs.iter().collect::<Vec<_>>())
}

/// `a op b`
pub(crate) fn binary(op: BinaryOp, a: Code, b: Code) -> Result<Code> {
    let inputs = [a.clone(), b.clone()];
    let code = match op {
        BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::Multiply
        | BinaryOp::Divide
        | BinaryOp::Modulo => {
            let ty = arith::result_type(op, a.ty, b.ty)?;
            Code::new(ty, move |row| arith::compute(op, &a.get(row), &b.get(row)))
        }
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual => {
            let (a, b) = match op {
                BinaryOp::Equal | BinaryOp::NotEqual => like_texts(a, b),
                _ => (a, b),
            };
            comparable(op, a.ty, b.ty)?;
            // A constant text against a column is by far the commonest comparison.
            match (op, &a.node, b.as_const()) {
                (
                    BinaryOp::Equal | BinaryOp::NotEqual,
                    Node::Column(index),
                    Some(Value::String(text)),
                ) if a.ty == Type::String => {
                    let (index, text) = (*index, Arc::clone(text));
                    let negated = op == BinaryOp::NotEqual;
                    Code::new(Type::Bool, move |row| {
                        Value::Bool(
                            matches!(&row[index], Value::String(s) if **s == *text) != negated,
                        )
                    })
                }
                _ => Code::new(Type::Bool, move |row| {
                    arith::compare(op, &a.get(row), &b.get(row))
                }),
            }
        }
        BinaryOp::EqualTilde | BinaryOp::NotTilde => {
            let negated = op == BinaryOp::NotTilde;
            Code::new(Type::Bool, move |row| {
                let (x, y) = (a.get(row), b.get(row));
                Value::Bool(text::equal_fold(&text::text(&x), &text::text(&y)) != negated)
            })
        }
        BinaryOp::MatchesRegex => {
            if let Some(pattern) = b.as_const() {
                let pattern = text::text(pattern).into_owned();
                let regex = regex::Regex::new(&pattern)
                    .map_err(|_| Error::invalid(format!("`{pattern}` is no regular expression")))?;
                Code::new(Type::Bool, move |row| {
                    Value::Bool(regex.is_match(&text::text(&a.get(row))))
                })
            } else {
                Code::new(Type::Bool, move |row| {
                    let regex = function::cached_regex(&text::text(&b.get(row)));
                    Value::Bool(regex.is_some_and(|r| r.is_match(&text::text(&a.get(row)))))
                })
            }
        }
        BinaryOp::Search => Code::new(Type::Bool, move |row| {
            let (x, y) = (a.get(row), b.get(row));
            Value::Bool(text::has(
                &text::fold(&text::text(&x)),
                &text::fold(&text::text(&y)),
                Bounds::Both,
            ))
        }),
        BinaryOp::Text {
            op,
            negated,
            case_sensitive,
        } => text_operator(op, negated, case_sensitive, a, b),
    };
    Ok(code.folded(&[&inputs[0], &inputs[1]]))
}

/// A text and a number are equal where the number's text is the text. Published detections compare so, and the
/// service's own parser takes it; how the service converts is not documented.
fn like_texts(a: Code, b: Code) -> (Code, Code) {
    let as_text = |code: Code| {
        let input = code.clone();
        let text = Code::new(Type::String, move |row| match code.get(row).as_ref() {
            Value::Null => Value::Null,
            number => Value::String(number.to_text()),
        });
        text.folded(&[&input])
    };
    match (a.ty, b.ty) {
        (Type::String, number) if number.is_numeric() => (a, as_text(b)),
        (number, Type::String) if number.is_numeric() => (as_text(a), b),
        _ => (a, b),
    }
}

/// Refuses to compare what the service would refuse.
fn comparable(op: BinaryOp, a: Type, b: Type) -> Result<()> {
    let kind = |t: Type| match t {
        Type::Bool | Type::Int | Type::Long | Type::Real | Type::Decimal => 1,
        Type::Datetime => 2,
        Type::Timespan => 3,
        Type::String => 4,
        Type::Guid => 5,
        Type::Dynamic => 0,
    };
    let (x, y) = (kind(a), kind(b));
    if x == y || x == 0 || y == 0 || (x.max(y) == 5 && x.min(y) == 4) {
        return Ok(());
    }
    let what = format!("`{}` and `{}`", a.name(), b.name());
    // The parser of the service lets any two be equal; what it then answers, the reference does not say.
    Err(if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual) {
        Error::unsupported(format!(
            "{what} compared without a cast, such as `tostring()`"
        ))
    } else {
        Error::invalid(format!("{what} cannot be compared"))
    })
}

fn text_operator(op: TextOp, negated: bool, case_sensitive: bool, a: Code, b: Code) -> Code {
    let test: fn(&str, &str) -> bool = match op {
        TextOp::Contains => |s, n| s.contains(n),
        TextOp::Has => |s, n| text::has(s, n, Bounds::Both),
        TextOp::HasPrefix => |s, n| text::has(s, n, Bounds::Start),
        TextOp::HasSuffix => |s, n| text::has(s, n, Bounds::End),
        TextOp::StartsWith => |s, n| s.starts_with(n),
        TextOp::EndsWith => |s, n| s.ends_with(n),
        TextOp::Like => |s, n| {
            let pattern = regex::escape(n).replace("\\*", ".*").replace("\\?", ".");
            function::cached_regex(&format!("^(?s:{pattern})$")).is_some_and(|r| r.is_match(s))
        },
    };
    if case_sensitive {
        return Code::new(Type::Bool, move |row| {
            let (x, y) = (a.get(row), b.get(row));
            Value::Bool(test(&text::text(&x), &text::text(&y)) != negated)
        });
    }
    if let Some(needle) = b.as_const() {
        let needle = text::fold(&text::text(needle)).into_owned();
        return Code::new(Type::Bool, move |row| {
            let x = a.get(row);
            Value::Bool(test(&text::fold(&text::text(&x)), &needle) != negated)
        });
    }
    Code::new(Type::Bool, move |row| {
        let (x, y) = (a.get(row), b.get(row));
        Value::Bool(test(&text::fold(&text::text(&x)), &text::fold(&text::text(&y))) != negated)
    })
}

/// A literal's value with its type.
pub(crate) fn constant(literal: &Literal) -> Code {
    let (ty, value) = match literal {
        Literal::Bool(v) => (Type::Bool, v.map_or(Value::Null, Value::Bool)),
        Literal::Int(v) => (Type::Int, v.map_or(Value::Null, Value::Int)),
        Literal::Long(v) => (Type::Long, v.map_or(Value::Null, Value::Long)),
        Literal::Real(v) => (Type::Real, v.map_or(Value::Null, Value::Real)),
        Literal::Decimal(v) => (
            Type::Decimal,
            v.as_ref()
                .and_then(|t| convert::parse_decimal(t))
                .map_or(Value::Null, Value::Decimal),
        ),
        Literal::String(v) => (Type::String, Value::String(Arc::clone(v))),
        Literal::Datetime(v) => (Type::Datetime, v.map_or(Value::Null, Value::Datetime)),
        Literal::Timespan(v) => (Type::Timespan, v.map_or(Value::Null, Value::Timespan)),
        Literal::Guid(v) => (
            Type::Guid,
            v.map_or(Value::Null, |n| Value::Guid(n.to_be_bytes())),
        ),
        Literal::Dynamic(json) => (Type::Dynamic, dynamic(json)),
    };
    Code::constant(ty, value)
}

fn dynamic(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Scalar(literal) => convert::cast(Type::Dynamic, constant(literal).eval(&[])),
        Json::Array(items) => Value::array(items.iter().map(dynamic).collect()),
        Json::Object(members) => {
            let mut bag: crate::engine::value::Bag = Vec::new();
            for (key, value) in members {
                match bag.iter_mut().find(|(k, _)| k == key) {
                    Some(member) => member.1 = dynamic(value),
                    None => bag.push((Arc::clone(key), dynamic(value))),
                }
            }
            Value::bag(bag)
        }
    }
}

/// The type that both can be brought to.
pub(crate) fn common_type(types: impl Iterator<Item = Type>) -> Type {
    types
        .reduce(|a, b| {
            if a == b {
                a
            } else if a.is_numeric() && b.is_numeric() {
                a.max(b)
            } else {
                Type::Dynamic
            }
        })
        .unwrap_or(Type::Dynamic)
}
