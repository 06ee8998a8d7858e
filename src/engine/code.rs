//! Compiled scalar expressions.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::engine::value::Type;
use crate::engine::value::Value;

/// What computes a value from a row.
pub(crate) type Eval = Arc<dyn Fn(&[Value]) -> Value + Send + Sync>;

/// A compiled expression with its type.
#[derive(Clone)]
pub(crate) struct Code {
    /// The type of its values; `dynamic` where they may be anything.
    pub(crate) ty: Type,
    /// How it is computed.
    pub(crate) node: Node,
    /// Whether it gives another value each time, as `rand()` does.
    pub(crate) volatile: bool,
}

/// How a [`Code`] is computed.
#[derive(Clone)]
pub(crate) enum Node {
    /// Always the same.
    Const(Value),
    /// The row's value at this position.
    Column(usize),
    /// Anything else.
    Eval(Eval),
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Node::Const(value) => write!(f, "{value:?}"),
            Node::Column(index) => write!(f, "column {index}"),
            Node::Eval(_) => write!(f, "code: {}", self.ty.name()),
        }
    }
}

impl Code {
    /// A constant.
    pub(crate) fn constant(ty: Type, value: Value) -> Self {
        // A string is never null.
        let value = if ty == Type::String && value.is_null() {
            Value::text("")
        } else {
            value
        };
        Self {
            ty,
            node: Node::Const(value),
            volatile: false,
        }
    }

    /// A column of the row.
    pub(crate) fn column(ty: Type, index: usize) -> Self {
        Self {
            ty,
            node: Node::Column(index),
            volatile: false,
        }
    }

    /// A computation.
    pub(crate) fn new(ty: Type, eval: impl Fn(&[Value]) -> Value + Send + Sync + 'static) -> Self {
        Self {
            ty,
            node: Node::Eval(Arc::new(eval)),
            volatile: false,
        }
    }

    /// Computed once where all of `inputs` are constant.
    pub(crate) fn folded(self, inputs: &[&Self]) -> Self {
        if self.volatile || inputs.iter().any(|i| i.volatile) {
            return Self {
                volatile: true,
                ..self
            };
        }
        if inputs.iter().all(|i| i.as_const().is_some()) {
            return Self::constant(self.ty, self.eval(&[]));
        }
        self
    }

    /// The value for `row`.
    pub(crate) fn eval(&self, row: &[Value]) -> Value {
        match &self.node {
            Node::Const(value) => value.clone(),
            Node::Column(index) => row.get(*index).cloned().unwrap_or_default(),
            Node::Eval(eval) => eval(row),
        }
    }

    /// The value for `row`, borrowed where it lies there already.
    pub(crate) fn get<'a>(&'a self, row: &'a [Value]) -> Cow<'a, Value> {
        const NULL: &Value = &Value::Null;
        match &self.node {
            Node::Const(value) => Cow::Borrowed(value),
            Node::Column(index) => Cow::Borrowed(row.get(*index).unwrap_or(NULL)),
            Node::Eval(eval) => Cow::Owned(eval(row)),
        }
    }

    /// Whether the value for `row` is true.
    pub(crate) fn is_true(&self, row: &[Value]) -> bool {
        matches!(self.get(row).as_ref(), Value::Bool(true))
    }

    /// The value, where it is the same for each row.
    pub(crate) fn as_const(&self) -> Option<&Value> {
        match &self.node {
            Node::Const(value) => Some(value),
            _ => None,
        }
    }
}
