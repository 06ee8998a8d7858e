//! Positions as editors count them: lines from zero, characters in UTF-16 units; and back to bytes.

use lsp_types::Position;
use lsp_types::Range;
use lsp_types::TextDocumentContentChangeEvent;

/// The byte that a position means; one past the end of a line is its end, past the last line the end of the text.
pub(crate) fn offset(text: &str, position: Position) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match text[start..].find('\n') {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let line = text[start..].split('\n').next().unwrap_or_default();
    let line = line.strip_suffix('\r').unwrap_or(line);
    let wanted = position.character as usize;
    let mut units = 0;
    for (at, character) in line.char_indices() {
        // The second half of a pair is no place; the character's beginning is.
        if units + character.len_utf16() > wanted {
            return start + at;
        }
        units += character.len_utf16();
    }
    start + line.len()
}

/// The position of a byte; one inside of a character is its beginning.
pub(crate) fn position(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Position {
        line: number(before.matches('\n').count()),
        character: number(before[start..].encode_utf16().count()),
    }
}

/// The range of bytes.
pub(crate) fn range(text: &str, bytes: std::ops::Range<usize>) -> Range {
    Range {
        start: position(text, bytes.start),
        end: position(text, bytes.end),
    }
}

/// Makes the changes of an editor, one after the other.
pub(crate) fn change(text: &mut String, changes: Vec<TextDocumentContentChangeEvent>) {
    for change in changes {
        match change.range {
            None => *text = change.text,
            Some(range) => {
                let start = offset(text, range.start);
                let end = offset(text, range.end).max(start);
                text.replace_range(start..end, &change.text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn positions_count_utf16_units() {
        let text = "a😀é\r\nb\n";
        for (position_, byte) in [
            (at(0, 0), 0),
            (at(0, 1), 1),
            (at(0, 3), 5),
            (at(0, 4), 7),
            (at(1, 1), 10),
        ] {
            assert_eq!(offset(text, position_), byte, "{position_:?}");
            assert_eq!(position(text, byte), position_, "{byte}");
        }
        // Inside of a pair, past the end of a line, past the end of the text.
        assert_eq!(offset(text, at(0, 2)), 1);
        assert_eq!(offset(text, at(0, 99)), 7);
        assert_eq!(offset(text, at(9, 9)), text.len());
        assert_eq!(position(text, 3), at(0, 1));
        assert_eq!(position("", 7), at(0, 0));
    }

    #[test]
    fn changes_are_made_in_their_order() {
        let mut text = "name: ü\nid: x\n".to_owned();
        let event = |range, text: &str| TextDocumentContentChangeEvent {
            range,
            range_length: None,
            text: text.to_owned(),
        };
        let first = Range {
            start: at(0, 6),
            end: at(0, 7),
        };
        let second = Range {
            start: at(1, 4),
            end: at(9, 0),
        };
        change(
            &mut text,
            vec![event(Some(first), "😀"), event(Some(second), "y")],
        );
        assert_eq!(text, "name: 😀\nid: y");
        change(&mut text, vec![event(None, "z")]);
        assert_eq!(text, "z");
    }

    proptest::proptest! {
        #[test]
        fn every_character_has_a_position_of_its_own(text in "[a-zé😀\r\n]{0,40}") {
            for (byte, character) in text.char_indices() {
                // A carriage return before a line feed is part of the line's end.
                if character != '\r' && !text[..byte].ends_with('\r') {
                    proptest::prop_assert_eq!(offset(&text, position(&text, byte)), byte);
                }
            }
        }
    }
}
