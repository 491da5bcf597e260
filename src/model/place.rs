//! Places: paths in the state's tree, and the one encoding that makes them from any bytes.
//!
//! The tree is checked out, listed and packed on every kind of disk, so a place uses only bytes
//! that all of them keep apart: lower-case ASCII without the characters that Windows or git
//! refuse. Everything else is escaped. The encoding is injective, also after case folding and
//! Unicode normalisation, because its output has neither upper case nor non-ASCII characters.
//!
//! What lives where is not decided here; each kind of record spells its own places.

use std::fmt;

use super::limits::COMPONENT_BYTES_MAX;

/// Names that Windows keeps for devices, with or without an extension.
const DEVICES: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// Longest level of a place, in bytes: what file systems take.
const LEVEL_BYTES_MAX: usize = 255;

/// A path in the state's tree: safe levels joined with `/`, never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(String);

/// Why a text is not a place, or not an encoded component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// A level is empty, unsafe on some disk, or has a character that no encoding produces.
    #[error("place `{}` has the unusable level `{}`", .place.escape_debug(), .level.escape_debug())]
    Level {
        /// The whole place.
        place: String,
        /// The level at fault.
        level: String,
    },
    /// An escape is cut short or unknown.
    #[error("`{}` has a broken escape", .0.escape_debug())]
    Escape(String),
    /// The text decodes, but the same bytes are written another way.
    #[error("`{}` is not how its bytes are written (`{canonical}`)", .text.escape_debug())]
    NotCanonical {
        /// What was read.
        text: String,
        /// What it should have been.
        canonical: String,
    },
}

impl Place {
    /// Returns the place that `text` spells, if each of its levels is safe on every disk.
    pub fn new(text: &str) -> Result<Place, PlaceError> {
        match text.split('/').find(|level| !is_level(level)) {
            Some(level) => Err(PlaceError::Level {
                place: text.to_owned(),
                level: level.to_owned(),
            }),
            None => Ok(Place(text.to_owned())),
        }
    }

    /// Wraps a name that is no place but was found where places are, for reporting it.
    pub(crate) fn as_found(text: String) -> Place {
        Place(text)
    }

    /// Wraps a text that was put together from encoded components.
    pub(crate) fn encoded(text: String) -> Place {
        debug_assert!(Place::new(&text).is_ok(), "`{text}` is not a place");
        Place(text)
    }

    /// Returns the text, levels joined with `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Yields the levels from the top of the tree; a long component takes several.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns the place `name` (one or more levels) below this one.
    pub fn child(&self, name: &str) -> Result<Place, PlaceError> {
        Place::new(&format!("{}/{name}", self.0))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl AsRef<str> for Place {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The place of the record that says which format and which epoch a state has.
pub const FORMAT: &str = "format.json";

/// Returns the one spelling of `bytes` as a component of a place.
///
/// The rules, in the order in which a reader meets them:
///
/// 1. Lower-case letters, digits and harmless ASCII punctuation stand for themselves.
/// 2. An upper-case letter is `^` and its lower-case letter.
/// 3. Any other byte is `%` and two lower-case hexadecimal digits.
/// 4. So is a last dot, the dot of a leading `.git`, and the first letter of a Windows device.
/// 5. No bytes at all are a lone `%`.
/// 6. More than [`COMPONENT_BYTES_MAX`] bytes of output go over several levels, joined with `/`;
///    each but the last ends in `+`, and no escape is cut in two.
///
/// `=` never occurs, so that it can mark leaves.
pub fn encode_component(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "%".to_owned(); // 5
    }
    let (mut text, used) = encode_level(bytes);
    let mut rest = &bytes[used..];
    while !rest.is_empty() {
        let (level, used) = encode_level(rest);
        text.push_str("+/");
        text.push_str(&level);
        rest = &rest[used..];
    }
    text
}

/// Returns the bytes that `text` encodes, if it is exactly what [`encode_component`] writes.
pub fn decode_component(text: &str) -> Result<Vec<u8>, PlaceError> {
    let broken = || PlaceError::Escape(text.to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let plain = if text == "%" {
        String::new()
    } else {
        text.replace("+/", "")
    };
    let mut rest = plain.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let high = rest.next().and_then(hex).ok_or_else(broken)?;
                let low = rest.next().and_then(hex).ok_or_else(broken)?;
                high << 4 | low
            }
            b'^' => match rest.next() {
                Some(letter @ b'a'..=b'z') => letter.to_ascii_uppercase(),
                _ => return Err(broken()),
            },
            other => other,
        });
    }
    let canonical = encode_component(&bytes);
    if canonical == text {
        Ok(bytes)
    } else {
        Err(PlaceError::NotCanonical {
            text: text.to_owned(),
            canonical,
        })
    }
}

