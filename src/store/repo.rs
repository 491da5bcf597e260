//! The backend over a real repository.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{ErrorCode, Repository, RepositoryOpenFlags};

use super::backend::{Backend, Pushed, RefSwap, Swapped};
use super::commit::{Commit, Person};
use super::config::Config;
use super::durable;
use super::error::{Error, Result};
use super::git::Git;
use super::guard::{Guard, GuardFile, Intent};
use super::layout::Layout;
use super::loose;
use super::names;
use super::neighbour::Neighbour;
use super::object::{HashKind, NewObject, ObjectKind};
use super::objects::Objects;
use super::ref_locks::Begun;
use super::refs::RefWriter;
use super::remote::{self, Manner};
use super::shared;
use crate::model::object_id::ObjectId;
use crate::model::queue::HEADS;

/// Largest commit of a chain that is read, in bytes: an event with its request and a signature.
const COMMIT_BYTES_MAX: usize = 256 * 1024;

/// Which implementation reads and writes objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
    /// libgit2 where it can open the repository, else the git program.
    #[default]
    Auto,
    /// The git program, always.
    Program,
}

/// What a repository is opened with, from its own config.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// Whether acknowledged changes are flushed to disk first.
    pub fsync: bool,
    /// The deadline of one network command.
    pub timeout: Duration,
}

/// One clone, opened.
pub struct Repo {
    layout: Layout,
    config: Config,
    git: Git,
    objects: Objects,
    refs: RefWriter,
    guard: OnceCell<GuardFile>,
    options: OpenOptions,
}

impl Repo {
    /// Opens the repository that contains `at`, the way git would find it.
    ///
    /// # Errors
    /// [`Error::NoRepository`] outside of one; git's own words when neither libgit2 nor the git
    /// program can open it.
    pub fn discover(at: &Path) -> Result<Self> {
        if Layout::is_placed() {
            return Self::with_program(at);
        }
        let flags = RepositoryOpenFlags::FROM_ENV;
        let no_ceilings: [&Path; 0] = [];
        match Repository::open_ext(at, flags, no_ceilings) {
            Ok(repository) => {
                if repository.is_bare() {
                    // libgit2 does not know `safe.bareRepository`.
                    Layout::ask(at)?;
                }
                Self::with_lib(repository)
            }
            // The program finds what libgit2 cannot, and says best why a repository is refused.
            Err(why) if why.code() == ErrorCode::NotFound => {
                Self::with_program(at).map_err(|_| Error::NoRepository { at: at.to_owned() })
            }
            Err(_) => Self::with_program(at),
        }
    }

    fn with_lib(repository: Repository) -> Result<Self> {
        let layout = Layout::of_lib(&repository);
        let config = Config::from_lib(&repository, &layout)?;
        let git = Git::at(layout.git_dir.clone(), layout.work_dir.clone());
        let lib = match config.backend() {
            BackendChoice::Auto => Some(repository),
            BackendChoice::Program => None,
        };
        Ok(Self::assemble(layout, config, git, lib))
    }

    fn with_program(at: &Path) -> Result<Self> {
        let layout = Layout::ask(at)?;
        let git = Git::at(layout.git_dir.clone(), layout.work_dir.clone());
        let config = Config::from_program(&git, &layout)?;
        Ok(Self::assemble(layout, config, git, None))
    }

    fn assemble(layout: Layout, config: Config, git: Git, lib: Option<Repository>) -> Self {
        shared::open_up(config.get("core.sharedrepository"));
        let options = config.open_options();
        let git = git.without_hooks_of(&config);
        let common_dir = layout.common_dir.clone();
        Self {
            objects: Objects::new(git.clone(), lib, &layout, options.fsync),
            refs: RefWriter::new(git.clone(), common_dir, layout.is_reftable, options.fsync),
            layout,
            config,
            git,
            guard: OnceCell::new(),
            options,
        }
    }

