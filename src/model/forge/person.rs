//! Who acts on the page, and what that person may do.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::id::AgentName;

/// Longest login, in bytes, with room for `[bot]`.
const LOGIN_BYTES_MAX: usize = 58;
/// What the names of agents begin with that are people on the page.
pub const AGENT_PREFIX: &str = "gh-";
/// What the logins of apps end with.
const BOT: &str = "[bot]";

/// Whom the host knows by this name. Kept in lower case, since `Ada` and `ada` are one there.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Login(String);

/// A text that is no login.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no login")]
pub struct BadLogin(String);

impl Login {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an app's.
    pub fn is_bot(&self) -> bool {
        self.0.ends_with(BOT)
    }

    /// As whom this person acts in the state: `gh-ada`, and `gh-some-app+bot` for `some-app[bot]`.
    pub fn agent(&self) -> AgentName {
        let name = match self.0.strip_suffix(BOT) {
            Some(app) => format!("{AGENT_PREFIX}{app}+bot"),
            None => format!("{AGENT_PREFIX}{}", self.0),
        };
        name.parse()
            .expect("letters, digits, hyphens and underscores after `gh-` are a name")
    }
}

impl TryFrom<String> for Login {
    type Error = BadLogin;

    fn try_from(text: String) -> Result<Self, BadLogin> {
        let name = text.strip_suffix(BOT).unwrap_or(&text);
        // Underscores are in the logins of managed users.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !name.is_empty() && text.len() <= LOGIN_BYTES_MAX && name.bytes().all(is_plain) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(BadLogin(text.escape_debug().take(80).collect()))
        }
    }
}

impl FromStr for Login {
    type Err = BadLogin;

    fn from_str(text: &str) -> Result<Self, BadLogin> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody may do in a repository, least first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Nothing.
    #[default]
    None,
    /// Look.
    Read,
    /// Sort issues and pull requests.
    Triage,
    /// Push.
    Write,
    /// Set most things up.
    Maintain,
    /// Everything.
    Admin,
}

impl Permission {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Triage => "triage",
            Self::Write => "write",
            Self::Maintain => "maintain",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Permission {
    type Err = ();

    /// As the host calls it (`role_name`); a role of the organisation's own is for the caller to
    /// judge by what it is based on.
    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "none" => Self::None,
            "read" => Self::Read,
            "triage" => Self::Triage,
            "write" => Self::Write,
            "maintain" => Self::Maintain,
            "admin" => Self::Admin,
            _ => return Err(()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Login, Permission};

    #[test]
    fn every_login_is_an_agent() {
        for (login, agent) in [
            ("Ada", "gh-ada"),
            ("some-app[bot]", "gh-some-app+bot"),
            ("jane_corp", "gh-jane_corp"),
            (&"x".repeat(58), &format!("gh-{}", "x".repeat(58))),
        ] {
            let login: Login = login.parse().expect("it is a login");
            assert_eq!(login.agent().as_str(), agent);
        }
        for bad in ["", "[bot]", "a b", "a/b", "a\n", &"x".repeat(59), "ä"] {
            assert!(bad.parse::<Login>().is_err(), "{bad}");
        }
    }

    #[test]
    fn permissions_are_in_order() {
        let words = ["none", "read", "triage", "write", "maintain", "admin"];
        let all = words.map(|word| word.parse::<Permission>());
        assert!(all.is_sorted() && all.iter().all(Result::is_ok));
    }
}
