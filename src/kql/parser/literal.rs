//! Constants.

use std::sync::Arc;

use super::Parser;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::UnaryOp;
use crate::kql::literal::Json;
use crate::kql::literal::Literal;
use crate::kql::literal::parse_guid;
use crate::kql::literal::parse_long;
use crate::kql::literal::real_token;
use crate::kql::literal::short_timespan;
use crate::kql::literal::string_value;
use crate::kql::literal::typed_literal;
use crate::kql::token::TokenKind;
use crate::kql::token::WordUse;

impl Parser<'_> {
    /// The literal at the current token, which is one.
    pub(super) fn literal(&mut self) -> Literal {
        let token = self.bump();
        let text = self.text_of(token);
        match token.kind {
            TokenKind::Long => Literal::Long(parse_long(text)),
            TokenKind::Real => real_token(text),
            TokenKind::Timespan => Literal::Timespan(short_timespan(text)),
            TokenKind::String => self.string_literal(text),
            TokenKind::Guid => {
                self.error(
                    "kql-syntax-raw-guid",
                    token.span,
                    format!("a guid is written `guid({text})` here"),
                );
                Literal::Guid(parse_guid(text))
            }
            TokenKind::Typed => {
                let (word, content) = text.split_once('(').unwrap_or((text, ""));
                typed_literal(word, content.strip_suffix(')').unwrap_or(content))
            }
            _ => Literal::Bool(Some(text.eq_ignore_ascii_case("true"))),
        }
    }

    /// A string, with the strings that directly follow it joined on.
    fn string_literal(&mut self, first: &str) -> Literal {
        let mut value = string_value(first);
        while self.at_kind(TokenKind::String) {
            let next = self.bump();
            value.push_str(&string_value(self.text_of(next)));
        }
        Literal::String(value.into())
    }

    /// A literal with an optional sign, as a cell of `datatable` is; None when there is none here.
    pub(super) fn signed_literal(&mut self) -> Option<Expr> {
        let start = self.here();
        let op = match self.kind() {
            TokenKind::Minus => Some(UnaryOp::Minus),
            TokenKind::Plus => Some(UnaryOp::Plus),
            _ => None,
        };
        let number = self.ahead(usize::from(op.is_some()));
        let literal = match number.kind {
            TokenKind::Long | TokenKind::Real | TokenKind::Timespan => {
                if op.is_some() {
                    self.bump();
                }
                self.literal()
            }
            _ if op.is_some() => return None,
            TokenKind::String | TokenKind::Typed | TokenKind::Guid => self.literal(),
            TokenKind::Word
                if matches!(
                    self.word(),
                    "true" | "false" | "True" | "False" | "TRUE" | "FALSE"
                ) =>
            {
                self.literal()
            }
            TokenKind::Word
                if self.at_word("dynamic") && self.ahead(1).kind == TokenKind::OpenParen =>
            {
                self.dynamic_literal()
            }
            _ => return None,
        };
        let mut expr = Expr {
            kind: ExprKind::Literal(literal),
            span: self.span_from(number.span.start),
        };
        if let Some(op) = op {
            expr = Expr {
                kind: ExprKind::Unary {
                    op,
                    operand: Box::new(expr),
                },
                span: self.span_from(start),
            };
        }
        Some(expr)
    }

    /// The default of a parameter: a literal or a name.
    pub(super) fn signed_literal_or_name(&mut self) -> Expr {
        if let Some(literal) = self.signed_literal() {
            return literal;
        }
        match self.at_name() {
            Some(WordUse::Name) => {
                let name = self.take_name();
                let span = name.span;
                Expr {
                    kind: ExprKind::Name(name),
                    span,
                }
            }
            _ => self.missing_expr(),
        }
    }

    /// `dynamic(…)`
    pub(super) fn dynamic_literal(&mut self) -> Literal {
        self.bump();
        self.expect(TokenKind::OpenParen, "`(`");
        let value = self.json();
        self.expect(TokenKind::CloseParen, "`)`");
        Literal::Dynamic(Arc::new(value))
    }

    fn json(&mut self) -> Json {
        match self.nested(Self::json_value) {
            Some(value) => value,
            None => Json::Null,
        }
    }

    fn json_value(&mut self) -> Json {
        match self.kind() {
            TokenKind::OpenBracket => {
                self.bump();
                let mut items = Vec::new();
                if !self.at_kind(TokenKind::CloseBracket) {
                    items = self.bracketed_list(Self::json);
                }
                self.expect(TokenKind::CloseBracket, "`]`");
                Json::Array(items)
            }
            TokenKind::OpenBrace => {
                self.bump();
                let mut pairs = Vec::new();
                while self.at_kind(TokenKind::String) {
                    let key = self.bump();
                    let key: Arc<str> = string_value(self.text_of(key)).into();
                    self.expect(TokenKind::Colon, "`:`");
                    let value = self.json();
                    pairs.push((key, value));
                    if !self.eat(TokenKind::Comma) {
                        break;
                    }
                }
                self.expect(TokenKind::CloseBrace, "`}`");
                Json::Object(pairs)
            }
            TokenKind::Word if self.at_word("null") => {
                self.bump();
                Json::Null
            }
            TokenKind::Word if self.at_word("dynamic") => match self.dynamic_literal() {
                Literal::Dynamic(value) => Arc::unwrap_or_clone(value),
                other => Json::Scalar(other),
            },
            TokenKind::Guid => {
                let token = self.bump();
                Json::Scalar(Literal::Guid(parse_guid(self.text_of(token))))
            }
            _ => {
                if let Some(expr) = self.signed_literal() {
                    json_scalar(expr)
                } else {
                    self.missing("a JSON value");
                    Json::Null
                }
            }
        }
    }
}

/// The constant of a literal with an optional sign.
fn json_scalar(expr: Expr) -> Json {
    match expr.kind {
        ExprKind::Literal(literal) => Json::Scalar(literal),
        ExprKind::Unary { op, operand } => match (op, operand.kind) {
            (UnaryOp::Minus, ExprKind::Literal(Literal::Long(n))) => {
                Json::Scalar(Literal::Long(n.map(i64::wrapping_neg)))
            }
            (UnaryOp::Minus, ExprKind::Literal(Literal::Real(n))) => {
                Json::Scalar(Literal::Real(n.map(|n| -n)))
            }
            (UnaryOp::Minus, ExprKind::Literal(Literal::Timespan(n))) => {
                Json::Scalar(Literal::Timespan(n.map(i64::wrapping_neg)))
            }
            (_, ExprKind::Literal(literal)) => Json::Scalar(literal),
            _ => Json::Null,
        },
        _ => Json::Null,
    }
}
