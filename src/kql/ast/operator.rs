//! The tabular operators.

use super::Call;
use super::ColumnDecl;
use super::Expr;
use super::GraphMatch;
use super::GraphOutput;
use super::Ident;
use super::MakeGraph;
use super::NamedExpr;
use super::Parameter;
use super::Pipeline;
use super::RowSchema;
use super::Statement;
use crate::kql::literal::Literal;
use crate::kql::span::TextSpan;

/// One step of a [`Pipeline`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Operator {
    /// What it does.
    pub(crate) kind: OperatorKind,
    /// `kind=inner`, `hint.strategy=shuffle` and the like, in order.
    pub(crate) parameters: Vec<OperatorParameter>,
    /// Where its keyword stands.
    pub(crate) keyword: TextSpan,
    /// Where all of it stands.
    pub(crate) span: TextSpan,
}

impl Operator {
    /// The value of parameter `name`.
    pub(crate) fn parameter(&self, name: &str) -> Option<&Expr> {
        self.parameters
            .iter()
            .find(|p| &*p.name.text == name)
            .map(|p| &p.value)
    }

    /// The value of parameter `name`, where it is a word, a string or a truth value.
    pub(crate) fn parameter_text(&self, name: &str) -> Option<&str> {
        match &self.parameter(name)?.kind {
            super::ExprKind::Name(ident) => Some(&ident.text),
            super::ExprKind::Literal(Literal::String(text)) => Some(text),
            super::ExprKind::Literal(Literal::Bool(Some(true))) => Some("true"),
            super::ExprKind::Literal(Literal::Bool(Some(false))) => Some("false"),
            _ => None,
        }
    }
}

/// `name = value` after an operator's keyword.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OperatorParameter {
    /// The parameter, dots included: `hint.strategy`.
    pub(crate) name: Ident,
    /// Its value: a name, a literal or, in `render`, a list of names.
    pub(crate) value: Expr,
}

