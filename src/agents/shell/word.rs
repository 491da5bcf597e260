//! What becomes of a word: variables that the script itself sets, braces, patterns.

use std::collections::HashMap;
use std::rc::Rc;

use super::lex::{Piece, Word};

/// Most words that one word becomes.
const WORDS_MAX: usize = 64;
/// Most bytes that one word becomes, all its words together, unless it is longer as it is written. Variables that are made of each other
/// grow with each step by a factor.
const WORD_BYTES_MAX: usize = 64 * 1024;
/// Most bytes that are put together for all words of a script.
pub(super) const SCRIPT_WORDS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What a variable may stand for.
pub(super) type Variables = HashMap<Vec<u8>, Rc<[Arg]>>;

/// An argument as the command gets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arg {
    /// As it is meant.
    pub(super) text: Vec<u8>,
    /// The same as a pattern, with what is no wildcard escaped; only where it has a wildcard.
    pub(super) pattern: Option<Vec<u8>>,
    /// Whether it is known at all.
    pub(super) is_known: bool,
}

impl Arg {
    pub(super) fn of(text: &[u8]) -> Self {
        Self {
            text: text.to_vec(),
            pattern: None,
            is_known: true,
        }
    }

    fn bytes(&self) -> usize {
        self.text.len() + self.pattern.as_ref().map_or(self.text.len(), Vec::len)
    }
}

/// A word that is being put together.
#[derive(Clone, Default)]
struct Draft {
    text: Vec<u8>,
    pattern: Vec<u8>,
    is_wild: bool,
}

impl Draft {
    fn bytes(&self) -> usize {
        self.text.len() + self.pattern.len()
    }
}

/// The arguments that a word becomes; one that is not known where only the shell could tell, or
/// where it would be too long. What is put together is taken from the bytes that are `left`.
pub(super) fn expand(
    word: &Word,
    variables: &Variables,
    home: Option<&[u8]>,
    left: &mut usize,
) -> Vec<Arg> {
    let unknown = || vec![Arg::default()];
    // What stands in the script itself is no longer than that; a text and its pattern count.
    let literal: usize = word.0.iter().map(Piece::len).sum();
    let most = (2 * WORD_BYTES_MAX).max(3 * literal);
    let mut drafts = vec![Draft::default()];
    for (nth, piece) in word.0.iter().enumerate() {
        let parts: Vec<Draft> = match piece {
            Piece::Quoted(text) => vec![quoted(text)],
            Piece::Plain(text) => {
                let text = match (nth, home) {
                    (0, Some(home)) => from_home(text, home),
                    _ => text.clone(),
                };
                braces(&text).iter().map(|text| plain(text)).collect()
            }
            Piece::Variable(name) => match variables.get(name) {
                Some(values) if values.iter().all(|value| value.is_known) => {
                    let values = values.get(..WORDS_MAX).unwrap_or(values);
                    let bytes = values.iter().map(Arg::bytes).sum::<usize>();
                    if bytes > most.min(*left) {
                        return unknown();
                    }
                    values.iter().map(value).collect()
                }
                _ => return unknown(),
            },
            Piece::Unknown => return unknown(),
        };
        let mut joined = Vec::new();
        let mut bytes = 0;
        'all: for draft in &drafts {
            for part in &parts {
                if joined.len() == WORDS_MAX {
                    break 'all;
                }
                let more = draft.bytes() + part.bytes();
                bytes += more;
                if bytes > most || more > *left {
                    return unknown();
                }
                *left -= more;
                let mut draft = draft.clone();
                draft.text.extend_from_slice(&part.text);
                draft.pattern.extend_from_slice(&part.pattern);
                draft.is_wild |= part.is_wild;
                joined.push(draft);
            }
        }
        drafts = joined;
    }
    let args = drafts.into_iter().map(|draft| Arg {
        text: draft.text,
        pattern: draft.is_wild.then_some(draft.pattern),
        is_known: true,
    });
    args.collect()
}

fn quoted(text: &[u8]) -> Draft {
    Draft {
        text: text.to_vec(),
        pattern: escaped(text),
        is_wild: false,
    }
}

fn plain(text: &[u8]) -> Draft {
    Draft {
        text: text.to_vec(),
        pattern: text.to_vec(),
        is_wild: text.iter().any(|byte| b"*?[".contains(byte)),
    }
}

fn value(value: &Arg) -> Draft {
    Draft {
        text: value.text.clone(),
        pattern: value
            .pattern
            .clone()
            .unwrap_or_else(|| escaped(&value.text)),
        is_wild: value.pattern.is_some(),
    }
}

/// A text as a pattern that matches it and nothing else.
pub(super) fn escaped(text: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(text.len());
    for byte in text {
        if b"*?[]\\".contains(byte) {
            pattern.push(b'\\');
        }
        pattern.push(*byte);
    }
    pattern
}

fn from_home(text: &[u8], home: &[u8]) -> Vec<u8> {
    match text.strip_prefix(b"~") {
        Some(rest) if rest.is_empty() || rest.starts_with(b"/") => [home, rest].concat(),
        _ => text.to_vec(),
    }
}

/// `a{b,c}d` is `abd` and `acd`: the first such braces, and those in what they become.
fn braces(text: &[u8]) -> Vec<Vec<u8>> {
    let mut done = Vec::new();
    let mut open = vec![text.to_vec()];
    while let Some(text) = open.pop() {
        match first_braces(&text) {
            Some(words) if done.len() + open.len() + words.len() <= WORDS_MAX => {
                open.extend(words.into_iter().rev());
            }
            _ => done.push(text),
        }
    }
    done
}

fn first_braces(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    // The innermost ones, which have no others in them.
    let close = text.iter().position(|byte| *byte == b'}')?;
    let before = text.get(..close)?;
    let open = before.iter().rposition(|byte| *byte == b'{')?;
    let inner = before.get(open + 1..)?;
    if !inner.contains(&b',') {
        return None;
    }
    let (head, tail) = (text.get(..open)?, text.get(close + 1..)?);
    let words = inner.split(|byte| *byte == b',');
    Some(words.map(|word| [head, word, tail].concat()).collect())
}
