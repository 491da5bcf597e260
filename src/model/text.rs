//! Free text written by somebody: bounded when taken in, cleaned when shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::TEXT_BYTES_MAX;

/// A short text such as a reason: at most 1,024 bytes, not blank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("maxLength" = 1024))]
pub struct Text(String);

/// The text was too long or blank.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Longer than the limit.
    #[error(
        "the text has {0} bytes; at most {TEXT_BYTES_MAX} are kept. Put the long form where the task is"
    )]
    TooLong(usize),
    /// Nothing in it.
    #[error("the text is blank")]
    Blank,
}

impl Text {
    /// The text as it was given. Clean it with [`shown`] before it reaches a terminal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = BadText;

    fn try_from(text: String) -> Result<Self, BadText> {
        match text.trim() {
            "" => Err(BadText::Blank),
            trimmed if trimmed.len() > TEXT_BYTES_MAX => Err(BadText::TooLong(trimmed.len())),
            trimmed => Ok(Self(trimmed.to_owned())),
        }
    }
}

impl std::str::FromStr for Text {
    type Err = BadText;

    fn from_str(text: &str) -> Result<Self, BadText> {
        text.to_owned().try_into()
    }
}

/// Makes text of unknown origin safe for a terminal and for one line: control characters, bidi
/// overrides, invisible format characters and tag characters are shown as escapes.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

fn is_unsafe(c: char) -> bool {
    // Cc, and the format characters (Cf) that reorder, hide or smuggle text.
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{Text, shown};

    #[test]
    fn nothing_that_moves_a_cursor_survives() {
        for c in (0..0x20)
            .chain(0x7f..0xa0)
            .chain([0x202e, 0x2066, 0x200b, 0xe0041])
        {
            let c = char::from_u32(c).unwrap_or(' ');
            let text = shown(&format!("a{c}b"));
            assert!(
                text.starts_with("a\\u{") && text.ends_with("}b"),
                "{c:?} became {text}"
            );
        }
        assert_eq!(shown("größer → ☕"), "größer → ☕");
    }

    #[test]
    fn text_is_bounded() {
        assert!("x".repeat(1025).parse::<Text>().is_err());
        assert!(" \t".parse::<Text>().is_err());
        assert_eq!(
            " a ".parse::<Text>().map(|text| text.as_str().to_owned()),
            Ok("a".into())
        );
    }
}
