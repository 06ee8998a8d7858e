//! `graph-match` and `graph-shortest-paths`: all ways in which a pattern lies in a graph.

use std::collections::HashMap;
use std::sync::Arc;

use crate::engine::compile::Cx;
use crate::engine::compile::Element;
use crate::engine::compile::ElementKind;
use crate::engine::compile::Elements;
use crate::engine::compile::column_name;
use crate::engine::compile::unique;
use crate::engine::error::Error;
use crate::engine::error::Result;
use crate::engine::graph::Graph;
use crate::engine::session::Scope;
use crate::engine::session::Session;
use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::table::Stream;
use crate::engine::value::Type;
use crate::engine::value::Value;
use crate::kql::ast::EdgeDirection;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::GraphMatch;
use crate::kql::ast::GraphPart;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Operator;

/// So many edges are looked at before a query is given up.
const MOST: usize = 5_000_000;

/// Longer paths than this are given up.
const LONGEST: usize = 256;

/// One step of a search.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// A pattern begins at the node of this slot.
    Begin(usize),
    /// An edge to the node of a slot.
    Hop {
        edge: usize,
        direction: EdgeDirection,
        /// From how many edges to how many; one where it is no path.
        hops: (usize, usize),
        path: bool,
        to: usize,
    },
}

/// Which cycles a match may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cycles {
    All,
    None,
    UniqueEdges,
}

struct Search<'s> {
    graph: &'s Graph,
    steps: &'s [Step],
    cycles: Cycles,
    /// What each slot holds: a node, an edge, or the edges and nodes of a path.
    row: Row,
    bound: Vec<bool>,
    used_edges: Vec<usize>,
    used_nodes: Vec<usize>,
    looked: usize,
    found: &'s mut dyn FnMut(&Row, usize),
}

impl Search<'_> {
    fn run(&mut self, step: usize) -> Result<()> {
        let Some(current) = self.steps.get(step) else {
            let length = self.used_edges.len();
            (self.found)(&self.row, length);
            return Ok(());
        };
        match *current {
            Step::Begin(slot) if self.bound[slot] => self.run(step + 1),
            Step::Begin(slot) => {
                for node in 0..self.graph.nodes.len() {
                    self.with_node(slot, node, step)?;
                }
                Ok(())
            }
            Step::Hop { .. } => {
                let from = self.node_before(step);
                self.extend(step, from, &mut Vec::new(), &mut Vec::new())
            }
        }
    }

    /// The node that the step starts from.
    fn node_before(&self, step: usize) -> usize {
        let slot = match self.steps[step - 1] {
            Step::Begin(slot) => slot,
            Step::Hop { to, .. } => to,
        };
        self.row[slot].as_long().unwrap_or(0) as usize
    }

    /// Goes on with the node in the slot, if it may stand there.
    fn with_node(&mut self, slot: usize, node: usize, step: usize) -> Result<()> {
        if self.bound[slot] {
            if self.row[slot] != Value::Long(node as i64) {
                return Ok(());
            }
            return self.run(step + 1);
        }
        if self.cycles == Cycles::None && self.used_nodes.contains(&node) {
            return Ok(());
        }
        self.row[slot] = Value::Long(node as i64);
        self.bound[slot] = true;
        self.used_nodes.push(node);
        self.run(step + 1)?;
        self.used_nodes.pop();
        self.bound[slot] = false;
        Ok(())
    }

    /// Follows the edges of a step from `node`; `path` are those taken so far, `inner` the nodes between them.
    fn extend(
        &mut self,
        step: usize,
        node: usize,
        path: &mut Vec<usize>,
        inner: &mut Vec<usize>,
    ) -> Result<()> {
        let Step::Hop {
            edge: slot,
            direction,
            hops: (low, high),
            path: is_path,
            to,
        } = self.steps[step]
        else {
            return Ok(());
        };
        if path.len() >= low {
            self.row[slot] = if is_path {
                let list = |items: &[usize]| {
                    Value::array(items.iter().map(|i| Value::Long(*i as i64)).collect())
                };
                let between = &inner[..inner.len().saturating_sub(1)];
                Value::array(vec![list(path), list(between)])
            } else {
                Value::Long(path.first().map_or(0, |e| *e as i64))
            };
            // The last node of a path belongs to the slot that follows.
            let own = if path.is_empty() {
                None
            } else {
                self.used_nodes.pop()
            };
            self.with_node(to, node, step)?;
            self.used_nodes.extend(own);
        }
        if path.len() >= high {
            return Ok(());
        }
        if path.len() >= LONGEST {
            return Err(Error::Limit(format!(
                "the pattern has paths of more than {LONGEST} edges"
            )));
        }
        let graph = self.graph;
        let right = graph.leaving[node].iter().map(|e| (*e, graph.ends[*e].1));
        let left = graph.entering[node].iter().map(|e| (*e, graph.ends[*e].0));
        let next: Vec<(usize, usize)> = match direction {
            EdgeDirection::Right => right.collect(),
            EdgeDirection::Left => left.collect(),
            EdgeDirection::Any => right.chain(left).collect(),
        };
        for (edge, other) in next {
            self.looked += 1;
            if self.looked > MOST {
                return Err(Error::Limit(format!(
                    "the pattern asks for more than {MOST} edges to be looked at"
                )));
            }
            if self.cycles != Cycles::All && self.used_edges.contains(&edge) {
                continue;
            }
            if self.cycles == Cycles::None && self.used_nodes.contains(&other) {
                continue;
            }
            self.used_edges.push(edge);
            self.used_nodes.push(other);
            path.push(edge);
            inner.push(other);
            self.extend(step, other, path, inner)?;
            inner.pop();
            path.pop();
            self.used_nodes.pop();
            self.used_edges.pop();
        }
        Ok(())
    }
}