/// What an operator does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OperatorKind {
    /// `as name`
    As(Ident),
    /// `assert-schema (name:type, …)`
    AssertSchema(RowSchema),
    /// `consume`
    Consume,
    /// `count` or `count as name`
    Count(Option<Ident>),
    /// `distinct a, b` or `distinct *`
    Distinct(Vec<NamedExpr>),
    /// `evaluate plugin(…) : (schema)`
    Evaluate {
        /// The plug-in and its arguments.
        call: Call,
        /// The declared result.
        schema: Option<RowSchema>,
    },
    /// `extend a = …, …`
    Extend(Vec<NamedExpr>),
    /// `facet by a, b with (query)`
    Facet {
        /// The columns.
        by: Vec<Expr>,
        /// What is done for each.
        with: Option<Pipeline>,
    },
    /// `find in (tables) where predicate project …`
    Find(Box<Find>),
    /// `fork name=(query) (query)`
    Fork(Vec<ForkArm>),
    /// `getschema`
    GetSchema,
    /// `graph-match patterns where … project …`
    GraphMatch(Box<GraphMatch>),
    /// `graph-shortest-paths pattern where … project …`
    GraphShortestPaths(Box<GraphMatch>),
    /// `graph-mark-components`
    GraphMarkComponents,
    /// `graph-to-table nodes, edges`
    GraphToTable(Vec<GraphOutput>),
    /// `graph-where-nodes predicate`
    GraphWhereNodes(Expr),
    /// `graph-where-edges predicate`
    GraphWhereEdges(Expr),
    /// `graph-merge graph on …`
    GraphMerge {
        /// The other graph.
        right: Expr,
        /// How the nodes meet.
        on: Vec<Expr>,
    },
    /// `invoke function(…)`
    Invoke(Expr),
    /// `join kind=… (right) on …`
    Join(Box<Join>),
    /// `lookup kind=… (right) on …`
    Lookup(Box<Join>),
    /// `macro-expand group as name (statements)`
    MacroExpand {
        /// The entity group.
        group: Expr,
        /// What one entity is called inside.
        name: Option<Ident>,
        /// What is done for each.
        statements: Vec<Statement>,
    },
    /// `make-graph source --> target with …`
    MakeGraph(Box<MakeGraph>),
    /// `make-series …`
    MakeSeries(Box<MakeSeries>),
    /// `mv-apply items on (query)`
    MvApply {
        /// What is expanded.
        items: Vec<ExpandItem>,
        /// At most so many records.
        limit: Option<Expr>,
        /// `id value`, the context's name; rare.
        id: Option<Expr>,
        /// What is done for each record.
        query: Pipeline,
    },
    /// `mv-expand items limit n`
    MvExpand {
        /// What is expanded.
        items: Vec<ExpandItem>,
        /// At most so many records.
        limit: Option<Expr>,
    },
    /// `parse text with pattern`, or `parse-where`
    Parse {
        /// Whether rows that do not match are dropped.
        only_matching: bool,
        /// The text.
        text: Expr,
        /// The pattern.
        pattern: Vec<ParsePart>,
    },
    /// `parse-kv text as (schema) with (…)`
    ParseKv {
        /// The text.
        text: Expr,
        /// The keys to take.
        schema: RowSchema,
        /// `pair_delimiter` and the like.
        with: Vec<OperatorParameter>,
    },
    /// `partition by column (query)` or `{ query }`
    Partition {
        /// The column.
        by: Expr,
        /// `in scope`
        scope: Option<Expr>,
        /// What is done for each value.
        query: PartitionQuery,
    },
    /// `print a = …, …`
    Print(Vec<NamedExpr>),
    /// `project a = …, …`
    Project(Vec<NamedExpr>),
    /// `project-away a, b*`
    ProjectAway(Vec<Expr>),
    /// `project-by-names a, b*, dynamic(["c"])`
    ProjectByNames(Vec<Expr>),
    /// `project-keep a, b*`
    ProjectKeep(Vec<Expr>),
    /// `project-rename new = old, …`
    ProjectRename(Vec<NamedExpr>),
    /// `project-reorder a, b* asc`
    ProjectReorder(Vec<Ordered>),
    /// `range name from a to b step c`
    Range {
        /// The column.
        name: Ident,
        /// First value.
        from: Expr,
        /// Last value.
        to: Expr,
        /// Distance.
        step: Expr,
    },
    /// `reduce by a with threshold = …`
    Reduce {
        /// The text column.
        by: Expr,
        /// `threshold`, `characters`.
        with: Vec<OperatorParameter>,
    },
    /// `render chart with (…)`
    Render {
        /// The chart.
        chart: Ident,
        /// Its properties.
        with: Vec<OperatorParameter>,
    },
    /// `sample n`
    Sample(Expr),
    /// `sample-distinct n of column`
    SampleDistinct {
        /// How many.
        count: Expr,
        /// Of what.
        of: Expr,
    },
    /// `scan …`
    Scan(Box<Scan>),
    /// `search in (tables) predicate`
    Search {
        /// The tables; empty means all, or the input.
        tables: Vec<Expr>,
        /// What is looked for.
        predicate: Expr,
    },
    /// `serialize a = …, …`
    Serialize(Vec<NamedExpr>),
    /// `sort by a desc, …`, also written `order by`
    Sort(Vec<Ordered>),
    /// `summarize a = …, … by b, …`
    Summarize {
        /// The aggregates.
        aggregates: Vec<NamedExpr>,
        /// The groups.
        by: Vec<NamedExpr>,
    },
    /// `take n`, also written `limit`
    Take(Expr),
    /// `top n by a`
    Top {
        /// How many.
        count: Expr,
        /// By what.
        by: Ordered,
    },
    /// `top-hitters n of a by b`
    TopHitters {
        /// How many.
        count: Expr,
        /// Of what.
        of: NamedExpr,
        /// By what.
        by: Option<Expr>,
    },
    /// `top-nested n of a by b, …`
    TopNested(Vec<TopNested>),
    /// `union tables`
    Union(Vec<Expr>),
    /// `where predicate`, also written `filter`
    Where(Expr),
    /// A word that is no operator; what followed it was skipped.
    Unknown(Ident),
}

/// `value asc nulls first`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ordered {
    /// What is sorted by.
    pub(crate) value: Expr,
    /// `asc` or `desc`, where written; `granny-asc` and `granny-desc` sort names with numbers in them.
    pub(crate) order: Option<SortOrder>,
    /// Where nulls go, where written.
    pub(crate) nulls: Option<NullsOrder>,
}

/// Direction of a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortOrder {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
    /// `granny-asc`
    GrannyAsc,
    /// `granny-desc`
    GrannyDesc,
}

/// Where nulls go in a sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NullsOrder {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}

/// `find`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Find {
    /// The tables; empty means all.
    pub(crate) tables: Vec<Expr>,
    /// The predicate.
    pub(crate) predicate: Expr,
    /// What is kept.
    pub(crate) project: FindProject,
}

