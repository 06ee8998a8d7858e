//! Strings: prefixes, quotes and escapes.

/// The value of a string token: without prefix and quotes, escapes resolved. A missing end quote is tolerated.
pub(crate) fn string_value(token: &str) -> String {
    let body = token.trim_start_matches(['h', 'H']);
    for fence in ["```", "~~~"] {
        if let Some(rest) = body.strip_prefix(fence) {
            return rest.strip_suffix(fence).unwrap_or(rest).to_owned();
        }
    }
    if let Some(rest) = body.strip_prefix('@') {
        let Some(quote) = rest.chars().next() else {
            return String::new();
        };
        let inner = &rest[1..];
        let inner = inner.strip_suffix(quote).unwrap_or(inner);
        let double: String = [quote, quote].iter().collect();
        return inner.replace(&double, quote.encode_utf8(&mut [0; 4]));
    }
    let Some(quote) = body.chars().next() else {
        return String::new();
    };
    let inner = &body[quote.len_utf8()..];
    unescape(inner, quote)
}

/// Resolves the escapes of `inner` up to the closing `quote`.
fn unescape(inner: &str, quote: char) -> String {
    if !inner.contains('\\') {
        return inner.strip_suffix(quote).unwrap_or(inner).to_owned();
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == quote {
            break;
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(escape) = rest.chars().next() else {
            break;
        };
        rest = &rest[escape.len_utf8()..];
        match escape {
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            'x' => rest = push_code(&mut out, rest, 2, 16),
            'u' => rest = push_code(&mut out, rest, 4, 16),
            'U' => rest = push_code(&mut out, rest, 8, 16),
            '0'..='7' => {
                let more = rest
                    .bytes()
                    .take(2)
                    .take_while(|b| matches!(b, b'0'..=b'7'))
                    .count();
                let mut code = escape.to_digit(8).unwrap_or(0);
                for digit in rest[..more].chars() {
                    code = code * 8 + digit.to_digit(8).unwrap_or(0);
                }
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = &rest[more..];
            }
            other => out.push(other),
        }
    }
    out
}

/// Appends the character whose code the first `count` digits of `rest` give; returns what follows them.
fn push_code<'t>(out: &mut String, rest: &'t str, count: usize, radix: u32) -> &'t str {
    let Some(digits) = rest.get(..count) else {
        return rest;
    };
    let Ok(code) = u32::from_str_radix(digits, radix) else {
        return rest;
    };
    // A pair of surrogates is one character written as two escapes.
    if (0xd800..0xdc00).contains(&code)
        && let Some(low) = rest
            .get(count..count + 6)
            .and_then(|next| next.strip_prefix("\\u"))
        && let Ok(low) = u32::from_str_radix(low, 16)
        && (0xdc00..0xe000).contains(&low)
    {
        let joined = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        out.push(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
        return &rest[count + 6..];
    }
    out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    &rest[count..]
}
