//! Bytes of a file to text.

/// A file's text, and where it first was no UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The text; a byte-order mark stays in it, so that offsets count it too.
    pub(crate) text: String,
    /// The byte offset in `text` of the first character that was not UTF-8, with the encoding it was read as.
    pub(crate) foreign: Option<(usize, &'static str)>,
}

/// Reads UTF-8; UTF-16 with its byte-order mark; anything else as Windows-1252, which never fails.
pub(crate) fn decode(bytes: Vec<u8>) -> Decoded {
    match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match String::from_utf8(bytes) {
            Ok(text) => Decoded {
                text,
                foreign: None,
            },
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                Decoded {
                    text: error
                        .as_bytes()
                        .iter()
                        .map(|byte| windows_1252(*byte))
                        .collect(),
                    foreign: None,
                }
                .at(error.as_bytes(), valid)
            }
        },
    }
}

impl Decoded {
    /// Notes that the text is foreign from byte `valid` of `bytes` on, which is another offset in the text.
    fn at(mut self, bytes: &[u8], valid: usize) -> Self {
        let before = bytes[..valid]
            .iter()
            .map(|byte| windows_1252(*byte).len_utf8());
        self.foreign = Some((before.sum(), "Windows-1252"));
        self
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Decoded {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    let text = char::decode_utf16(units)
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect();
    Decoded {
        text,
        foreign: Some((0, "UTF-16")),
    }
}

/// The character of a byte, as the WHATWG encoding standard's index for windows-1252 gives it.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_is_taken_as_it_is_with_its_mark() {
        let decoded = decode("\u{feff}é".into());
        assert_eq!(decoded.text, "\u{feff}é");
        assert_eq!(decoded.foreign, None);
    }

    #[test]
    fn other_bytes_are_read_as_windows_1252_and_the_first_is_named() {
        let decoded = decode(b"a: \x93x\x94 \xe9".to_vec());
        assert_eq!(decoded.text, "a: “x” é");
        assert_eq!(decoded.foreign, Some((3, "Windows-1252")));
    }

    #[test]
    fn utf16_is_read_in_both_orders() {
        for bytes in [&b"\xff\xfea\0\xe9\0"[..], &b"\xfe\xff\0a\0\xe9"[..]] {
            let decoded = decode(bytes.to_vec());
            assert_eq!(decoded.text, "aé");
            assert_eq!(decoded.foreign, Some((0, "UTF-16")));
        }
    }
}