/// The steps of the patterns, and what their parts are called.
fn steps<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    graph: &Arc<Graph>,
    pattern: &'q GraphMatch,
) -> Result<(Vec<Step>, Elements, usize)> {
    let mut named: Vec<Element> = Vec::new();
    let mut steps = Vec::new();
    let mut slots = 0;
    let count = |expr: &'q Expr| super::super::count_of(session, scope, expr);
    for pattern in &pattern.patterns {
        let mut edge: Option<(usize, EdgeDirection, (usize, usize), bool)> = None;
        for part in &pattern.parts {
            match part {
                GraphPart::Node(name, _) => {
                    let known = name
                        .as_ref()
                        .and_then(|n| named.iter().find(|e| e.name == n.text));
                    let slot = match known {
                        Some(element) if element.kind == ElementKind::Node => element.place,
                        Some(element) => {
                            return Err(Error::invalid(format!(
                                "`{}` is an edge and a node at once",
                                element.name
                            )));
                        }
                        None => {
                            slots += 1;
                            slots - 1
                        }
                    };
                    if let Some(name) = name.as_ref().filter(|_| known.is_none()) {
                        named.push(Element {
                            name: Arc::clone(&name.text),
                            kind: ElementKind::Node,
                            place: slot,
                        });
                    }
                    steps.push(match edge.take() {
                        None => Step::Begin(slot),
                        Some((edge, direction, hops, path)) => Step::Hop {
                            edge,
                            direction,
                            hops,
                            path,
                            to: slot,
                        },
                    });
                }
                GraphPart::Edge(part) => {
                    let slot = slots;
                    slots += 1;
                    let hops = match &part.hops {
                        Some((low, high)) => (count(low)?, count(high)?),
                        None => (1, 1),
                    };
                    let path = part.hops.is_some();
                    if let Some(name) = &part.name {
                        if named.iter().any(|e| e.name == name.text) {
                            return Err(Error::unsupported(format!(
                                "a pattern that names `{}` twice",
                                name.text
                            )));
                        }
                        named.push(Element {
                            name: Arc::clone(&name.text),
                            kind: if path {
                                ElementKind::Path
                            } else {
                                ElementKind::Edge
                            },
                            place: slot,
                        });
                    }
                    edge = Some((slot, part.direction, hops, path));
                }
            }
        }
    }
    let elements = Elements {
        graph: Arc::clone(graph),
        named,
        inside: None,
    };
    Ok((steps, elements, slots))
}

