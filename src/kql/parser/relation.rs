//! Operators that name other tables: union, join, lookup, find, search.
//!
//! ```text
//! union  = 'union' parameter* table,+
//! join   = 'join' parameter* postfix ('on' expr,+ | 'where' expr)?
//! lookup = 'lookup' parameter* postfix 'on' expr,+
//! find   = 'find' parameter* ('in' '(' table,* ')')? 'where'? expr ('project' column,+ | 'project-smart')?
//! search = 'search' parameter* ('in' '(' table,* ')')? (expr | '*')
//! ```

use super::Parser;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Find;
use crate::kql::ast::FindColumn;
use crate::kql::ast::FindProject;
use crate::kql::ast::Ident;
use crate::kql::ast::Join;
use crate::kql::ast::JoinKind;
use crate::kql::ast::OperatorKind;
use crate::kql::ast::OperatorParameter;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::span::TextSpan;
use crate::kql::token::TokenKind;

impl Parser<'_> {
    /// A table in a list: an expression, or a name with `*` in it, perhaps behind a database.
    pub(super) fn table_item(&mut self) -> Expr {
        if let Some(name) = self.wildcard() {
            let span = name.span;
            return Expr {
                kind: ExprKind::Wildcard(name),
                span,
            };
        }
        let start = self.here();
        let mut expr = self.postfix_or_missing();
        // `database("x").*` ends with a dot that the expression could not take a name from.
        if self.at_kind(TokenKind::Dot)
            && let ExprKind::Missing = expr.kind
        {
            return expr;
        }
        if let ExprKind::Path { selector, .. } = &mut expr.kind
            && matches!(selector.kind, ExprKind::Missing | ExprKind::Name(_))
        {
            self.widen_selector(selector);
        }
        expr.span = self.span_from(start);
        expr
    }

    fn postfix_or_missing(&mut self) -> Expr {
        if self.starts_expr() {
            self.postfix_with_wildcard()
        } else {
            self.missing_expr()
        }
    }

    /// As [`Self::postfix`], but a missing name before `*` is no error.
    fn postfix_with_wildcard(&mut self) -> Expr {
        let reported = self.diagnostics.len();
        let expr = self.postfix();
        if self.at_kind(TokenKind::Star)
            && let ExprKind::Path { selector, .. } = &expr.kind
            && matches!(selector.kind, ExprKind::Missing)
        {
            self.diagnostics.truncate(reported);
        }
        expr
    }

    /// Takes the `*` that directly follows a selector into it.
    fn widen_selector(&mut self, selector: &mut Expr) {
        if !self.at_kind(TokenKind::Star) {
            return;
        }
        let start = match &selector.kind {
            ExprKind::Name(name) if name.span.end == self.here() => name.span.start,
            ExprKind::Missing => self.here(),
            _ => return,
        };
        let end = self.wildcard_end();
        let span = TextSpan { start, end };
        *selector = Expr {
            kind: ExprKind::Wildcard(Ident {
                text: self.text[span.range()].into(),
                span,
            }),
            span,
        };
    }

    /// Moves behind the words and stars that stand without space from here on; returns their end.
    fn wildcard_end(&mut self) -> u32 {
        let mut end = self.here();
        while self.here() == end
            && matches!(
                self.kind(),
                TokenKind::Star | TokenKind::Word | TokenKind::Long
            )
        {
            end = self.bump().span.end;
        }
        end
    }

    /// A name with `*` in it, when one stands here: `*`, `a*`, `*a`, `a*b*`, also in brackets.
    pub(super) fn wildcard(&mut self) -> Option<Ident> {
        let first = self.token();
        let starred = match first.kind {
            TokenKind::Star => true,
            TokenKind::Word => {
                let next = self.ahead(1);
                next.kind == TokenKind::Star && next.span.start == first.span.end
            }
            TokenKind::OpenBracket => {
                let inner = self.ahead(1);
                let next = self.ahead(2);
                if !(inner.kind == TokenKind::Star
                    || (inner.kind == TokenKind::Word && next.kind == TokenKind::Star))
                {
                    return None;
                }
                self.bump();
                let start = self.here();
                let end = self.wildcard_end();
                self.expect(TokenKind::CloseBracket, "`]`");
                let text = self.text[start as usize..end as usize].into();
                return Some(Ident {
                    text,
                    span: self.span_from(first.span.start),
                });
            }
            _ => false,
        };
        if !starred {
            return None;
        }
        let end = self.wildcard_end();
        let span = TextSpan {
            start: first.span.start,
            end,
        };
        Some(Ident {
            text: self.text[span.range()].into(),
            span,
        })
    }

    pub(super) fn union(&mut self) -> OperatorKind {
        let tables = self.list(Self::table_item, Self::starts_expr);
        OperatorKind::Union(tables)
    }

    pub(super) fn join(
        &mut self,
        keyword: TextSpan,
        parameters: &[OperatorParameter],
    ) -> OperatorKind {
        let join = self.join_parts(keyword, parameters, JoinKind::InnerUnique, false);
        OperatorKind::Join(Box::new(join))
    }

    pub(super) fn lookup(
        &mut self,
        keyword: TextSpan,
        parameters: &[OperatorParameter],
    ) -> OperatorKind {
        let join = self.join_parts(keyword, parameters, JoinKind::LeftOuter, true);
        OperatorKind::Lookup(Box::new(join))
    }

    fn join_parts(
        &mut self,
        keyword: TextSpan,
        parameters: &[OperatorParameter],
        default: JoinKind,
        on_required: bool,
    ) -> Join {
        let kind = parameters
            .iter()
            .find(|p| &*p.name.text == "kind")
            .map_or(default, |p| join_kind(&p.value));
        let reported = self.diagnostics.len();
        let right = if self.starts_expr() && !self.at_word("on") {
            self.expr()
        } else {
            self.missing_expr()
        };
        let mut join = Join {
            kind,
            right,
            on: Vec::new(),
            predicate: None,
        };
        if self.eat_word("on") {
            join.on = self.list(Self::expr, |_| false);
        } else if self.at_word("where") && !on_required {
            self.bump();
            join.predicate = Some(self.expr());
        } else if on_required {
            self.missing("the `on` clause");
        } else {
            self.without_on(keyword, reported);
        }
        join
    }

    /// Reports a join without a condition, at its keyword as the service does. Where a finding inside the join tells
    /// why none was found, this one only follows from it.
    fn without_on(&mut self, keyword: TextSpan, reported: usize) {
        if self.too_deep {
            return;
        }
        let mut finding = Diagnostic::error(
            "kql-syntax-missing",
            keyword,
            "the `on` clause of this join is missing".to_owned(),
        )
        .with_help("`on Column` joins rows that agree in a column of that name; `on $left.A == $right.B` names both");
        finding.cascade = self.diagnostics.len() > reported;
        self.diagnostics.push(finding);
    }

    fn in_tables(&mut self) -> Vec<Expr> {
        if !self.eat_word("in") {
            return Vec::new();
        }
        self.expect(TokenKind::OpenParen, "`(`");
        let tables = self.bracketed_list(Self::table_item);
        self.expect(TokenKind::CloseParen, "`)`");
        tables
    }

    pub(super) fn find(&mut self, parameters: &[OperatorParameter]) -> OperatorKind {
        let tables = self.in_tables();
        let plain = parameters.is_empty() && tables.is_empty();
        if !self.eat_word("where") && !plain {
            self.expected("`where`");
        }
        let predicate = if self.starts_expr() || self.at_kind(TokenKind::Star) {
            self.expr()
        } else {
            self.missing_expr()
        };
        let project = match self.word() {
            "project" => {
                self.bump();
                FindProject::Columns(self.list(Self::find_column, Self::starts_expr))
            }
            "project-smart" => {
                self.bump();
                FindProject::Smart
            }
            _ => FindProject::Default,
        };
        OperatorKind::Find(Box::new(Find {
            tables,
            predicate,
            project,
        }))
    }

    fn find_column(&mut self) -> FindColumn {
        let start = self.here();
        if self.at_word("pack")
            && self.ahead(1).kind == TokenKind::OpenParen
            && self.ahead(2).kind == TokenKind::Star
            && self.ahead(3).kind == TokenKind::CloseParen
        {
            for _ in 0..4 {
                self.bump();
            }
            return FindColumn::PackAll(self.span_from(start));
        }
        let column = self.postfix();
        let type_name = self.eat(TokenKind::Colon).then(|| self.type_name());
        FindColumn::Column(column, type_name)
    }

    pub(super) fn search(&mut self) -> OperatorKind {
        let tables = self.in_tables();
        let next = self.ahead(1).kind;
        let star_alone = self.at_kind(TokenKind::Star)
            && matches!(
                next,
                TokenKind::Pipe
                    | TokenKind::End
                    | TokenKind::Semicolon
                    | TokenKind::CloseParen
                    | TokenKind::String
            );
        let predicate = if star_alone {
            let star = self.bump();
            Expr {
                kind: ExprKind::Star,
                span: star.span,
            }
        } else {
            self.expr()
        };
        OperatorKind::Search { tables, predicate }
    }
}

/// The kind that `value` names.
fn join_kind(value: &Expr) -> JoinKind {
    let ExprKind::Name(name) = &value.kind else {
        return JoinKind::Unknown;
    };
    match &*name.text {
        "innerunique" => JoinKind::InnerUnique,
        "inner" => JoinKind::Inner,
        "leftouter" => JoinKind::LeftOuter,
        "rightouter" => JoinKind::RightOuter,
        "fullouter" => JoinKind::FullOuter,
        "leftsemi" => JoinKind::LeftSemi,
        "rightsemi" => JoinKind::RightSemi,
        "anti" | "leftanti" | "leftantisemi" => JoinKind::LeftAnti,
        "rightanti" | "rightantisemi" => JoinKind::RightAnti,
        _ => JoinKind::Unknown,
    }
}
