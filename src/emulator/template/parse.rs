//! Reads the expression between the brackets of a template string.

/// An expression, read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// `'text'`.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A function and its arguments.
    Call(String, Vec<Self>),
    /// A member or an element of a value: `.name`, `['name']` or `[0]`.
    Member(Box<Self>, Box<Self>),
}

/// What the text holds before the inner brackets go; deeper nesting is refused.
const DEEPEST: usize = 64;

/// Reads an expression; the error says what was expected where.
pub(crate) fn parse(text: &str) -> Result<Expression, String> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
    };
    let expression = reader.expression()?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.unexpected("the end of the expression"));
    }
    Ok(expression)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip_blanks(&mut self) {
        while let Some(c) = self.peek().filter(|c| c.is_whitespace()) {
            self.at += c.len_utf8();
        }
    }

    /// Takes a character if it comes next, blanks before it passed over.
    fn take(&mut self, wanted: char) -> bool {
        self.skip_blanks();
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn unexpected(&self, wanted: &str) -> String {
        match self.peek() {
            Some(found) => format!("expected {wanted} at position {}, found '{found}'", self.at),
            None => format!("expected {wanted} at its end"),
        }
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        let mut expression = self.primary()?;
        loop {
            if self.take('.') {
                let name = Expression::Text(self.name()?);
                expression = Expression::Member(Box::new(expression), Box::new(name));
            } else if self.take('[') {
                let index = self.expression()?;
                if !self.take(']') {
                    return Err(self.unexpected("']'"));
                }
                expression = Expression::Member(Box::new(expression), Box::new(index));
            } else {
                self.depth -= 1;
                return Ok(expression);
            }
        }
    }

    fn primary(&mut self) -> Result<Expression, String> {
        self.skip_blanks();
        match self.peek() {
            Some('\'') => self.quoted(),
            Some(c) if c.is_ascii_digit() || c == '-' => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name()?;
                if !self.take('(') {
                    return Err(self.unexpected("'('"));
                }
                Ok(Expression::Call(name, self.arguments()?))
            }
            _ => Err(self.unexpected("a function, a text or a number")),
        }
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, String> {
        let mut arguments = Vec::new();
        if self.take(')') {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression()?);
            if self.take(')') {
                return Ok(arguments);
            }
            if !self.take(',') {
                return Err(self.unexpected("',' or ')'"));
            }
        }
    }

    fn name(&mut self) -> Result<String, String> {
        self.skip_blanks();
        let name: String = self
            .rest()
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect();
        if name.is_empty() {
            return Err(self.unexpected("a name"));
        }
        self.at += name.len();
        Ok(name)
    }

    fn number(&mut self) -> Result<Expression, String> {
        let digits: String = self
            .rest()
            .chars()
            .enumerate()
            .take_while(|(index, c)| c.is_ascii_digit() || (*index == 0 && *c == '-'))
            .map(|(_, c)| c)
            .collect();
        let number = digits
            .parse()
            .map_err(|_out_of_range| self.unexpected("a whole number"))?;
        self.at += digits.len();
        Ok(Expression::Number(number))
    }

    /// A text in single quotes, a quote in it doubled.
    fn quoted(&mut self) -> Result<Expression, String> {
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c != '\'' {
                text.push(c);
            } else if self.peek() == Some('\'') {
                self.at += 1;
                text.push('\'');
            } else {
                return Ok(Expression::Text(text));
            }
        }
        Err("a text in it is not closed with '".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_expression_is_refused_with_its_place() {
        for (text, wanted) in [
            ("", "expected a function, a text or a number at its end"),
            ("x", "expected '(' at its end"),
            ("x(", "expected a function, a text or a number at its end"),
            ("x('a' 'b')", "expected ',' or ')' at position 6, found '''"),
            ("'a", "a text in it is not closed with '"),
            (
                "x() y",
                "expected the end of the expression at position 4, found 'y'",
            ),
            ("x()[0", "expected ']' at its end"),
            ("x().", "expected a name at its end"),
            (
                "99999999999999999999",
                "expected a whole number at position 0, found '9'",
            ),
        ] {
            assert_eq!(parse(text), Err(wanted.to_owned()), "{text}");
        }
        assert!(parse(&"a(".repeat(100_000)).is_err());
    }

    #[test]
    fn members_and_doubled_quotes_are_read() {
        let text = |text: &str| Expression::Text(text.to_owned());
        let call = Expression::Call("f".to_owned(), vec![text("it's"), Expression::Number(-1)]);
        let member = Expression::Member(Box::new(call), Box::new(text("a")));
        assert_eq!(
            parse("f('it''s', -1).a['b']"),
            Ok(Expression::Member(Box::new(member), Box::new(text("b"))))
        );
    }
}
