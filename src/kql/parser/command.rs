//! Management commands, which are another language: only what holds a query is read.
//!
//! ```text
//! command = '.' verb 'function' options? name '(' parameter,* ')' '{' body '}'
//!         | '.' verb 'materialized-view' options? name 'on' 'table' name '{' body '}'
//!         | '.' verb 'graph_model' name string
//!         | '.' anything up to the next command
//! verb    = 'create' | 'create-or-alter' | 'alter'
//! options = 'ifnotexists'? ('with' '(' … ')')?
//! ```

use super::Parser;
use crate::kql::ast::Expr;
use crate::kql::ast::ExprKind;
use crate::kql::ast::Function;
use crate::kql::ast::Ident;
use crate::kql::ast::Parameter;
use crate::kql::ast::Statement;
use crate::kql::ast::StatementKind;
use crate::kql::diagnostic::Diagnostic;
use crate::kql::token::TokenKind;

impl Parser<'_> {
    /// The commands that the text begins with. The service takes none where it takes a query.
    pub(super) fn commands(&mut self, statements: &mut Vec<Statement>) {
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
        while self.eat(TokenKind::Dot) {
            match self.defined() {
                "function" => self.defined_function(statements),
                "materialized" => self.defined_view(statements),
                "graph_model" => {
                    self.bump();
                    self.declared_name();
                    self.expect(TokenKind::String, "a string with the model");
                }
                _ => self.skip_command(),
            }
        }
    }

    /// What the command defines; the verb is taken when it defines something.
    fn defined(&mut self) -> &str {
        let hyphen = |ahead: usize| self.ahead(ahead).kind == TokenKind::Minus;
        let length = match self.word() {
            "create" | "alter" if !hyphen(1) => 1,
            "create" if self.word_ahead(2) == "or" && self.word_ahead(4) == "alter" => 5,
            _ => return "",
        };
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

    /// Moves to the next line that begins with a dot, or to the end.
    fn skip_command(&mut self) {
        while !(self.at_kind(TokenKind::End)
            || self.at_kind(TokenKind::Dot) && self.token().new_line)
        {
            self.bump();
        }
    }
}
