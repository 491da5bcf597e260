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
use super::guard::{Guard, GuardFile};
use super::libgit::LibObjects;
use super::object::{HashKind, NewObject, ObjectKind};
use super::program::{self, ProgramObjects};
use super::recent;
use super::refs::RefWriter;
use super::remote;
use crate::model::object_id::ObjectId;

/// Largest commit of a chain that is read, in bytes: an event with its request and a signature.
const COMMIT_BYTES_MAX: usize = 256 * 1024;

/// Where a repository's parts are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// This worktree's git directory.
    pub git_dir: PathBuf,
    /// What all worktrees share: objects and refs.
    pub common_dir: PathBuf,
    /// The top of the working tree; none in a bare repository.
    pub work_dir: Option<PathBuf>,
    /// The object format.
    pub hash: HashKind,
    /// Whether refs are kept in reftables.
    pub is_reftable: bool,
}

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

enum Objects {
    Lib(LibObjects),
    Program(ProgramObjects),
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
        let flags = RepositoryOpenFlags::FROM_ENV;
        let no_ceilings: [&Path; 0] = [];
        match Repository::open_ext(at, flags, no_ceilings) {
            Ok(repository) => Self::with_lib(repository),
            // The program finds what libgit2 cannot, and says best why a repository is refused.
            Err(why) if why.code() == ErrorCode::NotFound => {
                Self::with_program(at).map_err(|_| Error::NoRepository { at: at.to_owned() })
            }
            Err(_) => Self::with_program(at),
        }
    }

    fn with_lib(repository: Repository) -> Result<Self> {
        let common_dir = repository.commondir().to_owned();
        let layout = Layout {
            git_dir: repository.path().to_owned(),
            is_reftable: common_dir.join("reftable").is_dir(),
            common_dir,
            work_dir: repository.workdir().map(Path::to_owned),
            hash: HashKind::Sha1,
        };
        let config = Config::from_lib(&repository, &layout)?;
        let git = Git::at(layout.git_dir.clone(), layout.work_dir.clone());
        let options = config.open_options();
        let objects = match config.backend() {
            BackendChoice::Auto => Objects::Lib(LibObjects::new(repository)),
            BackendChoice::Program => {
                Objects::Program(ProgramObjects::new(git.clone(), layout.hash, options.fsync))
            }
        };
        Ok(Self::assemble(layout, config, git, objects, options))
    }

    fn with_program(at: &Path) -> Result<Self> {
        let layout = ask_layout(at)?;
        let git = Git::at(layout.git_dir.clone(), layout.work_dir.clone());
        let config = Config::from_program(&git, &layout)?;
        let options = config.open_options();
        let objects = ProgramObjects::new(git.clone(), layout.hash, options.fsync);
        Ok(Self::assemble(
            layout,
            config,
            git,
            Objects::Program(objects),
            options,
        ))
    }

    fn assemble(
        layout: Layout,
        config: Config,
        git: Git,
        objects: Objects,
        options: OpenOptions,
    ) -> Self {
        let common_dir = layout.common_dir.clone();
        let refs = RefWriter::new(git.clone(), common_dir, layout.is_reftable, options.fsync);
        Self {
            layout,
            config,
            git,
            objects,
            refs,
            guard: OnceCell::new(),
            options,
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

    /// libgit2's handle, where it could open the repository.
    pub fn lib(&self) -> Option<&Repository> {
        match &self.objects {
            Objects::Lib(lib) => Some(lib.repository()),
            Objects::Program(_) => None,
        }
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

    /// Writes an object again that git has pruned too early, from this clone's own copy.
    fn heal(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Vec<u8>> {
        let copy = recent::find(&self.coord_dir(), id)
            .filter(|copy| copy.kind == kind && copy.data.len() <= bytes_max)
            // The file is nobody's authority: what it holds must be what it says.
            .filter(|copy| NewObject::new(self.hash(), kind, copy.data.clone()).id == *id)
            .ok_or(Error::Missing { id: *id })?;
        // Who may not write here can still read on.
        let _ = self.write_lasting(std::slice::from_ref(&copy));
        Ok(copy.data)
    }

    fn write_once(&self, objects: &[NewObject]) -> Result<()> {
        match &self.objects {
            Objects::Lib(lib) => {
                let files = lib.write(objects)?;
                if self.options.fsync {
                    durable::flush(&files)
                } else {
                    Ok(())
                }
            }
            Objects::Program(program) => program.write(objects),
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

    fn read(&self, id: &ObjectId, kind: ObjectKind, bytes_max: usize) -> Result<Vec<u8>> {
        let read = match &self.objects {
            Objects::Lib(lib) => lib.read(id, kind, bytes_max),
            Objects::Program(program) => program.read(id, kind, bytes_max),
        };
        match read {
            Err(Error::Missing { .. }) => self.heal(id, kind, bytes_max),
            other => other,
        }
    }

    fn write(&self, objects: &[NewObject]) -> Result<()> {
        // Git's housekeeping removes empty directories and temporary files, also those that a
        // writer is about to use. Writing again is harmless: the content names the object.
        match self.write_once(objects) {
            Ok(()) => {
                recent::add(&self.coord_dir(), objects);
                Ok(())
            }
            // The first error is the one to tell, when nothing helps.
            Err(why) => self.write_lasting(objects).map_err(|_| why),
        }
    }

    fn write_lasting(&self, objects: &[NewObject]) -> Result<()> {
        let (hash, scratch) = (self.layout.hash, self.coord_dir());
        program::write_packed(&self.git, hash, &scratch, &self.layout.common_dir, objects)
    }

    fn has(&self, id: &ObjectId) -> Result<bool> {
        match &self.objects {
            Objects::Lib(lib) => lib.has(id),
            Objects::Program(program) => program.has(id),
        }
    }

    fn tip(&self, name: &str) -> Result<Option<ObjectId>> {
        match &self.objects {
            Objects::Lib(lib) => lib.tip(name),
            Objects::Program(program) => program.tip(name),
        }
    }

    fn swap(&self, swaps: &[RefSwap]) -> Result<Swapped> {
        self.refs
            .swap(self.guard_file()?, swaps, &|name| self.tip(name))
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
        remote::push(
            &self.git,
            &self.coord_dir(),
            remote,
            swaps,
            self.options.timeout,
        )
    }

    fn fetch(&self, remote: &str, name: &str) -> Result<Option<ObjectId>> {
        let kept = remote::quarantine(remote, name);
        self.refs.noted(self.guard_file()?, &kept, || {
            remote::fetch(&self.git, remote, name, self.options.timeout)
        })?;
        self.tip(&kept)
    }
}

/// Asks the git program where things are, for a repository that libgit2 cannot open.
fn ask_layout(at: &Path) -> Result<Layout> {
    let dir = at.to_string_lossy();
    let ask = |what: &[&str]| -> Result<Vec<String>> {
        let mut args = vec!["-C", &dir, "rev-parse", "--path-format=absolute"];
        args.extend(what);
        let printed = Git::here().expect(&args, None)?;
        Ok(String::from_utf8_lossy(&printed)
            .lines()
            .map(str::to_owned)
            .collect())
    };
    let lines = ask(&[
        "--git-dir",
        "--git-common-dir",
        "--show-object-format",
        "--is-bare-repository",
    ])?;
    let [git_dir, common_dir, format, is_bare] = lines.as_slice() else {
        return Err(Error::Git {
            command: "rev-parse".into(),
            why: "unexpected answer".into(),
        });
    };
    let work_dir = match is_bare.as_str() {
        "true" => None,
        _ => ask(&["--show-toplevel"])?.first().map(PathBuf::from),
    };
    let common_dir = PathBuf::from(common_dir);
    Ok(Layout {
        git_dir: git_dir.into(),
        is_reftable: common_dir.join("reftable").is_dir(),
        common_dir,
        work_dir,
        hash: if format == "sha256" {
            HashKind::Sha256
        } else {
            HashKind::Sha1
        },
    })
}
