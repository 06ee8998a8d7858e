//! The operators with a grammar of their own inside: series, expansion, patterns, partitions, steps, charts.

use super::Parser;
use crate::kql::ast::ExpandItem;
use crate::kql::ast::Expr;
use crate::kql::ast::ForkArm;
use crate::kql::ast::Ident;
use crate::kql::ast::MakeSeries;
use crate::kql::ast::OperatorKind;
use crate::kql::ast::OperatorParameter;
use crate::kql::ast::PartitionQuery;
use crate::kql::ast::Scan;
use crate::kql::ast::ScanAssignment;
use crate::kql::ast::ScanStep;
use crate::kql::ast::SeriesItem;
use crate::kql::ast::SeriesRange;
use crate::kql::ast::TopNested;
use crate::kql::span::TextSpan;
use crate::kql::token::TokenKind;
use crate::kql::token::WordUse;
use crate::kql::token::is_keyword;

/// What `render` draws.
const CHARTS: &[&str] = &[
    "3Dchart",
    "anomalychart",
    "areachart",
    "barchart",
    "card",
    "columnchart",
    "graph",
    "ladderchart",
    "linechart",
    "list",
    "piechart",
    "pivotchart",
    "plotly",
    "sankey",
    "scatterchart",
    "stackedareachart",
    "table",
    "timechart",
    "timeline",
    "timepivot",
    "treemap",
];

