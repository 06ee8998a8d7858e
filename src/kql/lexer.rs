//! Text to tokens. Never fails: what no token starts with becomes [`TokenKind::Unknown`].
//!
//! White space and comments are not tokens; comments are kept aside for the formatter.
//! Start at [`lex`].

use super::diagnostic::Diagnostic;
use super::span::TextSpan;
use super::token::HYPHENATED;
use super::token::NEGATABLE;
use super::token::TYPED;
use super::token::Token;
use super::token::TokenKind;

/// Units that may follow a number and make it a timespan.
pub(super) const TIMESPAN_UNITS: &[&str] = &[
    "d",
    "day",
    "days",
    "h",
    "hour",
    "hours",
    "hr",
    "hrs",
    "m",
    "micro",
    "micros",
    "microsecond",
    "microseconds",
    "milli",
    "millis",
    "millisecond",
    "milliseconds",
    "min",
    "minute",
    "minutes",
    "ms",
    "nano",
    "nanos",
    "nanosecond",
    "nanoseconds",
    "s",
    "sec",
    "second",
    "seconds",
    "tick",
    "ticks",
];

/// What lexing gives.
#[derive(Debug, Clone)]
pub(crate) struct Lexed {
    /// The tokens, the last one being [`TokenKind::End`].
    pub(crate) tokens: Vec<Token>,
    /// The `//` comments, without their line ends.
    pub(crate) comments: Vec<TextSpan>,
    /// Strings without end and characters without meaning.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Splits `text` into tokens.
pub(crate) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        out: Lexed {
            tokens: Vec::with_capacity(text.len() / 4 + 2),
            comments: Vec::new(),
            diagnostics: Vec::new(),
        },
    };
    lexer.run();
    lexer.out
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    out: Lexed,
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn run(&mut self) {
        loop {
            let new_line = self.skip_trivia();
            let start = self.at;
            let kind = if start >= self.bytes.len() {
                TokenKind::End
            } else {
                self.token()
            };
            self.out.tokens.push(Token {
                kind,
                span: TextSpan::new(start, self.at),
                new_line,
            });
            if kind == TokenKind::End {
                return;
            }
        }
    }

    /// Skips white space and comments; says whether a line break was among them.
    fn skip_trivia(&mut self) -> bool {
        let mut new_line = false;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' | b'\r' => {
                    new_line = true;
                    self.at += 1;
                }
                b' ' | b'\t' | 0x0b | 0x0c => self.at += 1,
                b'/' if self.peek(1) == b'/' => {
                    let start = self.at;
                    while self.at < self.bytes.len()
                        && !matches!(self.bytes[self.at], b'\n' | b'\r')
                    {
                        self.at += 1;
                    }
                    self.out.comments.push(TextSpan::new(start, self.at));
                }
                0x80.. => {
                    let Some(c) = self.text[self.at..].chars().next() else {
                        break;
                    };
                    // Byte order marks and zero-width spaces come with text copied from web pages.
                    if !(c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}')) {
                        break;
                    }
                    self.at += c.len_utf8();
                }
                _ => break,
            }
        }
        new_line
    }

    fn token(&mut self) -> TokenKind {
        let byte = self.bytes[self.at];
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => self.word(),
            b'0'..=b'9' => self.number(),
            b'"' | b'\'' => self.string(0),
            b'@' if matches!(self.peek(1), b'"' | b'\'') => self.string(1),
            b'`' if self.bytes[self.at..].starts_with(b"```") => self.multi_line(0),
            b'~' if self.bytes[self.at..].starts_with(b"~~~") => self.multi_line(0),
            b'#' => {
                while self.at < self.bytes.len() && !matches!(self.bytes[self.at], b'\n' | b'\r') {
                    self.at += 1;
                }
                TokenKind::Directive
            }
            b'!' => self.negation(),
            _ => self.punctuation(byte),
        }
    }

    fn punctuation(&mut self, byte: u8) -> TokenKind {
        let (kind, length) = match (byte, self.peek(1)) {
            (b'(', _) => (TokenKind::OpenParen, 1),
            (b')', _) => (TokenKind::CloseParen, 1),
            (b'[', _) => (TokenKind::OpenBracket, 1),
            (b']', _) => (TokenKind::CloseBracket, 1),
            (b'{', _) => (TokenKind::OpenBrace, 1),
            (b'}', _) => (TokenKind::CloseBrace, 1),
            (b'|', _) => (TokenKind::Pipe, 1),
            (b';', _) => (TokenKind::Semicolon, 1),
            (b',', _) => (TokenKind::Comma, 1),
            (b'.', b'.') => (TokenKind::DotDot, 2),
            (b'.', _) => (TokenKind::Dot, 1),
            (b':', _) => (TokenKind::Colon, 1),
            (b'=', b'=') => (TokenKind::Equal, 2),
            (b'=', b'~') => (TokenKind::EqualTilde, 2),
            (b'=', b'>') => (TokenKind::Arrow, 2),
            (b'=', _) => (TokenKind::Assign, 1),
            (b'<', b'=') => (TokenKind::LessEqual, 2),
            (b'<', b'>') => (TokenKind::LessGreater, 2),
            (b'<', _) => (TokenKind::Less, 1),
            (b'>', b'=') => (TokenKind::GreaterEqual, 2),
            (b'>', _) => (TokenKind::Greater, 1),
            (b'+', _) => (TokenKind::Plus, 1),
            (b'-', _) => (TokenKind::Minus, 1),
            (b'*', _) => (TokenKind::Star, 1),
            (b'/', _) => (TokenKind::Slash, 1),
            (b'%', _) => (TokenKind::Percent, 1),
            (b'?', _) => (TokenKind::Question, 1),
            _ => return self.unknown(),
        };
        self.at += length;
        kind
    }

    fn unknown(&mut self) -> TokenKind {
        let start = self.at;
        let c = self.text[start..].chars().next().unwrap_or(' ');
        self.at += c.len_utf8();
        let span = TextSpan::new(start, self.at);
        let finding = Diagnostic::error(
            "kql-syntax-unexpected-character",
            span,
            format!("the character `{}` has no meaning here", c.escape_debug()),
        );
        self.out.diagnostics.push(match c {
            '\u{201c}' | '\u{201d}' => finding.with_help("strings are quoted with plain `\"`"),
            '\u{2018}' | '\u{2019}' => finding.with_help("strings are quoted with plain `'`"),
            '\u{2013}' | '\u{2014}' => finding.with_help("the minus sign is a plain `-`"),
            '&' => finding.with_help("the logical operator is written `and`"),
            _ => finding,
        });
        TokenKind::Unknown
    }

    fn word_end(&self, mut at: usize) -> usize {
        while at < self.bytes.len() && is_word(self.bytes[at]) {
            at += 1;
        }
        at
    }

    fn word(&mut self) -> TokenKind {
        let start = self.at;
        let end = self.word_end(start + 1);
        let text = self.text;
        let word = &text[start..end];
        match self.bytes.get(end).copied().unwrap_or(0) {
            b'-' => {
                if let Some(long) = hyphenated(&text[start..], word) {
                    self.at = start + long.len();
                    return TokenKind::Word;
                }
            }
            b'(' if TYPED.contains(&word) => {
                self.at = end + 1;
                return self.typed();
            }
            b'~' if word == "in" => {
                self.at = end + 1;
                return TokenKind::Word;
            }
            b'"' | b'\'' if matches!(word, "h" | "H") => return self.string(1),
            b'@' if matches!(word, "h" | "H") && matches!(self.peek(2), b'"' | b'\'') => {
                return self.string(2);
            }
            b'`' | b'~'
                if matches!(word, "h" | "H")
                    && (text[end..].starts_with("```") || text[end..].starts_with("~~~")) =>
            {
                return self.multi_line(1);
            }
            _ => {}
        }
        if word.len() == 8
            && let Some(end) = raw_guid(self.bytes, start)
        {
            self.at = end;
            return TokenKind::Guid;
        }
        self.at = end;
        TokenKind::Word
    }

    /// The content of a typed literal, up to the `)` on the same line.
    fn typed(&mut self) -> TokenKind {
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b')' => {
                    self.at += 1;
                    return TokenKind::Typed;
                }
                b'\n' | b'\r' => break,
                _ => self.at += 1,
            }
        }
        self.missing("`)` is missing at the end of the literal");
        TokenKind::Typed
    }

    fn missing(&mut self, message: &str) {
        self.out.diagnostics.push(Diagnostic::error(
            "kql-syntax-unclosed-literal",
            TextSpan::new(self.at, self.at),
            message,
        ));
    }

    fn number(&mut self) -> TokenKind {
        let start = self.at;
        let end = self.word_end(start);
        if let Some(end) = raw_guid(self.bytes, start) {
            self.at = end;
            return TokenKind::Guid;
        }
        let word = &self.bytes[start..end];
        let digits = word.iter().take_while(|b| b.is_ascii_digit()).count();
        let rest = &self.text[start + digits..end];
        let after = self.bytes.get(end).copied().unwrap_or(0);
        if rest.is_empty() {
            // A dot makes it a real number only when digits, or an exponent, follow: `1..2` is a range.
            if after == b'.' {
                let fraction = self.bytes[end + 1..]
                    .iter()
                    .take_while(|b| b.is_ascii_digit())
                    .count();
                let tail_start = end + 1 + fraction;
                let tail_end = self.word_end(tail_start);
                let tail = &self.text[tail_start..tail_end];
                if let Some(real_end) = self.exponent(tail_start, tail_end) {
                    self.at = real_end;
                    return TokenKind::Real;
                }
                if fraction > 0 && tail.is_empty() {
                    self.at = tail_start;
                    return TokenKind::Real;
                }
                if fraction > 0 && TIMESPAN_UNITS.contains(&tail) {
                    self.at = tail_end;
                    return TokenKind::Timespan;
                }
            }
            self.at = end;
            return TokenKind::Long;
        }
        if digits == 1
            && word[0] == b'0'
            && rest.len() > 1
            && rest.starts_with(['x', 'X'])
            && rest[1..].bytes().all(|b| b.is_ascii_hexdigit())
        {
            self.at = end;
            return TokenKind::Long;
        }
        if TIMESPAN_UNITS.contains(&rest) {
            self.at = end;
            return TokenKind::Timespan;
        }
        if let Some(real_end) = self.exponent(start + digits, end) {
            self.at = real_end;
            return TokenKind::Real;
        }
        self.at = end;
        TokenKind::Word
    }

    /// The end of an exponent such as `e3` or `E-10` that starts at `at`; the word there ends at `end`.
    fn exponent(&self, at: usize, end: usize) -> Option<usize> {
        if !matches!(self.bytes.get(at), Some(b'e' | b'E')) {
            return None;
        }
        if end > at + 1 {
            return self.bytes[at + 1..end]
                .iter()
                .all(u8::is_ascii_digit)
                .then_some(end);
        }
        if matches!(self.bytes.get(at + 1), Some(b'+' | b'-')) {
            let digits_end = self.word_end(at + 2);
            let digits = &self.bytes[at + 2..digits_end];
            return (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
                .then_some(digits_end);
        }
        None
    }

    /// A string with a prefix of `prefix` bytes, of which `@` makes it verbatim.
    fn string(&mut self, prefix: usize) -> TokenKind {
        let verbatim = prefix > 0 && self.bytes[self.at + prefix - 1] == b'@';
        let quote = self.bytes[self.at + prefix];
        self.at += prefix + 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'\n' | b'\r' => break,
                _ if byte == quote => {
                    self.at += 1;
                    if verbatim && self.bytes.get(self.at) == Some(&quote) {
                        self.at += 1;
                        continue;
                    }
                    return TokenKind::String;
                }
                b'\\' if !verbatim => match escape_length(&self.bytes[self.at..]) {
                    Some(length) => self.at += length,
                    None => break,
                },
                _ => self.at += 1,
            }
        }
        self.missing(&format!(
            "the string is not closed with `{}`",
            char::from(quote)
        ));
        if self.bytes.get(self.at) == Some(&b'\\')
            && let Some(finding) = self.out.diagnostics.last_mut()
        {
            finding.help = Some(
                "a backslash starts an escape such as `\\\\` or `\\n`; `@\"…\"` takes it as it stands".to_owned(),
            );
        }
        TokenKind::String
    }

    fn multi_line(&mut self, prefix: usize) -> TokenKind {
        let start = self.at + prefix;
        let fence = &self.text[start..start + 3];
        if let Some(offset) = self.text[start + 3..].find(fence) {
            self.at = start + 3 + offset + 3;
        } else {
            self.at = self.bytes.len();
            self.missing(&format!("the string is not closed with `{fence}`"));
        }
        TokenKind::String
    }

    fn negation(&mut self) -> TokenKind {
        match self.peek(1) {
            b'=' => {
                self.at += 2;
                TokenKind::NotEqual
            }
            b'~' => {
                self.at += 2;
                TokenKind::NotTilde
            }
            _ => {
                let mut end = self.word_end(self.at + 1);
                let word = &self.text[self.at + 1..end];
                if !NEGATABLE.contains(&word) {
                    return self.unknown();
                }
                if word == "in" && self.bytes.get(end) == Some(&b'~') {
                    end += 1;
                }
                self.at = end;
                TokenKind::Negated
            }
        }
    }
}

