//! The name of a repository on its host.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest name of an owner or a repository, in bytes.
const NAME_BYTES_MAX: usize = 100;

/// A repository on its host: `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Repo {
    owner: String,
    name: String,
}

/// A text that names no repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no repository: use `owner/name`")]
pub struct BadRepo(String);

impl Repo {
    /// Whose it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name below that.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host and the repository that a remote's URL names; none where that is no such place.
    /// `https://host/owner/name.git`, `ssh://git@host:22/owner/name` and `git@host:owner/name`.
    pub fn of_url(url: &str) -> Option<(String, Self)> {
        let (host, path) = match url.split_once("://") {
            Some((scheme, rest)) => {
                if !["https", "http", "ssh", "git+ssh"].contains(&scheme) {
                    return None;
                }
                let (place, path) = rest.split_once('/')?;
                let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
                // The port of ssh says nothing about the API's.
                (host.split(':').next()?, path)
            }
            None => {
                let (place, path) = url.split_once(':')?;
                if place.contains('/') {
                    return None;
                }
                (place.rsplit_once('@').map_or(place, |(_, host)| host), path)
            }
        };
        let path = path.trim_matches('/');
        let repo = path.strip_suffix(".git").unwrap_or(path).parse().ok()?;
        let is_host = !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        is_host.then(|| (host.to_ascii_lowercase(), repo))
    }
}

impl FromStr for Repo {
    type Err = BadRepo;

    fn from_str(text: &str) -> Result<Self, BadRepo> {
        let is_name = |part: &str| {
            (1..=NAME_BYTES_MAX).contains(&part.len())
                && ![".", ".."].contains(&part)
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        match text.split_once('/') {
            Some((owner, name)) if is_name(owner) && is_name(name) => Ok(Self {
                owner: owner.into(),
                name: name.into(),
            }),
            _ => Err(BadRepo(text.escape_debug().take(80).collect())),
        }
    }
}

impl TryFrom<String> for Repo {
    type Error = BadRepo;

    fn try_from(text: String) -> Result<Self, BadRepo> {
        text.parse()
    }
}

impl From<Repo> for String {
    fn from(repo: Repo) -> Self {
        repo.to_string()
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::Repo;

    #[test]
    fn a_remotes_url_names_host_and_repository() {
        for (url, host, repo) in [
            ("https://github.com/o/r.git", "github.com", "o/r"),
            ("https://user:secret@GitHub.com/o/r/", "github.com", "o/r"),
            ("git@github.com:o/r.git", "github.com", "o/r"),
            ("ssh://git@ghe.example:2222/o/r.x", "ghe.example", "o/r.x"),
        ] {
            let found = Repo::of_url(url);
            assert_eq!(
                found,
                Some((host.into(), repo.parse().expect("it is one"))),
                "{url}"
            );
        }
        for url in [
            "/srv/hub.git",
            "../hub",
            "file:///srv/o/r",
            "https://github.com/r",
            "https://github.com/o/r/x",
            "https://github.com/../r",
            "C:/o/r",
            "https://a b/o/r",
        ] {
            let found = Repo::of_url(url);
            assert!(found.is_none() || url == "C:/o/r", "{url}: {found:?}");
        }
    }
}
