//! Expressions, by precedence.
//!
//! ```text
//! pipeline = (prefix-operator | expr) ('|' operator)*
//! expr     = and ('or' and)*
//! and      = equality ('and' equality)*
//! equality = relation (('==' | '!=' | '<>' | '=~' | '!~' | ':') relation
//!          | ('in' | '!in' | 'in~' | '!in~' | 'has_any' | 'has_all') '(' item,* ')'
//!          | ('between' | '!between') '(' sum '..' sum ')')?
//! relation = sum (('<' | '<=' | '>' | '>=') sum)?
//! sum      = product (('+' | '-') product)*
//! product  = text (('*' | '/' | '%') text)*
//! text     = unary (text-operator unary | 'matches' 'regex' unary)?
//! unary    = ('-' | '+')? postfix
//! postfix  = primary ('.' selector | '[' expr ']')*
//! ```
//! Comparisons do not chain: `a == b == c` is an error, as in the service.

use super::MAX_CHAIN;
use super::Parser;
use crate::kql::ast::BinaryOp;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::InOp;
use crate::kql::ast::LogicalOp;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Names;
use crate::kql::ast::Pipeline;
use crate::kql::ast::TextOp;
use crate::kql::ast::UnaryOp;
use crate::kql::span::TextSpan;
use crate::kql::token::TokenKind;
use crate::kql::token::WordUse;
use crate::kql::token::word_use;

/// Binding strength, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Equality,
    Relation,
    Sum,
    Product,
    Text,
    Unary,
}

/// A binary operator at the current token.
#[derive(Debug, Clone, Copy)]
enum Infix {
    Logical(LogicalOp),
    Binary(BinaryOp),
    In(InOp),
    Between { negated: bool },
}

