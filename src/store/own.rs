//! Writing the config of one clone.

use super::error::{Error, Result};
use super::git::Git;
use super::repo::Repo;

/// The config file of a clone, apart from the user's, the machine's and the command line's.
pub struct ClonesOwn<'r> {
    git: &'r Git,
}

impl<'r> ClonesOwn<'r> {
    /// That of this clone.
    pub fn of(repo: &'r Repo) -> Self {
        Self { git: repo.git() }
    }

    /// The value of a setting in this file.
    ///
    /// # Errors
    /// Git's own words.
    pub fn get(&self, key: &str) -> Result<Option<String>> {
        let args = ["config", "--local", "--get", key];
        let output = self.git.run(&args, None, None)?;
        match output.code {
            Some(0) => Ok(Some(output.text())),
            Some(1) => Ok(None),
            _ => Err(Error::Git {
                command: "config".into(),
                why: output.stderr,
            }),
        }
    }

    /// Sets a setting in this file, or removes it.
    ///
    /// # Errors
    /// Git's own words.
    pub fn set(&self, key: &str, value: Option<&str>) -> Result<()> {
        let args: Vec<&str> = match value {
            Some(value) => vec!["config", "--local", "--replace-all", key, value],
            None => vec!["config", "--local", "--unset-all", key],
        };
        self.git.expect(&args, None)?;
        Ok(())
    }
}
