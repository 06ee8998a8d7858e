//! The graph operators.
//!
//! A graph travels through a pipeline as a row that holds its number, under a column no query can name.

mod pattern;

use std::collections::HashMap;
use std::sync::Arc;

use super::shape::visible;
use super::stream_of;
use crate::engine::code::Code;
use crate::engine::compile::Cx;
use crate::engine::compile::Elements;
use crate::engine::compile::Inside;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::function;
use crate::engine::graph::Graph;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::GraphNodes;
use crate::kql::ast::GraphOutput;
use crate::kql::ast::MakeGraph;
use crate::kql::ast::Operator;
use crate::kql::ast::OperatorKind;

/// The column of a graph's number.
const COLUMN: &str = "$graph";

/// Whether the stream is a graph.
pub(crate) fn is_graph(columns: &[Column]) -> bool {
    columns.first().is_some_and(|c| &*c.name == COLUMN)
}

/// Runs one operator on a graph.
pub(super) fn run<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    operator: &'q Operator,
) -> Result<Stream<'q>> {
    let graph = graph_of(session, input)?;
    match &operator.kind {
        OperatorKind::GraphMatch(pattern) => {
            pattern::find(session, scope, &graph, operator, pattern, false)
        }
        OperatorKind::GraphShortestPaths(pattern) => {
            pattern::find(session, scope, &graph, operator, pattern, true)
        }
        OperatorKind::GraphMarkComponents => {
            let strong = match operator.parameter_text("kind") {
                None | Some("weak") => false,
                Some("strong") => true,
                Some(other) => {
                    return Err(Error::invalid(format!(
                        "components are `weak` or `strong`, not `{other}`"
                    )));
                }
            };
            let name = operator
                .parameter_text("with_component_id")
                .unwrap_or("ComponentId");
            let mut marked = (*graph).clone();
            for (node, id) in graph.components(strong).into_iter().enumerate() {
                marked.nodes[node].push(Value::Long(id));
            }
            marked.node_columns.push(Column::new(name, Type::Long));
            Ok(hold(session, marked))
        }
        OperatorKind::GraphWhereNodes(predicate) => {
            let keep = tests(session, scope, &graph, predicate, true)?;
            Ok(hold(session, graph.filtered(|n| keep[n], |_| true)))
        }
        OperatorKind::GraphWhereEdges(predicate) => {
            let keep = tests(session, scope, &graph, predicate, false)?;
            Ok(hold(session, graph.filtered(|_| true, |e| keep[e])))
        }
        OperatorKind::GraphToTable(outputs) => to_table(&graph, outputs),
        OperatorKind::GraphMerge { .. } => Err(Error::unsupported("operator `graph-merge`")),
        _ => Err(Error::invalid(
            "this operator takes rows, not a graph: `graph-match` or `graph-to-table` gives rows",
        )),
    }
}

fn graph_of(session: &Session<'_>, input: Stream<'_>) -> Result<Arc<Graph>> {
    let not = || Error::invalid("this operator takes a graph: `make-graph` makes one");
    if !is_graph(&input.columns) {
        return Err(not());
    }
    let row = input
        .collect(session.held("`make-graph`"))?
        .rows
        .pop()
        .ok_or_else(not)?;
    let number = row.first().and_then(Value::as_long).ok_or_else(not)?;
    session
        .graphs
        .borrow()
        .get(number as usize)
        .cloned()
        .ok_or_else(not)
}

fn hold<'q>(session: &Session<'q>, graph: Graph) -> Stream<'q> {
    let mut graphs = session.graphs.borrow_mut();
    graphs.push(Arc::new(graph));
    let number = Value::Long(graphs.len() as i64 - 1);
    Stream::of(vec![Column::new(COLUMN, Type::Long)], vec![vec![number]])
}

/// For each node, or each edge, whether the predicate holds.
fn tests<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    graph: &Arc<Graph>,
    predicate: &'q Expr,
    nodes: bool,
) -> Result<Vec<bool>> {
    let (columns, rows) = if nodes {
        (&graph.node_columns, &graph.nodes)
    } else {
        (&graph.edge_columns, &graph.edges)
    };
    let mut columns = columns.clone();
    let elements = Elements {
        graph: Arc::clone(graph),
        named: Vec::new(),
        inside: Some(Inside {
            nodes,
            place: columns.len(),
        }),
    };
    columns.push(Column::new("$self", Type::Long));
    let mut cx = Cx::new(session, scope, &columns);
    cx.graph = Some(&elements);
    let code = cx.condition(predicate)?;
    Ok(rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let mut row = row.clone();
            row.push(Value::Long(index as i64));
            code.is_true(&row)
        })
        .collect())
}

