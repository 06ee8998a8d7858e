//! Queries in one layout: [`format()`] puts every operator of a longer pipeline on a line of its own, indents what
//! stands in brackets and sets spaces as the language reference does.
//!
//! It works on the tokens, not on the tree, so that nothing of the query can get lost: the tokens and comments that
//! come out are those that went in. Line breaks inside an operator stay where the author put them.

use super::parser::Parsed;
use super::span::TextSpan;
use super::token::TokenKind;

/// Longest line that a pipeline in brackets, or one with a single operator, may stay on.
const MAX_WIDTH: usize = 100;
/// How many spaces one level is indented.
const INDENT: usize = 4;

/// A token or comment with what stood before it.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// None for a comment.
    kind: Option<TokenKind>,
    span: TextSpan,
    /// Line breaks between the piece before and this one.
    breaks: usize,
    /// Whether a space or line break stood before it.
    spaced: bool,
}

/// What belongs together: the inside of a pair of brackets, or of a statement.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    /// Whether each `|` of it begins a line.
    broken: bool,
}

/// Lays `text` out anew; None when it has syntax errors, for then there is no telling what is meant.
pub(crate) fn format(text: &str, parsed: &Parsed) -> Option<String> {
    if !parsed.diagnostics.is_empty() {
        return None;
    }
    let pieces = pieces(text, parsed);
    let groups = groups(text, &pieces);
    let mut printer = Printer {
        text,
        out: String::with_capacity(text.len() + text.len() / 8),
        levels: vec![Level::default()],
        statement_start: true,
    };
    for (at, piece) in pieces.iter().enumerate() {
        printer.piece(&pieces, at, *piece, groups[at]);
    }
    let mut out = printer.out;
    out.truncate(out.trim_end().len());
    if !out.is_empty() {
        out.push('\n');
    }
    Some(out)
}

fn pieces(text: &str, parsed: &Parsed) -> Vec<Piece> {
    let mut all: Vec<(Option<TokenKind>, TextSpan)> = parsed
        .tokens
        .iter()
        .filter(|t| t.kind != TokenKind::End)
        .map(|t| (Some(t.kind), t.span))
        .chain(parsed.comments.iter().map(|c| (None, *c)))
        .collect();
    all.sort_by_key(|(_, span)| span.start);
    let mut end = 0;
    all.into_iter()
        .map(|(kind, span)| {
            let gap = text.get(end..span.start as usize).unwrap_or_default();
            end = span.end as usize;
            Piece {
                kind,
                span,
                breaks: gap.bytes().filter(|b| *b == b'\n').count(),
                spaced: !gap.is_empty(),
            }
        })
        .collect()
}

/// For each piece, the group that it is in.
fn groups(text: &str, pieces: &[Piece]) -> Vec<Group> {
    struct Open {
        members: Vec<usize>,
        pipes: usize,
        breaks: bool,
        width: usize,
        statement: bool,
    }
    fn open(statement: bool) -> Open {
        Open {
            members: Vec::new(),
            pipes: 0,
            breaks: false,
            width: 0,
            statement,
        }
    }
    /// Whether the group goes over several lines, so that what is around it does too.
    fn close(group: &Open, into: &mut [Group]) -> bool {
        let broken = group.pipes > 0
            && (group.breaks || (group.statement && group.pipes > 1) || group.width > MAX_WIDTH);
        for member in &group.members {
            into[*member].broken = broken;
        }
        broken
    }
    let mut result = vec![Group::default(); pieces.len()];
    let mut stack = vec![open(true)];
    for (at, piece) in pieces.iter().enumerate() {
        let width = text[piece.span.range()].len() + 1;
        let closes = matches!(
            piece.kind,
            Some(TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace)
        );
        if closes
            && stack.len() > 1
            && let (Some(group), Some(outer)) = (stack.pop(), stack.last_mut())
        {
            let breaks = group.breaks || piece.breaks > 0;
            outer.width += group.width;
            outer.breaks |= breaks | close(&Open { breaks, ..group }, &mut result);
        }
        if let Some(group) = stack.last_mut() {
            group.breaks |= !group.members.is_empty() && piece.breaks > 0 || piece.kind.is_none();
            group.members.push(at);
            group.width += width;
            group.pipes += usize::from(piece.kind == Some(TokenKind::Pipe));
        }
        match piece.kind {
            Some(TokenKind::OpenParen | TokenKind::OpenBracket) => stack.push(open(false)),
            Some(TokenKind::OpenBrace) => stack.push(open(true)),
            Some(TokenKind::Semicolon) => {
                // The next statement is a group of its own.
                if let Some(group) = stack.pop() {
                    let broken = close(&group, &mut result);
                    if let Some(outer) = stack.last_mut() {
                        outer.breaks |= broken;
                    }
                    stack.push(open(group.statement));
                }
            }
            _ => {}
        }
    }
    while let Some(group) = stack.pop() {
        close(&group, &mut result);
    }
    result
}

