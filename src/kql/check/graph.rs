//! The graph operators, as far as columns go.

use std::sync::Arc;

use super::Checker;
use super::aggregate::Projection;
use super::env::Local;
use super::env::Value;
use crate::kql::ast::Call;
use crate::kql::ast::ExprKind;
use crate::kql::ast::GraphMatch;
use crate::kql::ast::GraphNodes;
use crate::kql::ast::GraphPart;
use crate::kql::ast::MakeGraph;
use crate::kql::ast::Operator;
use crate::kql::ast::OperatorKind;
use crate::kql::table::Column;
use crate::kql::table::Name;
use crate::kql::table::Table;
use crate::kql::types::Type;

impl<'a> Checker<'a> {
    pub(super) fn graph_operator(
        &mut self,
        operator: &'a Operator,
        input: Option<Value<'a>>,
    ) -> Value<'a> {
        if let OperatorKind::MakeGraph(graph) = &operator.kind {
            let table = input.map_or_else(Table::unknown, Value::into_table);
            return self.make_graph(graph, table);
        }
        let (nodes, edges) = match input {
            Some(Value::Graph { nodes, edges }) => (nodes, edges),
            // The service takes what is no graph for one without columns.
            _ => (Table::hollow(), Table::hollow()),
        };
        match &operator.kind {
            OperatorKind::GraphMatch(graph) | OperatorKind::GraphShortestPaths(graph) => {
                self.graph_match(graph, &nodes, &edges)
            }
            OperatorKind::GraphWhereNodes(predicate) => {
                let mut rows = nodes;
                self.with_rows(&mut rows, |c| c.predicate(predicate));
                Value::Graph { nodes: rows, edges }
            }
            OperatorKind::GraphWhereEdges(predicate) => {
                let mut rows = edges;
                self.with_rows(&mut rows, |c| c.predicate(predicate));
                Value::Graph { nodes, edges: rows }
            }
            OperatorKind::GraphMarkComponents => {
                let mut nodes = nodes;
                let name = match operator.parameter("with_component_id").map(|e| &e.kind) {
                    Some(ExprKind::Name(name)) => Name::from(Arc::clone(&name.text)),
                    _ => Name::Static("ComponentId"),
                };
                nodes.set(name, Type::Long);
                Value::Graph { nodes, edges }
            }
            OperatorKind::GraphToTable(outputs) => {
                let mut tables = Vec::new();
                for output in outputs {
                    let mut table = if &*output.what.text == "nodes" {
                        nodes.clone()
                    } else {
                        edges.clone()
                    };
                    let mut ids = Vec::new();
                    for parameter in &output.parameters {
                        if let ExprKind::Name(name) = &parameter.value.kind {
                            ids.push(Column::new(Arc::clone(&name.text), Type::Long));
                        }
                    }
                    ids.extend(table.columns.iter().cloned());
                    table.columns = Arc::new(ids);
                    if let Some(name) = &output.name {
                        self.env.define(
                            Arc::clone(&name.text),
                            Local::Value(Value::Table(table.clone())),
                        );
                    }
                    tables.push(table);
                }
                if outputs.len() > 1 {
                    for output in outputs.iter().filter(|output| output.name.is_none()) {
                        self.error(
                            "kql-graph-output",
                            output.what.span,
                            "of several tables, each needs a name: `nodes as N, edges as E`",
                        );
                    }
                }
                match tables.len() {
                    1 => Value::Table(tables.remove(0)),
                    _ => Value::Group,
                }
            }
            OperatorKind::GraphMerge { right, on } => {
                self.without_rows(|c| c.expr(right));
                let _ = on;
                Value::Graph { nodes, edges }
            }
            _ => Value::Unknown,
        }
    }

    /// A function on the nodes and edges of a pattern.
    pub(super) fn graph_call(&mut self, call: &'a Call) -> Value<'a> {
        let record = match call.arguments.first() {
            Some(first) => self.expr(&first.value),
            None => Value::Unknown,
        };
        match &*call.name.text {
            "inner_nodes" => Value::Record(self.graph.clone().unwrap_or_default()),
            "labels" => Value::Scalar(Type::Array),
            "node_degree_in" | "node_degree_out" => Value::Scalar(Type::Long),
            name => {
                // Inside, the columns are those of one hop.
                let mut rows = match record {
                    Value::Record(table) => Table {
                        columns: Arc::new(
                            table
                                .columns
                                .iter()
                                .map(|c| Column {
                                    name: c.name.clone(),
                                    ty: Type::Unknown,
                                })
                                .collect(),
                        ),
                        open: table.open,
                        ..Table::default()
                    },
                    _ => Table::unknown(),
                };
                if let Some(inner) = call.arguments.get(1) {
                    self.with_rows(&mut rows, |c| c.scalar(&inner.value));
                }
                Value::Scalar(if name == "map" {
                    Type::Array
                } else {
                    Type::Bool
                })
            }
        }
    }

    fn make_graph(&mut self, graph: &'a MakeGraph, table: Table) -> Value<'a> {
        let mut edges = table;
        // Columns that the operator names in an unknown table do not become columns of the graph.
        let mut rows = edges.clone();
        let source = self.with_rows(&mut rows, |c| {
            let ty = c.scalar(&graph.source);
            c.scalar(&graph.target);
            ty
        });
        let nodes = match &graph.nodes {
            GraphNodes::Edges => Table::default(),
            GraphNodes::ImplicitId(name) => {
                Table::closed(vec![Column::new(Arc::clone(&name.text), source)])
            }
            GraphNodes::Tables(tables) => {
                let mut all = Vec::new();
                for (table, key) in tables {
                    let is_column = self.with_rows(&mut edges, |c| c.is_taken_for_column(table));
                    let nodes = if is_column {
                        Table::hollow()
                    } else {
                        self.table(table)
                    };
                    self.with_rows(&mut nodes.clone(), |c| c.scalar(key));
                    all.push(nodes);
                }
                let mut nodes = super::relation::merged(&all);
                // The service takes the nodes of an unknown table for nodes without more columns.
                nodes.open = false;
                nodes
            }
        };
        let value = Value::Graph {
            nodes,
            edges: edges.clone(),
        };
        let Some((column, query)) = &graph.partitioned_by else {
            return value;
        };
        self.with_rows(&mut edges, |c| c.scalar(column));
        self.graph_pipeline(query, value)
    }

    fn graph_pipeline(
        &mut self,
        pipeline: &'a crate::kql::ast::Pipeline,
        input: Value<'a>,
    ) -> Value<'a> {
        let mut value = input;
        for operator in &pipeline.operators {
            value = match &operator.kind {
                OperatorKind::GraphMatch(_)
                | OperatorKind::GraphShortestPaths(_)
                | OperatorKind::GraphToTable(_)
                | OperatorKind::GraphWhereNodes(_)
                | OperatorKind::GraphWhereEdges(_)
                | OperatorKind::GraphMarkComponents => self.graph_operator(operator, Some(value)),
                _ => {
                    let rest = std::slice::from_ref(operator);
                    self.rest_of(rest, value)
                }
            };
        }
        value
    }

    fn rest_of(&mut self, operators: &'a [Operator], value: Value<'a>) -> Value<'a> {
        let mut value = value;
        for operator in operators {
            value = self.without_rows(|c| c.operator(operator, Some(value)));
        }
        value
    }

    fn graph_match(&mut self, graph: &'a GraphMatch, nodes: &Table, edges: &Table) -> Value<'a> {
        let outer = self.env.clone();
        let mut names: Vec<(Arc<str>, Table)> = Vec::new();
        for part in graph.patterns.iter().flat_map(|p| &p.parts) {
            let (name, table) = match part {
                GraphPart::Node(Some(name), _) => (name, nodes.clone()),
                GraphPart::Edge(edge) => match &edge.name {
                    // Of an edge of several hops, each column is an array.
                    Some(name) if edge.hops.is_some() => {
                        let columns = edges
                            .columns
                            .iter()
                            .map(|c| Column {
                                name: c.name.clone(),
                                ty: Type::Array,
                            })
                            .collect();
                        let table = Table {
                            columns: Arc::new(columns),
                            open: edges.open,
                            ..Table::default()
                        };
                        (name, table)
                    }
                    Some(name) => (name, edges.clone()),
                    None => continue,
                },
                GraphPart::Node(None, _) => continue,
            };
            if !names.iter().any(|(n, _)| *n == name.text) {
                names.push((Arc::clone(&name.text), table));
            }
        }
        for (name, table) in &names {
            self.env
                .define(Arc::clone(name), Local::Value(Value::Record(table.clone())));
        }
        let mut rows = Table::default();
        let mut into = Projection::default();
        let outer_graph = self.graph.replace(nodes.clone());
        self.with_rows(&mut rows, |c| {
            if let Some(predicate) = &graph.predicate {
                c.scalar(predicate);
            }
            for item in graph.project.iter().flatten() {
                c.item(item, &mut into, false);
            }
        });
        self.graph = outer_graph;
        self.env = outer;
        if graph.project.is_some() {
            return Value::Table(into.table);
        }
        let mut result = Table::default();
        for (name, table) in &names {
            for column in table.columns.iter() {
                let name = result.free_name(Name::from(format!("{name}_{}", &*column.name)));
                result.push(Column {
                    name,
                    ty: column.ty,
                });
            }
            result.open |= table.open;
        }
        Value::Table(result)
    }
}