    /// The commit that is checked out; none before the first one.
    ///
    /// [`Backend::tip`] is for refs that the whole clone shares, and `HEAD` is each worktree's own.
    ///
    /// # Errors
    /// Git's own words, when it cannot tell either.
    pub fn head(&self) -> Result<Option<ObjectId>> {
        if !self.layout.is_reftable
            && let Ok(text) = std::fs::read_to_string(self.layout.git_dir.join("HEAD"))
        {
            let text = text.trim_end();
            if let Some(branch) = text.strip_prefix("ref: ")
                && branch.starts_with("refs/heads/")
            {
                return self.tip(branch);
            }
            if let Ok(id) = text.parse() {
                return Ok(Some(id));
            }
        }
        let args = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
        let output = self.git.run(&args, None, None)?;
        match output.code {
            Some(0) => Ok(output.text().parse().ok()),
            Some(1) => Ok(None),
            _ => Err(Error::Git {
                command: "rev-parse HEAD".into(),
                why: output.stderr,
            }),
        }
    }

    /// Where the repository's parts are.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The settings that were in force when it was opened.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Git for this repository.
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// Git for another working tree of this repository, or for its common directory: none of its
    /// calls runs a hook either.
    pub fn git_in(&self, dir: &Path) -> Git {
        self.git.elsewhere_in(dir)
    }

    /// The deadline of one network command.
    pub fn timeout(&self) -> Duration {
        self.options.timeout
    }

    /// libgit2's handle, where it could open the repository.
    pub fn lib(&self) -> Option<&Repository> {
        self.objects.lib()
    }

    /// This clone's own files, shared by its worktrees and never pushed.
    pub fn coord_dir(&self) -> PathBuf {
        self.layout.common_dir.join("coord")
    }

    /// Starts what a write will need, so that it is ready when the decision is.
    ///
    /// # Errors
    /// When git cannot be started.
    pub fn warm(&self) -> Result<()> {
        self.refs.warm(self.guard_file()?)
    }

    /// Ends what a killed writer had begun, and returns its note: the ref and its new value. Any
    /// write does so too; this is for a clone in which none succeeds. The guard is held.
    ///
    /// # Errors
    /// When the lock file or what the writer left cannot be used.
    pub fn settle(&self, _: &Guard) -> Result<Option<String>> {
        self.refs.settle(self.guard_file()?)
    }

    /// The note of a writer that died in the middle of a move. The guard is held.
    ///
    /// # Errors
    /// When the lock file cannot be read.
    pub fn interrupted(&self, _: &Guard) -> Result<Option<Intent>> {
        self.guard_file()?.interrupted()
    }

    /// Writes an object that need not survive a power cut yet: see [`Repo::harden`].
    pub(super) fn write_unhardened(&self, object: &NewObject) -> Result<()> {
        self.objects.write_unhardened(object)
    }

    /// Flushes what leads to `new` and not to `old`, which a ref of this clone is about to name
    /// instead: commits and trees that were made by merging, and whatever else is not in a pack.
    ///
    /// # Errors
    /// When an object is not there, or cannot be flushed.
    pub fn harden(&self, new: &ObjectId, old: Option<&ObjectId>) -> Result<()> {
        if !self.options.fsync {
            return Ok(());
        }
        let mut args = vec!["rev-list".to_owned(), "--objects".into()];
        args.extend(["--no-object-names".into(), new.to_string()]);
        args.extend(old.map(|old| format!("^{old}")));
        let listed = self.git.expect(&args, None)?;
        let listed = String::from_utf8_lossy(&listed);
        let ids = listed.lines().filter_map(|line| line.parse().ok());
        let files: Vec<PathBuf> = ids
            .map(|id| loose::path_of(&self.layout.common_dir, &id))
            .collect();
        durable::flush(&files)?;
        // The second directory up, since the first may have been made for this file.
        let dirs = files
            .iter()
            .flat_map(|file| file.ancestors().skip(1).take(2));
        durable::flush(&dirs.map(Path::to_owned).collect::<Vec<_>>())
    }

    /// Ends the idle child that moves refs, as anybody on the machine may.
    #[cfg(test)]
    pub(super) fn end_ref_mover(&self) {
        self.refs.end_child();
    }

    /// As [`Backend::fetch`], with a deadline of its own.
    ///
    /// # Errors
    /// As [`Backend::fetch`].
    pub fn fetch_within(
        &self,
        remote: &str,
        name: &str,
        limit: Duration,
    ) -> Result<Option<ObjectId>> {
        let kept = remote::quarantine(remote, name);
        self.refs.noted(
            self.guard_file()?,
            &kept,
            |()| true,
            || remote::fetch(&self.git, remote, &[name], &[], limit),
        )?;
        self.tip(&kept)
    }