/// `make-graph source --> target with …`
pub(super) fn make<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    input: Stream<'q>,
    make: &'q MakeGraph,
) -> Result<Stream<'q>> {
    if make.partitioned_by.is_some() {
        return Err(Error::unsupported("`make-graph` with `partitioned-by`"));
    }
    if !make.directed {
        return Err(Error::unsupported("`make-graph` with undirected edges"));
    }
    let input = visible(input);
    let columns = input.columns.clone();
    let cx = Cx::new(session, scope, &columns);
    let (source, target) = (cx.scalar(&make.source)?, cx.scalar(&make.target)?);
    let edges = input.collect(session.held("`make-graph`"))?.rows;
    let mut graph = Graph {
        edge_columns: columns,
        ..Graph::default()
    };
    let mut places: HashMap<Value, usize> = HashMap::new();
    // Which column of the nodes' holds the key, for nodes that only edges name.
    let mut key_column = None;
    match &make.nodes {
        GraphNodes::Edges => {}
        GraphNodes::ImplicitId(name) => {
            graph
                .node_columns
                .push(Column::new(Arc::clone(&name.text), source.ty));
            key_column = Some(0);
        }
        GraphNodes::Tables(tables) => {
            for (table, key) in tables {
                add_nodes(
                    session,
                    scope,
                    table,
                    key,
                    &mut graph,
                    &mut places,
                    &mut key_column,
                )?;
            }
        }
    }
    for row in edges {
        let ends = [&source, &target].map(|end: &Code| {
            let key = end.eval(&row);
            *places.entry(key.clone()).or_insert_with(|| {
                let node: Row = graph
                    .node_columns
                    .iter()
                    .enumerate()
                    .map(|(i, c)| {
                        let own = if Some(i) == key_column {
                            key.clone()
                        } else {
                            Value::Null
                        };
                        convert::cast(c.ty, own)
                    })
                    .collect();
                graph.nodes.push(node);
                graph.keys.push(key);
                graph.nodes.len() - 1
            })
        });
        graph.ends.push((ends[0], ends[1]));
        graph.edges.push(row);
    }
    graph.connect();
    Ok(hold(session, graph))
}

/// Takes the nodes of one table of `with`.
fn add_nodes<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    table: &'q Expr,
    key: &'q Expr,
    graph: &mut Graph,
    places: &mut HashMap<Value, usize>,
    key_column: &mut Option<usize>,
) -> Result<()> {
    let stream = visible(stream_of(session, scope, table)?);
    let columns = stream.columns.clone();
    let code = Cx::new(session, scope, &columns).scalar(key)?;
    let targets: Vec<usize> = columns
        .iter()
        .map(|column| {
            let known = graph
                .node_columns
                .iter()
                .position(|c| c.name == column.name);
            known.unwrap_or_else(|| {
                graph.node_columns.push(column.clone());
                for node in &mut graph.nodes {
                    node.push(convert::cast(column.ty, Value::Null));
                }
                graph.node_columns.len() - 1
            })
        })
        .collect();
    if key_column.is_none()
        && let ExprKind::Name(name) = &key.kind
    {
        *key_column = columns
            .iter()
            .position(|c| c.name == name.text)
            .map(|i| targets[i]);
    }
    for row in stream.rows {
        let row = row?;
        let key = code.eval(&row);
        let place = *places.entry(key.clone()).or_insert_with(|| {
            let blank = graph.node_columns.iter();
            let blank = blank.map(|c| convert::cast(c.ty, Value::Null)).collect();
            graph.nodes.push(blank);
            graph.keys.push(key);
            graph.nodes.len() - 1
        });
        for (value, target) in row.into_iter().zip(&targets) {
            graph.nodes[place][*target] = value;
        }
    }
    Ok(())
}

/// `graph-to-table nodes`, `graph-to-table edges`
fn to_table<'q>(graph: &Graph, outputs: &'q [GraphOutput]) -> Result<Stream<'q>> {
    let [output] = outputs else {
        return Err(Error::unsupported("`graph-to-table` with two tables"));
    };
    // A node's number is the hash of what tells it apart.
    let hash = function::lookup("hash")
        .map(|d| d.body)
        .ok_or_else(|| Error::unsupported("`hash()`"))?;
    let id = |node: usize| hash(&[graph.keys[node].clone()]);
    let nodes = &*output.what.text == "nodes";
    let mut columns = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    for parameter in &output.parameters {
        let ExprKind::Name(name) = &parameter.value.kind else {
            return Err(Error::invalid(format!(
                "`{}` takes the name of a column",
                parameter.name.text
            )));
        };
        let wanted = &*parameter.name.text;
        if (wanted == "with_node_id") != nodes {
            return Err(Error::invalid(format!(
                "`{wanted}` does not go with `{}`",
                output.what.text
            )));
        }
        columns.push(Column::new(Arc::clone(&name.text), Type::Long));
        ids.push(wanted);
    }
    let (own, rows) = if nodes {
        (&graph.node_columns, &graph.nodes)
    } else {
        (&graph.edge_columns, &graph.edges)
    };
    columns.extend(own.iter().cloned());
    let rows = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let ids = ids.iter().map(|wanted| match *wanted {
                "with_node_id" => id(index),
                "with_source_id" => id(graph.ends[index].0),
                _ => id(graph.ends[index].1),
            });
            ids.chain(row.iter().cloned()).collect()
        })
        .collect();
    Ok(Stream::of(columns, rows))
}
