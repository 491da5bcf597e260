//! From what a person typed to a key.
//!
//! The rules are git's own for paths on the command line, with the prefixes of logical keys added.
//! Where a text could be read in two ways, a file of that very name wins and the reader is told.
//! Everything about the disk is asked through [`WorkTree`](super::WorkTree).

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::around::{Entry, Resolved, Surroundings};
use super::glob::{self, GlobKey};
use super::logical::{self, LogicalKey, PREFIXES};
use super::path::{Kind, PathKey, check_component};
use super::text::{shown, unquote};
use super::typed::{Magic, Mode, components, is_absolute, magic, slashes};
use super::wild::Segment;
use super::{Key, KeyError};
use crate::model::queue::CHECKS;
use crate::model::task::CLAIMS;

/// Returns the key that `text` means in these surroundings.
///
/// In this order: git's quotes, pathspec magic, `prefix:`, wildcards, and then a path.
pub fn resolve(text: &[u8], around: &Surroundings<'_>) -> Result<Resolved, KeyError> {
    if text.is_empty() {
        return Err(KeyError::Empty);
    }
    let unquoted = unquote(text).filter(|_| !around.exists(text));
    let typed = unquoted.as_deref().unwrap_or(text);
    if let Some(Magic { top, mode, rest }) = magic(typed)? {
        let around = Surroundings {
            prefix: if top { b"" } else { around.prefix },
            ..*around
        };
        return match mode {
            Mode::Literal => around.path(rest, mode),
            Mode::Glob => around.glob(rest, mode),
            Mode::Plain if glob::has_wild(rest) && !around.exists(rest) => around.glob(rest, mode),
            Mode::Plain => around.path(rest, mode),
        };
    }
    if let Some((prefix, value)) = logical::split_prefix(typed).filter(|(prefix, _)| {
        // `C:` is a drive where there are drives.
        !(cfg!(windows) && prefix.len() == 1)
    }) {
        return around.logical(typed, prefix, value);
    }
    if !glob::has_wild(typed) {
        return around.path(typed, Mode::Plain);
    }
    if around.exists(typed) {
        return Ok(around.path(typed, Mode::Plain)?.noted(|| {
            let text = shown(typed);
            format!("a file named `{text}` exists and was taken; `:(glob){text}` is the pattern")
        }));
    }
    around.glob(typed, Mode::Plain)
}

