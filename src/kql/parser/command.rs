//! Management commands, which are another language: only what holds a query is read.
//!
//! ```text
//! command = '.' verb 'function' options? name '(' parameter,* ')' '{' body '}'
//!         | '.' verb 'materialized-view' options? name 'on' 'table' name '{' body '}'
//!         | '.' verb 'graph_model' name string
//!         | '.' anything ('table' name | 'tables' '(' name,+ ')' | 'function' name | 'materialized-view' name) anything
//!           ('<|' query)?
//! verb    = 'create' | 'create-or-alter' | 'alter'
//! options = 'ifnotexists'? ('with' '(' … ')')?
//! ```
//!
//! The service's parser reads one command; of what follows, it skips all up to the operators behind the first `|`.

use super::Parser;
use crate::kql::ast::Datatable;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Function;
use crate::kql::ast::Ident;
use crate::kql::ast::Parameter;
use crate::kql::ast::RowSchema;
use crate::kql::ast::Statement;
use crate::kql::ast::StatementKind;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::span::TextSpan;
use crate::kql::token::TokenKind;

impl<'t> Parser<'t> {
    /// The command that the text begins with. The service takes none where it takes a query.
    pub(super) fn command(&mut self, statements: &mut Vec<Statement>) {
        self.diagnostics.clear();
        let span = self.token().span;
        self.diagnostics.push(
            Diagnostic::warning(
                "kql-management-command",
                span,
                "a management command is not a query",
            )
            .with_help("a query starts with a table, a `let` or an operator such as `union`"),
        );
        self.bump();
        match self.defined() {
            "function" => self.defined_function(statements),
            "materialized" => self.defined_view(statements),
            "graph_model" => {
                self.bump();
                self.declared_name();
                self.expect(TokenKind::String, "a string with the model");
            }
            _ if self.named(statements) => return,
            _ => {}
        }
        self.after_command(statements);
    }

    /// A command that defines nothing: reads the table or function that it names.
    /// True when a query of its own follows.
    fn named(&mut self, statements: &mut Vec<Statement>) -> bool {
        let verb = self.word();
        let makes = matches!(verb, "create" | "set");
        let fills = matches!(verb, "set" | "append");
        let ingests = verb == "ingest";
        let mut wants_query = fills;
        loop {
            let new_line = self.token().new_line;
            match self.kind() {
                TokenKind::End | TokenKind::Semicolon | TokenKind::Pipe => break,
                TokenKind::Less if self.ahead(1).kind == TokenKind::Pipe => {
                    self.bump();
                    self.bump();
                    if ingests {
                        // Rows as text, which are no language.
                        self.at = self.tokens.len() - 1;
                    }
                    return true;
                }
                TokenKind::Dot if new_line => break,
                _ => {}
            }
            let word = self.word();
            let kind = match word {
                "table" | "tables" | "function" if self.ahead(1).kind != TokenKind::Minus => word,
                "materialized" if self.word_ahead(2) == "view" => {
                    self.bump();
                    self.bump();
                    "table"
                }
                _ => "",
            };
            self.bump();
            if kind.is_empty() || makes && verb != "set" {
                continue;
            }
            let bracketed = self.eat(TokenKind::OpenParen);
            while self.at_name().is_some() {
                let name = self.take_name();
                let span = name.span;
                let mut expr = Expr {
                    kind: ExprKind::Name(name),
                    span,
                };
                if kind != "function" && verb != "set" {
                    expr = Expr {
                        kind: ExprKind::ToTable(Box::new(expr)),
                        span,
                    };
                }
                statements.push(Statement {
                    kind: StatementKind::Expression(expr),
                    span,
                });
                if !bracketed || !self.eat(TokenKind::Comma) {
                    break;
                }
            }
            let at_query = self.at_kind(TokenKind::Less) || self.at_word("with");
            if std::mem::take(&mut wants_query) && !at_query {
                self.expected("`<|` and a query");
            }
        }
        false
    }

    /// What follows the first command: one is read at a time, and what may follow it are operators on its answer.
    fn after_command(&mut self, statements: &mut Vec<Statement>) {
        while !matches!(
            self.kind(),
            TokenKind::End | TokenKind::Semicolon | TokenKind::Pipe
        ) {
            self.bump();
        }
        if self.at_kind(TokenKind::Pipe) {
            let span = TextSpan::at(self.here());
            let schema = RowSchema {
                columns: Vec::new(),
                star: None,
                span,
            };
            let expr = self.operators_after(Expr {
                kind: ExprKind::Datatable(Box::new(Datatable {
                    schema,
                    values: Vec::new(),
                })),
                span,
            });
            statements.push(Statement {
                span: expr.span,
                kind: StatementKind::Expression(expr),
            });
        }
        if self.eat(TokenKind::Semicolon) {
            return;
        }
        if self.starts_statement() {
            self.missing_semicolon(self.diagnostics.len());
        } else {
            self.at = self.tokens.len() - 1;
        }
    }

    /// What the command defines; the verb is taken when it defines something.
    fn defined(&mut self) -> &'t str {
        let hyphen = |ahead: usize| self.ahead(ahead).kind == TokenKind::Minus;
        let length = match self.word() {
            // Only with a query is a view altered; what else is changed of it is no part of the language.
            "alter" if self.word_ahead(1) == "materialized" && self.word_ahead(5) != "on" => {
                return "";
            }
            "create" | "alter" if !hyphen(1) => 1,
            "create" if self.word_ahead(2) == "or" && self.word_ahead(4) == "alter" => 5,
            _ => return "",
        };
        if !matches!(
            self.word_ahead(length),
            "function" | "materialized" | "graph_model"
        ) {
            return "";
        }
        for _ in 0..length {
            self.bump();
        }
        self.word()
    }

    fn options(&mut self) {
        self.eat_word("ifnotexists");
        if self.at_word("with") && self.ahead(1).kind == TokenKind::OpenParen {
            self.bump();
            self.properties();
        }
    }

    fn defined_function(&mut self, statements: &mut Vec<Statement>) {
        let start = self.here();
        self.bump();
        self.options();
        let name = self.declared_name();
        let parameters = self.parameters();
        self.define(start, name, parameters, statements);
    }

    fn defined_view(&mut self, statements: &mut Vec<Statement>) {
        let start = self.here();
        // The three tokens of `materialized-view`.
        for _ in 0..3 {
            self.bump();
        }
        self.options();
        let name = self.declared_name();
        self.expect_word("on");
        self.expect_word("table");
        let table = self.declared_name();
        let span = table.span;
        statements.push(Statement {
            kind: StatementKind::Expression(Expr {
                kind: ExprKind::ToTable(Box::new(Expr {
                    kind: ExprKind::Name(table),
                    span,
                })),
                span,
            }),
            span,
        });
        self.define(start, name, Vec::new(), statements);
    }

    fn define(
        &mut self,
        start: u32,
        name: Ident,
        parameters: Vec<Parameter>,
        statements: &mut Vec<Statement>,
    ) {
        let body_start = self.here();
        let body = self.body();
        let value = Expr {
            kind: ExprKind::Function(Box::new(Function {
                view: false,
                parameters,
                body,
            })),
            span: self.span_from(body_start),
        };
        statements.push(Statement {
            kind: StatementKind::Let { name, value },
            span: self.span_from(start),
        });
    }
}
