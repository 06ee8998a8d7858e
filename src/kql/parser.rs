//! Tokens to a tree, by recursive descent.
//!
//! The parser never fails: what is missing is reported and stands in the tree as missing, and what nothing can begin
//! with is reported and ends the query. Nesting is limited, so that no text
//! exhausts the stack. Start at [`parse`]; one file per area of the grammar, which is written out in
//! `../GRAMMAR.md`.

use std::sync::Arc;

use super::ast::Expr;
use super::ast::ExprKind;
use super::ast::Ident;
use super::ast::Query;
use super::diagnostic::Diagnostic;
use super::lexer::Lexed;
use super::lexer::lex;
use super::literal::string_value;
use super::span::TextSpan;
use super::token::TYPED;
use super::token::Token;
use super::token::TokenKind;
use super::token::WordUse;
use super::token::word_use;

mod call;
mod command;
mod expr;
mod graph;
mod literal;
mod operator;
mod parameter;
mod relation;
mod row;
mod shape;
mod statement;

/// How deep brackets, calls and sub-queries may nest.
const MAX_DEPTH: u32 = 150;
/// How many operators of one precedence, or members after each other, may follow without a bracket.
const MAX_CHAIN: usize = 1_000;

/// What parsing gives.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    /// The tree.
    pub(crate) query: Query,
    /// The tokens, the last one being [`TokenKind::End`].
    pub(crate) tokens: Vec<Token>,
    /// The `//` comments.
    pub(crate) comments: Vec<TextSpan>,
    /// Syntax errors in the order of their places.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Reads `text` as a query.
pub(crate) fn parse(text: &str) -> Parsed {
    let Lexed {
        tokens,
        comments,
        diagnostics,
    } = lex(text);
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        depth: 0,
        diagnostics,
        too_deep: false,
    };
    let query = parser.query();
    let Parser {
        tokens,
        mut diagnostics,
        ..
    } = parser;
    diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
    diagnostics.dedup();
    Parsed {
        query,
        tokens,
        comments,
        diagnostics,
    }
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    depth: u32,
    diagnostics: Vec<Diagnostic>,
    too_deep: bool,
}

impl<'t> Parser<'t> {
    fn token(&self) -> Token {
        self.tokens[self.at]
    }

    /// The token `ahead` of the current one; the end when there are not so many.
    fn ahead(&self, ahead: usize) -> Token {
        self.tokens[(self.at + ahead).min(self.tokens.len() - 1)]
    }

    fn kind(&self) -> TokenKind {
        self.tokens[self.at].kind
    }

    fn at_kind(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn text_of(&self, token: Token) -> &'t str {
        &self.text[token.span.range()]
    }

