//! Bytes as text: git's quoting for stored keys, and escaping for messages.
//!
//! A key may come from anybody, so nothing that moves a cursor, hides or reorders text is ever
//! shown as it is.

/// Longest piece of foreign text in a message, in characters.
const SHOWN_CHARS_MAX: usize = 160;

/// Says whether `c` could deceive a reader: controls, and invisible or reordering characters.
pub(crate) fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns `bytes` as text, quoted as `git ls-files` quotes if they cannot be shown as they are.
pub(crate) fn quote(bytes: &[u8]) -> String {
    match str::from_utf8(bytes) {
        Ok(text) if !text.contains(is_deceptive) => text.to_owned(),
        _ => quoted(bytes),
    }
}

/// Returns `bytes` for a message: quoted if need be, and not longer than a line or two.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let text = quote(bytes);
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Writes git's C-style quoting with `core.quotePath` on: every byte above ASCII is octal.
fn quoted(bytes: &[u8]) -> String {
    let mut text = String::from("\"");
    for &byte in bytes {
        match byte {
            7 => text.push_str("\\a"),
            8 => text.push_str("\\b"),
            b'\t' => text.push_str("\\t"),
            b'\n' => text.push_str("\\n"),
            11 => text.push_str("\\v"),
            12 => text.push_str("\\f"),
            b'\r' => text.push_str("\\r"),
            b'"' | b'\\' => text.extend(['\\', char::from(byte)]),
            b' '..=b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("\\{byte:03o}")),
        }
    }
    text.push('"');
    text
}

/// Returns what git's C-style quoting stands for, or nothing if `text` is not quoted well.
pub(crate) fn unquote(text: &[u8]) -> Option<Vec<u8>> {
    let inner = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'"' => return None,
            b'\\' => match rest.next()? {
                b'a' => 7,
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'v' => 11,
                b'f' => 12,
                b'r' => b'\r',
                mark @ (b'"' | b'\\') => mark,
                high @ b'0'..=b'3' => {
                    let mut value = high - b'0';
                    for _ in 0..2 {
                        let digit = rest.next().filter(|digit| (b'0'..=b'7').contains(digit))?;
                        value = value << 3 | (digit - b'0');
                    }
                    value
                }
                _ => return None,
            },
            other => other,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_gits() {
        let table: &[(&[u8], &str)] = &[
            (b"src/a b.rs", "src/a b.rs"),
            ("src/é".as_bytes(), "src/é"),
            (b"src/\xff.rs", r#""src/\377.rs""#),
            (b"a\tb\n\x01\x7f", r#""a\tb\n\001\177""#),
            (b"\"\\\r", r#""\"\\\r""#),
            ("a\u{202e}b".as_bytes(), r#""a\342\200\256b""#),
        ];
        for (bytes, text) in table {
            assert_eq!(quote(bytes), *text);
            if text.starts_with('"') {
                assert_eq!(unquote(text.as_bytes()).as_deref(), Some(*bytes));
            }
        }
    }

    #[test]
    fn broken_quoting_is_not_read() {
        for text in [
            "",
            "\"",
            "a",
            r#""a"b""#,
            r#""\""#,
            r#""\4""#,
            r#""\09""#,
            r#""\400""#,
            r#""\x""#,
        ] {
            assert_eq!(unquote(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn messages_stay_short() {
        assert_eq!(shown(&[b'a'; 1000]).chars().count(), SHOWN_CHARS_MAX + 1);
        assert_eq!(shown(b"\x1b[31m"), r#""\033[31m""#);
    }
}
