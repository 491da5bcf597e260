//! Keys on a pattern of paths, written as in `.gitignore`.
//!
//! A pattern is kept as its components from the top of the repository, so what it means does not
//! depend on where it was typed. Equal components are written in one way only; two patterns that
//! match the same files may still be two keys, which then overlap.

use super::error::KeyError;
use super::logical;
use super::path::{Kind, PathKey, check_component, has_outer_blank};
use super::text::shown;
use super::wild::{self, ByteSet, Segment, Token};
use crate::model::limits::KEY_BYTES_MAX;

/// Most components of a pattern.
pub const SEGMENTS_MAX: usize = 64;

/// Bytes that mean something in a pattern, outside of a class.
const SPECIAL: &[u8] = b"*?[\\";

/// Bytes that mean something in a class.
const CLASS_SPECIAL: &[u8] = b"]-!^\\[";

/// A pattern of paths: `*` and `?` within a component, `**` across, classes, `\` escapes.
///
/// A pattern that matches a directory guards all below it, unless it ends in an extension: `*.sql`
/// is about files, `*.sql/` about directories. There is no negation: a lock says what it is on,
/// not what it is not on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GlobKey {
    segments: Vec<Segment>,
}

impl GlobKey {
    /// Returns the key for `pattern`, read as in a `.gitignore` at the top of the repository:
    /// without an inner slash it matches at every depth, a last slash means what is inside.
    ///
    /// A pattern whose wildcards are all escaped is refused; it names a path.
    pub fn new(pattern: &[u8]) -> Result<GlobKey, KeyError> {
        Self::from_segments(gitignore(pattern)?)
    }

    /// Returns the key for components that were read one by one.
    pub(super) fn from_segments(mut segments: Vec<Segment>) -> Result<GlobKey, KeyError> {
        segments.dedup_by(|next, last| *next == Segment::Deep && *last == Segment::Deep);
        let key = GlobKey { segments };
        let text = key.exact();
        let wrong = |why| {
            Err(KeyError::Glob {
                text: shown(&text),
                why,
            })
        };
        if key.segments.is_empty() {
            return Err(KeyError::Empty);
        }
        if text.len() > KEY_BYTES_MAX {
            return Err(KeyError::TooLong {
                text: shown(&text),
                bytes: text.len(),
            });
        }
        if key.segments.len() > SEGMENTS_MAX {
            return wrong("it has more than 64 components");
        }
        for name in key.segments.iter().filter_map(literal) {
            check_component(&name, &text)?;
        }
        if literal_path(&key.segments).is_some() {
            return wrong("it has no wildcard");
        }
        Ok(key)
    }

    /// Reads components joined with `/`, each standing for itself: `*.rs` is at the top only.
    pub(super) fn read_exact(text: &[u8]) -> Result<GlobKey, KeyError> {
        Self::from_segments(segments(text, text)?)
    }

    /// Returns the components joined with `/`.
    pub(super) fn exact(&self) -> Vec<u8> {
        let text = write(&self.segments);
        if text.first() == Some(&b'!') {
            [b"\\", &text[..]].concat()
        } else {
            text
        }
    }

    /// Returns the text that reads as this key and nothing else, before any quoting.
    pub(super) fn plain(&self) -> Vec<u8> {
        let text = self.exact();
        if matches!(text[0], b'"' | b':')
            || logical::split_prefix(&text).is_some()
            || has_outer_blank(&text)
        {
            [b":(glob)", &text[..]].concat()
        } else if self.segments.len() == 1 && self.segments[0] != Segment::Deep {
            [b"/", &text[..]].concat()
        } else {
            text
        }
    }

    /// Returns the components.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Returns the deepest directory that every match is at or below.
    pub fn base(&self) -> PathKey {
        let names: Vec<Vec<u8>> = self.segments.iter().map_while(literal).collect();
        PathKey::new(&names.join(&b'/'), Kind::Dir).unwrap_or_else(|_| PathKey::root())
    }

