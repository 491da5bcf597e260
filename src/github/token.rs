//! Who asks: a token of the environment, of the GitHub command line, or of an app.
//!
//! It is never printed and in no error. One for GitHub goes to GitHub alone, or to an address that
//! somebody has set: not to whatever host a remote's URL names.

use std::env;
use std::fmt;
use std::process::{Command, Stdio};

use sha2::{Digest, Sha256};

use super::Place;
use crate::coord::Failure;
use crate::store::Config;

/// Variables with a token for GitHub, the first one that is set.
const FOR_GITHUB: [&str; 2] = ["GH_TOKEN", "GITHUB_TOKEN"];
/// Variables with a token for a GitHub of somebody's own.
const FOR_OWN: [&str; 2] = ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

/// What is sent with each call.
#[derive(Clone)]
pub enum Token {
    /// A token as it is.
    Plain(String, Source),
    /// An app, as one of its installations.
    App {
        /// Its number.
        id: u64,
        /// Its key, in PEM.
        key: Vec<u8>,
        /// The installation.
        installation: u64,
    },
}

/// Where a token came from; that may be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A variable of the environment.
    Variable(&'static str),
    /// `gh auth token`.
    Program,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Program => f.write_str("gh auth token"),
        }
    }
}

/// Nothing of it is shown.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(_, source) => write!(f, "a token from {source}"),
            Self::App { id, .. } => write!(f, "app {id}"),
        }
    }
}

impl Token {
    /// Where it came from.
    pub fn source(&self) -> String {
        match self {
            Self::Plain(_, source) => source.to_string(),
            Self::App { id, .. } => format!("app {id}"),
        }
    }

    /// What tells it from others, for files of this machine alone; it cannot be told back from it.
    pub(super) fn mark(&self) -> String {
        let text = match self {
            Self::Plain(token, _) => token.clone(),
            Self::App {
                id, installation, ..
            } => format!("app {id} {installation}"),
        };
        let digest = Sha256::digest(text.as_bytes());
        digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Whether it is an app's, which may make check runs: given as one, or by a workflow.
    pub fn is_apps(&self) -> bool {
        match self {
            Self::Plain(token, _) => token.starts_with("ghs_"),
            Self::App { .. } => true,
        }
    }
}

/// Finds one.
///
/// # Errors
/// When there is none for this place.
pub(super) fn find(config: &Config, place: &Place) -> Result<Token, Failure> {
    let is_own = !place.is_github();
    if let Some(app) = app(config)? {
        // What an app signs is good at GitHub, whoever gets to see it.
        if is_own && !place.is_said {
            return Err(Failure::usage(
                format!(
                    "only the URL of the remote names {}, and no app signs for that",
                    place.host()
                ),
                format!(
                    "say that it is yours: `git config coord.githubUrl {}`",
                    place.api
                ),
            ));
        }
        return Ok(app);
    }
    let mut names = Vec::new();
    if is_own {
        names.extend(FOR_OWN);
    }
    if !is_own || place.is_said {
        names.extend(FOR_GITHUB);
    }
    for name in &names {
        if let Some(token) = env::var(name).ok().filter(|token| is_token(token)) {
            return Ok(Token::Plain(token, Source::Variable(name)));
        }
    }
    if let Some(token) = of_program(place) {
        return Ok(Token::Plain(token, Source::Program));
    }
    Err(Failure::usage(
        format!("there is no token for {}", place.host()),
        format!(
            "set {}, log in with `gh auth login`, or name an app with coord.githubApp; see `git \
             coord help github`",
            names.join(" or ")
        ),
    ))
}

/// `coord.githubApp` is `ID INSTALLATION`, and `coord.githubAppKey` the file with its key; in a
/// workflow `COORD_GITHUB_APP_KEY` may have the key itself.
fn app(config: &Config) -> Result<Option<Token>, Failure> {
    let Some(text) = config.get("coord.githubapp") else {
        return Ok(None);
    };
    let wrong = |what: String| {
        Failure::usage(
            what,
            "use `git config coord.githubApp 'ID INSTALLATION'` and coord.githubAppKey FILE",
        )
    };
    let numbers = text
        .split_once(' ')
        .and_then(|(id, at)| Some((id.parse().ok()?, at.trim().parse().ok()?)));
    let (id, installation) =
        numbers.ok_or_else(|| wrong(format!("coord.githubApp is `{}`", text.escape_debug())))?;
    let key = match (
        config.get("coord.githubappkey"),
        env::var("COORD_GITHUB_APP_KEY"),
    ) {
        (Some(file), _) => std::fs::read(file).map_err(|why| {
            wrong(format!(
                "coord.githubAppKey `{}`: {why}",
                file.escape_debug()
            ))
        })?,
        (None, Ok(key)) => key.into_bytes(),
        (None, Err(_)) => return Err(wrong("the app has no key".into())),
    };
    Ok(Some(Token::App {
        id,
        key,
        installation,
    }))
}

/// What the GitHub command line knows, if it is there.
fn of_program(place: &Place) -> Option<String> {
    let host = match place.host() {
        "api.github.com" => "github.com",
        host => host.strip_prefix("api.").unwrap_or(host),
    };
    let output = Command::new("gh")
        .args(["auth", "token", "--hostname", host])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let token = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && is_token(&token)).then_some(token)
}

/// Whether it can stand in a header.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() < 4096 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{Source, Token};

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::Plain("ghp_secret".into(), Source::Variable("GH_TOKEN"));
        let key = Token::App {
            id: 7,
            key: b"secret".to_vec(),
            installation: 8,
        };
        for token in [token, key] {
            let all = format!("{token:?} {}", token.source());
            assert!(!all.contains("secret"), "{all}");
        }
    }
}
