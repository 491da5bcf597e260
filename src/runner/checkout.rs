//! Making a slot's working tree what a commit says, with what earlier runs built kept where git
//! ignores it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::coord::pool_reason;
use crate::env;
use crate::model::object_id::ObjectId;
use crate::model::text::shown;
use crate::store::{Git, Output};

use super::Trouble;

/// The longest that one step may take; submodules come over a network.
const LIMIT: Duration = Duration::from_secs(30 * 60);
/// A working tree of everything: the person's own may leave parts out.
const WHOLE: [&str; 4] = [
    "-c",
    "core.sparseCheckout=false",
    "-c",
    "submodule.recurse=false",
];
/// The first line of a file that stands for a large one.
const POINTER: &str = "version https://git-lfs.github.com/spec/v1";
/// Most pointers that are looked at.
const POINTERS_MAX: usize = 1000;

/// A slot's working tree, which whoever holds the slot has for itself.
pub(super) struct Checkout<'c> {
    /// Where it is to be.
    pub(super) dir: &'c Path,
    /// Git in that directory.
    pub(super) git: &'c Git,
    /// Git in the repository's common directory.
    pub(super) common_git: &'c Git,
    /// That directory, with all links followed.
    pub(super) common_dir: &'c Path,
    /// Whether git-lfs is set up in the config.
    pub(super) has_lfs_filter: bool,
}

