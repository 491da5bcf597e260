//! Which paths a person's own work changes, as git tells it.

use std::collections::BTreeSet;

use crate::model::id::AgentName;
use crate::model::key::{Key, Kind, PathKey};
use crate::model::object_id::ObjectId;
use crate::store::{Error, Output};

use super::{Coord, Failure};

impl Coord {
    /// The name of the branch that is checked out.
    pub fn current_branch(&self) -> Option<String> {
        // One small file; asking a program would cost more than all the rest of a command.
        let head = std::fs::read_to_string(self.repo.layout().git_dir.join("HEAD")).ok()?;
        let name = head.trim_end().strip_prefix("ref: refs/heads/")?;
        if !self.repo.layout().is_reftable {
            return Some(name.to_owned());
        }
        let output = self
            .repo
            .git()
            .run(&["symbolic-ref", "--short", "-q", "HEAD"], None, None)
            .ok()?;
        output.success().then(|| output.text())
    }

    /// The commit that a name or number of a person's leads to; none when there is no such.
    ///
    /// # Errors
    /// When git cannot be run.
    pub fn commit_named(&self, text: &str) -> Result<Option<ObjectId>, Failure> {
        let name = format!("{text}^{{commit}}");
        let args = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &name,
        ];
        let output = self.repo.git().run(&args, None, None)?;
        // Older versions print the option too.
        let id = output
            .text()
            .lines()
            .last()
            .and_then(|line| line.parse().ok());
        Ok(id.filter(|_| output.success()))
    }

    /// The subject of a commit.
    ///
    /// # Errors
    /// When git cannot be run.
    pub fn subject_of(&self, commit: &ObjectId) -> Result<Option<String>, Failure> {
        let id = commit.to_string();
        let args = [
            "log",
            "--max-count=1",
            "--format=%s",
            "--end-of-options",
            &id,
        ];
        let output = self.repo.git().run(&args, None, None)?;
        Ok(output.success().then(|| output.text()))
    }

    /// Paths that differ between the index and `HEAD`; a rename counts with both of its sides.
    ///
    /// While a merge is being concluded, only those that differ from what is merged as well: the
    /// rest was judged with the commits that made it.
    ///
    /// # Errors
    /// Git's own words.
    pub fn staged_paths(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let mut paths = self.staged_against(None)?;
        for head in self.merge_heads() {
            if paths.is_empty() {
                break;
            }
            let other: BTreeSet<Vec<u8>> = self.staged_against(Some(&head))?.into_iter().collect();
            paths.retain(|path| other.contains(path));
        }
        Ok(paths)
    }

    fn staged_against(&self, commit: Option<&ObjectId>) -> Result<Vec<Vec<u8>>, Failure> {
        // Without rename detection both sides are listed. Submodules are compared by their commit
        // alone, which needs no look into them.
        let mut args = vec![
            "diff",
            "--cached",
            "--name-only",
            "--no-renames",
            "--ignore-submodules=dirty",
            "--no-ext-diff",
            "-z",
        ];
        let commit = commit.map(ToString::to_string);
        args.extend(commit.as_deref());
        let listed = self.repo.git().expect(&args, None)?;
        Ok(split(&listed))
    }

    /// What the merge under way merges; nothing when there is none.
    fn merge_heads(&self) -> Vec<ObjectId> {
        let file = self.repo.layout().git_dir.join("MERGE_HEAD");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Paths that any commit of `A..B` changes.
    ///
    /// # Errors
    /// Usage, when the range is none; git's own words otherwise.
    pub fn range_paths(&self, range: &str) -> Result<Vec<Vec<u8>>, Failure> {
        self.paths_of(&ends(range)?)
    }

    /// The commits of `A..B`, newest first, each with what it changes.
    ///
    /// # Errors
    /// As [`Coord::range_paths`].
    pub fn range_changes(&self, range: &str) -> Result<Vec<Change>, Failure> {
        let mut args = vec!["--topo-order".to_owned(), "--end-of-options".to_owned()];
        args.extend(ends(range)?);
        self.log(&args)
    }

    /// Paths changed by the commits that `tip` reaches and `known` does not. A merge counts with
    /// what differs from all of its parents: what it merged in cleanly was judged with the commits
    /// that made it, but a resolution is a change of its own.
    ///
    /// # Errors
    /// Git's own words.
    pub fn paths_of(&self, revs: &[String]) -> Result<Vec<Vec<u8>>, Failure> {
        let mut args = vec!["--end-of-options".to_owned()];
        args.extend_from_slice(revs);
        let changes = self.log(&args)?.into_iter();
        let mut paths: Vec<Vec<u8>> = changes.flat_map(|change| change.paths).collect();
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// The commits that the news have and the olds have not, newest first. What of `old` is not
    /// here is passed over, as are the refs of `remote` that do not exist.
    ///
    /// # Errors
    /// Git's own words.
    pub fn commits_between(
        &self,
        new: &[ObjectId],
        old: &[ObjectId],
        known: Known<'_>,
    ) -> Result<Vec<Change>, Failure> {
        let mut args = vec!["--ignore-missing".to_owned()];
        args.extend(new.iter().map(ToString::to_string));
        args.push("--not".into());
        args.extend(old.iter().map(ToString::to_string));
        match known {
            Known::Nothing => {}
            Known::AllRefs => args.push("--all".into()),
            Known::RefsOf(remote) => args.push(format!("--remotes={remote}")),
            Known::RemoteRefs => args.push("--remotes".into()),
        }
        self.log(&args)
    }

    /// What one commit changes, a merge as in [`Coord::paths_of`].
    ///
    /// # Errors
    /// Git's own words.
    pub fn change_of(&self, commit: ObjectId) -> Result<Option<Change>, Failure> {
        let mut changes = self.log(&["--max-count=1".into(), commit.to_string()])?;
        Ok(changes.pop())
    }

    fn log(&self, more: &[String]) -> Result<Vec<Change>, Failure> {
        let mut args: Vec<String> = [
            "-c",
            "log.showRoot=true",
            "-c",
            "log.showSignature=false",
            "log",
            "--name-only",
            "--no-renames",
            "--diff-merges=combined",
            "--no-ext-diff",
            "--ignore-submodules=dirty",
            "-z",
        ]
        .map(String::from)
        .to_vec();
        args.push(format!("--format={FORMAT}"));
        args.extend_from_slice(more);
        args.push("--".into());
        let output: Output = self.repo.git().run(&args, None, None)?;
        if output.success() {
            return Ok(changes(&output.stdout));
        }
        let why = output.stderr;
        let command = "log".into();
        Err(Error::Git { command, why }.into())
    }
}

/// What git calls the commits of `A..B`.
fn ends(range: &str) -> Result<[String; 2], Failure> {
    let Some((from, to)) = range.split_once("..").filter(|(from, to)| {
        !from.starts_with('-') && !to.starts_with(['-', '.']) && !to.is_empty()
    }) else {
        let what = format!("`{}` is no range of commits", range.escape_debug());
        return Err(Failure::usage(what, "write it as `main..HEAD`"));
    };
    let from = if from.is_empty() { "HEAD" } else { from };
    Ok([to.to_owned(), format!("^{from}")])
}

/// Paths from git, which are files from the top of the repository.
///
/// # Errors
/// When git names a path that no key can hold.
pub fn as_keys(paths: Vec<Vec<u8>>) -> Result<Vec<Key>, Failure> {
    let key = |path: Vec<u8>| {
        PathKey::new(&path, Kind::File)
            .map(Key::Path)
            .map_err(|why| Failure::usage(why.to_string(), why.hint()))
    };
    paths.into_iter().map(key).collect()
}

/// A commit with its `Coord-Agent` trailers. No path in git begins with a slash, so a line that
/// does begins a commit, whatever the paths are called.
const FORMAT: &str = "//%H %(trailers:key=Coord-Agent,valueonly,separator=%x20)";

/// What the other side has already.
#[derive(Clone, Copy, Debug)]
pub enum Known<'r> {
    /// Only what is named.
    Nothing,
    /// Every ref of this repository.
    AllRefs,
    /// Every branch of one remote, as last seen.
    RefsOf(&'r str),
    /// Every branch of every remote, as last seen.
    RemoteRefs,
}

/// One commit of a person's work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub commit: ObjectId,
    /// The agent that its message names; whoever wrote the message could write anything.
    pub claimed: Option<AgentName>,
    /// What it changes.
    pub paths: Vec<Vec<u8>>,
}

