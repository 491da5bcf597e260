//! Refs beside the state: listing and deleting those that keep old chains.
//!
//! None of them decides anything, so they need no compare-and-swap with the state; each is still
//! deleted only from the value that was seen.

use super::backend::Backend;
use super::error::{Error, Result};
use super::names;
use super::object::ObjectKind;
use super::reasons;
use super::remote::{fetch_only, words_of_push};
use super::repo::Repo;
use crate::model::object_id::ObjectId;

type Ref = (String, ObjectId);

impl Repo {
    /// The refs of this clone whose names begin with `dir`, which ends in a slash.
    ///
    /// # Errors
    /// Git's own words.
    pub fn refs_here(&self, dir: &str) -> Result<Vec<Ref>> {
        let format = "--format=%(objectname)%09%(refname)";
        Ok(listed(
            &self.git().expect(&["for-each-ref", format, dir], None)?,
        ))
    }

    /// The refs of a remote whose names begin with `dir`.
    ///
    /// # Errors
    /// [`Error::Remote`] when the remote cannot be used.
    pub fn refs_of(&self, remote: &str, dir: &str) -> Result<Vec<Ref>> {
        let args = [
            "ls-remote",
            "--quiet",
            "--refs",
            "--end-of-options",
            remote,
            &format!("{dir}*"),
        ];
        let output = self.git().run(&args, None, Some(self.timeout()))?;
        if output.success() {
            let mut refs = listed(&output.stdout);
            // A pattern without a slash in front matches at the end of any name.
            refs.retain(|(name, _)| name.starts_with(dir));
            return Ok(refs);
        }
        Err(unusable(remote, output.timed_out, output.stderr))
    }

    /// The value of one ref of a remote, with its objects brought here and no ref written.
    ///
    /// # Errors
    /// [`Error::Remote`] when the remote cannot be used.
    pub fn peek(&self, remote: &str, name: &str) -> Result<Option<ObjectId>> {
        let refs = self.refs_of(remote, name)?;
        let Some((_, tip)) = refs.into_iter().find(|(there, _)| there == name) else {
            return Ok(None);
        };
        if self.read(&tip, ObjectKind::Commit, usize::MAX).is_ok() {
            return Ok(Some(tip));
        }
        let output = fetch_only(
            self.git(),
            "--no-prune",
            remote,
            &[name.to_owned()],
            self.timeout(),
        )?;
        if output.success() {
            return Ok(Some(tip));
        }
        Err(unusable(remote, output.timed_out, output.stderr))
    }

    /// Brings all objects of one ref of a remote here again, also those that git believes to have.
    /// Returns whether they came.
    ///
    /// # Errors
    /// When git cannot be run.
    pub fn refetch(&self, remote: &str, name: &str) -> Result<bool> {
        let refspec = format!("+{name}:{}again", names::FETCHED);
        let output = fetch_only(self.git(), "--refetch", remote, &[refspec], self.timeout())?;
        Ok(output.success())
    }

    /// Deletes refs of this clone, all or none.
    ///
    /// # Errors
    /// Git's own words, also when one has another value by now.
    pub fn delete_here(&self, refs: &[Ref]) -> Result<()> {
        if refs.is_empty() {
            return Ok(());
        }
        let lines: String = refs
            .iter()
            .map(|(name, old)| format!("delete {name} {old}\n"))
            .collect();
        self.git()
            .expect(&["update-ref", "--stdin"], Some(lines.as_bytes()))?;
        Ok(())
    }

    /// Deletes refs of a remote, each from the value that was seen. One that is gone already is
    /// deleted all the same.
    ///
    /// # Errors
    /// [`Error::Remote`] when the remote cannot be used or refuses.
    pub fn delete_there(&self, remote: &str, refs: &[Ref]) -> Result<()> {
        if refs.is_empty() {
            return Ok(());
        }
        let mut args = words_of_push(remote, true);
        args.extend(
            refs.iter()
                .map(|(name, old)| format!("--force-with-lease={name}:{old}")),
        );
        args.extend(["--end-of-options".into(), remote.to_owned()]);
        args.extend(refs.iter().map(|(name, _)| format!(":{name}")));
        let output = self.git().run(&args, None, Some(self.timeout()))?;
        if output.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let why = match reasons::of(&text, &output.stderr) {
            refused if text.lines().any(|line| line.starts_with("!\t")) => refused,
            _ => output.stderr,
        };
        Err(unusable(remote, output.timed_out, why))
    }
}

fn unusable(remote: &str, timed_out: bool, stderr: String) -> Error {
    Error::Remote {
        remote: remote.to_owned(),
        why: if timed_out {
            "no answer in time".into()
        } else {
            stderr
        },
    }
}

/// Lines of `<id> TAB <name>`.
fn listed(bytes: &[u8]) -> Vec<Ref> {
    let text = String::from_utf8_lossy(bytes);
    let line = |line: &str| {
        let (id, name) = line.split_once('\t')?;
        Some((name.to_owned(), id.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}
