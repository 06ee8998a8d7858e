//! Statements.
//!
//! ```text
//! query     = directive* (statement (';' statement)* ';'?)?
//! statement = 'let' name '=' (function | 'materialize' '(' query ')' | entity-group | pipeline)
//!           | 'set' name ('=' value)?
//!           | 'declare' 'query_parameters' '(' parameter,* ')'
//!           | 'declare' 'pattern' name ('=' '(' column,* ')' ('[' column ']')? '{' match* '}')?
//!           | 'alias' 'database' name '=' expr
//!           | 'restrict' 'access' 'to' '(' expr,* ')'
//!           | pipeline
//! function  = 'view'? '(' parameter,* ')' '{' (let ';')* pipeline? ';'? '}'
//! parameter = name ':' (type | '(' ('*' | column,*) ')') ('=' value)?
//! ```

use super::Parser;
use crate::kql::ast::Body;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Function;
use crate::kql::ast::Parameter;
use crate::kql::ast::ParameterKind;
use crate::kql::ast::Pattern;
use crate::kql::ast::PatternMatch;
use crate::kql::ast::Query;
use crate::kql::ast::Statement;
use crate::kql::ast::StatementKind;
use crate::kql::token::TokenKind;
use crate::kql::token::WordUse;

impl Parser<'_> {
    pub(super) fn query(&mut self) -> Query {
        while self.eat(TokenKind::Directive) {}
        let mut statements = Vec::new();
        if self.at_kind(TokenKind::Dot) {
            self.command(&mut statements);
        }
        let mut reported = self.diagnostics.len();
        while !self.at_kind(TokenKind::End) {
            if !self.starts_statement() {
                // What no statement begins with leaves the rest without a meaning.
                let after_mistake = self.diagnostics.len() > reported;
                self.skip_rest();
                if after_mistake {
                    self.follows();
                }
                break;
            }
            reported = self.diagnostics.len();
            statements.push(self.statement());
            if !self.eat(TokenKind::Semicolon) && self.starts_statement() {
                self.missing_semicolon(reported);
            }
        }
        Query { statements }
    }

    pub(super) fn starts_statement(&self) -> bool {
        self.starts_expr() || matches!(self.word(), "set")
    }

    fn statement(&mut self) -> Statement {
        let start = self.here();
        let kind = match self.word() {
            "let" if self.names_what_follows() => self.let_statement(),
            "set" => {
                self.bump();
                let name = self.declared_name();
                let value = self.eat(TokenKind::Assign).then(|| self.expr());
                StatementKind::Set { name, value }
            }
            "declare" if self.word_ahead(1) == "query_parameters" => {
                self.bump();
                self.bump();
                StatementKind::QueryParameters(self.parameters())
            }
            "declare" if self.word_ahead(1) == "pattern" => {
                self.bump();
                self.bump();
                StatementKind::Pattern(self.pattern())
            }
            "alias" if self.word_ahead(1) == "database" => {
                self.bump();
                self.bump();
                let name = self.declared_name();
                self.expect(TokenKind::Assign, "`=`");
                let value = self.expr();
                StatementKind::Alias { name, value }
            }
            "restrict" if self.word_ahead(1) == "access" => {
                self.bump();
                self.bump();
                self.expect_word("to");
                self.expect(TokenKind::OpenParen, "`(`");
                let tables = self.bracketed_list(Self::table_item);
                self.expect(TokenKind::CloseParen, "`)`");
                StatementKind::Restrict(tables)
            }
            _ => StatementKind::Expression(self.pipeline()),
        };
        Statement {
            kind,
            span: self.span_from(start),
        }
    }

    /// Whether a name that can be declared is next.
    fn names_what_follows(&self) -> bool {
        matches!(self.name_ahead(1), Some((WordUse::Name, _)))
    }

    fn let_statement(&mut self) -> StatementKind {
        self.bump();
        let name = self.declared_name();
        if !self.expect(TokenKind::Assign, "`=`") {
            // Without `=` there is no value to look for.
            let value = if self.starts_expr() {
                self.pipeline()
            } else {
                self.missing_expr()
            };
            return StatementKind::Let { name, value };
        }
        let start = self.here();
        let kind = match self.word() {
            "view" if self.ahead(1).kind == TokenKind::OpenParen => Some(self.function()),
            "materialize" => Some(self.materialize()),
            "entity_group" if self.ahead(1).kind == TokenKind::OpenBracket => {
                Some(self.entity_group())
            }
            _ if self.starts_function() => Some(self.function()),
            _ => None,
        };
        let value = match kind {
            Some(kind) => Expr {
                kind,
                span: self.span_from(start),
            },
            None => self.pipeline(),
        };
        StatementKind::Let { name, value }
    }

    /// `()` or `(name:` start a function, anything else in parentheses a query.
    fn starts_function(&self) -> bool {
        if !self.at_kind(TokenKind::OpenParen) {
            return false;
        }
        if self.ahead(1).kind == TokenKind::CloseParen {
            return true;
        }
        self.name_ahead(1)
            .is_some_and(|(_, length)| self.ahead(1 + length).kind == TokenKind::Colon)
    }

    fn function(&mut self) -> ExprKind {
        let view = self.eat_word("view");
        let parameters = self.parameters();
        let body = self.body();
        ExprKind::Function(Box::new(Function {
            view,
            parameters,
            body,
        }))
    }

    fn materialize(&mut self) -> ExprKind {
        self.bump();
        self.expect(TokenKind::OpenParen, "`(`");
        let query = self.pipeline();
        self.expect(TokenKind::CloseParen, "`)`");
        ExprKind::Materialize(Box::new(query))
    }

    pub(super) fn entity_group(&mut self) -> ExprKind {
        self.bump();
        self.expect(TokenKind::OpenBracket, "`[`");
        let members = self.bracketed_list(Self::expr);
        self.expect(TokenKind::CloseBracket, "`]`");
        ExprKind::EntityGroup(members)
    }

    /// `(name:type = default, …)`
    pub(super) fn parameters(&mut self) -> Vec<Parameter> {
        self.expect(TokenKind::OpenParen, "`(`");
        let parameters = if self.at_kind(TokenKind::CloseParen) {
            Vec::new()
        } else {
            self.bracketed_list(Self::parameter)
        };
        self.expect(TokenKind::CloseParen, "`)`");
        parameters
    }

    fn parameter(&mut self) -> Parameter {
        let name = self.declared_name_wide();
        self.expect(TokenKind::Colon, "`:`");
        let kind = if self.at_kind(TokenKind::OpenParen) {
            ParameterKind::Table(self.row_schema())
        } else {
            ParameterKind::Scalar(self.type_name())
        };
        let default = self
            .eat(TokenKind::Assign)
            .then(|| self.signed_literal_or_name());
        Parameter {
            name,
            kind,
            default,
        }
    }

    /// `{ let …; query }`
    pub(super) fn body(&mut self) -> Body {
        let start = self.here();
        if !self.expect(TokenKind::OpenBrace, "`{`") {
            return Body {
                statements: Vec::new(),
                span: self.span_from(start),
            };
        }
        let statements = self.nested(Self::body_statements).unwrap_or_default();
        self.expect(TokenKind::CloseBrace, "`}`");
        Body {
            statements,
            span: self.span_from(start),
        }
    }

    fn body_statements(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        while self.at_word("let") && self.names_what_follows() || self.at_word("declare") {
            statements.push(self.statement());
            if !self.eat(TokenKind::Semicolon) {
                if !self.at_kind(TokenKind::CloseBrace) {
                    self.expected("`;`");
                }
                if !self.starts_expr() {
                    return statements;
                }
            }
        }
        if self.starts_expr() {
            let start = self.here();
            let expr = self.pipeline();
            statements.push(Statement {
                kind: StatementKind::Expression(expr),
                span: self.span_from(start),
            });
            self.eat(TokenKind::Semicolon);
        }
        statements
    }

    fn pattern(&mut self) -> Pattern {
        let name = self.declared_name();
        let mut pattern = Pattern {
            name,
            parameters: Vec::new(),
            path: None,
            matches: Vec::new(),
        };
        if !self.eat(TokenKind::Assign) {
            return pattern;
        }
        self.expect(TokenKind::OpenParen, "`(`");
        pattern.parameters = self.bracketed_list(Self::column_decl);
        self.expect(TokenKind::CloseParen, "`)`");
        if self.eat(TokenKind::OpenBracket) {
            pattern.path = Some(self.column_decl());
            self.expect(TokenKind::CloseBracket, "`]`");
        }
        self.expect(TokenKind::OpenBrace, "`{`");
        while self.eat(TokenKind::OpenParen) {
            let arguments = self.bracketed_list(Self::expr);
            self.expect(TokenKind::CloseParen, "`)`");
            let path = self.eat(TokenKind::Dot).then(|| {
                self.expect(TokenKind::OpenBracket, "`[`");
                let path = self.expr();
                self.expect(TokenKind::CloseBracket, "`]`");
                path
            });
            self.expect(TokenKind::Assign, "`=`");
            let body = self.body();
            self.eat(TokenKind::Semicolon);
            pattern.matches.push(PatternMatch {
                arguments,
                path,
                body,
            });
        }
        self.expect(TokenKind::CloseBrace, "`}`");
        pattern
    }

    /// The statements of `macro-expand`, up to the closing parenthesis.
    pub(super) fn inner_statements(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        while self.starts_statement() {
            let before = self.at;
            statements.push(self.statement());
            if !self.eat(TokenKind::Semicolon) || self.at == before {
                break;
            }
        }
        statements
    }
}