    /// The text of the current token when it is a word, else nothing.
    fn word(&self) -> &'t str {
        self.word_ahead(0)
    }

    fn word_ahead(&self, ahead: usize) -> &'t str {
        let token = self.ahead(ahead);
        if token.kind == TokenKind::Word {
            self.text_of(token)
        } else {
            ""
        }
    }

    fn at_word(&self, word: &str) -> bool {
        self.word() == word
    }

    fn bump(&mut self) -> Token {
        let token = self.token();
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let there = self.at_kind(kind);
        if there {
            self.bump();
        }
        there
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let there = self.at_word(word);
        if there {
            self.bump();
        }
        there
    }

    /// Where the token before the current one ends.
    fn previous_end(&self) -> u32 {
        match self.at.checked_sub(1) {
            Some(before) => self.tokens[before].span.end,
            None => 0,
        }
    }

    /// From `start` to the end of the token before the current one.
    fn span_from(&self, start: u32) -> TextSpan {
        TextSpan {
            start,
            end: self.previous_end().max(start),
        }
    }

    fn here(&self) -> u32 {
        self.token().span.start
    }

    /// Where something that is missing before the current token is reported:
    /// at the token, or behind the one before when a line break or the end lies between.
    fn gap(&self) -> TextSpan {
        let token = self.token();
        if token.new_line || token.kind == TokenKind::End {
            TextSpan::at(self.previous_end())
        } else {
            token.span
        }
    }

    fn error(&mut self, code: &'static str, span: TextSpan, message: String) {
        if !self.too_deep {
            self.diagnostics
                .push(Diagnostic::error(code, span, message));
        }
    }

    /// Reports that `what` should stand here.
    fn expected(&mut self, what: &str) {
        let found = self.found();
        let span = self.gap();
        self.error(
            "kql-syntax-expected",
            span,
            format!("expected {what}, found {found}"),
        );
    }

    /// The current token, for messages.
    fn found(&self) -> String {
        let token = self.token();
        match token.kind {
            TokenKind::End => "the end of the query".to_owned(),
            TokenKind::String => "a string".to_owned(),
            _ => format!("`{}`", self.text_of(token)),
        }
    }

    fn expect(&mut self, kind: TokenKind, what: &str) -> bool {
        if self.eat(kind) {
            return true;
        }
        self.expected(what);
        false
    }

    fn expect_word(&mut self, word: &str) -> bool {
        if self.eat_word(word) {
            return true;
        }
        self.expected(&format!("`{word}`"));
        false
    }

    /// Reports that an expression, a name or the like is missing here.
    fn missing(&mut self, what: &str) {
        let span = TextSpan::at(self.previous_end());
        let found = self.found();
        let word = self.word();
        self.error(
            "kql-syntax-missing",
            span,
            format!("{what} is missing before {found}"),
        );
        let help = if TYPED.contains(&word) && self.ahead(1).kind == TokenKind::OpenParen {
            format!("`{word}(…)` is written without a space before the parenthesis")
        } else if !word.is_empty() && word_use(word) != WordUse::Name {
            format!("`{word}` is a keyword; as a name it is written `['{word}']`")
        } else if self.at_kind(TokenKind::OpenBrace) {
            "a function is written `() { … }`, its parameters before the brace".to_owned()
        } else {
            return;
        };
        self.help(help);
    }

    /// Adds what would help to the last finding.
    fn help(&mut self, help: impl Into<String>) {
        if !self.too_deep
            && let Some(last) = self.diagnostics.last_mut()
        {
            last.help = Some(help.into());
        }
    }

    /// Reports that the next statement starts without a `;`. Where the statement before has a mistake, that is why,
    /// and this only follows from it.
    fn missing_semicolon(&mut self, reported: usize) {
        self.expected("`;`");
        let word = self.word();
        let lower = word.to_lowercase();
        if self.diagnostics.len() > reported + 1 {
            self.follows();
        } else if self.token().new_line {
            self.help("statements are separated by `;`");
        } else if word != lower && matches!(&*lower, "and" | "or" | "has" | "contains" | "in") {
            self.help(format!("operators are written in lower case: `{lower}`"));
        } else if word == "as" {
            self.help("a column gets its name before its value: `name = value`");
        } else {
            self.help("a `|`, a comma or an operator such as `and` may be missing");
        }
    }

    /// Marks the last finding as one that only follows from an earlier one.
    fn follows(&mut self) {
        if !self.too_deep
            && let Some(last) = self.diagnostics.last_mut()
        {
            last.cascade = true;
        }
    }

    fn missing_expr(&mut self) -> Expr {
        self.missing("an expression");
        Expr {
            kind: ExprKind::Missing,
            span: TextSpan::at(self.previous_end()),
        }
    }

    fn missing_ident(&mut self) -> Ident {
        self.missing("a name");
        Ident {
            text: Arc::from(""),
            span: TextSpan::at(self.previous_end()),
        }
    }

    /// Runs `inner` one level deeper; gives None, and ends the parse, when that is too deep.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= MAX_DEPTH {
            self.give_up();
            return None;
        }
        self.depth += 1;
        let value = inner(self);
        self.depth -= 1;
        Some(value)
    }

    /// Reports that the query is too deeply nested and moves to the end, so that nothing more is read.
    fn give_up(&mut self) {
        let span = self.token().span;
        self.error(
            "kql-syntax-too-deep",
            span,
            format!("the query nests deeper than {MAX_DEPTH} levels or chains more than {MAX_CHAIN} operators"),
        );
        self.too_deep = true;
        self.at = self.tokens.len() - 1;
    }

    /// Whether a name stands here, and where it may be used: a word, or `['…']`.
    fn at_name(&self) -> Option<WordUse> {
        self.name_ahead(0).map(|(usage, _)| usage)
    }

    /// As [`Self::at_name`], `ahead` tokens on, with the number of tokens that the name takes.
    fn name_ahead(&self, ahead: usize) -> Option<(WordUse, usize)> {
        match self.ahead(ahead).kind {
            TokenKind::Word if self.at_regex_operator(ahead) => Some((WordUse::Never, 1)),
            TokenKind::Word => Some((word_use(self.word_ahead(ahead)), 1)),
            TokenKind::OpenBracket
                if self.ahead(ahead + 1).kind == TokenKind::String
                    && self.ahead(ahead + 2).kind == TokenKind::CloseBracket =>
            {
                Some((WordUse::Name, 3))
            }
            _ => None,
        }
    }

    /// Whether `matches regex` stands `ahead` tokens on, which is one operator of two words.
    fn at_regex_operator(&self, ahead: usize) -> bool {
        self.word_ahead(ahead) == "matches" && self.word_ahead(ahead + 1) == "regex"
    }

    /// Takes the name that [`Self::at_name`] found.
    fn take_name(&mut self) -> Ident {
        let token = self.bump();
        if token.kind == TokenKind::OpenBracket {
            let string = self.bump();
            let close = self.bump();
            return Ident {
                text: string_value(self.text_of(string)).into(),
                span: token.span.to(close.span),
            };
        }
        Ident {
            text: self.text_of(token).into(),
            span: token.span,
        }
    }

    /// A name that is declared where nothing else could stand.
    fn declared_name(&mut self) -> Ident {
        match self.at_name() {
            Some(WordUse::Name) => self.take_name(),
            _ => self.missing_ident(),
        }
    }

    /// A name that is declared before `:` or `=`, where more words are allowed.
    fn declared_name_wide(&mut self) -> Ident {
        match self.at_name() {
            Some(WordUse::Name | WordUse::Declaration) => self.take_name(),
            _ => self.missing_ident(),
        }
    }

    /// Items separated by commas. A missing comma is reported when `starts` says that another item follows.
    /// Only the first item may be missing without ending the list.
    fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> T,
        starts: impl Fn(&Self) -> bool,
    ) -> Vec<T> {
        let mut items = Vec::new();
        loop {
            let before = self.at;
            items.push(item(self));
            if self.at == before && (items.len() > 1 || !self.at_kind(TokenKind::Comma)) {
                return items;
            }
            if self.eat(TokenKind::Comma) {
                continue;
            }
            if !starts(self) {
                return items;
            }
            self.expected("`,`");
        }
    }

    /// As [`Self::list`], of items in brackets that start as expressions do.
    fn bracketed_list<T>(&mut self, item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        self.list(item, Self::starts_scalar)
    }

    /// As [`Self::list`], where nothing is missing behind a last comma.
    fn list_with_trailing_comma<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> T,
        starts: impl Fn(&Self) -> bool,
    ) -> Vec<T> {
        let mut items = Vec::new();
        while starts(self) || (items.is_empty() && self.at_kind(TokenKind::Comma)) {
            items.push(item(self));
            if !self.eat(TokenKind::Comma) && starts(self) {
                self.expected("`,`");
            }
        }
        items
    }

    /// Reports the current token as one that nothing can begin with, and skips to the end.
    fn skip_rest(&mut self) {
        let span = self.token().span;
        let found = self.found();
        self.error(
            "kql-syntax-unexpected",
            span,
            format!("{found} is not expected here"),
        );
        self.at = self.tokens.len() - 1;
    }
}

#[cfg(test)]
mod tests;