    /// The same in one fetch with branches and all sealed commits, each into its quarantine. What is
    /// there of other branches goes.
    ///
    /// # Errors
    /// As [`Backend::fetch`].
    pub fn fetch_with_branches(
        &self,
        remote: &str,
        name: &str,
        branches: &[String],
        limit: Duration,
    ) -> Result<Option<ObjectId>> {
        let wanted: Vec<&str> = std::iter::once(name)
            .chain(branches.iter().map(String::as_str))
            .collect();
        let mut moving: Vec<String> = wanted
            .iter()
            .map(|name| remote::quarantine(remote, name))
            .collect();
        let (heads, kept) = (
            format!("{HEADS}*"),
            format!("{}*", names::fetched(remote, HEADS)),
        );
        moving.push(kept.clone());
        let branches = names::fetched(remote, "refs/heads/*");
        moving.push(branches.clone());
        let more = [
            format!("+{heads}:{kept}"),
            // Nothing is ever called that: what was fetched earlier and not now is pruned, so that
            // a branch `a` that is gone does not stand in the way of `a/b`.
            format!("+refs/coord/none/*:{branches}"),
        ];
        self.refs.noted(
            self.guard_file()?,
            &moving.join("\n"),
            |()| true,
            || remote::fetch(&self.git, remote, &wanted, &more, limit),
        )?;
        self.tip(&moving[0])
    }

    /// Fetches all branches whose names begin with one of these, each into the quarantine of a relay,
    /// and returns what is there then. What is gone from the remote goes.
    ///
    /// # Errors
    /// As [`Backend::fetch`].
    pub fn fetch_apart(
        &self,
        remote: &str,
        beginnings: &[String],
    ) -> Result<Vec<(String, ObjectId)>> {
        let kept = |beginning: &str| format!("{}*", names::relayed(remote, beginning));
        let specs: Vec<String> = beginnings
            .iter()
            .map(|beginning| format!("+refs/heads/{beginning}*:{}", kept(beginning)))
            .collect();
        let moving: Vec<String> = beginnings.iter().map(|beginning| kept(beginning)).collect();
        self.refs.noted(
            self.guard_file()?,
            &moving.join("\n"),
            |()| true,
            || remote::fetch(&self.git, remote, &[], &specs, self.options.timeout),
        )?;
        self.refs_here(&names::relayed(remote, ""))
    }

    /// Makes the ref of a sealed commit on a remote, and takes those along that are no longer
    /// needed. These are refs that never move, so there is nothing to lease; and what becomes of
    /// those that go is not waited for.
    ///
    /// # Errors
    /// As [`Backend::push`].
    pub fn push_heads(
        &self,
        remote: &str,
        sealed: &ObjectId,
        stale: &[ObjectId],
    ) -> Result<Pushed> {
        remote::push_heads(&self.git, remote, sealed, stale, self.options.timeout)
    }

    /// As [`Backend::push`], for a person whose push it is: with these options for the server, or
    /// else with those of the config, as git has it.
    ///
    /// # Errors
    /// As [`Backend::push`].
    pub fn push_for_person(
        &self,
        remote: &str,
        swaps: &[RefSwap],
        options: &[String],
    ) -> Result<Pushed> {
        // With the branch over there git moves the ref that tracks it here.
        let tracking = swaps.iter().filter_map(|swap| {
            let branch = swap.name.strip_prefix("refs/heads/")?;
            let name = format!("refs/remotes/{remote}/{branch}");
            Some(Begun::line(&name, &swap.new))
        });
        let note: String = tracking.collect();
        let is_whole = |pushed: &Pushed| *pushed == Pushed::Moved;
        self.refs
            .noted(self.guard_file()?, note.trim_end(), is_whole, || {
                self.push_as(remote, swaps, Manner::Persons(options))
            })
    }

    /// Moves branches of this repository itself as a push into it does: only forward, and with a
    /// clean working tree that has one of them checked out.
    ///
    /// # Errors
    /// As [`Backend::push`].
    pub fn push_here(&self, swaps: &[RefSwap]) -> Result<Pushed> {
        let lines = swaps.iter().map(|swap| Begun::line(&swap.name, &swap.new));
        let note: String = lines.collect();
        let is_whole = |pushed: &Pushed| *pushed == Pushed::Moved;
        self.refs
            .noted(self.guard_file()?, note.trim_end(), is_whole, || {
                self.push_as(".", swaps, Manner::Here)
            })
    }

