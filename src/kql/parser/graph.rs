//! The graph operators.
//!
//! ```text
//! make-graph  = 'make-graph' name ('-->' | '--') name ('with_node_id' '=' name | 'with' (table 'on' name),+)?
//!               ('partitioned-by' name '(' operators ')')?
//! graph-match = 'graph-match' parameter* pattern,+ ('where' expr)? ('project' item,+)?
//! pattern     = node (edge node)*
//! node        = '(' name? ')'
//! edge        = '--' | '-->' | '<--' | '-[' name? ('*' expr '..' expr)? (']-' | ']->') | '<-[' … ']-'
//! ```

use super::Parser;
use crate::kql::ast::EdgeDirection;
use crate::kql::ast::Expr;
use crate::kql::ast::GraphEdge;
use crate::kql::ast::GraphMatch;
use crate::kql::ast::GraphNodes;
use crate::kql::ast::GraphOutput;
use crate::kql::ast::GraphPart;
use crate::kql::ast::GraphPattern;
use crate::kql::ast::MakeGraph;
use crate::kql::ast::OperatorKind;
use crate::kql::token::TokenKind;
use crate::kql::token::WordUse;

impl Parser<'_> {
    /// The graph operator `word`, its parameters taken.
    pub(super) fn graph_operator(&mut self, word: &str) -> OperatorKind {
        match word {
            "make-graph" => self.make_graph(),
            "graph-match" => OperatorKind::GraphMatch(Box::new(self.graph_match())),
            "graph-shortest-paths" => {
                OperatorKind::GraphShortestPaths(Box::new(self.graph_match()))
            }
            "graph-mark-components" => OperatorKind::GraphMarkComponents,
            "graph-to-table" => {
                OperatorKind::GraphToTable(self.list(Self::graph_output, Self::starts_expr))
            }
            "graph-where-nodes" => OperatorKind::GraphWhereNodes(self.expr()),
            "graph-where-edges" => OperatorKind::GraphWhereEdges(self.expr()),
            _ => {
                let right = self.postfix();
                let on = if self.eat_word("on") {
                    self.list(Self::expr, Self::starts_expr)
                } else {
                    Vec::new()
                };
                OperatorKind::GraphMerge { right, on }
            }
        }
    }

    fn make_graph(&mut self) -> OperatorKind {
        let source = self.column_name_expr();
        let direction = self.bare_edge();
        if direction.is_none() {
            self.expected("`-->`");
        }
        let target = self.column_name_expr();
        let nodes = if self.at_word("with_node_id") && self.ahead(1).kind == TokenKind::Assign {
            self.bump();
            self.bump();
            GraphNodes::ImplicitId(self.declared_name())
        } else if self.eat_word("with") {
            GraphNodes::Tables(self.list(
                |p| {
                    let table = p.postfix();
                    p.expect_word("on");
                    (table, p.column_name_expr())
                },
                |p| p.starts_expr() && !p.at_word("partitioned-by"),
            ))
        } else {
            GraphNodes::Edges
        };
        let partitioned_by = self.eat_word("partitioned-by").then(|| {
            let column = self.column_name_expr();
            (column, self.sub_pipeline())
        });
        OperatorKind::MakeGraph(Box::new(MakeGraph {
            source,
            directed: direction != Some(EdgeDirection::Any),
            target,
            nodes,
            partitioned_by,
        }))
    }

    fn column_name_expr(&mut self) -> Expr {
        match self.at_name() {
            Some(WordUse::Name | WordUse::Reference) => {
                let name = self.take_name();
                let span = name.span;
                Expr {
                    kind: crate::kql::ast::ExprKind::Name(name),
                    span,
                }
            }
            _ => self.missing_expr(),
        }
    }

    fn graph_match(&mut self) -> GraphMatch {
        let patterns = self.list(Self::graph_pattern, |p| p.at_kind(TokenKind::OpenParen));
        let predicate = self.eat_word("where").then(|| self.expr());
        let project = self
            .eat_word("project")
            .then(|| self.list(Self::named_expr, Self::starts_expr));
        GraphMatch {
            patterns,
            predicate,
            project,
        }
    }

    fn graph_pattern(&mut self) -> GraphPattern {
        let mut parts = Vec::new();
        if !self.at_kind(TokenKind::OpenParen) {
            self.expected("`(`");
            return GraphPattern { parts };
        }
        loop {
            let start = self.here();
            self.expect(TokenKind::OpenParen, "`(`");
            let name = (!self.at_kind(TokenKind::CloseParen)).then(|| self.declared_name());
            self.expect(TokenKind::CloseParen, "`)`");
            parts.push(GraphPart::Node(name, self.span_from(start)));
            match self.graph_edge() {
                Some(edge) => parts.push(GraphPart::Edge(edge)),
                None => return GraphPattern { parts },
            }
            if !self.at_kind(TokenKind::OpenParen) {
                self.expected("`(`");
                return GraphPattern { parts };
            }
        }
    }

    /// `--`, `-->` or `<--`, whose signs must touch.
    fn bare_edge(&mut self) -> Option<EdgeDirection> {
        let kinds = [self.kind(), self.ahead(1).kind, self.ahead(2).kind];
        let (direction, length) = match kinds {
            [TokenKind::Minus, TokenKind::Minus, TokenKind::Greater] => (EdgeDirection::Right, 3),
            [TokenKind::Minus, TokenKind::Minus, _] => (EdgeDirection::Any, 2),
            [TokenKind::Less, TokenKind::Minus, TokenKind::Minus] => (EdgeDirection::Left, 3),
            _ => return None,
        };
        for _ in 0..length {
            self.bump();
        }
        Some(direction)
    }

    fn graph_edge(&mut self) -> Option<GraphEdge> {
        let start = self.here();
        if let Some(direction) = self.bare_edge() {
            return Some(GraphEdge {
                name: None,
                direction,
                hops: None,
                span: self.span_from(start),
            });
        }
        let left = self.at_kind(TokenKind::Less)
            && self.ahead(1).kind == TokenKind::Minus
            && self.ahead(2).kind == TokenKind::OpenBracket;
        let right = self.at_kind(TokenKind::Minus) && self.ahead(1).kind == TokenKind::OpenBracket;
        if !left && !right {
            return None;
        }
        for _ in 0..(if left { 3 } else { 2 }) {
            self.bump();
        }
        let name = (self.at_name() == Some(WordUse::Name)).then(|| self.take_name());
        let hops = self.eat(TokenKind::Star).then(|| {
            let low = self.expr();
            self.expect(TokenKind::DotDot, "`..`");
            (low, self.expr())
        });
        self.expect(TokenKind::CloseBracket, "`]`");
        self.expect(TokenKind::Minus, "`-`");
        let forward = !left && self.eat(TokenKind::Greater);
        Some(GraphEdge {
            name,
            direction: match (left, forward) {
                (true, _) => EdgeDirection::Left,
                (false, true) => EdgeDirection::Right,
                (false, false) => EdgeDirection::Any,
            },
            hops,
            span: self.span_from(start),
        })
    }

    fn graph_output(&mut self) -> GraphOutput {
        let what = match self.word() {
            "nodes" | "edges" => self.take_name(),
            _ => {
                self.expected("`nodes` or `edges`");
                self.missing_ident()
            }
        };
        let name = self.eat_word("as").then(|| self.declared_name());
        let parameters =
            self.operator_parameters(&["with_node_id", "with_source_id", "with_target_id"]);
        GraphOutput {
            what,
            name,
            parameters,
        }
    }
}
