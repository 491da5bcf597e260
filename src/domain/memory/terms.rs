//! The words by which a memory is found.
//!
//! Identifiers are taken apart, so that `parseConfig`, `parse_config` and `src/parse-config.rs` are
//! found by `config` and by each other. Nothing is stemmed and no word is left out: that suits prose
//! in one language, and not identifiers. What is frequent counts little by itself.

use crate::model::memory::Memory;
use crate::model::text::Long;

/// How much a word counts by where it stands.
const SUMMARY: u32 = 3;
const TAG: u32 = 3;
const LESSON: u32 = 2;
const FILE: u32 = 1;
const DETAILS: u32 = 1;
/// The most that one word counts in one memory.
const COUNT_MAX: u32 = u8::MAX as u32;
/// Bytes of one term as it is stored.
const TERM_BYTES: usize = 9;

/// A word as the index knows it: 64-bit FNV-1a.
pub type Term = u64;

/// The words of a text in lower case and in order.
pub fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each(text, &mut |word| found.push(word.to_owned()));
    found
}

/// The terms of a question, each once.
pub fn of_query(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    each(text, &mut |word| {
        let term = term(word);
        if !terms.contains(&term) {
            terms.push(term);
        }
    });
    terms
}

/// Calls with each word: the parts of an identifier, and then the identifier as one word.
fn each(text: &str, take: &mut dyn FnMut(&str)) {
    let is_of_one = |c: char| c.is_alphanumeric() || c == '_';
    for run in text.split(|c: char| !is_of_one(c)) {
        let mut whole = String::new();
        let mut parts = 0;
        for part in run.split('_').filter(|part| !part.is_empty()) {
            for part in camels(part) {
                let part = part.to_lowercase();
                take(&part);
                whole.push_str(&part);
                parts += 1;
            }
        }
        if parts > 1 {
            take(&whole);
        }
    }
}

/// The parts of a name in mixed case: `parseHTTPServer2` is `parse`, `HTTP`, `Server2`.
fn camels(name: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = name.char_indices().collect();
    let mut parts = Vec::new();
    let mut from = 0;
    for index in 1..chars.len() {
        let (at, c) = chars[index];
        let before = chars[index - 1].1;
        let next = chars.get(index + 1).map(|(_, c)| *c);
        let begins =
            c.is_uppercase() && (!before.is_uppercase() || next.is_some_and(char::is_lowercase));
        if begins {
            parts.push(&name[from..at]);
            from = at;
        }
    }
    parts.push(&name[from..]);
    parts
}

/// The term of a word.
fn term(word: &str) -> Term {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// How often each term stands in a memory, as a row of bytes in the order of the terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts<'a>(&'a [u8]);

impl<'a> Counts<'a> {
    /// Over bytes that [`count`] made; none when they are not.
    pub fn over(bytes: &'a [u8]) -> Option<Self> {
        bytes
            .len()
            .is_multiple_of(TERM_BYTES)
            .then_some(Self(bytes))
    }

    /// How much a term counts.
    pub fn of(&self, term: Term) -> u32 {
        let rows = self.0.as_chunks::<TERM_BYTES>().0;
        let found = rows.binary_search_by_key(&term, |row| {
            let [hash @ .., _] = row;
            Term::from_be_bytes(*hash)
        });
        found.map_or(0, |at| u32::from(rows[at][TERM_BYTES - 1]))
    }
}

/// The terms of a memory as bytes, and their number by weight.
pub fn count(memory: &Memory) -> (Vec<u8>, u32) {
    let mut counts = std::collections::BTreeMap::<Term, u32>::new();
    let mut length = 0_u32;
    let mut add = |text: &str, weight: u32| {
        each(text, &mut |word| {
            let count = counts.entry(term(word)).or_default();
            *count = count.saturating_add(weight).min(COUNT_MAX);
            length = length.saturating_add(weight);
        });
    };
    add(memory.summary.as_str(), SUMMARY);
    memory.tags.iter().for_each(|tag| add(tag.as_str(), TAG));
    for lesson in &memory.lessons {
        add(lesson.as_str(), LESSON);
    }
    memory
        .files
        .iter()
        .for_each(|file| add(&file.to_string(), FILE));
    add(memory.details.as_ref().map_or("", Long::as_str), DETAILS);
    let mut bytes = Vec::with_capacity(counts.len() * TERM_BYTES);
    for (term, count) in counts {
        bytes.extend(term.to_be_bytes());
        bytes.push(u8::try_from(count).unwrap_or(u8::MAX));
    }
    (bytes, length)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn identifiers_are_taken_apart() {
        for (text, expected) in [
            ("", ""),
            ("Plain words, twice: words.", "plain words twice words"),
            ("parseConfig", "parse config parseconfig"),
            ("parse_config", "parse config parseconfig"),
            ("parseHTTPServer2", "parse http server2 parsehttpserver2"),
            ("src/auth-store.rs", "src auth store rs"),
            ("MAX_SIZE", "max size maxsize"),
            ("HTTP", "http"),
            ("sha256 utf8", "sha256 utf8"),
            ("__init__", "init"),
            ("größeÄndern", "größe ändern größeändern"),
            ("日本語", "日本語"),
            ("a::b(c)", "a b c"),
        ] {
            assert_eq!(words(text).join(" "), expected, "{text}");
        }
    }
}