    fn push_as(&self, remote: &str, swaps: &[RefSwap], manner: Manner<'_>) -> Result<Pushed> {
        let send = |git: &Git| {
            let scratch = self.coord_dir();
            // What moves the local ref afterwards starts up beside the push. Should it fail to,
            // that move tries again and says why.
            let warm = || {
                drop(self.warm());
                self.objects.flush_names();
            };
            let limit = self.options.timeout;
            remote::push(git, &scratch, remote, swaps, limit, manner, warm)
        };
        let neighbour = Neighbour::of(&self.config, remote, self.git.start_dir());
        let push = || {
            let Some(visit) = neighbour.as_ref().and_then(|there| there.visit(swaps)) else {
                return send(&self.git);
            };
            let pushed = send(&self.git.carrying(visit.note()));
            visit.end(matches!(pushed, Ok(Pushed::Moved)));
            pushed
        };
        let pushed = push()?;
        if pushed == Pushed::Moved || self.objects.restore_all()? == 0 {
            return Ok(pushed);
        }
        // It may have failed for the objects that housekeeping had taken.
        match pushed {
            Pushed::Unknown(_) | Pushed::Lacks(_) => Ok(pushed),
            Pushed::Moved | Pushed::Rejected(_) | Pushed::Unreached(_) => push(),
        }
    }

    fn guard_file(&self) -> Result<&GuardFile> {
        if self.guard.get().is_none() {
            let opened = GuardFile::open(&self.coord_dir())?;
            return Ok(self.guard.get_or_init(|| opened));
        }
        Ok(self
            .guard
            .get_or_init(|| unreachable!("it was just seen to be set")))
    }
}

impl Backend for Repo {
    fn hash(&self) -> HashKind {
        self.layout.hash
    }

    fn bundle_file(&self) -> Option<PathBuf> {
        Some(self.coord_dir().join("open-tasks"))
    }

    fn read(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Vec<u8>> {
        self.objects.read(id, kind, bytes_max)
    }

    fn write(&self, objects: &[NewObject]) -> Result<()> {
        self.objects.write(objects)
    }

    fn restore(&self, objects: &[NewObject]) -> Result<usize> {
        self.objects.restore(objects)
    }

    fn tip(&self, name: &str) -> Result<Option<ObjectId>> {
        self.objects.tip(name)
    }

    fn swap(&self, swaps: &[RefSwap]) -> Result<Swapped> {
        {
            let unflushed = self.objects.take_unflushed();
            self.refs
                .swap(self.guard_file()?, swaps, unflushed, &|name| self.tip(name))
        }
    }

    fn lock(&self, wait: Duration) -> Result<Guard> {
        self.guard_file()?.lock(wait)
    }

    fn try_lock(&self) -> Result<Option<Guard>> {
        self.guard_file()?.try_lock()
    }

    fn sign(&self, commit: &Commit) -> Result<NewObject> {
        let Person { name, email } = &commit.author;
        let date = format!("{} +0000", commit.at.timestamp());
        let env = [
            ("GIT_AUTHOR_NAME", name.as_str()),
            ("GIT_AUTHOR_EMAIL", email),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_NAME", &commit.committer.name),
            ("GIT_COMMITTER_EMAIL", &commit.committer.email),
            ("GIT_COMMITTER_DATE", &date),
        ];
        let mut args = vec!["commit-tree".to_owned(), "-S".into()];
        args.extend(
            commit
                .parent
                .iter()
                .flat_map(|parent| ["-p".into(), parent.to_string()]),
        );
        args.push(commit.tree.to_string());
        let git = self.git.with_env(&env);
        let printed = git.expect(&args, Some(commit.message.as_bytes()))?;
        let id: ObjectId = String::from_utf8_lossy(&printed)
            .trim()
            .parse()
            .map_err(|_| Error::Git {
                command: "commit-tree".into(),
                why: "no id".into(),
            })?;
        let data = self.read(&id, ObjectKind::Commit, COMMIT_BYTES_MAX)?;
        Ok(NewObject {
            id,
            kind: ObjectKind::Commit,
            data,
        })
    }

    fn push(&self, remote: &str, swaps: &[RefSwap]) -> Result<Pushed> {
        self.push_as(remote, swaps, Manner::Own)
    }

    fn fetch(&self, remote: &str, name: &str) -> Result<Option<ObjectId>> {
        self.fetch_within(remote, name, self.options.timeout)
    }
}
