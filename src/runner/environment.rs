//! What a check finds in its environment: a short list of names, and nothing else of the runner's.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::coord::Failure;
use crate::env;
use crate::store::Config;

use super::slot::Job;

/// What every check gets, if it is set; `LC_*` as well.
const USUAL: &[&str] = &[
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TERM", "TMPDIR", "TZ",
];
/// Names whose meaning is ours or git's: they say which repository, as whom, or with whose
/// credentials. Only a person gives these away, in the runner's own config.
const OURS: &[&str] = &["GIT_", "COORD_", "SSH_", "GITHUB_", "GPG_"];
/// Parts of names whose values are hardly ever for the code of others to see.
const SECRET: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "PRIVATE",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "AUTH",
    "COOKIE",
];
/// The variable that marks every process of a slot, so that one that left its group is found.
pub(super) const SLOT: &str = "GIT_COORD_SLOT";
/// Most names that are added to the list.
const NAMES_MAX: usize = 64;

/// The names that are let through beyond the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Environment {
    names: Vec<String>,
}

impl Environment {
    /// What the runner's own config and the target's file name (`coord.checkEnv`).
    pub(super) fn of(own: &Config, team: &Config) -> Result<Self, Failure> {
        const KEY: &str = "coord.checkenv";
        let own = own.all(KEY).iter().map(|name| (name, true));
        let team = team.all(KEY).iter().map(|name| (name, false));
        let mut names = Vec::new();
        for (name, is_own) in own.chain(team) {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if name.is_empty() || !name.chars().all(is_name) {
                let what = format!(
                    "`coord.checkEnv` is `{}`, which is no name of a variable",
                    name.escape_debug()
                );
                return Err(Failure::usage(
                    what,
                    "name one variable, and repeat the key",
                ));
            }
            if !is_own && is_private(name) {
                let what = format!(
                    "the team's file lets checks see `{name}`, which is not for the code of others"
                );
                let hint = format!(
                    "remove it there, or allow it on this machine: `git config --add coord.checkEnv {name}`"
                );
                return Err(Failure::usage(what, hint));
            }
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        if names.len() > NAMES_MAX {
            let what = format!(
                "`coord.checkEnv` names {} variables, and at most {NAMES_MAX} are let through",
                names.len()
            );
            return Err(Failure::usage(what, "name fewer"));
        }
        Ok(Self { names })
    }

    /// The whole environment of a run.
    pub(super) fn vars(&self, job: &Job, slot: &Path) -> Vec<(OsString, OsString)> {
        let is_let_through = |name: &OsStr| {
            let Some(name) = name.to_str() else {
                return false;
            };
            USUAL.contains(&name)
                || name.starts_with("LC_")
                || self.names.iter().any(|other| other == name)
        };
        let mut vars = env::vars();
        vars.retain(|(name, _)| is_let_through(name));
        let entries: Vec<&str> = job.entries.iter().map(|id| id.as_str()).collect();
        let ours: [(&str, OsString); 5] = [
            ("GIT_COORD_CHECK", "1".into()),
            ("GIT_COORD_TARGET", job.target.as_str().into()),
            ("GIT_COORD_ENTRIES", entries.join(" ").into()),
            // Nobody is there to answer, and a question to the terminal would stop the group.
            ("GIT_TERMINAL_PROMPT", "0".into()),
            (SLOT, slot.into()),
        ];
        vars.retain(|(name, _)| !ours.iter().any(|(our, _)| name == our));
        vars.extend(ours.map(|(name, value)| (name.into(), value)));
        vars
    }
}

fn is_private(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    OURS.iter().any(|ours| name.starts_with(ours)) || SECRET.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::is_private;

    #[test]
    fn names_of_credentials_are_told_from_those_of_tools() {
        for name in [
            "GIT_DIR",
            "GIT_ASKPASS",
            "SSH_AUTH_SOCK",
            "GITHUB_TOKEN",
            "NPM_TOKEN",
            "aws_secret_access_key",
            "COORD_SESSION",
            "PGPASSWORD",
        ] {
            assert!(is_private(name), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "JAVA_HOME",
            "GOFLAGS",
            "CI",
            "NODE_ENV",
            "KEYBOARD",
        ] {
            assert!(!is_private(name), "{name}");
        }
    }
}
