//! `push`: land commits while the locks that cover them are held.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Failure, Landing};
use crate::model::request::Landed;

use super::{Answer, Context};

/// Push a branch, landing its commits only if the locks that cover them are still held.
///
/// The branch and the state move in one atomic push, so the remote itself refuses when anything
/// about the locks has changed. A path that somebody else holds stops the push before anything is
/// sent.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Push {
    /// The remote [default: the one that decides locks, else origin]
    #[arg(value_name = "REMOTE")]
    pub remote: Option<String>,
    /// The branch, or LOCAL:REMOTE [default: the current one]
    #[arg(value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Give back own locks that cover landed paths (the default on the main branch)
    #[arg(long, conflicts_with = "keep")]
    pub release: bool,
    /// Keep them, with leases that count from now (the default elsewhere)
    #[arg(long)]
    pub keep: bool,
    /// Say this to the server's hooks, as `git push -o` does [default: push.pushOption]
    #[arg(short = 'o', long = "push-option", value_name = "OPTION")]
    pub push_options: Vec<String>,
}

impl Push {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Answer, Failure> {
        let coord = &context.coord;
        let settings = coord.settings();
        let remote = self.remote.clone().or_else(|| settings.remote.clone());
        let remote = remote.unwrap_or_else(|| "origin".into());
        if coord
            .repo()
            .config()
            .get(&format!("remote.{remote}.url"))
            .is_none()
        {
            let what = format!("there is no remote `{}`", remote.escape_debug());
            return Err(Failure::usage(what, "see `git remote`"));
        }
        if let Some(odd) = self
            .push_options
            .iter()
            .find(|text| text.contains(['\n', '\0']))
        {
            let what = format!(
                "push option `{}`: it has to be one line",
                odd.escape_debug()
            );
            return Err(Failure::usage(what, "give several as `-o ONE -o TWO`"));
        }
        let Some(named) = self.branch.clone().or_else(|| coord.current_branch()) else {
            let what = "no branch is checked out";
            return Err(Failure::usage(
                what,
                format!("name one: `git coord push {remote} main`"),
            ));
        };
        let (source, branch) = named.split_once(':').unwrap_or((&named, &named));
        let landing = Landing {
            remote: remote.clone(),
            source: source.to_owned(),
            branch: branch
                .strip_prefix("refs/heads/")
                .unwrap_or(branch)
                .to_owned(),
            locks: match (self.release, self.keep) {
                (true, _) => Some(Landed::Release),
                (_, true) => Some(Landed::Renew),
                (false, false) => None,
            },
            options: self.push_options.clone(),
        };
        let pushed = coord.land(&landing)?;
        Ok(match pushed {
            Some((done, new)) => {
                let note = format!("{} is on `{}` of `{remote}`", new.short(), landing.branch);
                Answer::done(done, vec![note])
            }
            None => Answer::UpToDate {
                remote,
                branch: landing.branch,
            },
        })
    }
}
