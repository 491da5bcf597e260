//! `github init`: the action and the workflows that run git-coord on GitHub.

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::coord::wired::Files;
use crate::store::TEAM_FILE;
use crate::wiring;

use super::super::Context;
use super::super::init::{Did, File, put_one, take_one};

/// Write the workflows that run git-coord on GitHub, and the action that they use.
///
/// `coord-sync` decides what was asked on branches and brings GitHub's pages and the state together,
/// `coord-queue` runs the merge queue, and `coord-check` refuses pull requests that touch what somebody
/// else holds. Files that somebody has changed since, or that are somebody else's, are left alone. Alone
/// it asks neither GitHub nor the remote.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Init {
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Remove exactly what was written, and is as it was written
    #[arg(long)]
    pub uninstall: bool,
}

/// The answer of `github init`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Written {
    /// Whether this only says what would be done.
    pub dry_run: bool,
    /// Whether files were removed.
    pub uninstall: bool,
    /// Each file.
    pub files: Vec<File>,
    /// What a person has to do now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

impl Init {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Written, Failure> {
        let files = Files::of(&context.coord)?;
        let parts = wiring::workflows();
        let found = files.look(&parts).into_iter();
        let done: Vec<File> = found
            .map(|found| match self.uninstall {
                false => put_one(&files, found, self.dry_run),
                true => take_one(&files, found, &[], self.dry_run),
            })
            .collect();
        let steps = match self.uninstall {
            true => Vec::new(),
            false => steps(&files, &done),
        };
        Ok(Written {
            dry_run: self.dry_run,
            uninstall: self.uninstall,
            files: done,
            steps,
        })
    }
}

/// What the workflows need and no file of them can say.
fn steps(files: &Files, done: &[File]) -> Vec<String> {
    let mut steps = Vec::new();
    let is_new = |file: &File| matches!(file.did, Did::Created | Did::Merged);
    if done.iter().any(is_new) {
        steps.push(
            "commit these files on the main branch: GitHub runs most of them from there alone"
                .into(),
        );
    }
    let team = files.text(TEAM_FILE).unwrap_or_default();
    if !says(&team, "relayrule") {
        steps.push(format!(
            "for agents that may push nothing but their branches, say in `{TEAM_FILE}` which branch \
             may speak for whom (coord.relayRule); see `git coord help relay`"
        ));
    }
    if !says(&team, "check") {
        steps.push(format!(
            "say in `{TEAM_FILE}` what has to pass before anything lands (coord.check)"
        ));
    }
    steps.push("make `coord-check` a required check of the main branch".into());
    steps
}

/// Whether a file in git's form of settings has one of this name.
fn says(config: &str, name: &str) -> bool {
    config.lines().any(|line| {
        let word = line.split('=').next().unwrap_or_default();
        word.trim().eq_ignore_ascii_case(name)
    })
}

#[cfg(test)]
mod tests {
    use super::says;

    #[test]
    fn a_setting_is_found_in_a_file() {
        let file = "[coord]\n\tremote = origin\n\trelayRule = claude/* claude\n# check = no\n";
        assert!(says(file, "relayrule") && says(file, "remote"));
        assert!(!says(file, "check") && !says("", "check"));
    }
}