impl Surroundings<'_> {
    /// Says whether there is a file or a directory of that very name, seen from here.
    fn exists(&self, text: &[u8]) -> bool {
        let path = self.rooted(text).and_then(|path| self.tree.real(&path));
        path.is_ok_and(|path| self.tree.entry(&path).is_some())
    }

    fn logical(&self, text: &[u8], prefix: &str, value: &[u8]) -> Result<Resolved, KeyError> {
        let known =
            PREFIXES.contains(&prefix) || self.team_prefixes.iter().any(|own| own == prefix);
        if self.exists(text) {
            let resolved = self.path(text, Mode::Plain)?;
            return Ok(if known {
                resolved.noted(|| {
                    let text = shown(text);
                    format!("a file named `{text}` exists and was taken, not the `{prefix}:` key")
                })
            } else {
                resolved
            });
        }
        // Nobody defines this one, whatever a team's configuration says.
        if prefix == CLAIMS {
            return Err(KeyError::Claim {
                text: shown(text),
                task: shown(value),
            });
        }
        if !known || prefix == CHECKS {
            let own = self.team_prefixes.iter().map(String::as_str);
            return Err(KeyError::UnknownPrefix {
                text: shown(text),
                prefix: shown(prefix.as_bytes()),
                known: PREFIXES
                    .into_iter()
                    .chain(own)
                    .collect::<Vec<_>>()
                    .join(" "),
            });
        }
        let value = str::from_utf8(value).map_err(|_| KeyError::Logical {
            text: shown(text),
            why: "it is not UTF-8",
            example: "api:GET /v1/users",
        })?;
        let key = Key::Logical(LogicalKey::new(prefix, value)?);
        let canonical = key.to_string();
        if canonical.as_bytes() == text {
            Ok(Resolved::silent(key))
        } else if self.strict {
            Err(KeyError::Lenient {
                text: shown(text),
                canonical,
            })
        } else {
            let note = format!("`{}` was read as `{canonical}`", shown(text));
            Ok(Resolved {
                key,
                note: Some(note),
            })
        }
    }

    fn path(&self, text: &[u8], mode: Mode) -> Result<Resolved, KeyError> {
        let path = self.rooted(text)?;
        for component in path
            .split(|&byte| byte == b'/')
            .filter(|_| !path.is_empty())
        {
            check_component(component, text)?;
        }
        let own = self.tree.real(&self.spelled(&path))?;
        let entry = if own.is_empty() {
            Some(Entry::Dir)
        } else {
            self.tree.entry(&own)
        };
        self.check_backslash(text, entry)?;
        let slash = slashes(text).ends_with(b"/");
        if entry != Some(Entry::Dir) && !slash {
            return PathKey::new(&self.composed(&own), Kind::File)
                .map(|key| Resolved::silent(Key::Path(key)));
        }
        let followed = self.followed(&own);
        // A link to a directory stands for the directory, unless the link itself is meant or the
        // directory is out of reach.
        let link = |own: &[u8]| PathKey::new(&self.composed(own), Kind::File).map(Key::Path);
        let real = match followed {
            Err(KeyError::Outside { .. }) if !slash => return link(&own).map(Resolved::silent),
            Ok(real) if real != own && mode == Mode::Literal && !slash => {
                return link(&own).map(Resolved::silent);
            }
            other => other?,
        };
        let key = Key::Path(PathKey::new(&self.composed(&real), Kind::Dir)?);
        let text = shown(text);
        Ok(if real != own {
            let note = format!("`{text}` is a symbolic link; `{key}` was taken");
            Resolved {
                key,
                note: Some(note),
            }
        } else if entry == Some(Entry::File) {
            let note = format!("`{text}` is a file now; it was read as a directory");
            Resolved {
                key,
                note: Some(note),
            }
        } else {
            Resolved::silent(key)
        })
    }

    fn glob(&self, text: &[u8], mode: Mode) -> Result<Resolved, KeyError> {
        if text.starts_with(b"!") {
            return Err(glob::negated(text));
        }
        let text = slashes(text);
        let pattern = self.composed(&text);
        let body = pattern.strip_suffix(b"/").unwrap_or(&pattern);
        let names = body
            .split(|&byte| byte == b'/')
            .filter(|name| !matches!(*name, b"" | b"."));
        let names: Vec<&[u8]> = names.collect();
        let (mut base, names) = if is_absolute(&pattern) {
            self.absolute_base(&names)
        } else {
            (components(self.prefix), &names[..])
        };
        let mut segments = Vec::new();
        for &name in names {
            if name == b".." && segments.is_empty() {
                base.pop()
                    .ok_or_else(|| KeyError::Outside { text: shown(&text) })?;
                continue;
            }
            let segment = glob::read_segment(name, &text)?;
            match glob::literal(&segment).filter(|_| segments.is_empty()) {
                Some(name) => base.push(name),
                None => segments.push(segment),
            }
        }
        let base = base.join(&b'/');
        let last = &pattern[body.len()..];
        if segments.is_empty() {
            // Every wildcard was escaped, so the text names a path.
            let top = Surroundings {
                prefix: b"",
                ..*self
            };
            return top.path(&[&base, last].concat(), Mode::Plain);
        }
        // Without a slash there is one component, and it is a pattern for every depth.
        if mode == Mode::Plain && !body.contains(&b'/') {
            segments.insert(0, Segment::Deep);
        }
        if !last.is_empty() {
            segments.push(Segment::Deep);
        }
        let real = self.followed(&self.tree.real(&self.spelled(&base))?)?;
        let base = components(&self.composed(&real));
        let whole = base
            .iter()
            .map(|name| glob::literal_segment(name))
            .chain(segments);
        GlobKey::from_segments(whole.collect()).map(|key| Resolved::silent(Key::Glob(key)))
    }

    /// Finds where an absolute pattern begins: inside the repository if its literal beginning is
    /// a path there, else at the top, as in a `.gitignore`.
    fn absolute_base<'n>(&self, names: &'n [&'n [u8]]) -> (Vec<Vec<u8>>, &'n [&'n [u8]]) {
        let lead = names
            .iter()
            .take_while(|name| !glob::has_wild(name))
            .count();
        let path = [b"/", &names[..lead].join(&b'/')[..]].concat();
        match self.tree.absolute(&path) {
            Ok(base) if lead > 0 => (components(&base), &names[lead..]),
            _ => (Vec::new(), names),
        }
    }

    /// Returns the path from the top of the repository, with `.`, `..` and `//` taken out.
    ///
    /// As in git, `..` is taken out of the text; it does not go back through a symbolic link.
    fn rooted(&self, text: &[u8]) -> Result<Vec<u8>, KeyError> {
        let text = slashes(text);
        let composed = self.composed(&text);
        let (mut names, rest) = match is_absolute(&composed) {
            true => (Vec::new(), Cow::Owned(self.tree.absolute(&composed)?)),
            false => (components(self.prefix), composed),
        };
        for name in rest.split(|&byte| byte == b'/') {
            match name {
                b"" | b"." => {}
                b".." => {
                    names
                        .pop()
                        .ok_or_else(|| KeyError::Outside { text: shown(&text) })?;
                }
                _ => names.push(name.to_vec()),
            }
        }
        Ok(names.join(&b'/'))
    }

    /// Follows a symbolic link at the end of `path` too.
    fn followed(&self, path: &[u8]) -> Result<Vec<u8>, KeyError> {
        if path.is_empty() {
            return Ok(Vec::new());
        }
        let mut inner = self.tree.real(&[path, b"/_"].concat())?;
        inner.truncate(inner.len().saturating_sub(2));
        Ok(inner)
    }

    /// Returns `path` as the disk spells it, as far down as it exists.
    fn spelled(&self, path: &[u8]) -> Vec<u8> {
        let ends = (0..path.len()).rev().filter(|&at| path[at] == b'/');
        let known = std::iter::once(path.len())
            .chain(ends)
            .filter(|_| self.ignore_case)
            .find_map(|end| Some([&self.tree.spelling(&path[..end])?, &path[end..]].concat()));
        known.unwrap_or_else(|| path.to_vec())
    }

    /// Returns text in the Unicode form that git stores, where the disk has another.
    fn composed<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        match str::from_utf8(text) {
            Ok(text) if self.precompose && !text.is_ascii() => {
                Cow::Owned(text.nfc().collect::<String>().into_bytes())
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// Refuses `src\a.rs` where `\` separates nothing, if it was meant to.
    fn check_backslash(&self, text: &[u8], entry: Option<Entry>) -> Result<(), KeyError> {
        if cfg!(windows) || entry.is_some() || !text.contains(&b'\\') {
            return Ok(());
        }
        let instead: Vec<u8> = text
            .iter()
            .map(|&byte| if byte == b'\\' { b'/' } else { byte })
            .collect();
        if self.exists(&instead) {
            return Err(KeyError::Backslash {
                text: shown(text),
                instead: shown(&instead),
            });
        }
        Ok(())
    }
}