/// What `find` keeps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FindProject {
    /// Nothing is written.
    Default,
    /// `project-smart`
    Smart,
    /// `project a, b:string, pack(*)`
    Columns(Vec<FindColumn>),
}

/// One column of `find … project`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FindColumn {
    /// `name` or `name:type`
    Column(Expr, Option<Ident>),
    /// `pack(*)`
    PackAll(TextSpan),
}

/// One arm of `fork`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForkArm {
    /// Its name.
    pub(crate) name: Option<Ident>,
    /// What is done.
    pub(crate) query: Pipeline,
}

/// `join` or `lookup`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Join {
    /// The kind: `innerunique` where `join` names none, `leftouter` where `lookup` names none.
    pub(crate) kind: JoinKind,
    /// The right side.
    pub(crate) right: Expr,
    /// The conditions of `on`.
    pub(crate) on: Vec<Expr>,
    /// The condition of `where`, instead of `on`.
    pub(crate) predicate: Option<Expr>,
}

/// Kind of a join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinKind {
    /// `innerunique`
    InnerUnique,
    /// `inner`
    Inner,
    /// `leftouter`
    LeftOuter,
    /// `rightouter`
    RightOuter,
    /// `fullouter`
    FullOuter,
    /// `leftsemi`
    LeftSemi,
    /// `rightsemi`
    RightSemi,
    /// `leftanti`, `anti`, `leftantisemi`
    LeftAnti,
    /// `rightanti`, `rightantisemi`
    RightAnti,
    /// A word that is no kind.
    Unknown,
}

/// `make-series`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MakeSeries {
    /// The aggregates with their defaults.
    pub(crate) aggregates: Vec<SeriesItem>,
    /// The axis.
    pub(crate) on: NamedExpr,
    /// How the axis is cut.
    pub(crate) range: SeriesRange,
    /// The groups.
    pub(crate) by: Vec<NamedExpr>,
}

/// One aggregate of `make-series`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeriesItem {
    /// The aggregate.
    pub(crate) value: NamedExpr,
    /// `default = …`
    pub(crate) default: Option<Expr>,
}

/// How `make-series` cuts its axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SeriesRange {
    /// `from a to b step c`
    FromToStep {
        /// First value.
        from: Option<Box<Expr>>,
        /// Last value.
        to: Option<Box<Expr>>,
        /// Distance.
        step: Box<Expr>,
    },
    /// `in range(a, b, c)`
    InRange(Vec<Expr>),
}

/// One item of `mv-expand` or `mv-apply`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExpandItem {
    /// What is expanded.
    pub(crate) value: NamedExpr,
    /// `to typeof(type)`
    pub(crate) to: Option<ColumnDecl>,
}

/// The query of `partition`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PartitionQuery {
    /// `(query)`: gets the rows.
    Rows(Pipeline),
    /// `{ query }`: a whole query of its own.
    Whole(Expr),
}

/// One part of the pattern of `parse`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ParsePart {
    /// `*`
    Star(TextSpan),
    /// A text or regular expression.
    Text(Expr),
    /// A column that takes what lies between.
    Column(ColumnDecl),
}

/// `scan`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scan {
    /// `partition by`
    pub(crate) partition_by: Vec<Expr>,
    /// `declare (…)`
    pub(crate) declare: Vec<Parameter>,
    /// The steps.
    pub(crate) steps: Vec<ScanStep>,
}

/// One step of `scan`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScanStep {
    /// Its name.
    pub(crate) name: Ident,
    /// Whether it may be skipped.
    pub(crate) optional: bool,
    /// `output = all|last|none`
    pub(crate) output: Option<Ident>,
    /// When it matches.
    pub(crate) condition: Expr,
    /// What it then sets.
    pub(crate) assignments: Vec<ScanAssignment>,
}

/// `column = value` of a `scan` step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScanAssignment {
    /// The column.
    pub(crate) name: Ident,
    /// Its value.
    pub(crate) value: Expr,
}

/// One level of `top-nested`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TopNested {
    /// How many.
    pub(crate) count: Option<Expr>,
    /// Of what.
    pub(crate) of: NamedExpr,
    /// `with others = …`
    pub(crate) others: Option<Expr>,
    /// By what.
    pub(crate) by: NamedExpr,
    /// Direction of the sort.
    pub(crate) order: Option<SortOrder>,
}
