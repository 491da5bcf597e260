//! Which repository, and at which address its API is.
//!
//! A setting of this clone comes first, then what a workflow's environment says, then the remote's URL.
//! None of it is taken from `.coordconfig`: a token would go where that file says.

use std::env;

use crate::coord::{Failure, Settings};
use crate::model::forge::Repo;
use crate::store::Config;

/// The host whose API has a name of its own.
const GITHUB: &str = "github.com";
/// That API.
const API: &str = "https://api.github.com";

/// Where a repository's API is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address, without a slash at its end.
    pub api: String,
    /// The repository.
    pub repo: Repo,
    /// Whether somebody said so, and it was not made of a remote's URL.
    pub is_said: bool,
}

impl Place {
    /// The host of the API, for messages and for `gh`.
    pub fn host(&self) -> &str {
        let rest = self.api.split_once("://").map_or("", |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// Whether this is GitHub itself, or one of its own subdomains.
    pub fn is_github(&self) -> bool {
        self.api == API || (self.api.starts_with("https://") && self.host().ends_with(".ghe.com"))
    }
}

/// Finds it.
///
/// # Errors
/// When nothing says which repository it is, or an address cannot be used.
pub fn find(config: &Config, settings: &Settings) -> Result<Place, Failure> {
    let remote = settings.remote.as_deref().unwrap_or("origin");
    let url = config.get(&format!("remote.{remote}.url"));
    let from_url = url.and_then(Repo::of_url);
    let variable = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
    let named = config
        .get("coord.githubrepo")
        .map(str::to_owned)
        .or_else(|| variable("GITHUB_REPOSITORY"));
    let repo = match named {
        Some(text) => text.parse().map_err(|why| {
            let what = format!("coord.githubRepo: {why}");
            Failure::usage(what, "set it with `git config coord.githubRepo OWNER/NAME`")
        })?,
        None => from_url.clone().map(|(_, repo)| repo).ok_or_else(|| {
            Failure::usage(
                format!("the remote `{remote}` does not say which repository of GitHub this is"),
                "name it with `git config coord.githubRepo OWNER/NAME`",
            )
        })?,
    };
    let said = config
        .get("coord.githuburl")
        .map(str::to_owned)
        .or_else(|| variable("GITHUB_API_URL"));
    let api = match (&said, &from_url) {
        (Some(api), _) => checked(api)?,
        (None, Some((host, _))) if host != GITHUB => match host.strip_suffix(".ghe.com") {
            Some(_) => format!("https://api.{host}"),
            None => format!("https://{host}/api/v3"),
        },
        (None, _) => API.into(),
    };
    Ok(Place {
        api,
        repo,
        is_said: said.is_some(),
    })
}

/// A token travels there, so nobody may listen on the way.
fn checked(api: &str) -> Result<String, Failure> {
    let api = api.trim_end_matches('/');
    let (scheme, rest) = api.split_once("://").unwrap_or(("", ""));
    let host = rest.split('/').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_loopback = ["127.0.0.1", "localhost", "::1"].contains(&name);
    let is_plain = rest
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b".-_:/[]".contains(&byte));
    if is_plain && !name.is_empty() && (scheme == "https" || (scheme == "http" && is_loopback)) {
        return Ok(api.to_owned());
    }
    Err(Failure::usage(
        format!(
            "`{}` is no address of GitHub's API that a token may be sent to",
            api.escape_debug()
        ),
        "use one such as `https://github.example/api/v3`, with `git config coord.githubUrl`",
    ))
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn tokens_go_only_where_nobody_listens() {
        for good in [
            "https://api.github.com",
            "https://ghe.example/api/v3/",
            "http://127.0.0.1:8000",
            "http://[::1]:8000",
            "http://localhost:8000/x",
        ] {
            assert!(checked(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://github.example",
            "http://127.0.0.1.example",
            "http://localhost@github.example",
            "ftp://x",
            "https://",
            "https://a b",
            "https://x?y",
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
