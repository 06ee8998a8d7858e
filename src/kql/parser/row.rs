//! Column declarations, and the tables that are written out in the query.
//!
//! ```text
//! row-schema = '(' ('*' | column) (',' …)* ')'
//! column     = name ':' type
//! datatable  = 'datatable' row-schema '[' value,* ','? ']'
//! external   = 'externaldata' row-schema '[' string,* ']' ('with' '(' property,* ')')?
//! typeof     = 'typeof' '(' type ')' | 'typeof' row-schema
//! ```

use super::Parser;
use crate::kql::ast::ColumnDecl;
use crate::kql::ast::Datatable;
use crate::kql::ast::ExprKind;
use crate::kql::ast::ExternalData;
use crate::kql::ast::Ident;
use crate::kql::ast::OperatorParameter;
use crate::kql::ast::RowSchema;
use crate::kql::token::TokenKind;
use crate::kql::token::WordUse;

impl Parser<'_> {
    /// A type's name; whether it is one is for the checker to say.
    pub(super) fn type_name(&mut self) -> Ident {
        if self.at_kind(TokenKind::Word) {
            return self.take_name();
        }
        self.missing("a type name");
        Ident {
            text: "".into(),
            span: crate::kql::span::TextSpan::at(self.previous_end()),
        }
    }

    /// `name:type`
    pub(super) fn column_decl(&mut self) -> ColumnDecl {
        let name = self.declared_name_wide();
        self.expect(TokenKind::Colon, "`:`");
        ColumnDecl {
            name,
            type_name: self.type_name(),
        }
    }

    /// Whether a column declaration starts here, its name perhaps missing.
    fn starts_column_decl(&self) -> bool {
        self.at_kind(TokenKind::Colon)
            || matches!(self.at_name(), Some(WordUse::Name | WordUse::Declaration))
    }

    /// `(name:type, …)`, with `*` allowed in any place.
    pub(super) fn row_schema(&mut self) -> RowSchema {
        let start = self.here();
        let mut schema = RowSchema {
            columns: Vec::new(),
            star: None,
            span: self.span_from(start),
        };
        if !self.at_kind(TokenKind::OpenParen) {
            self.missing("a schema such as `(name:string)`");
            return schema;
        }
        self.bump();
        let columns = &mut schema.columns;
        let star = &mut schema.star;
        self.list_with_trailing_comma(
            |p| {
                if p.eat(TokenKind::Star) {
                    star.get_or_insert(columns.len());
                } else {
                    columns.push(p.column_decl());
                }
            },
            |p| p.at_kind(TokenKind::Star) || p.starts_column_decl(),
        );
        self.expect(TokenKind::CloseParen, "`)`");
        schema.span = self.span_from(start);
        schema
    }

    pub(super) fn datatable(&mut self) -> ExprKind {
        self.bump();
        self.operator_parameters(&[]);
        let schema = self.row_schema();
        let mut values = Vec::new();
        self.expect(TokenKind::OpenBracket, "`[`");
        self.eat(TokenKind::Comma);
        while let Some(value) = self.signed_literal() {
            values.push(value);
            if !self.eat(TokenKind::Comma) {
                if self.at_kind(TokenKind::CloseBracket) {
                    break;
                }
                if !matches!(
                    self.kind(),
                    TokenKind::Long
                        | TokenKind::Real
                        | TokenKind::Timespan
                        | TokenKind::String
                        | TokenKind::Typed
                        | TokenKind::Word
                ) {
                    break;
                }
                self.expected("`,`");
            }
        }
        self.expect(TokenKind::CloseBracket, "`]`");
        ExprKind::Datatable(Box::new(Datatable { schema, values }))
    }

    pub(super) fn external_data(&mut self) -> ExprKind {
        self.bump();
        self.operator_parameters(&[]);
        let schema = self.row_schema();
        let mut urls = Vec::new();
        if self.expect(TokenKind::OpenBracket, "`[`") {
            urls = self.list(Self::url, |p| p.at_kind(TokenKind::String));
        }
        self.expect(TokenKind::CloseBracket, "`]`");
        let mut properties = Vec::new();
        if self.at_word("with") && self.ahead(1).kind == TokenKind::OpenParen {
            self.bump();
            properties = self.properties();
        }
        ExprKind::ExternalData(Box::new(ExternalData {
            schema,
            urls,
            properties,
        }))
    }

    fn url(&mut self) -> crate::kql::ast::Expr {
        match self.kind() {
            TokenKind::String => self.primary(),
            TokenKind::Word if self.starts_expr() => self.primary(),
            _ => self.missing_expr(),
        }
    }

    /// `(name = value, …)`
    pub(super) fn properties(&mut self) -> Vec<OperatorParameter> {
        self.expect(TokenKind::OpenParen, "`(`");
        let properties = if self.at_kind(TokenKind::CloseParen) {
            Vec::new()
        } else {
            self.bracketed_list(Self::property)
        };
        self.expect(TokenKind::CloseParen, "`)`");
        properties
    }

    /// `name = value`
    pub(super) fn property(&mut self) -> OperatorParameter {
        let name = if self.at_kind(TokenKind::Word) {
            self.take_name()
        } else {
            self.missing_ident()
        };
        self.expect(TokenKind::Assign, "`=`");
        OperatorParameter {
            name,
            value: self.parameter_value(),
        }
    }

    pub(super) fn type_of(&mut self) -> ExprKind {
        ExprKind::TypeOf(self.type_of_columns())
    }

    /// `typeof(type)` as one column without a name, or `typeof(name:type, …)`.
    pub(super) fn type_of_columns(&mut self) -> Vec<ColumnDecl> {
        if self.ahead(1).kind != TokenKind::OpenParen || !self.at_word("typeof") {
            self.expected("`typeof(…)`");
            return Vec::new();
        }
        self.bump();
        self.expect(TokenKind::OpenParen, "`(`");
        let columns = self.bracketed_list(|p| {
            if p.ahead(1).kind == TokenKind::Colon {
                return p.column_decl();
            }
            let type_name = p.type_name();
            ColumnDecl {
                name: Ident {
                    text: "".into(),
                    span: type_name.span,
                },
                type_name,
            }
        });
        self.expect(TokenKind::CloseParen, "`)`");
        columns
    }
}