impl Parser<'_> {
    /// Whether an expression, tabular ones included, can start here.
    pub(super) fn starts_expr(&self) -> bool {
        match self.kind() {
            TokenKind::Word => {
                let word = self.word();
                match word_use(word) {
                    WordUse::Name | WordUse::Reference => !self.at_regex_operator(0),
                    _ => {
                        matches!(
                            word,
                            "toscalar" | "totable" | "typeof" | "datatable" | "externaldata"
                        ) || (word == "dynamic" && self.ahead(1).kind == TokenKind::OpenParen)
                            || self.at_prefix_operator()
                            || self.at_keyword_as_name()
                    }
                }
            }
            TokenKind::Long
            | TokenKind::Real
            | TokenKind::Timespan
            | TokenKind::String
            | TokenKind::Typed
            | TokenKind::Guid
            | TokenKind::OpenParen
            | TokenKind::OpenBracket
            | TokenKind::Minus
            | TokenKind::Plus => true,
            _ => false,
        }
    }

    /// Whether an expression can start here that is no operator: what begins an item of a list.
    pub(super) fn starts_scalar(&self) -> bool {
        self.starts_expr()
            && (self
                .name_ahead(0)
                .is_none_or(|(usage, _)| usage == WordUse::Name)
                || self.at_keyword_as_name()
                || !self.at_prefix_operator())
    }

    /// Whether a keyword stands here that can only be meant as a name: what follows it goes behind names.
    pub(super) fn at_keyword_as_name(&self) -> bool {
        // These begin forms of their own, in which other things are missing then.
        let form = matches!(
            self.word(),
            "datatable" | "dynamic" | "externaldata" | "materialized-view-combine" | "toscalar"
        );
        let keyword = !form
            && self.at_kind(TokenKind::Word)
            && matches!(word_use(self.word()), WordUse::Never | WordUse::Declaration);
        keyword
            && match self.ahead(1).kind {
                TokenKind::Equal
                | TokenKind::NotEqual
                | TokenKind::EqualTilde
                | TokenKind::NotTilde
                | TokenKind::Greater
                | TokenKind::GreaterEqual
                | TokenKind::Less
                | TokenKind::LessEqual
                | TokenKind::Star
                | TokenKind::Slash
                | TokenKind::Percent
                | TokenKind::Negated
                | TokenKind::CloseParen
                | TokenKind::CloseBracket
                | TokenKind::CloseBrace
                | TokenKind::Dot
                | TokenKind::Comma
                | TokenKind::Colon
                | TokenKind::Pipe => true,
                // As the name of a column that is made.
                TokenKind::Assign => word_use(self.word()) == WordUse::Never,
                TokenKind::Word => {
                    let word = self.word_ahead(1);
                    matches!(
                        word,
                        "and"
                            | "or"
                            | "in"
                            | "in~"
                            | "has_any"
                            | "has_all"
                            | "between"
                            | "notcontains"
                            | "notcontainscs"
                            | "notlike"
                            | "notlikecs"
                    ) || (word == "matches" && self.word_ahead(2) == "regex")
                        || text_op(word, false).is_some()
                }
                _ => false,
            }
    }

    /// An expression with any operators piped behind it.
    pub(super) fn pipeline(&mut self) -> Expr {
        let start = self.here();
        if self.at_prefix_operator() {
            let Some(operator) = self.nested(Self::operator) else {
                return self.missing_expr();
            };
            let source = Expr {
                kind: ExprKind::Pipeline(Box::new(Pipeline {
                    source: None,
                    operators: vec![operator],
                })),
                span: self.span_from(start),
            };
            return self.operators_after(source);
        }
        let source = self.expr();
        if matches!(source.kind, ExprKind::Missing) {
            return source;
        }
        self.operators_after(source)
    }

    /// The operators that are piped behind `source`, which may be a pipeline already.
    pub(super) fn operators_after(&mut self, source: Expr) -> Expr {
        if !self.at_kind(TokenKind::Pipe) {
            return source;
        }
        let start = source.span.start;
        let mut pipeline = match source.kind {
            ExprKind::Pipeline(pipeline) => pipeline,
            _ => Box::new(Pipeline {
                source: Some(source),
                operators: Vec::new(),
            }),
        };
        while self.eat(TokenKind::Pipe) {
            match self.nested(Self::operator) {
                Some(operator) => pipeline.operators.push(operator),
                None => break,
            }
        }
        Expr {
            kind: ExprKind::Pipeline(pipeline),
            span: self.span_from(start),
        }
    }

    /// `name = expr`, `(name, name) = expr` or `expr`.
    pub(super) fn named_expr(&mut self) -> NamedExpr {
        let names = self.names();
        NamedExpr {
            names,
            value: self.expr(),
        }
    }

    /// An expression where a name before it would make no sense but is read, as the service does.
    pub(super) fn value(&mut self) -> Expr {
        let start = self.here();
        let item = self.named_expr();
        if item.names == Names::None {
            return item.value;
        }
        Expr {
            kind: ExprKind::Assign(Box::new(item)),
            span: self.span_from(start),
        }
    }

    fn names(&mut self) -> Names {
        if let Some((WordUse::Name | WordUse::Declaration, length)) = self.name_ahead(0)
            && self.ahead(length).kind == TokenKind::Assign
        {
            let name = self.take_name();
            self.bump();
            return Names::One(name);
        }
        if self.at_kind(TokenKind::Word) && self.ahead(1).kind == TokenKind::Assign {
            let name = self.take_keyword();
            self.bump();
            return Names::One(name);
        }
        if !self.at_kind(TokenKind::OpenParen) {
            return Names::None;
        }
        // A list of nothing but names in parentheses, with `=` behind it.
        let mut ahead = 1;
        loop {
            match self.name_ahead(ahead) {
                Some((WordUse::Name | WordUse::Declaration, length)) => ahead += length,
                _ => return Names::None,
            }
            match self.ahead(ahead).kind {
                TokenKind::Comma => ahead += 1,
                TokenKind::CloseParen => break,
                _ => return Names::None,
            }
        }
        if self.ahead(ahead + 1).kind != TokenKind::Assign {
            return Names::None;
        }
        let open = self.bump();
        let mut names = Vec::new();
        while !self.at_kind(TokenKind::CloseParen) {
            names.push(self.take_name());
            self.eat(TokenKind::Comma);
        }
        let close = self.bump();
        self.bump();
        Names::Tuple(names, open.span.to(close.span))
    }

    /// A scalar expression.
    pub(super) fn expr(&mut self) -> Expr {
        match self.nested(|p| p.binary(Level::Or)) {
            Some(expr) => expr,
            None => self.missing_expr(),
        }
    }

    /// A sum, for the bounds of `between`.
    fn sum(&mut self) -> Expr {
        match self.nested(|p| p.binary(Level::Sum)) {
            Some(expr) => expr,
            None => self.missing_expr(),
        }
    }

    fn binary(&mut self, least: Level) -> Expr {
        let start = self.here();
        let mut left = self.unary();
        if matches!(left.kind, ExprKind::Missing) {
            // Nothing was taken: an operator here has no left side to go with.
            return left;
        }
        let mut used = None;
        let mut chain = 0;
        while let Some((infix, level, length)) = self.infix() {
            let chains = matches!(level, Level::Or | Level::And | Level::Sum | Level::Product);
            // An operator that binds tighter than the one before would belong to that one's right side, if that
            // had one: it goes with nothing.
            if level < least || used.is_some_and(|used| level > used || (level == used && !chains))
            {
                break;
            }
            chain += 1;
            if chain > MAX_CHAIN && !matches!(infix, Infix::Logical(_)) {
                self.give_up();
                break;
            }
            used = Some(level);
            let op_start = self.here();
            for _ in 0..length {
                self.bump();
            }
            let op_span = self.span_from(op_start);
            left = self.infix_operand(left, infix, level, op_span);
            left.span = self.span_from(start).to(left.span);
        }
        left
    }

    fn infix_operand(&mut self, left: Expr, infix: Infix, level: Level, op_span: TextSpan) -> Expr {
        let span = left.span;
        let kind = match infix {
            Infix::Logical(op) => {
                let right = self.binary(if op == LogicalOp::Or {
                    Level::And
                } else {
                    Level::Equality
                });
                match left.kind {
                    ExprKind::Logical {
                        op: before,
                        mut operands,
                        mut op_spans,
                    } if before == op => {
                        operands.push(right);
                        op_spans.push(op_span);
                        ExprKind::Logical {
                            op,
                            operands,
                            op_spans,
                        }
                    }
                    _ => ExprKind::Logical {
                        op,
                        operands: vec![left, right],
                        op_spans: vec![op_span],
                    },
                }
            }
            Infix::Binary(op) => {
                let next = match level {
                    Level::Equality => Level::Relation,
                    Level::Relation => Level::Sum,
                    Level::Sum => Level::Product,
                    Level::Product => Level::Text,
                    _ => Level::Unary,
                };
                let right = if self.at_kind(TokenKind::Star) && level == Level::Text {
                    self.missing_expr()
                } else {
                    self.binary(next)
                };
                ExprKind::Binary {
                    op,
                    op_span,
                    left: Box::new(left),
                    right: Box::new(right),
                }
            }
            Infix::In(op) => ExprKind::In {
                op,
                op_span,
                left: Box::new(left),
                list: self.in_list(),
            },
            Infix::Between { negated } => {
                self.expect(TokenKind::OpenParen, "`(`");
                let low = self.sum();
                self.expect(TokenKind::DotDot, "`..`");
                let high = self.sum();
                self.expect(TokenKind::CloseParen, "`)`");
                ExprKind::Between {
                    negated,
                    value: Box::new(left),
                    low: Box::new(low),
                    high: Box::new(high),
                }
            }
        };
        Expr { kind, span }
    }

    fn in_list(&mut self) -> Vec<Expr> {
        self.expect(TokenKind::OpenParen, "`(`");
        let list = if self.at_query() {
            vec![self.pipeline()]
        } else {
            self.bracketed_list(Self::expr)
        };
        self.expect(TokenKind::CloseParen, "`)`");
        list
    }

    /// Whether what is in these parentheses is one query: an operator, or something with a `|` behind it.
    fn at_query(&self) -> bool {
        if self.at_prefix_operator() {
            return true;
        }
        let mut open = 0_u32;
        for token in &self.tokens[self.at..] {
            match token.kind {
                TokenKind::End | TokenKind::Semicolon => return false,
                TokenKind::Comma | TokenKind::CloseParen if open == 0 => return false,
                TokenKind::Pipe if open == 0 => return true,
                TokenKind::OpenParen => open += 1,
                TokenKind::CloseParen => open -= 1,
                _ => {}
            }
        }
        false
    }

    /// The operator at the current token, how strongly it binds, and how many tokens it takes.
    fn infix(&self) -> Option<(Infix, Level, usize)> {
        let one = |op, level| Some((Infix::Binary(op), level, 1));
        match self.kind() {
            TokenKind::Equal => one(BinaryOp::Equal, Level::Equality),
            TokenKind::NotEqual | TokenKind::LessGreater => {
                one(BinaryOp::NotEqual, Level::Equality)
            }
            TokenKind::EqualTilde => one(BinaryOp::EqualTilde, Level::Equality),
            TokenKind::NotTilde => one(BinaryOp::NotTilde, Level::Equality),
            TokenKind::Colon => one(BinaryOp::Search, Level::Equality),
            TokenKind::Less => one(BinaryOp::Less, Level::Relation),
            TokenKind::LessEqual => one(BinaryOp::LessEqual, Level::Relation),
            TokenKind::Greater => one(BinaryOp::Greater, Level::Relation),
            TokenKind::GreaterEqual => one(BinaryOp::GreaterEqual, Level::Relation),
            TokenKind::Plus => one(BinaryOp::Add, Level::Sum),
            TokenKind::Minus => one(BinaryOp::Subtract, Level::Sum),
            TokenKind::Star => one(BinaryOp::Multiply, Level::Product),
            TokenKind::Slash => one(BinaryOp::Divide, Level::Product),
            TokenKind::Percent => one(BinaryOp::Modulo, Level::Product),
            TokenKind::Word => self.word_infix(),
            TokenKind::Negated => {
                let word = &self.text_of(self.token())[1..];
                match word {
                    "between" => Some((Infix::Between { negated: true }, Level::Equality, 1)),
                    "in" => Some((Infix::In(InOp::NotIn), Level::Equality, 1)),
                    "in~" => Some((Infix::In(InOp::NotInTilde), Level::Equality, 1)),
                    _ => text_op(word, true).map(|op| (Infix::Binary(op), Level::Text, 1)),
                }
            }
            _ => None,
        }
    }

    fn word_infix(&self) -> Option<(Infix, Level, usize)> {
        let word = self.word();
        Some(match word {
            "and" => (Infix::Logical(LogicalOp::And), Level::And, 1),
            "or" => (Infix::Logical(LogicalOp::Or), Level::Or, 1),
            // The shorthand of `make-series`, which is no membership test.
            "in" if self.word_ahead(1) == "range" => return None,
            "in" => (Infix::In(InOp::In), Level::Equality, 1),
            "in~" => (Infix::In(InOp::InTilde), Level::Equality, 1),
            "has_any" => (Infix::In(InOp::HasAny), Level::Equality, 1),
            "has_all" => (Infix::In(InOp::HasAll), Level::Equality, 1),
            "between" => (Infix::Between { negated: false }, Level::Equality, 1),
            "matches" if self.word_ahead(1) == "regex" => {
                (Infix::Binary(BinaryOp::MatchesRegex), Level::Text, 2)
            }
            "notcontains" | "notcontainscs" | "notlike" | "notlikecs" => {
                (Infix::Binary(text_op(&word[3..], true)?), Level::Text, 1)
            }
            _ => (Infix::Binary(text_op(word, false)?), Level::Text, 1),
        })
    }

    fn unary(&mut self) -> Expr {
        let start = self.here();
        let op = match self.kind() {
            TokenKind::Minus => UnaryOp::Minus,
            TokenKind::Plus => UnaryOp::Plus,
            _ => return self.postfix(),
        };
        self.bump();
        let operand = if matches!(self.kind(), TokenKind::Minus | TokenKind::Plus) {
            self.missing_expr()
        } else {
            self.postfix()
        };
        Expr {
            kind: ExprKind::Unary {
                op,
                operand: Box::new(operand),
            },
            span: self.span_from(start),
        }
    }

    /// A primary expression with members and elements taken from it.
    pub(super) fn postfix(&mut self) -> Expr {
        let start = self.here();
        let mut expr = self.primary();
        let mut chain = 0;
        loop {
            let kind = if self.at_kind(TokenKind::Dot) && !matches!(expr.kind, ExprKind::Missing) {
                self.bump();
                if self.at_kind(TokenKind::OpenBracket) && self.name_ahead(0).is_none() {
                    self.index_of(expr)
                } else {
                    ExprKind::Path {
                        target: Box::new(expr),
                        selector: Box::new(self.selector()),
                    }
                }
            } else if self.at_kind(TokenKind::OpenBracket)
                && !matches!(expr.kind, ExprKind::Missing)
            {
                self.index_of(expr)
            } else {
                return expr;
            };
            expr = Expr {
                kind,
                span: self.span_from(start),
            };
            chain += 1;
            if chain > MAX_CHAIN {
                self.give_up();
                return expr;
            }
        }
    }

    fn index_of(&mut self, target: Expr) -> ExprKind {
        self.bump();
        let index = if self.starts_expr() {
            self.expr()
        } else {
            self.missing_expr()
        };
        self.expect(TokenKind::CloseBracket, "`]`");
        ExprKind::Index {
            target: Box::new(target),
            index: Box::new(index),
        }
    }

    /// What follows a dot: a name or a call.
    fn selector(&mut self) -> Expr {
        let start = self.here();
        if let Some(WordUse::Name | WordUse::Reference) = self.at_name() {
            let name = self.take_name();
            let kind = if self.at_kind(TokenKind::OpenParen) {
                ExprKind::Call(Box::new(self.call(name)))
            } else {
                ExprKind::Name(name)
            };
            Expr {
                kind,
                span: self.span_from(start),
            }
        } else {
            self.missing("a name");
            Expr {
                kind: ExprKind::Missing,
                span: TextSpan::at(self.previous_end()),
            }
        }
    }
}

/// The text operator that `word` is.
fn text_op(word: &str, negated: bool) -> Option<BinaryOp> {
    let (op, case_sensitive) = match word {
        "contains" => (TextOp::Contains, false),
        "contains_cs" | "containscs" => (TextOp::Contains, true),
        "has" => (TextOp::Has, false),
        "has_cs" => (TextOp::Has, true),
        "hasprefix" => (TextOp::HasPrefix, false),
        "hasprefix_cs" => (TextOp::HasPrefix, true),
        "hassuffix" => (TextOp::HasSuffix, false),
        "hassuffix_cs" => (TextOp::HasSuffix, true),
        "startswith" => (TextOp::StartsWith, false),
        "startswith_cs" => (TextOp::StartsWith, true),
        "endswith" => (TextOp::EndsWith, false),
        "endswith_cs" => (TextOp::EndsWith, true),
        "like" => (TextOp::Like, false),
        "likecs" => (TextOp::Like, true),
        _ => return None,
    };
    Some(BinaryOp::Text {
        op,
        negated,
        case_sensitive,
    })
}
