//! What expressions say of the nodes and edges of a graph pattern.

use std::sync::Arc;

use super::Cx;
use crate::engine::code::Code;
use crate::engine::convert;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::graph::Graph;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::Call;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;

/// What a named part of a pattern is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementKind {
    /// A node; its column holds its number.
    Node,
    /// An edge; its column holds its number.
    Edge,
    /// An edge of variable length; its column holds the numbers of its edges and of the nodes between them.
    Path,
}

/// A named part of a pattern.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// Its name.
    pub(crate) name: Arc<str>,
    /// What it is.
    pub(crate) kind: ElementKind,
    /// Its column.
    pub(crate) place: usize,
}

/// That the row at hand is a node or an edge itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Inside {
    /// Whether it is a node.
    pub(crate) nodes: bool,
    /// The column of its number.
    pub(crate) place: usize,
}

/// The names that stand for parts of a graph.
#[derive(Debug, Clone)]
pub(crate) struct Elements {
    /// The graph.
    pub(crate) graph: Arc<Graph>,
    /// The parts.
    pub(crate) named: Vec<Element>,
    /// In `all`, `any`, `map` and the like.
    pub(crate) inside: Option<Inside>,
}

impl Elements {
    fn get(&self, name: &str) -> Option<&Element> {
        self.named.iter().find(|e| &*e.name == name)
    }

    fn columns(&self, nodes: bool) -> &[Column] {
        if nodes {
            &self.graph.node_columns
        } else {
            &self.graph.edge_columns
        }
    }

    /// The property `key` of a part; of a path, that of each edge.
    pub(super) fn member(&self, name: &str, key: &str) -> Option<Result<Code>> {
        let element = self.get(name)?;
        let nodes = element.kind == ElementKind::Node;
        let columns = self.columns(nodes);
        let Some(index) = columns.iter().position(|c| &*c.name == key) else {
            return Some(Err(Error::invalid(format!(
                "`{name}` has no property `{key}`"
            ))));
        };
        let (graph, place) = (Arc::clone(&self.graph), element.place);
        let ty = columns[index].ty;
        Some(Ok(if element.kind == ElementKind::Path {
            Code::new(Type::Dynamic, move |row| {
                let values = numbers(row, place, false).into_iter();
                let value = |edge: usize| graph.edges.get(edge).and_then(|e| e.get(index)).cloned();
                Value::array(
                    values
                        .map(|e| convert::cast(Type::Dynamic, value(e).unwrap_or_default()))
                        .collect(),
                )
            })
        } else {
            Code::new(ty, move |row| {
                let rows = if nodes { &graph.nodes } else { &graph.edges };
                let found = number(row, place).and_then(|n| rows.get(n)?.get(index));
                found.cloned().unwrap_or_default()
            })
        }))
    }

    /// A part as the bag of its properties; a path as their array.
    pub(super) fn whole(&self, name: &str) -> Option<Code> {
        let element = self.get(name)?.clone();
        let nodes = element.kind == ElementKind::Node;
        let graph = Arc::clone(&self.graph);
        let names: Vec<Arc<str>> = self
            .columns(nodes)
            .iter()
            .map(|c| Arc::clone(&c.name))
            .collect();
        Some(Code::new(Type::Dynamic, move |row| {
            let rows = if nodes { &graph.nodes } else { &graph.edges };
            let bag = |n: usize| {
                let values = rows.get(n).into_iter().flatten();
                let values = values.map(|v| convert::cast(Type::Dynamic, v.clone()));
                Value::bag(names.iter().cloned().zip(values).collect())
            };
            if element.kind == ElementKind::Path {
                let edges = numbers(row, element.place, false);
                Value::array(edges.into_iter().map(bag).collect())
            } else {
                number(row, element.place).map_or(Value::Null, bag)
            }
        }))
    }
}

fn number(row: &[Value], place: usize) -> Option<usize> {
    usize::try_from(row.get(place)?.as_long()?).ok()
}

/// The edges of a path, or the nodes between them.
fn numbers(row: &[Value], place: usize, nodes: bool) -> Vec<usize> {
    match row.get(place) {
        Some(Value::Array(path)) => path
            .get(usize::from(nodes))
            .and_then(Value::as_array)
            .unwrap_or_default()
            .iter()
            .filter_map(|n| usize::try_from(n.as_long()?).ok())
            .collect(),
        Some(Value::Long(one)) if !nodes => usize::try_from(*one).into_iter().collect(),
        _ => Vec::new(),
    }
}

