//! Text of an expression to its tree.
//!
//! ```text
//! expression := primary { "." name | "[" expression "]" }
//! primary    := string | integer | name { "." name } "(" [ expression { "," expression } ] ")"
//! string     := "'" { any character but "'" | "''" } "'"
//! ```

/// A piece of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A text in single quotes.
    String(String),
    /// A whole number.
    Integer(i64),
    /// `name(arguments)`.
    Call(String, Vec<Self>),
    /// `base.name`.
    Member(Box<Self>, String),
    /// `base[index]`.
    Index(Box<Self>, Box<Self>),
}

/// Deepest nesting of calls.
const MAX_DEPTH: usize = 50;

/// Reads the text between the outer brackets; `None` when it is no expression.
pub(super) fn parse(text: &str) -> Option<Node> {
    let mut cursor = Cursor { rest: text };
    let node = cursor.expression(0)?;
    cursor.space();
    cursor.rest.is_empty().then_some(node)
}

struct Cursor<'t> {
    rest: &'t str,
}

impl Cursor<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn accept(&mut self, character: char) -> bool {
        self.space();
        match self.rest.strip_prefix(character) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expression(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut node = self.primary(depth)?;
        for _ in 0..=MAX_DEPTH {
            if self.accept('.') {
                node = Node::Member(Box::new(node), self.name()?);
            } else if self.accept('[') {
                let index = self.expression(depth + 1)?;
                if !self.accept(']') {
                    return None;
                }
                node = Node::Index(Box::new(node), Box::new(index));
            } else {
                return Some(node);
            }
        }
        None
    }

    fn primary(&mut self, depth: usize) -> Option<Node> {
        self.space();
        match self.rest.chars().next()? {
            '\'' => self.string().map(Node::String),
            '-' | '0'..='9' => {
                let end = self.rest[1..]
                    .find(|character: char| !character.is_ascii_digit())
                    .map_or(self.rest.len(), |end| end + 1);
                let (number, rest) = self.rest.split_at(end);
                self.rest = rest;
                number.parse().ok().map(Node::Integer)
            }
            _ => {
                let mut name = self.name()?;
                // A template's own function has its namespace before it.
                while self.accept('.') {
                    name.push('.');
                    name.push_str(&self.name()?);
                }
                if !self.accept('(') {
                    return None;
                }
                let mut arguments = Vec::new();
                if self.accept(')') {
                    return Some(Node::Call(name, arguments));
                }
                loop {
                    arguments.push(self.expression(depth + 1)?);
                    if self.accept(')') {
                        return Some(Node::Call(name, arguments));
                    }
                    if !self.accept(',') {
                        return None;
                    }
                }
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        let mut rest = self.rest.strip_prefix('\'')?;
        loop {
            let end = rest.find('\'')?;
            text.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            let Some(doubled) = rest.strip_prefix('\'') else {
                self.rest = rest;
                return Some(text);
            };
            text.push('\'');
            rest = doubled;
        }
    }

    fn name(&mut self) -> Option<String> {
        self.space();
        let end = self
            .rest
            .find(|character: char| {
                !(character.is_alphanumeric() || matches!(character, '_' | '$' | '-'))
            })
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }
}