/// Encodes as much of `bytes` as fits one level; returns the text and how many bytes it took.
fn encode_level(bytes: &[u8]) -> (String, usize) {
    let mut text = String::new();
    let (mut cut, mut taken) = (0, 0);
    for (at, &byte) in bytes.iter().enumerate() {
        let last_dot = byte == b'.' && at + 1 == bytes.len();
        let guarded = last_dot || (at == 0 && is_reserved(bytes)); // 4
        match byte {
            _ if !guarded && is_plain(byte) => text.push(char::from(byte)), // 1
            b'A'..=b'Z' => text.extend(['^', char::from(byte.to_ascii_lowercase())]), // 2
            _ => text.push_str(&format!("%{byte:02x}")),                    // 3
        }
        if text.len() > COMPONENT_BYTES_MAX {
            text.truncate(cut);
            return (text, taken); // 6
        }
        if text.len() < COMPONENT_BYTES_MAX {
            (cut, taken) = (text.len(), at + 1);
        }
    }
    (text, bytes.len())
}

/// Says whether a level that begins with `bytes` needs its first byte escaped.
///
/// `.git` also begins `.gitmodules` and `.gitattributes`, which git and its hosts read.
fn is_reserved(bytes: &[u8]) -> bool {
    let stem = bytes.split(|&byte| byte == b'.').next().unwrap_or_default();
    let port = matches!(
        stem,
        [b'c', b'o', b'm', b'0'..=b'9'] | [b'l', b'p', b't', b'0'..=b'9']
    );
    bytes.starts_with(b".git") || port || DEVICES.iter().any(|name| name.as_bytes() == stem)
}

/// Says whether `byte` stands for itself.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9') || b"_-.!#$&'(),;@[]{}`".contains(&byte)
}

/// Says whether `level` is one that an encoding, with a marker or an extension, can produce.
fn is_level(level: &str) -> bool {
    !level.is_empty()
        && level.len() <= LEVEL_BYTES_MAX
        && !level.ends_with('.')
        && !is_reserved(level.as_bytes())
        && level
            .bytes()
            .all(|byte| is_plain(byte) || b"%^=+".contains(&byte))
}

/// Reads one lower-case hexadecimal digit.
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_spelled_as_documented() {
        let table: &[(&[u8], &str)] = &[
            (b"", "%"),
            (b"auth.rs", "auth.rs"),
            (b"README", "^r^e^a^d^m^e"),
            (b"a b", "a%20b"),
            (b"a/b", "a%2fb"),
            ("é".as_bytes(), "%c3%a9"),
            (b"\xff\x00\x7f", "%ff%00%7f"),
            (b"%^=+~\\", "%25%5e%3d%2b%7e%5c"),
            (b"<>:\"|?*", "%3c%3e%3a%22%7c%3f%2a"),
            (b".", "%2e"),
            (b"..", ".%2e"),
            (b"a.", "a%2e"),
            (b".git", "%2egit"),
            (b".gitmodules", "%2egitmodules"),
            (b".GIT", ".^g^i^t"),
            (b"git~1", "git%7e1"),
            (b"con", "%63on"),
            (b"con.txt", "%63on.txt"),
            (b"CON", "^c^o^n"),
            (b"conx", "conx"),
            (b"com1", "%63om1"),
            (b"com", "com"),
            (b"lpt0.a.b", "%6cpt0.a.b"),
            (b"conin$", "%63onin$"),
        ];
        for (bytes, text) in table {
            assert_eq!(encode_component(bytes), *text);
            assert_eq!(decode_component(text).as_deref(), Ok(*bytes));
        }
    }

    #[test]
    fn only_the_one_spelling_is_read_back() {
        for text in [
            "", "A", "%61", "%2E", "%4", "%zz", "^", "^A", "^1", "%41", ".git", "con", "a.", "a b",
            "a/b", "a+", "a+/b", "+/", "é", "=", "a=", "%%", "%+/a", "~", "a%",
        ] {
            assert!(decode_component(text).is_err(), "`{text}` was read");
        }
    }

    #[test]
    fn a_long_component_is_split_between_escapes() {
        assert_eq!(encode_component(&[b'a'; 200]), "a".repeat(200));
        assert_eq!(
            encode_component(&[b'a'; 201]),
            format!("{}+/aa", "a".repeat(199))
        );
        let text = encode_component(&[b'A'; 500]);
        for level in text.split('/') {
            assert!(level.len() <= COMPONENT_BYTES_MAX && !level.ends_with('^'));
        }
        assert_eq!(decode_component(&text), Ok(vec![b'A'; 500]));
        let tail = [&[b'a'; 199][..], b"con"].concat();
        assert!(encode_component(&tail).ends_with("+/%63on"));
        let dots = encode_component(&[b'.'; 400]);
        assert_eq!(decode_component(&dots), Ok(vec![b'.'; 400]));
    }

    #[test]
    fn places_refuse_unsafe_levels() {
        for text in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            ".",
            "a/..",
            ".git",
            "a/.gitmodules",
            "A",
            "a b",
            "con",
            "nul.json",
            "a.",
            "é",
            "a\\b",
            "a:b",
            "a*",
        ] {
            assert!(Place::new(text).is_err(), "`{text}` was taken");
        }
        let place = Place::new("locks/path/src").and_then(|place| place.child("auth.rs="));
        assert_eq!(
            place.as_ref().map(Place::as_str),
            Ok("locks/path/src/auth.rs=")
        );
        assert_eq!(place.map(|place| place.components().count()), Ok(4));
        assert!(Place::new("config.json").is_ok_and(|place| place.child("..").is_err()));
    }
}
