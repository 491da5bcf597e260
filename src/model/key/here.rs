//! How a key is typed where somebody is: what [`resolve`](super::resolve) reads as this very key.
//!
//! A canonical text counts from the top of the repository, and what people type counts from their
//! directory. A command that is suggested to them has to be written their way, as git does it.

use super::glob::{literal, write};
use super::path::reads_otherwise;
use super::text::quote;
use super::{GlobKey, Key, Kind, PathKey, logical, typed};

/// Where what is suggested will be typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Here {
    /// At the top of the repository, where a canonical text can be typed as it is.
    #[default]
    Top,
    /// In a directory, from the top, such as `src/db`.
    Below(Vec<u8>),
    /// Nobody knows where, as when a server answers.
    Anywhere,
}

impl Here {
    /// In a directory that is given from the top, with or without a slash at its end.
    pub fn below(dir: &[u8]) -> Self {
        match dir.strip_suffix(b"/").unwrap_or(dir) {
            b"" => Self::Top,
            dir => Self::Below(dir.to_vec()),
        }
    }
}

impl Key {
    /// What is typed here for this key. It is never taken for an option.
    pub fn typed(&self, here: &Here) -> String {
        let text = match (self, here) {
            (Self::Logical(_), _) | (_, Here::Top) => self.to_string(),
            (Self::Path(key), Here::Below(dir)) => quote(&path_from(key, dir)),
            (Self::Glob(key), Here::Below(dir)) => quote(&glob_from(key, dir)),
            (Self::Path(key), Here::Anywhere) => quote(&path_from_top(key)),
            (Self::Glob(key), Here::Anywhere) => {
                quote(&[b":(top,glob)", &key.exact()[..]].concat())
            }
        };
        if text.starts_with('-') {
            format!("./{text}")
        } else {
            text
        }
    }
}

fn path_from(key: &PathKey, dir: &[u8]) -> Vec<u8> {
    let names: Vec<&[u8]> = key.components().collect();
    let dir = typed::components(dir);
    // A file keeps its own name, also where the directory is below it now.
    let most = names.len() - usize::from(key.kind() == Kind::File);
    let shared = (0..most.min(dir.len()))
        .take_while(|&at| names[at] == dir[at])
        .count();
    let up = dir.len() - shared;
    let rest = names[shared..].join(&b'/');
    if rest.is_empty() {
        return if up == 0 {
            b"./".to_vec()
        } else {
            b"../".repeat(up)
        };
    }
    let mut text = [b"../".repeat(up), rest].concat();
    if reads_otherwise(&text) {
        text.splice(0..0, *b":(literal)");
    }
    if key.kind() == Kind::Dir {
        text.push(b'/');
    }
    text
}

fn glob_from(key: &GlobKey, dir: &[u8]) -> Vec<u8> {
    let names = key.segments();
    let dir = typed::components(dir);
    let shared = names.iter().zip(&dir);
    let shared = shared
        .take_while(|(name, dir)| literal(name).as_ref() == Some(dir))
        .count();
    let up = dir.len() - shared;
    let rest = write(&names[shared..]);
    // Without a slash it would be a pattern for every depth; the others would be read otherwise.
    let is_plain = rest.contains(&b'/')
        && !matches!(rest[0], b'!' | b'"' | b':')
        && logical::split_prefix(&rest).is_none();
    match up {
        0 if is_plain => rest,
        0 => [b"./", &rest[..]].concat(),
        up => [b"../".repeat(up), rest].concat(),
    }
}

fn path_from_top(key: &PathKey) -> Vec<u8> {
    let is_odd = !key.bytes().is_empty() && reads_otherwise(key.bytes());
    let magic: &[u8] = if is_odd { b":(top,literal)" } else { b":/" };
    let slash: &[u8] = match key.kind() {
        Kind::Dir if !key.bytes().is_empty() => b"/",
        Kind::Dir | Kind::File => b"",
    };
    [magic, key.bytes(), slash].concat()
}

#[cfg(test)]
mod tests {
    use super::{Here, Key};

    #[test]
    fn keys_are_typed_as_git_shows_paths() {
        let cases = [
            ("src/a.rs", "", "src/a.rs"),
            ("src/a.rs", "src", "a.rs"),
            ("src/a.rs", "src/db", "../a.rs"),
            ("src/a.rs", "docs/", "../src/a.rs"),
            ("srcs/a.rs", "src", "../srcs/a.rs"),
            ("src/", "src", "./"),
            ("src/", "src/db/x", "../../"),
            ("src/db/", "src", "db/"),
            (".", "src/db", "../../"),
            ("src", "src/db", "../../src"),
            (":(literal)a*", "src", ":(literal)../a*"),
            ("src/api:x", "src", ":(literal)api:x"),
            ("src/-f", "src", "./-f"),
            ("src/*.rs", "src", "./*.rs"),
            ("src/**/*.rs", "src", "**/*.rs"),
            ("**/*.rs", "src", "../**/*.rs"),
            ("docs/*.md", "src", "../docs/*.md"),
            ("api:GET /v1/users", "src", "api:GET /v1/users"),
        ];
        for (key, dir, typed) in cases {
            let key: Key = key.parse().expect("it is a key");
            assert_eq!(key.typed(&Here::below(dir.as_bytes())), typed, "{key}");
        }
    }

    #[test]
    fn from_anywhere_the_top_is_named() {
        let cases = [
            ("src/a.rs", ":/src/a.rs"),
            ("src/", ":/src/"),
            (".", ":/"),
            (":(literal)a*", ":(top,literal)a*"),
            ("**/*.rs", ":(top,glob)**/*.rs"),
            ("db:schema:users", "db:schema:users"),
        ];
        for (key, typed) in cases {
            let key: Key = key.parse().expect("it is a key");
            assert_eq!(key.typed(&Here::Anywhere), typed, "{key}");
        }
    }
}
