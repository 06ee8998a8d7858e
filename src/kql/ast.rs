//! The syntax tree of a query.
//!
//! Every node knows its place. The tree is complete even for broken text: what is missing is
//! [`ExprKind::Missing`] or an empty name, and [`OperatorKind::Unknown`] stands for an operator that is none.
//! Start at [`Query`]; a tabular query is an [`ExprKind::Pipeline`].

use std::sync::Arc;

use super::literal::Literal;
use super::span::TextSpan;

mod graph;
mod operator;
pub(crate) mod walk;

pub(crate) use graph::*;
pub(crate) use operator::*;

/// A whole query text: statements separated by `;`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    /// The statements in order; the last [`StatementKind::Expression`] gives the result.
    pub(crate) statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    /// What it is.
    pub(crate) kind: StatementKind,
    /// Where it stands, without the `;`.
    pub(crate) span: TextSpan,
}

/// What a statement is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StatementKind {
    /// `let name = value`
    Let {
        /// The name that the value gets.
        name: Ident,
        /// A scalar, a table, or an [`ExprKind::Function`].
        value: Expr,
    },
    /// `set name` or `set name = value`
    Set {
        /// The request option.
        name: Ident,
        /// Its value; true when there is none.
        value: Option<Expr>,
    },
    /// `declare query_parameters(name:type = default, …)`
    QueryParameters(Vec<Parameter>),
    /// `declare pattern name = (…)[…] { … }`
    Pattern(Pattern),
    /// `alias database name = cluster(…).database(…)`
    Alias {
        /// The alias.
        name: Ident,
        /// The database that it stands for.
        value: Expr,
    },
    /// `restrict access to (…)`
    Restrict(Vec<Expr>),
    /// A query, or the value of a function's body.
    Expression(Expr),
}

/// `declare pattern`: a name that picks a query by its arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pattern {
    /// The pattern's name.
    pub(crate) name: Ident,
    /// The arguments in parentheses.
    pub(crate) parameters: Vec<ColumnDecl>,
    /// The argument in brackets.
    pub(crate) path: Option<ColumnDecl>,
    /// What each combination of arguments stands for.
    pub(crate) matches: Vec<PatternMatch>,
}

/// One line of a pattern: `(values).[path] = { body }`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PatternMatch {
    /// The literal arguments.
    pub(crate) arguments: Vec<Expr>,
    /// The literal path.
    pub(crate) path: Option<Expr>,
    /// The query.
    pub(crate) body: Body,
}

/// A name as written, without brackets and quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ident {
    /// The name; empty when it is missing.
    pub(crate) text: Arc<str>,
    /// Where it stands, brackets and quotes included.
    pub(crate) span: TextSpan,
}

/// `name:type`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnDecl {
    /// The column.
    pub(crate) name: Ident,
    /// Its type as written; empty when missing.
    pub(crate) type_name: Ident,
}

/// `(name:type, …)`, with `*` for all columns of the input where that is allowed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RowSchema {
    /// The declared columns.
    pub(crate) columns: Vec<ColumnDecl>,
    /// At which position `*` stands.
    pub(crate) star: Option<usize>,
    /// Where it stands, parentheses included.
    pub(crate) span: TextSpan,
}

/// A parameter of a function: `name:type = default` or `name:(column:type, …)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Parameter {
    /// The parameter's name.
    pub(crate) name: Ident,
    /// What it takes.
    pub(crate) kind: ParameterKind,
    /// Its value when the call gives none.
    pub(crate) default: Option<Expr>,
}

/// What a function's parameter takes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ParameterKind {
    /// A scalar of the named type.
    Scalar(Ident),
    /// A table with at least these columns; `(*)` takes any.
    Table(RowSchema),
}

/// `(parameters) { body }`, with `view` before it for one that `union *` sees.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Function {
    /// Whether `view` stands before it.
    pub(crate) view: bool,
    /// The parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// What it computes.
    pub(crate) body: Body,
}

/// The statements of a function, braces included; the last expression is its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Body {
    /// The statements.
    pub(crate) statements: Vec<Statement>,
    /// Where it stands.
    pub(crate) span: TextSpan,
}