    /// Says whether some path could be guarded by both patterns.
    pub fn overlaps(&self, other: &GlobKey) -> bool {
        wild::meets(&self.segments, &other.segments)
    }

    /// Says whether a lock on the path and one on this pattern are in each other's way.
    ///
    /// They are if some path is guarded by both, and also if the pattern asks for a directory
    /// where the path is a file. A file is not taken for a directory that it could become.
    pub fn overlaps_path(&self, path: &PathKey) -> bool {
        let is_dir = path.kind() == Kind::Dir;
        let names: Vec<&[u8]> = path.components().collect();
        wild::meets_path(&self.segments, &names, is_dir)
            || (!is_dir && path.is_at_or_above(&self.base()))
    }

    /// Says whether a lock on this key guards the file at `path`.
    pub fn covers(&self, path: &[u8]) -> bool {
        let names: Vec<&[u8]> = path.split(|&byte| byte == b'/').collect();
        !path.is_empty() && wild::meets_path(&self.segments, &names, false)
    }
}

/// Says whether `text` has a wildcard, escaped or not.
pub(super) fn has_wild(text: &[u8]) -> bool {
    text.iter().any(|byte| b"*?[".contains(byte))
}

/// Returns the path that components without any wildcard spell.
fn literal_path(segments: &[Segment]) -> Option<Vec<u8>> {
    let names: Option<Vec<Vec<u8>>> = segments.iter().map(literal).collect();
    names.map(|names| names.join(&b'/'))
}

/// Returns the component that spells `name` and nothing else.
pub(super) fn literal_segment(name: &[u8]) -> Segment {
    Segment::Name(name.iter().copied().map(Token::Byte).collect())
}

/// Returns the name that a component without wildcards spells.
pub(super) fn literal(segment: &Segment) -> Option<Vec<u8>> {
    let Segment::Name(tokens) = segment else {
        return None;
    };
    let byte = |token: &Token| match token {
        Token::Byte(byte) => Some(*byte),
        Token::Any | Token::Star | Token::Class(_) => None,
    };
    tokens.iter().map(byte).collect()
}

/// Reads a pattern by the rules of `.gitignore`, but for negation.
fn gitignore(pattern: &[u8]) -> Result<Vec<Segment>, KeyError> {
    let body = pattern.strip_suffix(b"/").unwrap_or(pattern);
    let anchored = body.strip_prefix(b"/");
    let mut read = segments(anchored.unwrap_or(body), pattern)?;
    if anchored.is_none() && read.len() == 1 {
        read.insert(0, Segment::Deep);
    }
    if body.len() < pattern.len() {
        read.push(Segment::Deep);
    }
    Ok(read)
}

/// Reads components joined with `/`; `whole` is for messages.
fn segments(text: &[u8], whole: &[u8]) -> Result<Vec<Segment>, KeyError> {
    if text.first() == Some(&b'!') {
        return Err(negated(whole));
    }
    text.split(|&byte| byte == b'/')
        .map(|name| read_segment(name, whole))
        .collect()
}

/// Returns the answer to a leading `!`.
pub(super) fn negated(whole: &[u8]) -> KeyError {
    let why = "a pattern cannot be negated; write `\\!` for a name that begins so";
    KeyError::Glob {
        text: shown(whole),
        why,
    }
}

/// Reads one component.
pub(super) fn read_segment(name: &[u8], whole: &[u8]) -> Result<Segment, KeyError> {
    let wrong = |why| KeyError::Glob {
        text: shown(whole),
        why,
    };
    if name == b"**" {
        return Ok(Segment::Deep);
    }
    if name.is_empty() {
        return Err(wrong("it has an empty component"));
    }
    let mut tokens = Vec::new();
    let mut rest = name;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let token = match byte {
            b'*' if tokens.last() == Some(&Token::Star) => continue,
            b'*' => Token::Star,
            b'?' => Token::Any,
            b'\\' => {
                let (&byte, after) = rest
                    .split_first()
                    .ok_or_else(|| wrong("it ends in a lone `\\`"))?;
                rest = after;
                Token::Byte(byte)
            }
            b'[' => {
                let (set, after) = read_class(rest).map_err(wrong)?;
                rest = after;
                class(set).ok_or_else(|| wrong("a class in it can match nothing"))?
            }
            _ => Token::Byte(byte),
        };
        tokens.push(token);
    }
    Ok(Segment::Name(tokens))
}