/// The hyphenated keyword that `rest` starts with; `word` is its first part.
fn hyphenated<'t>(rest: &'t str, word: &str) -> Option<&'t str> {
    HYPHENATED
        .iter()
        .filter(|long| {
            long.starts_with(word)
                && long.as_bytes().get(word.len()) == Some(&b'-')
                && rest.starts_with(**long)
                && !rest
                    .as_bytes()
                    .get(long.len())
                    .copied()
                    .is_some_and(is_word)
        })
        .max_by_key(|long| long.len())
        .map(|long| &rest[..long.len()])
}

/// The end of a bare guid at `start`: 8, 4, 4, 4 and 12 hexadecimal digits with hyphens between.
fn raw_guid(bytes: &[u8], start: usize) -> Option<usize> {
    let text = bytes.get(start..start + 36)?;
    let shaped = text.iter().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    (shaped && !bytes.get(start + 36).copied().is_some_and(is_word)).then_some(start + 36)
}

/// The length of the escape sequence that `bytes` starts with, if it is a known one.
fn escape_length(bytes: &[u8]) -> Option<usize> {
    let hex = |from: usize, count: usize| {
        bytes
            .get(from..from + count)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    match bytes.get(1)? {
        b'\'' | b'"' | b'\\' | b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' => Some(2),
        b'0'..=b'7' => {
            let digits = bytes[1..]
                .iter()
                .take(3)
                .take_while(|b| matches!(b, b'0'..=b'7'))
                .count();
            Some(1 + digits)
        }
        b'x' if hex(2, 2) => Some(4),
        b'u' if hex(2, 4) => Some(6),
        b'U' if hex(2, 8) => Some(10),
        _ => None,
    }
}
