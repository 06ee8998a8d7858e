//! The tabular operators; those that name other tables are in `relation`, the graph ones in `graph`.

use super::Parser;
use crate::kql::ast::ColumnDecl;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Ident;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::NullsOrder;
use crate::kql::ast::Operator;
use crate::kql::ast::OperatorKind;
use crate::kql::ast::OperatorParameter;
use crate::kql::ast::Ordered;
use crate::kql::ast::ParsePart;
use crate::kql::ast::Pipeline;
use crate::kql::ast::SortOrder;
use crate::kql::span::TextSpan;
use crate::kql::token::TokenKind;
use crate::kql::token::WordUse;
use crate::kql::token::is_keyword;
use crate::kql::token::word_use;

/// The names of all operators, for suggestions and completion.
pub(crate) const OPERATORS: &[&str] = &[
    "as",
    "assert-schema",
    "consume",
    "count",
    "distinct",
    "evaluate",
    "extend",
    "facet",
    "filter",
    "find",
    "fork",
    "getschema",
    "graph-mark-components",
    "graph-match",
    "graph-merge",
    "graph-shortest-paths",
    "graph-to-table",
    "graph-where-edges",
    "graph-where-nodes",
    "invoke",
    "join",
    "limit",
    "lookup",
    "macro-expand",
    "make-graph",
    "make-series",
    "mv-apply",
    "mv-expand",
    "order",
    "parse",
    "parse-kv",
    "parse-where",
    "partition",
    "print",
    "project",
    "project-away",
    "project-by-names",
    "project-keep",
    "project-rename",
    "project-reorder",
    "range",
    "reduce",
    "render",
    "sample",
    "sample-distinct",
    "scan",
    "search",
    "serialize",
    "sort",
    "summarize",
    "take",
    "top",
    "top-hitters",
    "top-nested",
    "union",
    "where",
];

/// The hints that operators take as `hint.name = value`.
const HINTS: &[&str] = &[
    "concurrency",
    "distribution",
    "materialized",
    "num_partitions",
    "pass_filters",
    "pass_filters_column",
    "progressive_top",
    "remote",
    "shufflekey",
    "spread",
    "strategy",
];

