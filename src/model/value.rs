//! Values: small JSON under names, for what agents share and no other record holds.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::place::{Place, encode_component};
use super::stored::{Body, Stored};
use super::text::{Word, shown};

/// The directory of all values.
pub const VALUES: &str = "values";
/// Longest name, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// Largest value, in bytes of JSON.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;

/// A stored value.
pub type ValueRecord = Stored<Value>;

/// The name of a value: words joined with `/`, such as `build/last`.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 200))]
pub struct ValueName(String);

/// A text that names no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name of a value: use words joined with `/`, {NAME_BYTES_MAX} bytes at most, without \
     blanks and controls"
)]
pub struct BadValueName(String);

impl ValueName {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the value stands. The `=` keeps `a` and `a/b` apart.
    pub fn place(&self) -> Place {
        let levels = self.0.split('/');
        let levels: Vec<String> = levels
            .map(|word| encode_component(word.as_bytes()))
            .collect();
        Place::encoded(format!("{VALUES}/{}=", levels.join("/")))
    }
}

impl TryFrom<String> for ValueName {
    type Error = BadValueName;

    fn try_from(text: String) -> Result<Self, BadValueName> {
        let is_word = |word: &str| {
            !word.is_empty() && !word.contains(char::is_whitespace) && shown(word) == word
        };
        if text.len() <= NAME_BYTES_MAX && text.split('/').all(is_word) {
            Ok(Self(text))
        } else {
            Err(BadValueName(text.escape_debug().take(80).collect()))
        }
    }
}

impl FromStr for ValueName {
    type Err = BadValueName;

    fn from_str(text: &str) -> Result<Self, BadValueName> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for ValueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Value {
    /// Its name; agrees with the record's place.
    pub name: ValueName,
    /// Any JSON.
    pub value: Json,
}

impl Body for Value {
    const KIND: &'static str = "value";
}

/// One request about a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ask {
    /// Which value.
    pub name: ValueName,
    /// The revision that was seen; another one refuses the change. 0 for "there is none yet".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rev: Option<u64>,
    /// What to do with it.
    pub change: Change,
    /// Rules of the secret scan that are known to be wrong about it; kept in the log.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allow_secrets: BTreeSet<Word>,
}

/// What to do with a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Put this in its place.
    Set(Json),
    /// Apply a JSON merge patch (RFC 7396): `null` removes a member.
    Merge(Json),
    /// Add to a whole number; an absent one is 0.
    Incr(i64),
    /// Add an item to a list; an absent one is empty.
    Append(Json),
    /// Remove it.
    Delete,
}

/// The answer to a request about a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// Which value.
    pub name: ValueName,
    /// What it is now; none when it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Its revision; 0 when it was removed.
    pub value_rev: u64,
}

#[cfg(test)]
mod tests {
    use super::ValueName;

    #[test]
    fn names_are_checked_and_have_places_of_their_own() {
        for (name, place) in [
            ("a", "values/a="),
            ("build/last", "values/build/last="),
            ("Build", "values/^build="),
            ("con", "values/%63on="),
            ("a=b", "values/a%3db="),
        ] {
            let name: ValueName = name.parse().expect(name);
            assert_eq!(name.place().as_str(), place);
        }
        for bad in [
            "",
            "/",
            "a//b",
            "a/",
            "a b",
            "a\n",
            "\u{200b}",
            &"x".repeat(201),
        ] {
            assert!(bad.parse::<ValueName>().is_err(), "{bad:?}");
        }
    }
}