/// Reads what `log -z --name-only` prints: after each commit's line a line break (a merge: an empty
/// item), then its paths.
fn changes(listed: &[u8]) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    let mut is_first = false;
    for item in listed.split(|byte| *byte == 0) {
        if let Some(head) = item.strip_prefix(b"//") {
            let head = String::from_utf8_lossy(head);
            let (commit, claimed) = head.split_once(' ').unwrap_or((&head, ""));
            changes.extend(commit.parse().ok().map(|commit| Change {
                commit,
                // Two names are no name.
                claimed: claimed.trim().parse().ok(),
                paths: Vec::new(),
            }));
            is_first = true;
            continue;
        }
        let path = item
            .strip_prefix(b"\n")
            .filter(|_| is_first)
            .unwrap_or(item);
        is_first = false;
        if let Some(change) = changes.last_mut().filter(|_| !path.is_empty()) {
            change.paths.push(path.to_vec());
        }
    }
    changes
}

fn split(listed: &[u8]) -> Vec<Vec<u8>> {
    let names = listed.split(|byte| *byte == 0);
    names
        .filter(|name| !name.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[test]
    fn no_path_hides_another() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let listed = format!(
            "//{one} alice\0\n\nodd\0a\x1eb\0\n//{two} x\0c\0//{two} a b\0\0\nmerged\0d\0//{one} \0"
        );
        let found: Vec<(bool, Vec<String>)> = changes(listed.as_bytes())
            .into_iter()
            .map(|change| {
                let paths = change.paths.into_iter();
                let paths = paths.map(|path| String::from_utf8_lossy(&path).into_owned());
                (change.claimed.is_some(), paths.collect())
            })
            .collect();
        let odd = format!("\n//{two} x");
        let expected: Vec<(bool, Vec<String>)> = vec![
            (true, vec!["\nodd".into(), "a\x1eb".into(), odd, "c".into()]),
            (false, vec!["\nmerged".into(), "d".into()]),
            (false, Vec::new()),
        ];
        assert_eq!(found, expected);
    }
}
