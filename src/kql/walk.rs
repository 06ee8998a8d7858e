//! Every part of a query, wherever it stands: for who looks for one kind of thing in it.
//!
//! The parts are handed out without recursion, in no particular order; the bodies of functions and the queries inside
//! of operators are among them, the settings of operators (`kind=inner`) are not.

use super::ast::Body;
use super::ast::Expr;
use super::ast::ExprKind;
use super::ast::FindColumn;
use super::ast::FindProject;
use super::ast::GraphNodes;
use super::ast::GraphPart;
use super::ast::NamedExpr;
use super::ast::Operator;
use super::ast::OperatorKind;
use super::ast::Parameter;
use super::ast::ParsePart;
use super::ast::PartitionQuery;
use super::ast::Pipeline;
use super::ast::Query;
use super::ast::SeriesRange;
use super::ast::Statement;
use super::ast::StatementKind;

/// A part of a query.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Node<'a> {
    /// A statement.
    Statement(&'a Statement),
    /// A scalar or tabular expression.
    Expr(&'a Expr),
    /// A source and what is done to it.
    Pipeline(&'a Pipeline),
    /// One operator of a pipeline.
    Operator(&'a Operator),
}

/// Calls `look` with every part of the query.
pub(crate) fn walk<'a>(query: &'a Query, look: &mut dyn FnMut(Node<'a>)) {
    walk_from(query.statements.iter().map(Node::Statement), look);
}

/// Calls `look` with `first` and every part of them.
pub(crate) fn walk_from<'a>(
    first: impl IntoIterator<Item = Node<'a>>,
    look: &mut dyn FnMut(Node<'a>),
) {
    let mut rest = Parts(first.into_iter().collect());
    while let Some(node) = rest.0.pop() {
        look(node);
        match node {
            Node::Statement(statement) => rest.statement(statement),
            Node::Expr(expr) => rest.of_expr(expr),
            Node::Pipeline(pipeline) => {
                rest.exprs(&pipeline.source);
                rest.0.extend(pipeline.operators.iter().map(Node::Operator));
            }
            Node::Operator(operator) => rest.of_operator(operator),
        }
    }
}

/// What is still to be looked at.
struct Parts<'a>(Vec<Node<'a>>);

impl<'a> Parts<'a> {
    fn expr(&mut self, expr: &'a Expr) {
        self.0.push(Node::Expr(expr));
    }

    fn exprs(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        self.0.extend(exprs.into_iter().map(Node::Expr));
    }

    fn named(&mut self, items: impl IntoIterator<Item = &'a NamedExpr>) {
        self.exprs(items.into_iter().map(|item| &item.value));
    }

    fn body(&mut self, body: &'a Body) {
        self.0.extend(body.statements.iter().map(Node::Statement));
    }

    fn parameters(&mut self, parameters: &'a [Parameter]) {
        self.exprs(parameters.iter().filter_map(|one| one.default.as_ref()));
    }

    fn pipeline(&mut self, pipeline: &'a Pipeline) {
        self.0.push(Node::Pipeline(pipeline));
    }

    fn statement(&mut self, statement: &'a Statement) {
        match &statement.kind {
            StatementKind::Let { value, .. } | StatementKind::Alias { value, .. } => {
                self.expr(value);
            }
            StatementKind::Set { value, .. } => self.exprs(value),
            StatementKind::QueryParameters(parameters) => self.parameters(parameters),
            StatementKind::Pattern(pattern) => {
                for one in &pattern.matches {
                    self.body(&one.body);
                }
            }
            StatementKind::Restrict(exprs) => self.exprs(exprs),
            StatementKind::Expression(expr) => self.expr(expr),
        }
    }

    fn of_expr(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Missing
            | ExprKind::Name(_)
            | ExprKind::Wildcard(_)
            | ExprKind::Star
            | ExprKind::Literal(_)
            | ExprKind::TypeOf(_) => {}
            ExprKind::Call(call) => self.named(&call.arguments),
            ExprKind::Path { target, selector } => self.exprs([&**target, &**selector]),
            ExprKind::Index { target, index } => self.exprs([&**target, &**index]),
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } => self.exprs([&**left, &**right]),
            ExprKind::Logical { operands, .. } => self.exprs(operands),
            ExprKind::In { left, list, .. } => {
                self.expr(left);
                self.exprs(list);
            }
            ExprKind::Between {
                value, low, high, ..
            } => self.exprs([&**value, &**low, &**high]),
            ExprKind::Assign(item) => self.expr(&item.value),
            ExprKind::Paren(inner)
            | ExprKind::ToScalar(inner)
            | ExprKind::ToTable(inner)
            | ExprKind::Materialize(inner) => self.expr(inner),
            ExprKind::Datatable(table) => self.exprs(&table.values),
            ExprKind::ExternalData(data) => {
                self.exprs(&data.urls);
                self.exprs(data.properties.iter().map(|one| &one.value));
            }
            ExprKind::Pipeline(pipeline) => self.pipeline(pipeline),
            ExprKind::Function(function) => {
                self.parameters(&function.parameters);
                self.body(&function.body);
            }
            ExprKind::EntityGroup(members) => self.exprs(members),
        }
    }

    fn of_operator(&mut self, operator: &'a Operator) {
        match &operator.kind {
            OperatorKind::As(_)
            | OperatorKind::AssertSchema(_)
            | OperatorKind::Consume
            | OperatorKind::Count(_)
            | OperatorKind::GetSchema
            | OperatorKind::GraphMarkComponents
            | OperatorKind::GraphToTable(_)
            | OperatorKind::Unknown(_) => {}
            OperatorKind::Distinct(items)
            | OperatorKind::Extend(items)
            | OperatorKind::Print(items)
            | OperatorKind::Project(items)
            | OperatorKind::ProjectRename(items)
            | OperatorKind::Serialize(items) => self.named(items),
            OperatorKind::Evaluate { call, .. } => self.named(&call.arguments),
            OperatorKind::Facet { by, with } => {
                self.exprs(by);
                self.0.extend(with.iter().map(Node::Pipeline));
            }
            OperatorKind::Find(find) => {
                self.exprs(&find.tables);
                self.expr(&find.predicate);
                if let FindProject::Columns(columns) = &find.project {
                    self.exprs(columns.iter().filter_map(|column| match column {
                        FindColumn::Column(expr, _) => Some(expr),
                        FindColumn::PackAll(_) => None,
                    }));
                }
            }
            OperatorKind::Fork(arms) => {
                self.0
                    .extend(arms.iter().map(|arm| Node::Pipeline(&arm.query)));
            }
            OperatorKind::GraphMatch(graph) | OperatorKind::GraphShortestPaths(graph) => {
                self.exprs(&graph.predicate);
                self.named(graph.project.iter().flatten());
                for part in graph.patterns.iter().flat_map(|pattern| &pattern.parts) {
                    if let GraphPart::Edge(edge) = part {
                        self.exprs(edge.hops.iter().flat_map(|(low, high)| [low, high]));
                    }
                }
            }
            OperatorKind::MakeGraph(graph) => {
                self.exprs([&graph.source, &graph.target]);
                if let GraphNodes::Tables(tables) = &graph.nodes {
                    self.exprs(tables.iter().flat_map(|(table, key)| [table, key]));
                }
                if let Some((by, query)) = &graph.partitioned_by {
                    self.expr(by);
                    self.pipeline(query);
                }
            }
            OperatorKind::GraphMerge { right, on } => {
                self.expr(right);
                self.exprs(on);
            }
            OperatorKind::Join(join) | OperatorKind::Lookup(join) => {
                self.expr(&join.right);
                self.exprs(&join.on);
                self.exprs(&join.predicate);
            }
            OperatorKind::MacroExpand {
                group, statements, ..
            } => {
                self.expr(group);
                self.0.extend(statements.iter().map(Node::Statement));
            }
            OperatorKind::MakeSeries(series) => {
                for item in &series.aggregates {
                    self.expr(&item.value.value);
                    self.exprs(&item.default);
                }
                self.expr(&series.on.value);
                match &series.range {
                    SeriesRange::FromToStep { from, to, step } => {
                        self.exprs(from.iter().chain(to).map(|bound| &**bound));
                        self.expr(step);
                    }
                    SeriesRange::InRange(bounds) => self.exprs(bounds),
                }
                self.named(&series.by);
            }
            OperatorKind::MvApply {
                items,
                limit,
                id,
                query,
            } => {
                self.named(items.iter().map(|item| &item.value));
                self.exprs(limit.iter().chain(id));
                self.pipeline(query);
            }
            OperatorKind::MvExpand { items, limit } => {
                self.named(items.iter().map(|item| &item.value));
                self.exprs(limit);
            }
            OperatorKind::Parse { text, pattern, .. } => {
                self.expr(text);
                self.exprs(pattern.iter().filter_map(|part| match part {
                    ParsePart::Text(expr) => Some(expr),
                    ParsePart::Star(_) | ParsePart::Column(_) => None,
                }));
            }
            OperatorKind::ParseKv { text, with, .. } => {
                self.expr(text);
                self.exprs(with.iter().map(|one| &one.value));
            }
            OperatorKind::Partition { by, scope, query } => {
                self.expr(by);
                self.exprs(scope);
                match query {
                    PartitionQuery::Rows(pipeline) => self.pipeline(pipeline),
                    PartitionQuery::Whole(expr) => self.expr(expr),
                }
            }
            OperatorKind::ProjectAway(exprs)
            | OperatorKind::ProjectByNames(exprs)
            | OperatorKind::ProjectKeep(exprs)
            | OperatorKind::Union(exprs) => self.exprs(exprs),
            OperatorKind::ProjectReorder(items) | OperatorKind::Sort(items) => {
                self.exprs(items.iter().map(|item| &item.value));
            }
            OperatorKind::Range { from, to, step, .. } => self.exprs([from, to, step]),
            OperatorKind::Reduce { by, with } => {
                self.expr(by);
                self.exprs(with.iter().map(|one| &one.value));
            }
            OperatorKind::Render { with, .. } => self.exprs(with.iter().map(|one| &one.value)),
            OperatorKind::SampleDistinct { count, of } => self.exprs([count, of]),
            OperatorKind::Scan(scan) => {
                self.exprs(&scan.partition_by);
                self.parameters(&scan.declare);
                for step in &scan.steps {
                    self.expr(&step.condition);
                    self.exprs(step.assignments.iter().map(|one| &one.value));
                }
            }
            OperatorKind::Search { tables, predicate } => {
                self.exprs(tables);
                self.expr(predicate);
            }
            OperatorKind::Summarize { aggregates, by } => {
                self.named(aggregates);
                self.named(by);
            }
            OperatorKind::Top { count, by } => self.exprs([count, &by.value]),
            OperatorKind::TopHitters { count, of, by } => {
                self.exprs([count, &of.value]);
                self.exprs(by);
            }
            OperatorKind::TopNested(levels) => {
                for level in levels {
                    self.exprs(level.count.iter().chain(&level.others));
                    self.exprs([&level.of.value, &level.by.value]);
                }
            }
            OperatorKind::Invoke(expr)
            | OperatorKind::GraphWhereNodes(expr)
            | OperatorKind::GraphWhereEdges(expr)
            | OperatorKind::Sample(expr)
            | OperatorKind::Take(expr)
            | OperatorKind::Where(expr) => self.expr(expr),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kql::parse;

    /// The names that occur, sorted.
    fn names(text: &str) -> Vec<String> {
        let parsed = parse(text);
        let mut names = Vec::new();
        walk(&parsed.query, &mut |node| {
            if let Node::Expr(Expr {
                kind: ExprKind::Name(name),
                ..
            }) = node
            {
                names.push(name.text.to_string());
            }
        });
        names.sort();
        names
    }

    #[test]
    fn names_are_found_wherever_they_stand() {
        for (text, wanted) in [
            (
                "let f = (x:long = a) { T | where b > x }; f(c)",
                "T a b c x",
            ),
            (
                "T | join kind=inner (U | extend y = a) on $left.k == $right.k",
                "$left $right T U a k k",
            ),
            ("T | mv-apply e = a on (where e > b)", "T a b e"),
            (
                "T | summarize c = sum(a) by bin(b, 1h) | top 3 by c",
                "T a b c",
            ),
            (
                "T | where a in (b, c) and d between (e .. f)",
                "T a b c d e f",
            ),
            (
                "T | make-series x = avg(a) default = b on t from c to d step e by g",
                "T a b c d e g t",
            ),
            (
                "T | parse kind=regex a with 'x' b:string | partition by c (top 1 by d)",
                "T a c d",
            ),
            ("union (A | where toscalar(B | take 1) == 1), C", "A B C"),
            (
                "T | scan declare (s:long = a) with (step x: b > 1 => s = c;)",
                "T a b c",
            ),
            ("find in (A, B) where a == 1 project b", "A B a b"),
        ] {
            assert_eq!(names(text).join(" "), wanted, "{text}");
        }
    }
}
