//! The graph operators' parts.

use super::Expr;
use super::Ident;
use super::NamedExpr;
use super::OperatorParameter;
use super::Pipeline;
use crate::kql::span::TextSpan;

/// `make-graph source --> target …`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MakeGraph {
    /// The column of the edge's start.
    pub(crate) source: Expr,
    /// Whether the edge is directed (`-->`) or not (`--`).
    pub(crate) directed: bool,
    /// The column of the edge's end.
    pub(crate) target: Expr,
    /// Where the nodes come from.
    pub(crate) nodes: GraphNodes,
    /// `partitioned-by column (query)`
    pub(crate) partitioned_by: Option<(Expr, Pipeline)>,
}

/// Where the nodes of a graph come from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum GraphNodes {
    /// From the edges alone.
    Edges,
    /// `with_node_id = name`
    ImplicitId(Ident),
    /// `with table on key, …`
    Tables(Vec<(Expr, Expr)>),
}

/// `graph-match` or `graph-shortest-paths`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphMatch {
    /// The patterns.
    pub(crate) patterns: Vec<GraphPattern>,
    /// The predicate.
    pub(crate) predicate: Option<Expr>,
    /// What is kept.
    pub(crate) project: Option<Vec<NamedExpr>>,
}

/// Nodes and edges in turn, a node first and last.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphPattern {
    /// The parts.
    pub(crate) parts: Vec<GraphPart>,
}

/// One part of a graph pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum GraphPart {
    /// `(name)`
    Node(Option<Ident>, TextSpan),
    /// `-[name*1..3]->`
    Edge(GraphEdge),
}

/// An edge of a graph pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphEdge {
    /// Its name.
    pub(crate) name: Option<Ident>,
    /// Which way it runs.
    pub(crate) direction: EdgeDirection,
    /// `*low..high`: how many hops.
    pub(crate) hops: Option<(Expr, Expr)>,
    /// Where it stands.
    pub(crate) span: TextSpan,
}

/// Which way an edge runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EdgeDirection {
    /// `-->`
    Right,
    /// `<--`
    Left,
    /// `--`
    Any,
}

/// `nodes as name …` or `edges as name …`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphOutput {
    /// `nodes` or `edges`.
    pub(crate) what: Ident,
    /// The name of the table.
    pub(crate) name: Option<Ident>,
    /// `with_node_id` and the like.
    pub(crate) parameters: Vec<OperatorParameter>,
}