/// Runs the operator.
pub(super) fn find<'q>(
    session: &'q Session<'q>,
    scope: &Scope<'q>,
    graph: &Arc<Graph>,
    operator: &'q Operator,
    pattern: &'q GraphMatch,
    shortest: bool,
) -> Result<Stream<'q>> {
    let (steps, elements, slots) = steps(session, scope, graph, pattern)?;
    let cycles = match operator.parameter_text("cycles") {
        _ if shortest => Cycles::None,
        None | Some("unique_edges") => Cycles::UniqueEdges,
        Some("all") => Cycles::All,
        Some("none") => Cycles::None,
        Some(other) => {
            return Err(Error::invalid(format!(
                "cycles are `all`, `none` or `unique_edges`, not `{other}`"
            )));
        }
    };
    let every = match operator.parameter_text("output") {
        None | Some("any") => false,
        Some("all") => true,
        Some(other) => {
            return Err(Error::invalid(format!(
                "the output is `any` or `all`, not `{other}`"
            )));
        }
    };
    let inner: Vec<Column> = (0..slots)
        .map(|slot| Column::new(format!("${slot}"), Type::Dynamic))
        .collect();
    let mut cx = Cx::new(session, scope, &inner);
    cx.graph = Some(&elements);
    let predicate = pattern
        .predicate
        .as_ref()
        .map(|p| cx.condition(p))
        .transpose()?;
    let Some(items) = &pattern.project else {
        return Err(Error::unsupported("a graph pattern without `project`"));
    };
    let (columns, codes) = projected(&cx, items)?;
    let mut matches: Vec<(Row, usize)> = Vec::new();
    let mut take = |row: &Row, length: usize| {
        if predicate.as_ref().is_none_or(|p| p.is_true(row)) {
            matches.push((row.clone(), length));
        }
    };
    Search {
        graph,
        steps: &steps,
        cycles,
        row: vec![Value::Null; slots],
        bound: vec![false; slots],
        used_edges: Vec::new(),
        used_nodes: Vec::new(),
        looked: 0,
        found: &mut take,
    }
    .run(0)?;
    if shortest {
        matches = least(matches, &steps, every);
    }
    let rows = matches
        .iter()
        .map(|(row, _)| codes.iter().map(|c| c.eval(row)).collect())
        .collect();
    Ok(Stream::of(columns, rows))
}

/// The shortest matches between each two nodes; the first of them, or every one.
fn least(matches: Vec<(Row, usize)>, steps: &[Step], every: bool) -> Vec<(Row, usize)> {
    let first = match steps.first() {
        Some(Step::Begin(slot)) => *slot,
        _ => 0,
    };
    let last = match steps.last() {
        Some(Step::Hop { to, .. }) => *to,
        _ => first,
    };
    let mut best: HashMap<(Value, Value), usize> = HashMap::new();
    for (row, length) in &matches {
        let least = best
            .entry((row[first].clone(), row[last].clone()))
            .or_insert(*length);
        *least = (*least).min(*length);
    }
    let mut taken = std::collections::HashSet::new();
    matches
        .into_iter()
        .filter(|(row, length)| {
            let ends = (row[first].clone(), row[last].clone());
            best.get(&ends) == Some(length) && (every || taken.insert(ends))
        })
        .collect()
}

/// The columns of `project`.
fn projected<'q>(
    cx: &Cx<'_, 'q>,
    items: &'q [NamedExpr],
) -> Result<(Vec<Column>, Vec<crate::engine::code::Code>)> {
    let mut columns: Vec<Column> = Vec::new();
    let mut codes = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let code = cx.scalar(&item.value)?;
        let suggested = item
            .name()
            .map(|n| Arc::clone(&n.text))
            .or_else(|| column_name(&item.value))
            .or_else(|| match &item.value.kind {
                // The functions of nodes are called as themselves.
                ExprKind::Call(call) if call.name.text.starts_with("node_") => {
                    Some(Arc::clone(&call.name.text))
                }
                _ => None,
            })
            .unwrap_or_else(|| format!("Column{}", index + 1).into());
        let name = unique(&suggested, |n| columns.iter().any(|c| &*c.name == n));
        columns.push(Column::new(name, code.ty));
        codes.push(code);
    }
    Ok((columns, codes))
}
