//! The team's file as a commit has it.

use super::config::{Config, TEAM_FILE, TEAM_FILE_BYTES_MAX};
use super::error::{Error, Result};
use super::git::Git;
use crate::model::object_id::ObjectId;

impl Config {
    /// Everything that `.coordconfig` says in this commit, with nothing of this clone's own; empty
    /// where there is no such file. What of it counts is for the caller to choose.
    ///
    /// # Errors
    /// When the commit is not there, or the file is too large or cannot be understood.
    pub fn committed(git: &Git, commit: &ObjectId) -> Result<Self> {
        let mut config = Self::default();
        let commit = commit.to_string();
        let listed = git.expect(
            &[
                "ls-tree",
                "--full-tree",
                "--long",
                "-z",
                &commit,
                "--",
                TEAM_FILE,
            ],
            None,
        )?;
        let listed = String::from_utf8_lossy(&listed);
        let mut words = listed.split_ascii_whitespace();
        let (mode, _, id) = (words.next(), words.next(), words.next());
        let (Some("100644" | "100755"), Some(id)) = (mode, id) else {
            return Ok(config);
        };
        let size: u64 = words.next().and_then(|size| size.parse().ok()).unwrap_or(0);
        if size > TEAM_FILE_BYTES_MAX {
            let what = format!("`{TEAM_FILE}` of {commit}");
            let why = format!("it has {size} bytes, and at most {TEAM_FILE_BYTES_MAX} are read");
            return Err(Error::damaged(what, why));
        }
        // Files that it includes would be those of this machine.
        let args = ["config", "--null", "--no-includes", "--list", "--blob", id];
        config.take_list(&git.expect(&args, None)?, false);
        Ok(config)
    }
}
