//! A walk over the expressions of a query, in the order they are written.

use super::Body;
use super::Expr;
use super::ExprKind;
use super::NamedExpr;
use super::Operator;
use super::OperatorKind;
use super::PartitionQuery;
use super::Pipeline;
use super::Query;
use super::Statement;
use super::StatementKind;

/// What is told of each node.
pub(crate) trait Visitor<'q> {
    /// An operator of a pipeline, before what is in it.
    fn operator(&mut self, operator: &'q Operator);
    /// An expression, before what is in it.
    fn expression(&mut self, expr: &'q Expr);
}

/// Visits everything that decides about rows: conditions, values, and the queries inside them.
///
/// Graph operators, `scan`, `macro-expand` and the lists of `datatable` and `externaldata` are passed over.
pub(crate) fn walk<'q>(query: &'q Query, visitor: &mut impl Visitor<'q>) {
    statements(&query.statements, visitor);
}

fn statements<'q>(list: &'q [Statement], visitor: &mut impl Visitor<'q>) {
    for statement in list {
        match &statement.kind {
            StatementKind::Let { value, .. } | StatementKind::Expression(value) => {
                expression(value, visitor);
            }
            _ => {}
        }
    }
}

fn body<'q>(body: &'q Body, visitor: &mut impl Visitor<'q>) {
    statements(&body.statements, visitor);
}

fn all<'q>(list: &'q [Expr], visitor: &mut impl Visitor<'q>) {
    for expr in list {
        expression(expr, visitor);
    }
}

fn named<'q>(list: &'q [NamedExpr], visitor: &mut impl Visitor<'q>) {
    for item in list {
        expression(&item.value, visitor);
    }
}

fn pipeline<'q>(query: &'q Pipeline, visitor: &mut impl Visitor<'q>) {
    if let Some(source) = &query.source {
        expression(source, visitor);
    }
    for one in &query.operators {
        operator(one, visitor);
    }
}

fn expression<'q>(expr: &'q Expr, visitor: &mut impl Visitor<'q>) {
    visitor.expression(expr);
    match &expr.kind {
        ExprKind::Call(call) => named(&call.arguments, visitor),
        ExprKind::Path { target, selector } => {
            expression(target, visitor);
            expression(selector, visitor);
        }
        ExprKind::Index { target, index } => {
            expression(target, visitor);
            expression(index, visitor);
        }
        ExprKind::Unary { operand, .. } => expression(operand, visitor),
        ExprKind::Binary { left, right, .. } => {
            expression(left, visitor);
            expression(right, visitor);
        }
        ExprKind::Logical { operands, .. } => all(operands, visitor),
        ExprKind::In { left, list, .. } => {
            expression(left, visitor);
            all(list, visitor);
        }
        ExprKind::Between {
            value, low, high, ..
        } => {
            expression(value, visitor);
            expression(low, visitor);
            expression(high, visitor);
        }
        ExprKind::Assign(item) => expression(&item.value, visitor),
        ExprKind::Paren(inner)
        | ExprKind::ToScalar(inner)
        | ExprKind::ToTable(inner)
        | ExprKind::Materialize(inner) => expression(inner, visitor),
        ExprKind::Pipeline(query) => pipeline(query, visitor),
        ExprKind::Function(function) => body(&function.body, visitor),
        _ => {}
    }
}

fn operator<'q>(one: &'q Operator, visitor: &mut impl Visitor<'q>) {
    visitor.operator(one);
    match &one.kind {
        OperatorKind::Distinct(list)
        | OperatorKind::Extend(list)
        | OperatorKind::Print(list)
        | OperatorKind::Project(list)
        | OperatorKind::Serialize(list) => named(list, visitor),
        OperatorKind::Evaluate { call, .. } => named(&call.arguments, visitor),
        OperatorKind::Facet {
            with: Some(query), ..
        } => pipeline(query, visitor),
        OperatorKind::Find(find) => expression(&find.predicate, visitor),
        OperatorKind::Fork(arms) => {
            for arm in arms {
                pipeline(&arm.query, visitor);
            }
        }
        OperatorKind::Invoke(expr) | OperatorKind::Where(expr) => expression(expr, visitor),
        OperatorKind::Join(join) | OperatorKind::Lookup(join) => {
            expression(&join.right, visitor);
            all(&join.on, visitor);
            if let Some(predicate) = &join.predicate {
                expression(predicate, visitor);
            }
        }
        OperatorKind::MakeSeries(series) => {
            for item in &series.aggregates {
                expression(&item.value.value, visitor);
            }
            named(&series.by, visitor);
        }
        OperatorKind::MvApply { items, query, .. } => {
            for item in items {
                expression(&item.value.value, visitor);
            }
            pipeline(query, visitor);
        }
        OperatorKind::MvExpand { items, .. } => {
            for item in items {
                expression(&item.value.value, visitor);
            }
        }
        OperatorKind::Parse { text, .. } | OperatorKind::ParseKv { text, .. } => {
            expression(text, visitor);
        }
        OperatorKind::Partition { query, .. } => match query {
            PartitionQuery::Rows(query) => pipeline(query, visitor),
            PartitionQuery::Whole(query) => expression(query, visitor),
        },
        OperatorKind::Search { predicate, .. } => expression(predicate, visitor),
        OperatorKind::Summarize { aggregates, by } => {
            named(aggregates, visitor);
            named(by, visitor);
        }
        OperatorKind::Union(list) => all(list, visitor),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kql::parse;

    #[derive(Default)]
    struct Counted {
        conditions: usize,
        comparisons: usize,
    }

    impl<'q> Visitor<'q> for Counted {
        fn operator(&mut self, operator: &'q Operator) {
            self.conditions += usize::from(matches!(operator.kind, OperatorKind::Where(_)));
        }
        fn expression(&mut self, expr: &'q Expr) {
            self.comparisons += usize::from(matches!(expr.kind, ExprKind::Binary { .. }));
        }
    }

    #[test]
    fn conditions_are_found_wherever_a_query_stands() {
        let text = "let f = (x:long) { T | where a == x }; let t = materialize(T | where b > 1); \
                    union (T | where c < 1), (T | where d in ((t | where e != 2 | project e))) \
                    | join kind=inner (t | where g == 1) on h \
                    | mv-apply i to typeof(long) on (where i >= 3 | summarize n = countif(i == 4)) \
                    | where toscalar(t | where j == 5 | count) > 1";
        let parsed = parse(text);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let mut counted = Counted::default();
        walk(&parsed.query, &mut counted);
        assert_eq!((counted.conditions, counted.comparisons), (9, 9));
    }
}