impl Checkout<'_> {
    /// Makes the tree that of the commit, and nothing else but what git ignores.
    pub(super) fn prepare(&self, commit: &ObjectId) -> Result<(), Trouble> {
        let pointers = self.pointers(commit)?;
        let is_fresh = !self.unlock_own()?;
        if is_fresh {
            self.make(commit)?;
        }
        if let Err(why) = self.switch(commit) {
            if let (Some(first), Trouble::Store(why)) = (pointers.first(), &why) {
                return Err(no_contents(first, &why.to_string()));
            }
            if is_fresh {
                return Err(why);
            }
            // Whatever was done to it, a new one has nothing of that.
            self.make(commit)?;
            self.switch(commit)?;
        }
        self.submodules(commit)?;
        self.expect_contents(&pointers)
    }

    /// Whether it stands and belongs to this repository. Lock files that a killed git left there
    /// are removed: nobody else is in this tree.
    fn unlock_own(&self) -> Result<bool, Trouble> {
        let args = [
            "rev-parse",
            "--path-format=absolute",
            "--git-common-dir",
            "--show-toplevel",
            "--git-dir",
        ];
        if !self.dir.join(".git").is_file() {
            return Ok(false);
        }
        let found = self.git.run(&args, None, Some(LIMIT))?;
        if !found.success() {
            return Ok(false);
        }
        let found = found.text();
        let mut lines = found.lines().map(PathBuf::from);
        let (common, top, git_dir) = (lines.next(), lines.next(), lines.next());
        let is = |found: Option<PathBuf>, wanted: &Path| {
            found
                .and_then(|found| found.canonicalize().ok())
                .is_some_and(|found| found == wanted)
        };
        let dir = self.dir.canonicalize().unwrap_or_default();
        if !is(common, self.common_dir) || !is(top, &dir) {
            return Ok(false);
        }
        for name in ["index.lock", "HEAD.lock"] {
            let left = git_dir.as_ref().map(|git_dir| git_dir.join(name));
            let _ = left.map(std::fs::remove_file);
        }
        Ok(true)
    }

    /// Makes it anew, whatever is there.
    fn make(&self, commit: &ObjectId) -> Result<(), Trouble> {
        self.remove()?;
        let dir = self.dir.to_string_lossy();
        let commit = commit.to_string();
        // Which keeps `git worktree prune` away from it.
        let reason = pool_reason();
        // Twice `force`: git may still know one of this name that is gone.
        let args = [
            "worktree",
            "add",
            "--force",
            "--force",
            "--detach",
            "--no-checkout",
            "--lock",
            "--reason",
            &reason,
            &dir,
            &commit,
        ];
        self.expect(self.common_git, &args).map(drop)
    }

    /// Removes it, and what git knows of it.
    pub(super) fn remove(&self) -> Result<(), Trouble> {
        let dir = self.dir.to_string_lossy();
        // It fails where git does not know it, or no longer as one of its own.
        let args = ["worktree", "remove", "--force", "--force", &dir];
        let _ = self.common_git.run(&args, None, Some(LIMIT))?;
        let removed = match std::fs::symlink_metadata(self.dir) {
            Ok(found) if !found.is_dir() => std::fs::remove_file(self.dir),
            _ => std::fs::remove_dir_all(self.dir),
        };
        match removed {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
                Err(Trouble::io("removing", self.dir)(why))
            }
            _ => Ok(()),
        }
    }

    fn switch(&self, commit: &ObjectId) -> Result<(), Trouble> {
        let commit = commit.to_string();
        // First away from any branch that a check may have checked out, which must not move.
        let checkout = [
            &WHOLE[..],
            &["checkout", "--quiet", "--force", "--detach", &commit],
        ];
        self.expect(self.git, &checkout.concat())?;
        let clean = ["clean", "-ffdq"];
        self.expect(self.git, &clean).map(drop)
    }

    fn submodules(&self, commit: &ObjectId) -> Result<(), Trouble> {
        let found = self.git.expect(
            &[
                "ls-tree",
                "--full-tree",
                "--name-only",
                &commit.to_string(),
                "--",
                ".gitmodules",
            ],
            None,
        )?;
        if found.is_empty() {
            return Ok(());
        }
        let steps: [&[&str]; 3] = [
            &["submodule", "--quiet", "sync", "--recursive"],
            &[
                "submodule",
                "--quiet",
                "update",
                "--init",
                "--recursive",
                "--force",
            ],
            &[
                "submodule",
                "--quiet",
                "foreach",
                "--recursive",
                "git reset --quiet --hard && git clean -ffdq",
            ],
        ];
        for step in steps {
            let output = self.git.run(step, None, Some(LIMIT))?;
            if !output.success() {
                return Err(Trouble::refused(
                    format!(
                        "the submodules of {} cannot be checked out: {}",
                        commit.short(),
                        words(&output)
                    ),
                    "make them reachable for this machine, with credentials that need no answer; \
                     local ones need git's `protocol.file.allow`",
                ));
            }
        }
        Ok(())
    }

    /// Files of the commit that may stand for large ones, as far as git-lfs is used in it at all.
    fn pointers(&self, commit: &ObjectId) -> Result<Vec<String>, Trouble> {
        let of_attributes = ":(glob)**/.gitattributes";
        if self
            .with_line(commit, "filter=lfs", of_attributes)?
            .is_empty()
        {
            return Ok(Vec::new());
        }
        self.with_line(commit, POINTER, ":/")
    }

    /// The files of a commit that have such a line, among those of a pathspec.
    fn with_line(
        &self,
        commit: &ObjectId,
        line: &str,
        among: &str,
    ) -> Result<Vec<String>, Trouble> {
        let commit = commit.to_string();
        let args = [
            "grep",
            "-l",
            "-z",
            "-I",
            "--full-name",
            "--fixed-strings",
            "-e",
            line,
            &commit,
            "--",
            among,
        ];
        let output = self.common_git.run(&args, None, Some(LIMIT))?;
        // Nothing found is no error; anything else is said by the steps that follow.
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        let prefix = format!("{commit}:");
        let names = found
            .split('\0')
            .filter_map(|name| name.strip_prefix(&prefix));
        Ok(names.take(POINTERS_MAX).map(str::to_owned).collect())
    }

    /// Large files are there themselves, and not what stands for them.
    fn expect_contents(&self, pointers: &[String]) -> Result<(), Trouble> {
        let is_pointer = |name: &&String| {
            let mut begin = [0; POINTER.len()];
            let file = std::fs::File::open(self.dir.join(name));
            let read = file.and_then(|mut file| file.read_exact(&mut begin));
            read.is_ok() && begin == *POINTER.as_bytes() && self.is_lfs(name)
        };
        let Some(name) = pointers.iter().find(is_pointer) else {
            return Ok(());
        };
        let why = if env::find_program("git-lfs").is_none() {
            "git-lfs is not installed here"
        } else if !self.has_lfs_filter {
            "git-lfs is not set up here"
        } else {
            "git-lfs has left it out"
        };
        Err(no_contents(name, why))
    }

    /// Whether a file is meant to be in LFS: a text about pointers may look like one.
    fn is_lfs(&self, name: &str) -> bool {
        let args = ["check-attr", "filter", "--", name];
        let answer = self.git.expect(&args, None).unwrap_or_default();
        answer.ends_with(b": filter: lfs\n")
    }

    fn expect(&self, git: &Git, args: &[&str]) -> Result<Vec<u8>, Trouble> {
        let output = git.run(args, None, Some(LIMIT))?;
        if output.success() {
            return Ok(output.stdout);
        }
        let command = args
            .iter()
            .find(|word| !word.contains('-') && !word.contains('='));
        Err(Trouble::Store(crate::store::Error::Git {
            command: command.copied().unwrap_or_default().to_owned(),
            why: words(&output),
        }))
    }
}

fn no_contents(name: &str, why: &str) -> Trouble {
    Trouble::refused(
        format!(
            "`{}` is in LFS, and what it stands for is not here: {why}",
            shown(name)
        ),
        "install git-lfs and run `git lfs install` without `--skip-smudge`, or run the check where \
         that is done",
    )
}

fn words(output: &Output) -> String {
    if output.timed_out {
        return format!("it took longer than {} min", LIMIT.as_secs() / 60);
    }
    output.stderr.trim().to_owned()
}
