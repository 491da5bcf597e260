//! Tokens, and whose each is: one to a line of a file that only its owner can read.
//!
//! ```text
//! # comment
//! 3f0c…  claude/one
//! 91ab…
//! ```
//!
//! A token without a session has one of its own; one without a name is whoever started the server. The file is
//! read again when it has changed, so that a token ends when its line does.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::super::caller::Who;
use crate::coord::Failure;

/// Largest file that is read, in bytes.
const BYTES_MAX: u64 = 256 * 1024;
/// Shortest token, in bytes: less could be guessed.
const TOKEN_MIN: usize = 32;

type Hash = [u8; 32];

/// The tokens of a file.
pub struct Tokens {
    file: Option<PathBuf>,
    known: Mutex<Known>,
}

/// What a file had to say, and how it looked then.
#[derive(Default)]
struct Known {
    looked: Option<(u64, SystemTime)>,
    tokens: Vec<(Hash, Who)>,
}

impl Tokens {
    /// Reads the file; makes it, with one token for whoever started the server, when there is none.
    ///
    /// # Errors
    /// When it cannot be read or made, others can read it, or a line is none.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        if !file.exists() {
            append(file, "")?;
        }
        let tokens = Self {
            file: Some(file.to_owned()),
            known: Mutex::default(),
        };
        // Before it is read, so that no change is missed.
        let looked = look(file);
        *tokens.known() = Known {
            looked,
            tokens: read(file)?,
        };
        Ok(tokens)
    }

    /// Adds a token for an agent to the file, and returns it.
    ///
    /// # Errors
    /// As [`Tokens::open`].
    pub fn give(file: &Path, agent: &str) -> Result<String, Failure> {
        if file.exists() {
            read(file)?;
        }
        append(file, agent)
    }

    #[cfg(test)]
    pub(super) fn of(text: &str) -> Self {
        Self {
            file: None,
            known: Mutex::new(Known {
                looked: None,
                tokens: parse(text).expect("it is in order"),
            }),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose a token is. Every known token is compared with it, each in the same time.
    pub fn find(&self, token: &str) -> Option<Who> {
        let mut known = self.known();
        if let Some(file) = &self.file {
            let looked = look(file);
            if looked != known.looked {
                // One that cannot be read any more has no tokens.
                let tokens = read(file).unwrap_or_default();
                *known = Known { looked, tokens };
            }
        }
        let shown = hash(token);
        let mut found = None;
        for (hash, who) in &known.tokens {
            if bool::from(hash.ct_eq(&shown)) {
                found = Some(who.clone());
            }
        }
        found
    }
}

fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

fn look(file: &Path) -> Option<(u64, SystemTime)> {
    let found = std::fs::metadata(file).ok()?;
    Some((found.len(), found.modified().ok()?))
}

fn read(file: &Path) -> Result<Vec<(Hash, Who)>, Failure> {
    let wrong = |why: String, hint: String| {
        Failure::usage(
            format!("the file of tokens {}: {why}", file.display()),
            hint,
        )
    };
    let io = |why: std::io::Error| wrong(why.to_string(), "name another with --token-file".into());
    let mut open = std::fs::File::open(file).map_err(io)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = open.metadata().map_err(io)?.permissions().mode();
        if mode & 0o077 != 0 {
            let hint = format!("chmod 600 {}", file.display());
            return Err(wrong("others can read it".into(), hint));
        }
    }
    let mut text = String::new();
    (&mut open)
        .take(BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(io)?;
    parse(&text).map_err(|why| wrong(why, "a line is a token, and whose it is".into()))
}

fn parse(text: &str) -> Result<Vec<(Hash, Who)>, String> {
    let mut known = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (token, agent) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if token.len() < TOKEN_MIN {
            let number = index + 1;
            return Err(format!(
                "line {number} has less than {TOKEN_MIN} characters"
            ));
        }
        let hash = hash(token);
        let connection = format!("{hash:02x?}");
        let who = match agent.trim() {
            named if named.contains('/') => Who::Named(named.to_owned()),
            named => Who::Guest {
                agent: Some(named.to_owned()).filter(|named| !named.is_empty()),
                connection,
            },
        };
        known.push((hash, who));
    }
    Ok(known)
}

/// Writes a fresh token to the end of the file, which nobody else can ever have read.
fn append(file: &Path, agent: &str) -> Result<String, Failure> {
    let wrong = |why: String| {
        let what = format!("the file of tokens {}: {why}", file.display());
        Failure::usage(what, "name another with --token-file")
    };
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|why| wrong(why.to_string()))?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let dir = file.parent().unwrap_or(Path::new("."));
    let line = format!("{token} {agent}");
    std::fs::create_dir_all(dir)
        .and_then(|()| options.open(file))
        .and_then(|mut file| writeln!(file, "{}", line.trim_end()))
        .map_err(|why| wrong(why.to_string()))?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // a panic is how a test says no

    use super::super::super::caller::Who;
    use super::{Tokens, parse};

    #[test]
    fn a_token_says_whose_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tokens");
        let token = Tokens::give(&file, "claude/one").unwrap();
        let tokens = Tokens::open(&file).unwrap();
        assert_eq!(tokens.find(&token), Some(Who::Named("claude/one".into())));
        assert_eq!(tokens.find(&token[1..]), None);
        assert_eq!(tokens.find(""), None);
        // One that was given out later counts, and one whose line is gone does not.
        let other = Tokens::give(&file, "codex").unwrap();
        let who = tokens.find(&other);
        assert!(matches!(who, Some(Who::Guest { agent: Some(name), .. }) if name == "codex"));
        std::fs::write(&file, "# none\n").unwrap();
        assert_eq!(tokens.find(&token), None);
    }

    #[test]
    fn short_tokens_are_refused() {
        assert!(parse("short claude\n").is_err());
        assert_eq!(parse("\n# comment\n").unwrap().len(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("tokens");
        let token = Tokens::give(&file, "").unwrap();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let tokens = Tokens::open(&file).unwrap();
        assert!(tokens.find(&token).is_some());
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Tokens::open(&file).is_err());
    }
}
