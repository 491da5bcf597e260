//! The name of a git object, in either of git's hash functions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A full object id: 20 bytes (SHA-1) or 32 bytes (SHA-256).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectId {
    len: u8,
    bytes: [u8; 32],
}

/// The text was not 40 or 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a full object id (40 or 64 lower-case hexadecimal digits)")]
pub struct BadObjectId(String);

impl ObjectId {
    /// Takes the raw bytes of an id; `None` unless there are 20 or 32 of them.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self {
            len: raw.len() as u8,
            bytes,
        })
    }

    /// The raw bytes, as they stand in a tree object.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The id that git reads as "no such ref" where an old value is asked for.
    pub fn zero_like(other: &Self) -> Self {
        Self {
            len: other.len,
            bytes: [0; 32],
        }
    }

    /// The first ten digits, for people.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(10);
        text
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A command writes a hundred of them; the formatter's own digits take ten times as long.
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.as_bytes()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        let text = &text[..2 * usize::from(self.len)];
        f.write_str(std::str::from_utf8(text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for ObjectId {
    type Err = BadObjectId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadObjectId(text.escape_debug().take(80).collect());
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let read = || {
            let mut raw = [0; 32];
            let (pairs, []) = text.as_bytes().as_chunks() else {
                return None;
            };
            for (byte, [high, low]) in raw.get_mut(..pairs.len())?.iter_mut().zip(pairs) {
                *byte = digit(*high)? << 4 | digit(*low)?;
            }
            Self::from_bytes(&raw[..pairs.len()])
        };
        read().ok_or_else(bad)
    }
}

impl TryFrom<String> for ObjectId {
    type Error = BadObjectId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.to_string()
    }
}

impl schemars::JsonSchema for ObjectId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ObjectId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$" })
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectId;

    #[test]
    fn reads_back_what_it_prints() {
        for text in ["0123456789abcdef0123456789abcdef01234567", &"5a".repeat(32)] {
            assert_eq!(
                text.parse::<ObjectId>().map(|id| id.to_string()).as_deref(),
                Ok(text)
            );
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "12",
            &"A".repeat(40),
            &"a".repeat(41),
            &"g".repeat(40),
            &"ab".repeat(31),
            &"ab".repeat(33),
        ] {
            assert!(text.parse::<ObjectId>().is_err(), "{text}");
        }
    }
}