/// One bracket that is open, or the text as a whole.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// Indentation of a statement inside.
    base: usize,
    /// Indentation of the operators of the statement at hand.
    inside: usize,
    /// Indentation of the line that the bracket stands on.
    outside: usize,
    /// Whether an operator has begun here, so that lines that go on are indented further.
    in_operator: bool,
    /// Whether nothing but comments has come yet.
    empty: bool,
    /// Whether it is an array or bag, whose lines are all of one kind.
    list: bool,
}

struct Printer<'t> {
    text: &'t str,
    out: String,
    levels: Vec<Level>,
    statement_start: bool,
}

impl Printer<'_> {
    fn piece(&mut self, pieces: &[Piece], at: usize, piece: Piece, group: Group) {
        let text = &self.text[piece.span.range()];
        let before = at.checked_sub(1).map(|b| pieces[b]);
        let closes = matches!(
            piece.kind,
            Some(TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace)
        );
        let closed = if closes && self.levels.len() > 1 {
            self.levels.pop()
        } else {
            None
        };
        let pipe = piece.kind == Some(TokenKind::Pipe);
        let first = before.is_none();
        let after_comment = before.is_some_and(|b| b.kind.is_none());
        let breaks_line = !first
            && (piece.breaks > 0 || after_comment || (pipe && group.broken))
            && (after_comment
                || !matches!(piece.kind, Some(TokenKind::Semicolon | TokenKind::Comma)));
        let is_let = piece.kind == Some(TokenKind::Word) && text == "let";
        if breaks_line {
            self.out.push('\n');
            if piece.breaks > 1 && !closes && !self.out.ends_with("\n\n") {
                self.out.push('\n');
            }
            let indent = match (closed, self.levels.last()) {
                (Some(level), _) => level.outside,
                (None, Some(level))
                    if pipe || self.statement_start || level.empty || level.list =>
                {
                    level.inside
                }
                (None, Some(level)) if piece.kind.is_none() && next_is_pipe(pieces, at) => {
                    level.inside
                }
                (None, Some(level)) if level.in_operator => level.inside + INDENT,
                (None, Some(level)) if self.levels.len() == 1 => level.inside + INDENT,
                (None, Some(level)) => level.inside,
                (None, None) => 0,
            };
            self.out.extend(std::iter::repeat_n(' ', indent));
        } else if !first && self.space(pieces, at) {
            self.out.push(' ');
        }
        self.out.push_str(text.trim_end());
        if piece.kind.is_none() {
            return;
        }
        if self.statement_start {
            self.statement_start = false;
            if let Some(level) = self.levels.last_mut() {
                // What a `let` names is indented below it.
                level.inside = level.base + if is_let { INDENT } else { 0 };
            }
        }
        if let Some(level) = self.levels.last_mut() {
            level.empty = false;
            level.in_operator |= pipe;
        }
        match piece.kind {
            Some(kind @ (TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace)) => {
                let outside = self.line_indent();
                self.levels.push(Level {
                    base: outside + INDENT,
                    inside: outside + INDENT,
                    outside,
                    in_operator: false,
                    empty: true,
                    list: kind == TokenKind::OpenBracket,
                });
                self.statement_start = kind == TokenKind::OpenBrace;
            }
            Some(TokenKind::Semicolon) => {
                self.statement_start = true;
                if let Some(level) = self.levels.last_mut() {
                    level.in_operator = false;
                    level.inside = level.base;
                }
            }
            _ => {}
        }
    }

    /// How far the line that is being written is indented.
    fn line_indent(&self) -> usize {
        let line = self.out.rfind('\n').map_or(0, |at| at + 1);
        self.out[line..].bytes().take_while(|b| *b == b' ').count()
    }

    /// Whether a space belongs before the piece at `at`, which goes on the line of the one before.
    fn space(&self, pieces: &[Piece], at: usize) -> bool {
        use TokenKind as T;
        let piece = pieces[at];
        let before = pieces[at - 1];
        let (Some(kind), Some(last)) = (piece.kind, before.kind) else {
            return true;
        };
        let word = |p: Piece| &self.text[p.span.range()];
        match (last, kind) {
            (T::Dot, _) | (_, T::Dot | T::Comma | T::Semicolon) => false,
            (T::OpenParen | T::OpenBracket, _) | (_, T::CloseParen | T::CloseBracket) => false,
            (T::OpenBrace, T::CloseBrace) => false,
            (T::OpenBrace, _) | (_, T::CloseBrace) => piece.spaced,
            (_, T::OpenBrace) => piece.spaced || last == T::CloseParen,
            (T::Comma | T::Semicolon, _) => true,
            // Where a word meets a bracket, it is a call when nothing stands between, and a keyword otherwise.
            (T::Word | T::Negated, T::OpenParen) => {
                piece.spaced
                    || matches!(
                        word(before),
                        "in" | "in~"
                            | "between"
                            | "has_any"
                            | "has_all"
                            | "!in"
                            | "!in~"
                            | "!between"
                            | "and"
                            | "or"
                            | "by"
                            | "on"
                            | "with"
                    )
            }
            (_, T::OpenBracket) | (T::CloseParen, T::OpenParen) => piece.spaced,
            (T::Colon, _) | (_, T::Colon) => piece.spaced,
            (T::Minus, _) if sign(pieces, at - 1) => false,
            (T::Plus, _) if sign(pieces, at - 1) => false,
            // The arrows of graph patterns, and names with a star in them.
            (T::Minus | T::Less | T::Greater | T::CloseBracket, T::Minus | T::Greater)
                if !piece.spaced =>
            {
                false
            }
            (T::Star, _) | (_, T::Star) => piece.spaced || multiplies(pieces, at),
            (_, T::Assign) if tight(self.text, pieces, at) => false,
            (T::Assign, _) if tight(self.text, pieces, at - 1) => false,
            _ => true,
        }
    }
}