impl Parser<'_> {
    pub(super) fn make_series(&mut self) -> OperatorKind {
        let stops = &["default", "on", "in", "from", "to", "step", "by"];
        let aggregates = self.list(
            |p| SeriesItem {
                value: p.named_expr(),
                default: (p.at_word("default") && p.ahead(1).kind == TokenKind::Assign).then(
                    || {
                        p.bump();
                        p.bump();
                        p.expr()
                    },
                ),
            },
            |p| p.starts_item(stops),
        );
        self.expect_word("on");
        let on = self.named_expr();
        let range = if matches!(self.word(), "from" | "to" | "step") {
            let from = self.eat_word("from").then(|| Box::new(self.expr()));
            let to = self.eat_word("to").then(|| Box::new(self.expr()));
            self.expect_word("step");
            SeriesRange::FromToStep {
                from,
                to,
                step: Box::new(self.expr()),
            }
        } else {
            if self.expect_word("in") {
                self.expect_word("range");
            } else {
                self.help(
                    "the steps are written `from … to … step …`, or `in range(from, to, step)`",
                );
                self.eat_word("range");
            }
            self.expect(TokenKind::OpenParen, "`(`");
            let bounds = if self.starts_expr() {
                self.bracketed_list(Self::expr)
            } else {
                Vec::new()
            };
            self.expect(TokenKind::CloseParen, "`)`");
            SeriesRange::InRange(bounds)
        };
        let by = if self.eat_word("by") {
            self.named_list(&[])
        } else {
            Vec::new()
        };
        OperatorKind::MakeSeries(Box::new(MakeSeries {
            aggregates,
            on,
            range,
            by,
        }))
    }

    pub(super) fn expand_item(&mut self) -> ExpandItem {
        let value = self.named_expr();
        let to = if self.eat_word("to") {
            self.type_of_columns().into_iter().next()
        } else {
            None
        };
        ExpandItem { value, to }
    }

    pub(super) fn mv_apply(&mut self) -> OperatorKind {
        let items = self.list(Self::expand_item, |p| p.starts_item(&["limit", "on", "id"]));
        let limit = self.eat_word("limit").then(|| self.expr());
        let id = self.eat_word("id").then(|| self.expr());
        self.expect_word("on");
        let query = self.sub_pipeline();
        OperatorKind::MvApply {
            items,
            limit,
            id,
            query,
        }
    }

    pub(super) fn parse_kv(&mut self) -> OperatorKind {
        let text = self.value();
        self.expect_word("as");
        let schema = self.row_schema();
        let with = if self.eat_word("with") {
            self.properties()
        } else {
            Vec::new()
        };
        OperatorKind::ParseKv { text, schema, with }
    }

    pub(super) fn partition(&mut self) -> OperatorKind {
        self.expect_word("by");
        let by = self.column_path();
        let scope = self.eat_word("in").then(|| self.column_path());
        let query = if self.eat(TokenKind::OpenBrace) {
            let inner = self.pipeline();
            self.expect(TokenKind::CloseBrace, "`}`");
            PartitionQuery::Whole(inner)
        } else {
            PartitionQuery::Rows(self.sub_pipeline())
        };
        OperatorKind::Partition { by, scope, query }
    }

    pub(super) fn render(&mut self) -> OperatorKind {
        let known = CHARTS.contains(&self.word());
        if !known {
            self.expected("a chart such as `timechart`");
        }
        let chart = if known || self.at_kind(TokenKind::Word) && !is_keyword(self.word()) {
            self.take_name()
        } else {
            Ident {
                text: "".into(),
                span: TextSpan::at(self.previous_end()),
            }
        };
        let mut with = Vec::new();
        if self.at_word("with") && self.ahead(1).kind == TokenKind::OpenParen {
            self.bump();
            self.bump();
            if !self.at_kind(TokenKind::CloseParen) {
                with = self.bracketed_list(Self::render_property);
            }
            self.expect(TokenKind::CloseParen, "`)`");
        } else {
            while self.at_kind(TokenKind::Word) && !self.at_prefix_operator() {
                with.push(self.render_property());
                if !self.eat(TokenKind::Comma) && !self.at_kind(TokenKind::Word) {
                    break;
                }
            }
        }
        OperatorKind::Render { chart, with }
    }

    /// A property of `render`; those for columns take several names.
    pub(super) fn render_property(&mut self) -> OperatorParameter {
        let name = if self.at_kind(TokenKind::Word) {
            self.take_name()
        } else {
            self.missing_ident()
        };
        self.expect(TokenKind::Assign, "`=`");
        let value = self.parameter_value();
        let columns = matches!(
            &*name.text,
            "series" | "ycolumns" | "anomalycolumns" | "by" | "xcolumn"
        );
        while columns
            && self.at_kind(TokenKind::Comma)
            && self.ahead(1).kind == TokenKind::Word
            && self.ahead(2).kind != TokenKind::Assign
        {
            self.bump();
            self.bump();
        }
        OperatorParameter { name, value }
    }

    pub(super) fn scan(&mut self) -> OperatorKind {
        let mut scan = Scan {
            partition_by: Vec::new(),
            declare: Vec::new(),
            steps: Vec::new(),
        };
        if self.eat_word("partition") {
            self.expect_word("by");
            scan.partition_by = self.list(Self::expr, |p| p.starts_item(&["declare", "with"]));
        }
        if self.eat_word("declare") {
            scan.declare = self.parameters();
        }
        self.expect_word("with");
        if self.expect(TokenKind::OpenParen, "`(`") {
            while self.at_word("step") {
                let step = self.scan_step();
                scan.steps.push(step);
            }
        }
        self.expect(TokenKind::CloseParen, "`)`");
        OperatorKind::Scan(Box::new(scan))
    }

    pub(super) fn scan_step(&mut self) -> ScanStep {
        self.bump();
        let name = self.declared_name();
        let optional = self.eat_word("optional");
        let mut output = None;
        if self.eat_word("output") {
            self.expect(TokenKind::Assign, "`=`");
            output = match self.kind() {
                TokenKind::Word => Some(self.take_name()),
                _ => Some(self.missing_ident()),
            };
        }
        self.expect(TokenKind::Colon, "`:`");
        let condition = self.expr();
        let mut assignments = Vec::new();
        if self.eat(TokenKind::Arrow) {
            assignments = self.list(
                |p| {
                    let name = p.declared_name_wide();
                    p.expect(TokenKind::Assign, "`=`");
                    ScanAssignment {
                        name,
                        value: p.expr(),
                    }
                },
                |p| p.name_ahead(0).is_some() && !p.at_word("step"),
            );
        }
        self.expect(TokenKind::Semicolon, "`;`");
        ScanStep {
            name,
            optional,
            output,
            condition,
            assignments,
        }
    }

    pub(super) fn top_nested(&mut self) -> OperatorKind {
        let mut levels = Vec::new();
        loop {
            let count = (!self.at_word("of")).then(|| self.expr());
            self.expect_word("of");
            let of = self.named_expr();
            let others = if self.eat_word("with") {
                self.expect_word("others");
                self.expect(TokenKind::Assign, "`=`");
                Some(self.expr())
            } else {
                None
            };
            self.expect_word("by");
            let by = self.named_expr();
            let (order, _) = self.order();
            levels.push(TopNested {
                count,
                of,
                others,
                by,
                order,
            });
            if !(self.at_kind(TokenKind::Comma) && self.word_ahead(1) == "top-nested") {
                break;
            }
            self.bump();
            self.bump();
        }
        OperatorKind::TopNested(levels)
    }

    pub(super) fn macro_expand(&mut self) -> OperatorKind {
        let start = self.here();
        let group = if self.at_word("entity_group") && self.ahead(1).kind == TokenKind::OpenBracket
        {
            let kind = self.entity_group();
            Expr {
                kind,
                span: self.span_from(start),
            }
        } else {
            self.postfix()
        };
        let name = self.eat_word("as").then(|| self.declared_name());
        self.expect(TokenKind::OpenParen, "`(`");
        let statements = self.nested(Self::inner_statements).unwrap_or_default();
        self.expect(TokenKind::CloseParen, "`)`");
        OperatorKind::MacroExpand {
            group,
            name,
            statements,
        }
    }

    pub(super) fn fork(&mut self) -> OperatorKind {
        let mut arms = Vec::new();
        loop {
            let name = match self.name_ahead(0) {
                Some((WordUse::Name | WordUse::Declaration, length))
                    if self.ahead(length).kind == TokenKind::Assign =>
                {
                    let name = self.take_name();
                    self.bump();
                    Some(name)
                }
                _ => None,
            };
            if name.is_none() && !self.at_kind(TokenKind::OpenParen) && !arms.is_empty() {
                break;
            }
            let before = self.at;
            arms.push(ForkArm {
                name,
                query: self.sub_pipeline(),
            });
            if self.at == before {
                break;
            }
        }
        OperatorKind::Fork(arms)
    }

    pub(super) fn facet(&mut self) -> OperatorKind {
        self.expect_word("by");
        let by = self.list(Self::column_path, |p| p.starts_item(&["with"]));
        let with = self.eat_word("with").then(|| self.sub_pipeline());
        OperatorKind::Facet { by, with }
    }
}
