//! Reading and writing records: bounded, strict about structure, lenient about what is new.
//!
//! A record is a JSON object with `v`, `kind`, `op`, `rev`, `at` and `by` before its own fields.
//! Fields that this program does not know survive a rewrite, so an older program loses nothing of
//! what a newer one wrote.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserializer, Serialize};
use serde_json::Value;

use super::limits::{RECORD_BYTES_MAX, RECORD_DEPTH_MAX};
use super::place::Place;

/// The version of the record formats that this program writes.
pub const VERSION: u32 = 1;

/// A record that cannot be used, with its place. It is reported and left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Damage {
    /// Where it is.
    pub place: String,
    /// What is wrong with it.
    pub why: String,
    /// Whether it is whole but of a format newer than this program.
    pub is_newer: bool,
}

impl Damage {
    /// Damage at a place.
    pub fn new(place: &Place, why: impl fmt::Display) -> Self {
        Self {
            place: place.as_str().to_owned(),
            // A parser quotes what it found, and that must not forge a line of output.
            why: super::text::shown(&why.to_string()),
            is_newer: false,
        }
    }
}

/// Types that are stored as records.
pub trait Record: Serialize + DeserializeOwned {
    /// The value of the `kind` field.
    const KIND: &'static str;
    /// The format version and the kind, as read.
    fn head(&self) -> (u32, &str);
    /// Reads the JSON, whose structure has been checked.
    ///
    /// # Errors
    /// When it is no such record.
    fn of_json(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}

/// Reads a record.
///
/// # Errors
/// [`Damage`] for anything that is not exactly one object of the right kind within the limits,
/// with each key once; and for a newer version, whose meaning is unknown here.
pub fn parse<T: Record>(place: &Place, bytes: &[u8]) -> Result<T, Damage> {
    let damage = |why: &dyn fmt::Display| Damage::new(place, why);
    check(bytes).map_err(|why| damage(&why))?;
    let newer = |version: u64| Damage {
        is_newer: true,
        ..damage(&format!(
            "it has version {version}, and this program knows {VERSION}: update git-coord"
        ))
    };
    let record = T::of_json(bytes).map_err(|why| {
        // What cannot be read may be so because it is newer, which is another answer.
        match version_of(bytes) {
            Some(version) if version > u64::from(VERSION) => newer(version),
            _ => damage(&why),
        }
    })?;
    let (version, kind) = record.head();
    if version > VERSION {
        return Err(newer(version.into()));
    }
    if kind != T::KIND {
        return Err(damage(&format!(
            "it is a `{}`, and a `{}` belongs here",
            super::text::shown(kind),
            T::KIND
        )));
    }
    Ok(record)
}

fn version_of(bytes: &[u8]) -> Option<u64> {
    serde_json::from_slice::<Value>(bytes)
        .ok()?
        .get("v")?
        .as_u64()
}

/// The bytes of a record, with the unknown fields of the one that it replaces.
///
/// # Errors
/// When the result would be larger than a record may be; the message says so.
pub fn to_bytes<T: Record>(record: &T, replaces: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let mut value = serde_json::to_value(record).map_err(|why| why.to_string())?;
    if let Some(old) = replaces
        && let Ok(known) = T::of_json(old).and_then(serde_json::to_value)
        && let Ok(old) = serde_json::from_slice::<Value>(old)
    {
        keep_unknown(&mut value, &old, &known);
    }
    let mut bytes = serde_json::to_vec(&value).map_err(|why| why.to_string())?;
    bytes.push(b'\n');
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(format!(
            "the record would have {} bytes; at most {RECORD_BYTES_MAX} are kept",
            bytes.len()
        ));
    }
    // What was typed or sent as free JSON may be deeper than a record may be.
    check(&bytes)?;
    Ok(bytes)
}