/// Returns the simplest token for a set, or none if no name has a byte of it.
fn class(mut set: ByteSet) -> Option<Token> {
    set.remove(b'/');
    set.remove(0);
    let mut bytes = set.iter();
    match (bytes.next(), bytes.next()) {
        (None, _) => None,
        (Some(byte), None) => Some(Token::Byte(byte)),
        _ if bytes.count() == 252 => Some(Token::Any),
        _ => Some(Token::Class(set)),
    }
}

/// Reads a class after its `[`; returns what is left after its `]`.
fn read_class(text: &[u8]) -> Result<(ByteSet, &[u8]), &'static str> {
    const OPEN: &str = "it has a `[` without its `]`";
    let negated = matches!(text.first(), Some(b'!' | b'^'));
    let mut rest = if negated { &text[1..] } else { text };
    let mut set = ByteSet::default();
    let mut first = true;
    loop {
        if let Some(after) = rest.strip_prefix(b"]").filter(|_| !first) {
            return Ok((if negated { set.complement() } else { set }, after));
        }
        if rest.starts_with(b"[:") {
            return Err("named classes such as `[:alpha:]` are not known; write `[a-z]`");
        }
        first = false;
        let (low, after) = class_byte(rest).ok_or(OPEN)?;
        let (high, after) = match after {
            [b'-', next, ..] if *next != b']' => class_byte(&after[1..]).ok_or(OPEN)?,
            _ => (low, after),
        };
        if !low.is_ascii() || !high.is_ascii() {
            return Err("a class matches one byte, so only ASCII characters fit in it");
        }
        (low..=high).for_each(|byte| set.insert(byte));
        rest = after;
    }
}

/// Reads one byte of a class, escaped or not.
fn class_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'\\', byte, rest @ ..] => Some((*byte, rest)),
        [b'\\'] | [] => None,
        [byte, rest @ ..] => Some((*byte, rest)),
    }
}

/// Writes components, joined with `/`.
pub(super) fn write(segments: &[Segment]) -> Vec<u8> {
    let names: Vec<Vec<u8>> = segments.iter().map(write_segment).collect();
    names.join(&b'/')
}

/// Writes one component.
fn write_segment(segment: &Segment) -> Vec<u8> {
    let Segment::Name(tokens) = segment else {
        return b"**".to_vec();
    };
    let mut text = Vec::new();
    for token in tokens {
        match token {
            Token::Byte(byte) if SPECIAL.contains(byte) => text.extend([b'\\', *byte]),
            Token::Byte(byte) => text.push(*byte),
            Token::Any => text.push(b'?'),
            Token::Star => text.push(b'*'),
            Token::Class(set) => write_class(*set, &mut text),
        }
    }
    text
}

/// Writes a class: its bytes in order, runs of three and more as ranges.
fn write_class(set: ByteSet, text: &mut Vec<u8>) {
    // Only ASCII can be named, so a class with any other byte was negated.
    let negated = set.contains(u8::MAX);
    let mut named = if negated { set.complement() } else { set };
    named.remove(b'/');
    named.remove(0);
    text.extend_from_slice(if negated { b"[!" } else { b"[" });
    let push = |text: &mut Vec<u8>, byte: u8| {
        if CLASS_SPECIAL.contains(&byte) {
            text.push(b'\\');
        }
        text.push(byte);
    };
    let bytes: Vec<u8> = named.iter().collect();
    for run in bytes.chunk_by(|one, two| one + 1 == *two) {
        if let [low, _, .., high] = run {
            push(text, *low);
            text.push(b'-');
            push(text, *high);
        } else {
            run.iter().for_each(|&byte| push(text, byte));
        }
    }
    text.push(b']');
}