/// Whether the comments from `at` on are followed by a `|`.
fn next_is_pipe(pieces: &[Piece], at: usize) -> bool {
    pieces[at..]
        .iter()
        .find_map(|p| p.kind)
        .is_some_and(|kind| kind == TokenKind::Pipe)
}

/// Whether the piece at `at` is a sign, not an operator between two values.
fn sign(pieces: &[Piece], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|b| pieces[b].kind) else {
        return true;
    };
    !matches!(
        before,
        TokenKind::Word
            | TokenKind::Long
            | TokenKind::Real
            | TokenKind::Timespan
            | TokenKind::String
            | TokenKind::Typed
            | TokenKind::Guid
            | TokenKind::CloseParen
            | TokenKind::CloseBracket
            | TokenKind::CloseBrace
    ) || (before == TokenKind::Word && pieces[at].spaced && !pieces[at + 1].spaced)
}

/// Whether a star at `at` or before it stands between two values.
fn multiplies(pieces: &[Piece], at: usize) -> bool {
    let star = if pieces[at].kind == Some(TokenKind::Star) {
        at
    } else {
        at - 1
    };
    let value = |p: Option<&Piece>| {
        p.and_then(|p| p.kind).is_some_and(|kind| {
            matches!(
                kind,
                TokenKind::Long
                    | TokenKind::Real
                    | TokenKind::Timespan
                    | TokenKind::CloseParen
                    | TokenKind::Typed
            )
        })
    };
    value(star.checked_sub(1).and_then(|b| pieces.get(b)))
}

/// Whether the `=` at `at` belongs to a parameter of an operator, such as `kind=inner`.
fn tight(text: &str, pieces: &[Piece], at: usize) -> bool {
    if pieces.get(at).and_then(|p| p.kind) != Some(TokenKind::Assign) {
        return false;
    }
    let Some(name) = at.checked_sub(1).map(|b| pieces[b]) else {
        return false;
    };
    let after_dot = at
        .checked_sub(2)
        .is_some_and(|b| pieces[b].kind == Some(TokenKind::Dot));
    after_dot
        || matches!(
            &text[name.span.range()],
            "kind"
                | "isfuzzy"
                | "withsource"
                | "with_source"
                | "bagexpansion"
                | "with_itemindex"
                | "with_match_id"
                | "flags"
                | "output"
                | "decodeblocks"
        )
}

#[cfg(test)]
mod tests;
