//! Graphs in memory: what `make-graph` builds.

use std::collections::HashMap;

use crate::engine::table::Column;
use crate::engine::table::Row;
use crate::engine::value::Value;

/// Nodes and the edges between them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    /// The properties of nodes.
    pub(crate) node_columns: Vec<Column>,
    /// The nodes.
    pub(crate) nodes: Vec<Row>,
    /// What tells the nodes apart, in their order.
    pub(crate) keys: Vec<Value>,
    /// The properties of edges.
    pub(crate) edge_columns: Vec<Column>,
    /// The edges.
    pub(crate) edges: Vec<Row>,
    /// From which node to which each edge runs.
    pub(crate) ends: Vec<(usize, usize)>,
    /// The edges that leave each node.
    pub(crate) leaving: Vec<Vec<usize>>,
    /// The edges that lead to each node.
    pub(crate) entering: Vec<Vec<usize>>,
}

impl Graph {
    /// Fills what follows from the ends of the edges.
    pub(crate) fn connect(&mut self) {
        self.leaving = vec![Vec::new(); self.nodes.len()];
        self.entering = vec![Vec::new(); self.nodes.len()];
        for (edge, (from, to)) in self.ends.iter().enumerate() {
            self.leaving[*from].push(edge);
            self.entering[*to].push(edge);
        }
    }

    /// The nodes and edges for which the tests hold; an edge goes with its nodes.
    pub(crate) fn filtered(
        &self,
        keep_node: impl Fn(usize) -> bool,
        keep_edge: impl Fn(usize) -> bool,
    ) -> Self {
        let mut out = Self {
            node_columns: self.node_columns.clone(),
            edge_columns: self.edge_columns.clone(),
            ..Self::default()
        };
        let mut places = HashMap::new();
        for node in (0..self.nodes.len()).filter(|n| keep_node(*n)) {
            places.insert(node, out.nodes.len());
            out.nodes.push(self.nodes[node].clone());
            out.keys.push(self.keys[node].clone());
        }
        for edge in (0..self.edges.len()).filter(|e| keep_edge(*e)) {
            let (from, to) = self.ends[edge];
            if let (Some(from), Some(to)) = (places.get(&from), places.get(&to)) {
                out.edges.push(self.edges[edge].clone());
                out.ends.push((*from, *to));
            }
        }
        out.connect();
        out
    }

    /// A number for each node, the same for those that hang together; the first node that is met has the lowest.
    pub(crate) fn components(&self, strong: bool) -> Vec<i64> {
        let group = if strong { self.strong() } else { self.weak() };
        let mut numbers = HashMap::new();
        group
            .iter()
            .map(|g| {
                let next = numbers.len() as i64;
                *numbers.entry(*g).or_insert(next)
            })
            .collect()
    }

    fn weak(&self) -> Vec<usize> {
        let mut group: Vec<usize> = vec![usize::MAX; self.nodes.len()];
        for start in 0..self.nodes.len() {
            let mut open = vec![start];
            while let Some(node) = open.pop() {
                if group[node] != usize::MAX {
                    continue;
                }
                group[node] = start;
                open.extend(self.leaving[node].iter().map(|e| self.ends[*e].1));
                open.extend(self.entering[node].iter().map(|e| self.ends[*e].0));
            }
        }
        group
    }

    /// Kosaraju: what reaches back along the edges, taken in the reverse order of leaving.
    fn strong(&self) -> Vec<usize> {
        let mut order = Vec::new();
        let mut seen = vec![false; self.nodes.len()];
        for start in 0..self.nodes.len() {
            let mut open = vec![(start, 0)];
            while let Some((node, next)) = open.pop() {
                if next == 0 {
                    if seen[node] {
                        continue;
                    }
                    seen[node] = true;
                }
                match self.leaving[node].get(next) {
                    Some(edge) => {
                        open.push((node, next + 1));
                        open.push((self.ends[*edge].1, 0));
                    }
                    None => order.push(node),
                }
            }
        }
        let mut group: Vec<usize> = vec![usize::MAX; self.nodes.len()];
        for start in order.into_iter().rev() {
            let mut open = vec![start];
            while let Some(node) = open.pop() {
                if group[node] == usize::MAX {
                    group[node] = start;
                    open.extend(self.entering[node].iter().map(|e| self.ends[*e].0));
                }
            }
        }
        group
    }
}
