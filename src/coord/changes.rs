//! Which paths a person's own work changes, as git tells it.

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

    /// Paths that differ between the index and `HEAD`; a rename counts with both of its sides.
    ///
    /// # Errors
    /// Git's own words.
    pub fn staged_paths(&self) -> Result<Vec<Vec<u8>>, Failure> {
        // Without rename detection both sides are listed. Submodules are compared by their commit
        // alone, which needs no look into them.
        let args = [
            "diff",
            "--cached",
            "--name-only",
            "--no-renames",
            "--ignore-submodules=dirty",
            "--no-ext-diff",
            "-z",
        ];
        let listed = self.repo.git().expect(&args, None)?;
        Ok(split(&listed))
    }

    /// Paths that any commit of `A..B` changes.
    ///
    /// # Errors
    /// Usage, when the range is none; git's own words otherwise.
    pub fn range_paths(&self, range: &str) -> Result<Vec<Vec<u8>>, Failure> {
        let Some((from, to)) = range.split_once("..").filter(|(from, to)| {
            !from.starts_with('-') && !to.starts_with(['-', '.']) && !to.is_empty()
        }) else {
            let what = format!("`{}` is no range of commits", range.escape_debug());
            return Err(Failure::usage(what, "write it as `main..HEAD`"));
        };
        let from = if from.is_empty() { "HEAD" } else { from };
        self.paths_of(to, Known::From(from))
    }

    /// Paths changed by the commits that `tip` reaches and `known` does not. A merge counts with
    /// what differs from all of its parents: what it merged in cleanly was judged with the commits
    /// that made it, but a resolution is a change of its own.
    ///
    /// # Errors
    /// Git's own words.
    pub fn paths_of(&self, tip: &str, known: Known<'_>) -> Result<Vec<Vec<u8>>, Failure> {
        let mut args: Vec<String> = [
            "log",
            "--format=",
            "--name-only",
            "--no-renames",
            "--diff-merges=combined",
            "--no-ext-diff",
            "--ignore-submodules=dirty",
            "-z",
        ]
        .map(String::from)
        .to_vec();
        if let Known::AtRemote(remote) = known {
            args.extend([
                "--not".into(),
                format!("--remotes={remote}"),
                "--not".into(),
            ]);
        }
        args.extend(["--end-of-options".into(), tip.to_owned()]);
        if let Known::From(from) = known {
            args.push(format!("^{from}"));
        }
        args.push("--".into());
        let listed = self.repo.git().expect(&args, None)?;
        let mut paths = split(&listed);
        paths.sort();
        paths.dedup();
        Ok(paths)
    }
}

/// What is not new.
#[derive(Clone, Copy, Debug)]
pub enum Known<'k> {
    /// Whatever this commit reaches.
    From(&'k str),
    /// Whatever the branches of a remote reach, as last fetched.
    AtRemote(&'k str),
}

fn split(listed: &[u8]) -> Vec<Vec<u8>> {
    let names = listed
        .split(|byte| *byte == 0)
        .map(|name| name.strip_prefix(b"\n").unwrap_or(name));
    names
        .filter(|name| !name.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}
