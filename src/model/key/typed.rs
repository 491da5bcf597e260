//! The outer form of a typed key: pathspec magic, separators, roots.
//!
//! Text only; nothing here knows a working tree.

use std::borrow::Cow;

use super::KeyError;
use super::text::shown;

/// How the text after any pathspec magic is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// As itself, or as a pattern if it has wildcards.
    Plain,
    /// As a path, whatever is in it.
    Literal,
    /// As a pattern, component by component.
    Glob,
}

/// A text with pathspec magic, taken apart.
pub(super) struct Magic<'t> {
    /// Whether the rest is from the top of the repository.
    pub(super) top: bool,
    pub(super) mode: Mode,
    /// What follows; `.` if nothing does.
    pub(super) rest: &'t [u8],
}

/// Reads `:(top,literal)…` and `:/…`; nothing if there is no magic.
pub(super) fn magic(text: &[u8]) -> Result<Option<Magic<'_>>, KeyError> {
    let unknown = |magic: &[u8]| {
        Err(KeyError::Magic {
            text: shown(text),
            magic: shown(magic),
        })
    };
    let Some(after) = text.strip_prefix(b":") else {
        return Ok(None);
    };
    if let Some(rest) = after.strip_prefix(b"/") {
        return Ok(Some(Magic {
            top: true,
            mode: Mode::Plain,
            rest: or_here(rest),
        }));
    }
    let Some(words) = after.strip_prefix(b"(") else {
        return unknown(&after[..after.len().min(1)]);
    };
    let Some(end) = words.iter().position(|&byte| byte == b')') else {
        return unknown(after);
    };
    let (mut top, mut mode) = (false, Mode::Plain);
    for word in words[..end].split(|&byte| byte == b',') {
        match word {
            b"top" => top = true,
            b"literal" if mode != Mode::Glob => mode = Mode::Literal,
            b"glob" if mode != Mode::Literal => mode = Mode::Glob,
            b"" => {}
            _ => return unknown(word),
        }
    }
    Ok(Some(Magic {
        top,
        mode,
        rest: or_here(&words[end + 1..]),
    }))
}

fn or_here(rest: &[u8]) -> &[u8] {
    if rest.is_empty() { b"." } else { rest }
}

/// Turns `\` into `/` where the system does.
pub(super) fn slashes(text: &[u8]) -> Cow<'_, [u8]> {
    if !cfg!(windows) {
        return Cow::Borrowed(text);
    }
    text.iter()
        .map(|&byte| if byte == b'\\' { b'/' } else { byte })
        .collect()
}

/// Says whether a path begins at a root, or on Windows at a drive.
pub(super) fn is_absolute(path: &[u8]) -> bool {
    let drive = cfg!(windows) && path.get(1) == Some(&b':') && path[0].is_ascii_alphabetic();
    path.starts_with(b"/") || drive
}

/// Returns the non-empty components of a path.
pub(super) fn components(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path
        .split(|&byte| byte == b'/')
        .filter(|name| !name.is_empty());
    names.map(<[u8]>::to_vec).collect()
}