impl<'q> Cx<'_, 'q> {
    /// A function on the parts of a pattern; none where the name is that of another function.
    pub(super) fn graph_call(&self, call: &'q Call) -> Result<Option<Code>> {
        let Some(elements) = self.graph else {
            return Ok(None);
        };
        let name = &*call.name.text;
        Ok(Some(match name {
            "all" | "any" | "map" => self.each(elements, call)?,
            "node_degree_in" | "node_degree_out" => {
                let place = match call.arguments.first() {
                    None => match elements.inside {
                        Some(inside) if inside.nodes => inside.place,
                        _ => {
                            return Err(Error::invalid(format!("`{name}()` takes a node here")));
                        }
                    },
                    Some(argument) => {
                        let element = self.element(elements, &argument.value)?;
                        if element.kind != ElementKind::Node {
                            return Err(Error::invalid(format!("`{name}()` takes a node")));
                        }
                        element.place
                    }
                };
                let graph = Arc::clone(&elements.graph);
                let entering = name == "node_degree_in";
                Code::new(Type::Long, move |row| {
                    let edges = if entering {
                        &graph.entering
                    } else {
                        &graph.leaving
                    };
                    let found = number(row, place).and_then(|n| edges.get(n));
                    found.map(|e| e.len() as i64).into()
                })
            }
            "labels" => return Err(Error::unsupported("`labels()` of a graph without a model")),
            "inner_nodes" => {
                return Err(Error::invalid(
                    "`inner_nodes()` is an argument of `all()`, `any()` and `map()`",
                ));
            }
            _ => return Ok(None),
        }))
    }

    fn element<'e>(&self, elements: &'e Elements, expr: &Expr) -> Result<&'e Element> {
        let name = match &expr.kind {
            ExprKind::Name(name) => &*name.text,
            _ => "",
        };
        elements
            .get(name)
            .ok_or_else(|| Error::invalid("a part of the pattern is expected"))
    }

    /// `all(edges, condition)`, `any(edges, condition)`, `map(edges, value)`
    fn each(&self, elements: &Elements, call: &'q Call) -> Result<Code> {
        let name = &*call.name.text;
        let [over, value] = call.arguments.as_slice() else {
            return Err(Error::invalid(format!(
                "`{name}()` takes an edge and an expression"
            )));
        };
        let (nodes, part) = match &over.value.kind {
            ExprKind::Call(inner) if &*inner.name.text == "inner_nodes" => {
                let part = inner.arguments.first().ok_or_else(|| {
                    Error::invalid("`inner_nodes()` takes an edge of variable length")
                })?;
                (true, &part.value)
            }
            _ => (false, &over.value),
        };
        let element = self.element(elements, part)?;
        if element.kind == ElementKind::Node {
            return Err(Error::invalid(format!("`{name}()` takes an edge")));
        }
        // Properties first, then the number of the node or edge itself, then the columns around.
        let mut columns = elements.columns(nodes).to_vec();
        let width = columns.len();
        columns.push(Column::new("$self", Type::Long));
        columns.extend(self.columns.iter().cloned());
        let shifted = Elements {
            graph: Arc::clone(&elements.graph),
            named: elements
                .named
                .iter()
                .map(|e| Element {
                    place: e.place + width + 1,
                    ..e.clone()
                })
                .collect(),
            inside: Some(Inside {
                nodes,
                place: width,
            }),
        };
        let mut cx = Cx::new(self.session, self.scope, &columns);
        cx.graph = Some(&shifted);
        let code = if name == "map" {
            cx.scalar(&value.value)?
        } else {
            cx.condition(&value.value)?
        };
        let (graph, place) = (Arc::clone(&elements.graph), element.place);
        let rows = move |row: &[Value]| -> Vec<Row> {
            let own = if nodes { &graph.nodes } else { &graph.edges };
            numbers(row, place, nodes)
                .into_iter()
                .filter_map(|n| {
                    let mut inner = own.get(n)?.clone();
                    inner.push(Value::Long(n as i64));
                    inner.extend(row.iter().cloned());
                    Some(inner)
                })
                .collect()
        };
        Ok(match name {
            "map" => Code::new(Type::Dynamic, move |row| {
                let values = rows(row).into_iter();
                Value::array(
                    values
                        .map(|r| convert::cast(Type::Dynamic, code.eval(&r)))
                        .collect(),
                )
            }),
            "all" => Code::new(Type::Bool, move |row| {
                Value::Bool(rows(row).iter().all(|r| code.is_true(r)))
            }),
            _ => Code::new(Type::Bool, move |row| {
                Value::Bool(rows(row).iter().any(|r| code.is_true(r)))
            }),
        })
    }
}
