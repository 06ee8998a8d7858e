//! Primary expressions: names, calls, brackets, and the forms with keywords of their own.

use super::Parser;
use crate::kql::ast::Call;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Ident;
use crate::kql::ast::NamedExpr;
use crate::kql::ast::Names;
use crate::kql::span::TextSpan;
use crate::kql::token::TokenKind;
use crate::kql::token::WordUse;

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Expr {
        let start = self.here();
        let kind = match self.kind() {
            TokenKind::Word => match self.word_primary() {
                Some(kind) => kind,
                None => return self.missing_expr(),
            },
            TokenKind::OpenParen => self.parenthesized(),
            TokenKind::OpenBracket => {
                if self.at_name().is_some() {
                    self.name_or_call()
                } else {
                    // `[expr]` is no name; the service reads it, and then asks for a string.
                    self.bump();
                    let index = self.expr();
                    self.expect(TokenKind::CloseBracket, "`]`");
                    ExprKind::Index {
                        target: Box::new(Expr {
                            kind: ExprKind::Missing,
                            span: TextSpan::at(start),
                        }),
                        index: Box::new(index),
                    }
                }
            }
            TokenKind::Star if self.star_is_operand() => {
                self.bump();
                ExprKind::Star
            }
            TokenKind::Long
            | TokenKind::Real
            | TokenKind::Timespan
            | TokenKind::String
            | TokenKind::Typed
            | TokenKind::Guid => ExprKind::Literal(self.literal()),
            _ => return self.missing_expr(),
        };
        Expr {
            kind,
            span: self.span_from(start),
        }
    }

    /// `* has "x"`: all columns, compared with something.
    fn star_is_operand(&self) -> bool {
        let next = self.ahead(1);
        match next.kind {
            TokenKind::Equal
            | TokenKind::NotEqual
            | TokenKind::EqualTilde
            | TokenKind::NotTilde
            | TokenKind::LessGreater
            | TokenKind::Colon
            | TokenKind::Negated => true,
            TokenKind::Word => matches!(
                self.text_of(next),
                "has"
                    | "has_cs"
                    | "has_any"
                    | "has_all"
                    | "contains"
                    | "contains_cs"
                    | "startswith"
                    | "startswith_cs"
                    | "endswith"
                    | "endswith_cs"
                    | "hasprefix"
                    | "hasprefix_cs"
                    | "hassuffix"
                    | "hassuffix_cs"
                    | "matches"
                    | "in"
                    | "in~"
            ),
            _ => false,
        }
    }

    fn word_primary(&mut self) -> Option<ExprKind> {
        match self.word() {
            "true" | "false" | "True" | "False" | "TRUE" | "FALSE" => {
                return Some(ExprKind::Literal(self.literal()));
            }
            "dynamic" if self.ahead(1).kind == TokenKind::OpenParen => {
                return Some(ExprKind::Literal(self.dynamic_literal()));
            }
            "toscalar" | "totable" => return Some(self.subquery_value()),
            "typeof" if self.ahead(1).kind == TokenKind::OpenParen => return Some(self.type_of()),
            "datatable" => return Some(self.datatable()),
            "externaldata" => return Some(self.external_data()),
            _ => {}
        }
        match self.at_name() {
            Some(WordUse::Name) => Some(self.name_or_call()),
            Some(WordUse::Reference) => Some(ExprKind::Name(self.take_name())),
            _ if self.at_keyword_as_name() => Some(ExprKind::Name(self.take_keyword())),
            _ => None,
        }
    }

    /// Takes the keyword at hand as the name that it seems to be meant as, and reports that.
    pub(super) fn take_keyword(&mut self) -> Ident {
        let name = self.take_name();
        self.error(
            "kql-syntax-keyword",
            name.span,
            format!(
                "`{}` is a keyword; as a name it is written `['{}']`",
                name.text, name.text
            ),
        );
        name
    }

    fn name_or_call(&mut self) -> ExprKind {
        let name = self.take_name();
        if self.at_kind(TokenKind::OpenParen) {
            ExprKind::Call(Box::new(self.call(name)))
        } else {
            ExprKind::Name(name)
        }
    }

    /// The arguments of the call of `name`.
    pub(super) fn call(&mut self, name: Ident) -> Call {
        let start = self.here();
        self.expect(TokenKind::OpenParen, "`(`");
        let some = self.starts_expr() || matches!(self.kind(), TokenKind::Comma | TokenKind::Star);
        let arguments = if !some {
            Vec::new()
        } else {
            self.nested(|p| p.bracketed_list(Self::argument))
                .unwrap_or_default()
        };
        self.expect(TokenKind::CloseParen, "`)`");
        Call {
            name,
            arguments,
            arguments_span: self.span_from(start),
        }
    }

    fn argument(&mut self) -> NamedExpr {
        if self.at_kind(TokenKind::Star)
            && matches!(self.ahead(1).kind, TokenKind::Comma | TokenKind::CloseParen)
        {
            let star = self.bump();
            return NamedExpr {
                names: Names::None,
                value: Expr {
                    kind: ExprKind::Star,
                    span: star.span,
                },
            };
        }
        self.named_expr()
    }

    fn parenthesized(&mut self) -> ExprKind {
        self.bump();
        let inner = match self.nested(Self::pipeline) {
            Some(inner) => inner,
            None => self.missing_expr(),
        };
        self.expect(TokenKind::CloseParen, "`)`");
        ExprKind::Paren(Box::new(inner))
    }

    fn subquery_value(&mut self) -> ExprKind {
        let scalar = self.at_word("toscalar");
        self.bump();
        self.operator_parameters(&["kind"]);
        self.expect(TokenKind::OpenParen, "`(`");
        let inner = match self.nested(Self::pipeline) {
            Some(inner) => Box::new(inner),
            None => Box::new(self.missing_expr()),
        };
        self.expect(TokenKind::CloseParen, "`)`");
        if scalar {
            ExprKind::ToScalar(inner)
        } else {
            ExprKind::ToTable(inner)
        }
    }
}
