//! Free text written by somebody: bounded when taken in, cleaned when shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::{LONG_BYTES_MAX, TEXT_BYTES_MAX, WORD_BYTES_MAX};

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

/// A text of several lines: at most 16 KiB, not blank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("maxLength" = 16384))]
pub struct Long(String);

/// A word that people choose, such as a label or a capability: 1 to 64 bytes without blanks, commas
/// or controls, kept in lower case so that it is found however it is typed.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 64))]
pub struct Word(String);

/// The text is no word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no word: use 1 to {WORD_BYTES_MAX} bytes without blanks, commas and controls")]
pub struct BadWord(String);

impl Long {
    /// The beginning of it, for where all of it would be too much: some 200 characters.
    pub fn beginning(&self) -> Self {
        const CHARS: usize = 200;
        match self.0.char_indices().nth(CHARS) {
            Some((end, _)) => Self(format!("{}…", &self.0[..end])),
            None => self.clone(),
        }
    }

    /// The text as it was given. Clean it line by line before it reaches a terminal.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Long {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.trim_end() {
            blank if blank.trim().is_empty() => Err("the text is blank".into()),
            long if long.len() > LONG_BYTES_MAX => Err(format!(
                "the text has {} bytes; at most {LONG_BYTES_MAX} are kept. Put the rest into a file \
                 of the repository and name it",
                long.len()
            )),
            kept => Ok(Self(kept.to_owned())),
        }
    }
}

impl std::str::FromStr for Long {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.to_owned().try_into()
    }
}

impl Word {
    /// The word itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Word {
    type Error = BadWord;

    fn try_from(text: String) -> Result<Self, BadWord> {
        let word = text.to_lowercase();
        let is_word = (1..=WORD_BYTES_MAX).contains(&word.len())
            && !word
                .chars()
                .any(|c| c.is_whitespace() || c == ',' || is_unsafe(c));
        if is_word {
            Ok(Self(word))
        } else {
            Err(BadWord(text.escape_debug().take(80).collect()))
        }
    }
}

impl std::str::FromStr for Word {
    type Err = BadWord;

    fn from_str(text: &str) -> Result<Self, BadWord> {
        text.to_owned().try_into()
    }
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes text of unknown origin safe for a terminal and for one line: control characters, bidi
/// overrides, and characters that nobody sees are shown as escapes.
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

/// A text as one word of a shell's command line.
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Whether a character moves the cursor, reorders text, or is invisible and so can carry what a
/// person does not see and a model reads: controls, format characters, fillers, tags, and variation
/// selectors but for the two that choose between text and picture.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{Text, shown};

    #[test]
    fn nothing_that_moves_a_cursor_or_hides_survives() {
        let hidden = [
            0x202e, 0x2066, 0x200b, 0x3164, 0xfe00, 0xe0041, 0xe0100, 0xe01ef,
        ];
        for c in (0..0x20).chain(0x7f..0xa0).chain(hidden) {
            let c = char::from_u32(c).unwrap_or(' ');
            let text = shown(&format!("a{c}b"));
            assert!(
                text.starts_with("a\\u{") && text.ends_with("}b"),
                "{c:?} became {text}"
            );
        }
        for plain in ["größer → ☕", "❤\u{fe0f}", "한국어 日本語 हिन्दी"] {
            assert_eq!(shown(plain), plain);
        }
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