/// Copies into `new` what `old` has and nobody here knows: what is not in `known`, which is `old` as
/// this program understands it. Also inside the items of lists that belong to the same session.
fn keep_unknown(new: &mut Value, old: &Value, known: &Value) {
    let owner = |item: &Value| Some((item.get("agent")?.clone(), item.get("session")?.clone()));
    // What was said about one session is not true of another.
    if owner(new).is_some_and(|new| owner(old).is_some_and(|old| old != new)) {
        return;
    }
    match (new, old, known) {
        (Value::Object(new), Value::Object(old), Value::Object(known)) => {
            for (name, value) in old {
                match (new.get_mut(name), known.get(name)) {
                    (Some(own), Some(known)) => keep_unknown(own, value, known),
                    (None, None) => {
                        new.insert(name.clone(), value.clone());
                    }
                    (Some(_), None) | (None, Some(_)) => {}
                }
            }
        }
        (Value::Array(new), Value::Array(old), Value::Array(known)) => {
            for item in new {
                let own = owner(item);
                if let Some((before, known)) = old
                    .iter()
                    .zip(known)
                    .find(|(before, _)| own.is_some() && owner(before) == own)
                {
                    keep_unknown(item, before, known);
                }
            }
        }
        _ => {}
    }
}

/// Checks structure without building anything: size, depth, no key twice, nothing after the end.
///
/// # Errors
/// What is wrong, in words.
pub fn check(bytes: &[u8]) -> Result<(), String> {
    if bytes.is_empty() {
        return Err("it is empty".into());
    }
    if bytes.len() > RECORD_BYTES_MAX {
        return Err(format!(
            "it has {} bytes; at most {RECORD_BYTES_MAX} are read",
            bytes.len()
        ));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    Strict { depth: 0 }
        .deserialize(&mut reader)
        .and_then(|()| reader.end())
        .map_err(|why| why.to_string())
}

#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == RECORD_DEPTH_MAX {
            return Err(E::custom(format_args!(
                "it is nested deeper than {RECORD_DEPTH_MAX}"
            )));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut seen = Names::default();
        while let Some(name) = map.next_key_seed(Name)? {
            map.next_value_seed(inner)?;
            if let Some(twice) = seen.add(name) {
                let twice = super::text::shown(&twice);
                return Err(A::Error::custom(format_args!("`{twice}` is in it twice")));
            }
        }
        Ok(())
    }
}

/// The name of a field, borrowed from the record wherever it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Names that were seen. Thousands of records are read by one command and have a dozen fields
/// each, which are compared sooner than hashed; a hostile one with thousands is hashed.
#[derive(Default)]
struct Names<'de> {
    few: Vec<Cow<'de, str>>,
    many: HashSet<Cow<'de, str>>,
}

impl<'de> Names<'de> {
    const FEW: usize = 24;

    /// Adds a name; returns it when it was there.
    fn add(&mut self, name: Cow<'de, str>) -> Option<Cow<'de, str>> {
        if self.few.contains(&name) {
            return Some(name);
        }
        if self.few.len() < Self::FEW {
            if self.few.is_empty() {
                self.few.reserve(Self::FEW);
            }
            self.few.push(name);
            return None;
        }
        self.many.replace(name)
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn structure_is_checked() {
        let deep = |n| format!("{}{}", "[".repeat(n), "]".repeat(n));
        for good in [
            "{}",
            r#"{"a":[1,-2,3.5,"x",null,true],"b":{"a":1}}"#,
            &deep(16),
        ] {
            assert_eq!(check(good.as_bytes()), Ok(()), "{good}");
        }
        let long = format!("\"{}\"", "x".repeat(64 * 1024));
        let many = |last| {
            (0..100)
                .map(|n| format!("\"k{n}\":{{}},"))
                .collect::<String>()
                + last
        };
        assert_eq!(check(format!("{{{}}}", many("\"x\":1")).as_bytes()), Ok(()));
        for bad in [
            "",
            "{",
            "{} {}",
            r#"{"a":1,"a":2}"#,
            r#"{"\u0061":1,"a":2}"#,
            &format!("{{{}}}", many("\"k3\":1")),
            &format!("{{{}}}", many("\"k77\":1")),
            "\0",
            &deep(17),
            &long,
        ] {
            assert!(check(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