/// An expression, scalar or tabular.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr {
    /// What it is.
    pub(crate) kind: ExprKind,
    /// Where it stands.
    pub(crate) span: TextSpan,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ExprKind {
    /// Nothing, where something had to be.
    Missing,
    /// A column, variable, table or function without arguments; `$left` and `$right` too.
    Name(Ident),
    /// A name with `*` in it: `Security*`.
    Wildcard(Ident),
    /// `*`
    Star,
    /// A constant.
    Literal(Literal),
    /// `typeof(long)` or `typeof(name:type, …)`
    TypeOf(Vec<ColumnDecl>),
    /// `name(arguments)`
    Call(Box<Call>),
    /// `target.selector`: a member of a bag, or a table of a database. The selector is a name, wildcard or call.
    Path {
        /// What is looked into.
        target: Box<Expr>,
        /// What is taken from it.
        selector: Box<Expr>,
    },
    /// `target[index]`
    Index {
        /// The bag or array.
        target: Box<Expr>,
        /// The key or position.
        index: Box<Expr>,
    },
    /// `-operand`
    Unary {
        /// The sign.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `left op right`
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: TextSpan,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `a and b and c`, `a or b or c`: two operands or more.
    Logical {
        /// Which of the two.
        op: LogicalOp,
        /// The operands, with the place of the operator before each but the first.
        operands: Vec<Expr>,
        /// The places of the operators, one less than the operands.
        op_spans: Vec<TextSpan>,
    },
    /// `left in (…)` and its kin: the list holds scalars, arrays or one tabular expression.
    In {
        /// Which of the list operators.
        op: InOp,
        /// Where the operator stands.
        op_span: TextSpan,
        /// What is looked for.
        left: Box<Expr>,
        /// Where it is looked for.
        list: Vec<Expr>,
    },
    /// `value between (low .. high)`
    Between {
        /// Whether it is `!between`.
        negated: bool,
        /// What is compared.
        value: Box<Expr>,
        /// Lower bound, included.
        low: Box<Expr>,
        /// Upper bound, included.
        high: Box<Expr>,
    },
    /// `name = value` where only a value makes sense, such as in `where a = 1`.
    Assign(Box<NamedExpr>),
    /// `(expr)`
    Paren(Box<Expr>),
    /// `toscalar(query)`
    ToScalar(Box<Expr>),
    /// `totable(query)`
    ToTable(Box<Expr>),
    /// `materialize(query)`
    Materialize(Box<Expr>),
    /// `datatable (name:type, …) [values]`
    Datatable(Box<Datatable>),
    /// `externaldata (name:type, …) [ urls ] with (…)`
    ExternalData(Box<ExternalData>),
    /// `source | operator | …`
    Pipeline(Box<Pipeline>),
    /// A function literal; only a `let` holds one.
    Function(Box<Function>),
    /// `entity_group [ … ]`
    EntityGroup(Vec<Expr>),
}

/// `name(arguments)`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// The function.
    pub(crate) name: Ident,
    /// The arguments; each may be named.
    pub(crate) arguments: Vec<NamedExpr>,
    /// From `(` to `)`.
    pub(crate) arguments_span: TextSpan,
}

/// `value`, `name = value` or `(name, name) = value`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NamedExpr {
    /// The names on the left of `=`.
    pub(crate) names: Names,
    /// The value.
    pub(crate) value: Expr,
}

impl NamedExpr {
    /// The single name, if one is written.
    pub(crate) fn name(&self) -> Option<&Ident> {
        match &self.names {
            Names::One(name) => Some(name),
            Names::None | Names::Tuple(..) => None,
        }
    }
}

/// The names that a value is given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Names {
    /// None: the name comes from the value.
    None,
    /// `name = …`
    One(Ident),
    /// `(name, …) = …`, for values of several columns; with the place of the parentheses.
    Tuple(Vec<Ident>, TextSpan),
}

/// `datatable (schema) [values]`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Datatable {
    /// The columns.
    pub(crate) schema: RowSchema,
    /// The cells, row after row; each a literal, perhaps with a sign.
    pub(crate) values: Vec<Expr>,
}

/// `externaldata (schema) [ urls ] with (properties)`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExternalData {
    /// The columns.
    pub(crate) schema: RowSchema,
    /// Where the data lies.
    pub(crate) urls: Vec<Expr>,
    /// `format='csv'` and the like.
    pub(crate) properties: Vec<OperatorParameter>,
}

/// A tabular query: where the rows come from, and what is done to them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pipeline {
    /// Where the rows come from. None where the first operator makes them (`print`, `range`, `union`, …)
    /// or where they come from outside (the queries inside `mv-apply`, `fork`, `partition`, `facet`).
    pub(crate) source: Option<Expr>,
    /// The operators in order.
    pub(crate) operators: Vec<Operator>,
}

/// Sign of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnaryOp {
    /// `-`
    Minus,
    /// `+`
    Plus,
}

/// `and` or `or`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogicalOp {
    /// `and`
    And,
    /// `or`
    Or,
}

/// Operators between two scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `==`
    Equal,
    /// `!=`, `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `=~`
    EqualTilde,
    /// `!~`
    NotTilde,
    /// `:` of `search`
    Search,
    /// `matches regex`
    MatchesRegex,
    /// One of the word operators on strings.
    Text {
        /// Which one.
        op: TextOp,
        /// Whether it is negated.
        negated: bool,
        /// Whether upper and lower case differ.
        case_sensitive: bool,
    },
}

/// Word operators on strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TextOp {
    /// `contains`
    Contains,
    /// `has`
    Has,
    /// `hasprefix`
    HasPrefix,
    /// `hassuffix`
    HasSuffix,
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `like`
    Like,
}

/// Operators with a list on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum InOp {
    /// `in`
    In,
    /// `!in`
    NotIn,
    /// `in~`
    InTilde,
    /// `!in~`
    NotInTilde,
    /// `has_any`
    HasAny,
    /// `has_all`
    HasAll,
}