impl Parser<'_> {
    /// Whether an operator stands here whose word can be nothing else, so that it may begin a query.
    pub(super) fn at_prefix_operator(&self) -> bool {
        match self.word() {
            "range" => self
                .name_ahead(1)
                .is_some_and(|(_, length)| self.word_ahead(1 + length) == "from"),
            "evaluate" => self.ahead(1).kind == TokenKind::Word,
            word => OPERATORS.binary_search(&word).is_ok() && word_use(word) != WordUse::Name,
        }
    }

    /// One operator, without the `|` before it.
    pub(super) fn operator(&mut self) -> Operator {
        let token = self.token();
        let word = self.word();
        let called = word == "count" && self.ahead(1).kind == TokenKind::OpenParen;
        if called
            || OPERATORS.binary_search(&word).is_err() && word != "mvexpand" && word != "mvapply"
        {
            return self.unknown_operator();
        }
        self.bump();
        let parameters = self.operator_parameters(parameter_names(word));
        for parameter in &parameters {
            self.parameter_fits(word, parameter);
        }
        let kind = self.operator_kind(word, token.span, &parameters);
        Operator {
            kind,
            parameters,
            keyword: token.span,
            span: self.span_from(token.span.start),
        }
    }

    fn unknown_operator(&mut self) -> Operator {
        let token = self.token();
        let word = self.word();
        // A keyword begins something else, perhaps the next statement.
        let span = if word.is_empty() || is_keyword(word) {
            TextSpan::at(self.previous_end())
        } else {
            token.span
        };
        let found = self.found();
        self.error(
            "kql-syntax-operator",
            span,
            format!("expected an operator such as `where`, found {found}"),
        );
        if let Some(near) = super::super::suggest::nearest(word, OPERATORS.iter().copied())
            && let Some(last) = self.diagnostics.last_mut()
        {
            last.help = Some(format!("`{near}` is an operator with a similar name"));
        }
        let name = if span.start == span.end {
            Ident {
                text: "".into(),
                span,
            }
        } else {
            self.take_name()
        };
        Operator {
            kind: OperatorKind::Unknown(name),
            parameters: Vec::new(),
            keyword: span,
            span,
        }
    }

    fn operator_kind(
        &mut self,
        word: &str,
        keyword: TextSpan,
        parameters: &[OperatorParameter],
    ) -> OperatorKind {
        match word {
            "as" => OperatorKind::As(self.declared_name()),
            "assert-schema" => OperatorKind::AssertSchema(self.row_schema()),
            "consume" => OperatorKind::Consume,
            "count" => OperatorKind::Count(self.eat_word("as").then(|| self.declared_name())),
            "distinct" => {
                OperatorKind::Distinct(self.list(Self::distinct_item, |p| p.starts_item(&[])))
            }
            "evaluate" => self.evaluate(),
            "extend" => OperatorKind::Extend(self.named_list(&[])),
            "facet" => self.facet(),
            "where" | "filter" => OperatorKind::Where(self.value()),
            "find" => self.find(parameters),
            "fork" => self.fork(),
            "getschema" => OperatorKind::GetSchema,
            "invoke" => OperatorKind::Invoke(self.invoked()),
            "join" => self.join(keyword, parameters),
            "lookup" => self.lookup(keyword, parameters),
            "make-series" => self.make_series(),
            "mv-apply" | "mvapply" => self.mv_apply(),
            "mv-expand" | "mvexpand" => {
                let items = self.list(Self::expand_item, |p| p.starts_item(&["limit"]));
                let limit = self.eat_word("limit").then(|| self.expr());
                OperatorKind::MvExpand { items, limit }
            }
            "parse" | "parse-where" => self.parse_pattern(word == "parse-where"),
            "parse-kv" => self.parse_kv(),
            "partition" => self.partition(),
            "print" => OperatorKind::Print(self.named_list(&[])),
            "project" => OperatorKind::Project(self.optional_named_list(&[])),
            "project-away" => OperatorKind::ProjectAway(self.column_patterns()),
            "project-by-names" => OperatorKind::ProjectByNames(
                self.list(Self::column_pattern_or_expr, Self::starts_column_pattern),
            ),
            "project-keep" => OperatorKind::ProjectKeep(self.column_patterns()),
            "project-rename" => OperatorKind::ProjectRename(self.optional_named_list(&[])),
            "project-reorder" => self.project_reorder(),
            "range" => {
                let name = self.declared_name();
                self.expect_word("from");
                let from = self.expr();
                self.expect_word("to");
                let to = self.expr();
                self.expect_word("step");
                let step = self.expr();
                OperatorKind::Range {
                    name,
                    from,
                    to,
                    step,
                }
            }
            "reduce" => {
                self.expect_word("by");
                let by = self.value();
                let mut with = Vec::new();
                if self.eat_word("with") {
                    while self.at_kind(TokenKind::Word) && self.ahead(1).kind == TokenKind::Assign {
                        with.push(self.property());
                        if !self.eat(TokenKind::Comma) {
                            break;
                        }
                    }
                }
                OperatorKind::Reduce { by, with }
            }
            "render" => self.render(),
            "sample" => OperatorKind::Sample(self.value()),
            "sample-distinct" => {
                let count = self.value();
                self.expect_word("of");
                OperatorKind::SampleDistinct {
                    count,
                    of: self.value(),
                }
            }
            "scan" => self.scan(),
            "search" => self.search(),
            "serialize" => OperatorKind::Serialize(self.optional_named_list(&[])),
            "sort" | "order" => {
                self.expect_word("by");
                OperatorKind::Sort(self.list(Self::ordered, |p| p.starts_item(&[])))
            }
            "summarize" => {
                let aggregates = self.optional_named_list(&[]);
                let by = if self.eat_word("by") {
                    self.named_list(&[])
                } else {
                    Vec::new()
                };
                OperatorKind::Summarize { aggregates, by }
            }
            "take" | "limit" => OperatorKind::Take(self.value()),
            "top" => {
                let count = self.value();
                self.expect_word("by");
                OperatorKind::Top {
                    count,
                    by: self.ordered(),
                }
            }
            "top-hitters" => {
                let count = self.value();
                self.expect_word("of");
                let of = self.named_expr();
                let by = self.eat_word("by").then(|| self.value());
                OperatorKind::TopHitters { count, of, by }
            }
            "top-nested" => self.top_nested(),
            "union" => self.union(),
            "macro-expand" => self.macro_expand(),
            _ => self.graph_operator(word),
        }
    }

    /// `name = value` pairs after an operator's keyword: hints, and the names in `allowed`.
    pub(super) fn operator_parameters(&mut self, allowed: &[&str]) -> Vec<OperatorParameter> {
        let mut parameters = Vec::new();
        loop {
            let start = self.here();
            let length = if self.at_word("hint")
                && self.ahead(1).kind == TokenKind::Dot
                && HINTS.contains(&self.word_ahead(2))
                && self.ahead(3).kind == TokenKind::Assign
            {
                3
            } else if allowed.contains(&self.word()) && self.ahead(1).kind == TokenKind::Assign {
                1
            } else {
                return parameters;
            };
            for _ in 0..length {
                self.bump();
            }
            let span = self.span_from(start);
            let name = Ident {
                text: self.text[span.range()].into(),
                span,
            };
            self.bump();
            parameters.push(OperatorParameter {
                name,
                value: self.parameter_value(),
            });
        }
    }

    /// The value of a parameter: a word, even a keyword, or a literal.
    pub(super) fn parameter_value(&mut self) -> Expr {
        match self.kind() {
            TokenKind::Word if matches!(self.word(), "true" | "false") || self.at_dynamic() => {
                self.primary()
            }
            TokenKind::Word if !self.at_foreign_keyword() => {
                let name = self.take_name();
                let span = name.span;
                Expr {
                    kind: ExprKind::Name(name),
                    span,
                }
            }
            TokenKind::OpenBracket if self.at_name().is_some() => self.primary(),
            _ => match self.signed_literal() {
                Some(literal) => literal,
                None => self.missing_expr(),
            },
        }
    }

    /// Whether a keyword stands here that is no parameter's value.
    fn at_foreign_keyword(&self) -> bool {
        matches!(word_use(self.word()), WordUse::Never | WordUse::Declaration)
            && !matches!(
                self.word(),
                "simple" | "relaxed" | "first" | "last" | "latest" | "asc" | "desc" | "verbose"
            )
    }

    fn at_dynamic(&self) -> bool {
        self.at_word("dynamic") && self.ahead(1).kind == TokenKind::OpenParen
    }

    /// Whether another item of a list follows although the comma is missing; `stops` are words that end the list.
    pub(super) fn starts_item(&self, stops: &[&str]) -> bool {
        self.starts_scalar() && !stops.contains(&self.word())
    }

    pub(super) fn named_list(&mut self, stops: &[&str]) -> Vec<NamedExpr> {
        self.list(Self::named_expr, |p| p.starts_item(stops))
    }

    fn optional_named_list(&mut self, stops: &[&str]) -> Vec<NamedExpr> {
        let named = matches!(self.name_ahead(0), Some((WordUse::Declaration, length))
            if self.ahead(length).kind == TokenKind::Assign);
        if named || self.starts_item(stops) || self.at_kind(TokenKind::Comma) {
            self.named_list(stops)
        } else {
            Vec::new()
        }
    }

    fn distinct_item(&mut self) -> NamedExpr {
        if self.at_kind(TokenKind::Star) {
            let star = self.bump();
            return NamedExpr {
                names: crate::kql::ast::Names::None,
                value: Expr {
                    kind: ExprKind::Star,
                    span: star.span,
                },
            };
        }
        self.named_expr()
    }

    fn evaluate(&mut self) -> OperatorKind {
        let name = if let Some(WordUse::Name) = self.at_name() {
            self.take_name()
        } else {
            self.missing("a plug-in call");
            Ident {
                text: "".into(),
                span: TextSpan::at(self.previous_end()),
            }
        };
        let call = if name.text.is_empty() {
            crate::kql::ast::Call {
                arguments: Vec::new(),
                arguments_span: name.span,
                name,
            }
        } else {
            self.call(name)
        };
        let schema = self.eat(TokenKind::Colon).then(|| self.row_schema());
        OperatorKind::Evaluate { call, schema }
    }

    /// `a.b`: a column or what it holds, where no call is allowed.
    pub(super) fn column_path(&mut self) -> Expr {
        let start = self.here();
        let mut expr = match self.at_name() {
            Some(WordUse::Name | WordUse::Reference) => {
                let name = self.take_name();
                let span = name.span;
                Expr {
                    kind: ExprKind::Name(name),
                    span,
                }
            }
            _ => return self.missing_expr(),
        };
        while self.eat(TokenKind::Dot) {
            let selector = match self.at_name() {
                Some(WordUse::Name | WordUse::Reference) => {
                    let name = self.take_name();
                    let span = name.span;
                    Expr {
                        kind: ExprKind::Name(name),
                        span,
                    }
                }
                _ => self.missing_expr(),
            };
            expr = Expr {
                kind: ExprKind::Path {
                    target: Box::new(expr),
                    selector: Box::new(selector),
                },
                span: self.span_from(start),
            };
            if self.nested(|_| ()).is_none() {
                break;
            }
        }
        expr
    }

    /// `(operator | operator …)`, which gets its rows from outside.
    pub(super) fn sub_pipeline(&mut self) -> Pipeline {
        let mut pipeline = Pipeline {
            source: None,
            operators: Vec::new(),
        };
        if !self.expect(TokenKind::OpenParen, "`(`") {
            return pipeline;
        }
        while let Some(operator) = self.nested(Self::operator) {
            pipeline.operators.push(operator);
            if !self.eat(TokenKind::Pipe) {
                break;
            }
        }
        self.expect(TokenKind::CloseParen, "`)`");
        pipeline
    }

    fn invoked(&mut self) -> Expr {
        let start = self.here();
        match self.name_ahead(0) {
            Some((WordUse::Name, length)) if self.ahead(length).kind == TokenKind::OpenParen => {
                let name = self.take_name();
                let call = self.call(name);
                Expr {
                    kind: ExprKind::Call(Box::new(call)),
                    span: self.span_from(start),
                }
            }
            _ => self.missing_expr(),
        }
    }

    fn parse_pattern(&mut self, only_matching: bool) -> OperatorKind {
        let text = self.expr();
        self.expect_word("with");
        let mut pattern = Vec::new();
        loop {
            match self.kind() {
                TokenKind::Star => {
                    let star = self.bump();
                    pattern.push(ParsePart::Star(star.span));
                }
                TokenKind::String => pattern.push(ParsePart::Text(self.primary())),
                _ if self.at_name() == Some(WordUse::Name) => {
                    let name = self.take_name();
                    let type_name = if self.eat(TokenKind::Colon) {
                        self.type_name()
                    } else {
                        Ident {
                            text: "string".into(),
                            span: TextSpan::at(name.span.end),
                        }
                    };
                    pattern.push(ParsePart::Column(ColumnDecl { name, type_name }));
                }
                _ => break,
            }
        }
        OperatorKind::Parse {
            only_matching,
            text,
            pattern,
        }
    }

    fn starts_column_pattern(&self) -> bool {
        match self.kind() {
            TokenKind::Star => true,
            TokenKind::OpenBracket => true,
            _ => matches!(self.at_name(), Some(WordUse::Name | WordUse::Reference)),
        }
    }

    fn column_patterns(&mut self) -> Vec<Expr> {
        if !self.starts_column_pattern() && !self.at_kind(TokenKind::Comma) {
            return Vec::new();
        }
        self.list(Self::column_pattern, Self::starts_column_pattern)
    }

    /// A column's name, or several by `*`.
    fn column_pattern(&mut self) -> Expr {
        if let Some(name) = self.wildcard() {
            let span = name.span;
            return Expr {
                kind: ExprKind::Wildcard(name),
                span,
            };
        }
        self.column_path()
    }

    fn column_pattern_or_expr(&mut self) -> Expr {
        if let Some(name) = self.wildcard() {
            let span = name.span;
            return Expr {
                kind: ExprKind::Wildcard(name),
                span,
            };
        }
        self.expr()
    }

    fn project_reorder(&mut self) -> OperatorKind {
        if !self.starts_column_pattern() {
            return OperatorKind::ProjectReorder(Vec::new());
        }
        OperatorKind::ProjectReorder(self.list(
            |p| {
                let value = p.column_pattern();
                let (order, nulls) = p.order();
                Ordered {
                    value,
                    order,
                    nulls,
                }
            },
            Self::starts_column_pattern,
        ))
    }

    fn ordered(&mut self) -> Ordered {
        let value = self.value();
        let (order, nulls) = self.order();
        Ordered {
            value,
            order,
            nulls,
        }
    }

    pub(super) fn order(&mut self) -> (Option<SortOrder>, Option<NullsOrder>) {
        let order = match self.word() {
            "asc" => Some(SortOrder::Asc),
            "desc" => Some(SortOrder::Desc),
            "granny-asc" => Some(SortOrder::GrannyAsc),
            "granny-desc" => Some(SortOrder::GrannyDesc),
            _ => None,
        };
        if order.is_some() {
            self.bump();
        }
        if !self.at_word("nulls") {
            return (order, None);
        }
        self.bump();
        let nulls = match self.word() {
            "first" => Some(NullsOrder::First),
            "last" => Some(NullsOrder::Last),
            _ => None,
        };
        if nulls.is_some() {
            self.bump();
        } else {
            self.expected("`first` or `last`");
        }
        (order, nulls)
    }
}

/// The parameters, hints aside, that the operator `word` takes.
fn parameter_names(word: &str) -> &'static [&'static str] {
    match word {
        "consume" => &["decodeblocks"],
        "find" => &["withsource", "with_source", "kind", "datascope"],
        "search" => &["kind"],
        "join" | "lookup" | "reduce" => &["kind"],
        "mv-apply" | "mvapply" => &["with_itemindex"],
        "mv-expand" | "mvexpand" => &["kind", "bagexpansion", "with_itemindex"],
        "parse" | "parse-where" => &["kind", "flags"],
        "make-series" | "graph-mark-components" => &["kind", "with_component_id"],
        "scan" => &["with_match_id", "with_step_name"],
        "union" => &["kind", "withsource", "with_source", "isfuzzy"],
        "macro-expand" => &["isfuzzy", "kind"],
        "graph-match" => &["cycles"],
        "graph-shortest-paths" => &["output"],
        "evaluate" => &[],
        _ => &[],
    }
}
