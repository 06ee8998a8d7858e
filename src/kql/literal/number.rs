//! Whole numbers, real numbers and guids.

/// `12`, `-12`, `0x1f`, `12L`
pub(crate) fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(hex) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        // Sixteen digits fill all 64 bits, so that the highest is the sign.
        let value = u64::from_str_radix(hex, 16).ok()?.cast_signed();
        return Some(if negative {
            value.wrapping_neg()
        } else {
            value
        });
    }
    let value: i128 = digits.parse().ok()?;
    i64::try_from(if negative { -value } else { value }).ok()
}

/// `1.5`, `1e3`, `nan`, `-inf`
pub(super) fn parse_real(text: &str) -> Option<f64> {
    match text.trim() {
        "nan" | "NaN" => Some(f64::NAN),
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        other if other.bytes().any(|b| b.is_ascii_digit()) => other.parse().ok(),
        _ => None,
    }
}

/// Whether `text` is a decimal number.
pub(super) fn is_decimal(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// `74be27de-1e4e-49d9-b579-fe0b331d3642`, hyphens and braces optional.
pub(crate) fn parse_guid(text: &str) -> Option<u128> {
    let text = text.trim();
    let text = text
        .strip_prefix('{')
        .and_then(|t| t.strip_suffix('}'))
        .unwrap_or(text);
    let mut value: u128 = 0;
    let mut digits = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'-' && matches!(at, 8 | 13 | 18 | 23) {
            continue;
        }
        let digit = char::from(byte).to_digit(16)?;
        value = value.checked_mul(16)? | u128::from(digit);
        digits += 1;
        if digits > 32 {
            return None;
        }
    }
    (digits == 32).then_some(value)
}
