//! Where git merges: a git directory of our own over the clone's objects.
//!
//! Rename limits, directory renames, renormalisation, drivers, replaced objects, `info/attributes`,
//! `core.attributesFile`: about twenty settings and files of a clone change what a merge makes. In
//! a git directory that has none of them there is nothing to be switched off one by one, today or
//! in a later git. What decides is written into its config, as git has it by default.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::super::config::Config;
use super::super::error::{Error, Result};
use super::super::git::Git;
use super::super::kept::Kept;
use super::super::object::HashKind;
use super::super::repo::Repo;
use super::super::version::Version;
use super::scratch::Scratch;
use super::{early, unmergeable};
use crate::model::object_id::ObjectId;

/// What decides the outcome of a merge, pinned to what git does by default. A change of these lines
/// changes the trees that are made: all clones of a team have to have the same.
const PINNED: &str = "\
[merge]
\trenames = true
\tdirectoryRenames = conflict
\trenameLimit = 7000
\trenormalize = false
\tconflictStyle = merge
[diff]
\talgorithm = histogram
[core]
\tbare = true
\tignoreCase = false
\tbigFileThreshold = 512m
\tattributesFile = /dev/null
";

/// What a person's environment could change.
const UNSET: &[&str] = &[
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_MERGE_VERBOSITY",
    "GIT_NAMESPACE",
    "GIT_REPLACE_REF_BASE",
    "GIT_WORK_TREE",
];

/// Settings by which a partial clone fetches what it lacks.
const WAYS: &[&str] = &[
    "core.askpass",
    "core.gitproxy",
    "core.sshcommand",
    "credential.",
    "http.",
    "protocol.",
    "remote.",
    "ssh.",
    "url.",
];

pub(in crate::store) struct Room {
    git: Git,
    /// Comes before the subcommand.
    attr_source: Option<String>,
    /// Where objects are made. A partial clone has none: what it fetches meanwhile has to stay.
    scratch: Option<Scratch>,
}

impl Room {
    /// Makes the room if it is not there yet; attributes are those of `tree`.
    pub(super) fn furnish(repo: &Repo, tree: &ObjectId) -> Result<Self> {
        let version = Version::of(repo.git())?.unwrap_or(Version::ATTR_SOURCE);
        Self::furnish_for(repo, tree, version)
    }

    /// The same, for this version of git.
    pub(in crate::store) fn furnish_for(
        repo: &Repo,
        tree: &ObjectId,
        version: Version,
    ) -> Result<Self> {
        if version < Version::MERGES {
            let Version(major, minor) = version;
            let Version(needed, least) = Version::MERGES;
            return Err(unmergeable(format!(
                "merging without a working tree needs git {needed}.{least}, and this is \
                 {major}.{minor}"
            )));
        }
        let dir = repo.coord_dir().join("merging");
        let layout = repo.layout();
        furnish(&dir, layout.hash, repo.config())?;
        let git = Git::at(dir.clone(), None)
            .without_env(UNSET)
            .with_env(&env(repo));
        let (git, scratch) = match ways(repo.config()) {
            // A relative URL of a remote is one from here.
            Some(ways) => {
                let top = layout.work_dir.as_ref().unwrap_or(&layout.git_dir);
                (git.with_env(&ways).in_dir(top), None)
            }
            None => {
                let scratch = Scratch::make(&dir, &objects_of(repo))?;
                let env = [("GIT_OBJECT_DIRECTORY", scratch.objects())];
                (git.with_env(&env), Some(scratch))
            }
        };
        if version >= Version::ATTR_SOURCE {
            return Ok(Self {
                git,
                attr_source: Some(format!("--attr-source={tree}")),
                scratch,
            });
        }
        let git = match early::lay_out(repo, tree, &dir)? {
            Some(files) => git.with_work_dir(&files),
            None => git,
        };
        Ok(Self {
            git,
            attr_source: None,
            scratch,
        })
    }

    /// Makes a tree that was merged here one of the clone's own.
    pub(super) fn keep(&self, repo: &Repo, tree: &ObjectId) -> Result<()> {
        let layout = repo.layout();
        self.scratch.as_ref().map_or(Ok(()), |scratch| {
            scratch.keep(layout.hash, tree, &layout.common_dir)
        })
    }

    /// Starts a child that merges.
    pub(super) fn open(&self) -> Result<Kept> {
        let args = ["merge-tree", "--write-tree", "--stdin", "--messages"];
        self.git.open(&self.args(&args))
    }

    /// The value of a path's attribute `merge`.
    pub(super) fn merge_attribute(&self, path: &[u8]) -> Result<String> {
        let args = self.args(&["check-attr", "-z", "--stdin", "merge"]);
        let printed = self.git.expect(&args, Some(&[path, b"\0"].concat()))?;
        // `<path> merge <value>`, each with a zero byte at its end.
        let value = printed.split(|byte| *byte == 0).nth(2);
        Ok(String::from_utf8_lossy(value.unwrap_or_default()).into_owned())
    }

    /// Whether two commits that are here have no ancestor in common.
    pub(super) fn are_unrelated(&self, one: &ObjectId, other: &ObjectId) -> Result<bool> {
        let args = ["merge-base", &one.to_string(), &other.to_string()];
        Ok(self.git.run(&args, None, None)?.code == Some(1))
    }

    fn args(&self, args: &[&str]) -> Vec<String> {
        let args = args.iter().map(|arg| (*arg).to_owned());
        self.attr_source.iter().cloned().chain(args).collect()
    }
}

/// Makes a git directory that has nothing but a config.
fn furnish(dir: &Path, hash: HashKind, config: &Config) -> Result<()> {
    let refs = dir.join("refs");
    std::fs::create_dir_all(&refs).map_err(Error::io("creating", &refs))?;
    // Git takes objects and modes of files from here too.
    let mut text = PINNED.to_owned();
    if let Some(shared) = config.get("core.sharedrepository") {
        text.push_str(&format!("\tsharedRepository = {shared:?}\n"));
    }
    text.push_str("\trepositoryFormatVersion = 1\n");
    if hash == HashKind::Sha256 {
        text.push_str("[extensions]\n\tobjectFormat = sha256\n");
    }
    place(&dir.join("config"), text.as_bytes())?;
    place(&dir.join("HEAD"), b"ref: refs/heads/none\n")
}

/// Puts a file where it is not, or not like this.
pub(super) fn place(file: &Path, text: &[u8]) -> Result<()> {
    if std::fs::read(file).is_ok_and(|found| found == text) {
        return Ok(());
    }
    let new = file.with_extension(format!("{:x}.tmp", fastrand::u64(..)));
    std::fs::write(&new, text).map_err(Error::io("writing", &new))?;
    std::fs::rename(&new, file).map_err(Error::io("naming", file))
}

fn objects_of(repo: &Repo) -> PathBuf {
    repo.layout().common_dir.join("objects")
}

fn env(repo: &Repo) -> Vec<(&'static str, OsString)> {
    let common_dir = &repo.layout().common_dir;
    let mut env: Vec<(&str, OsString)> = vec![
        ("GIT_OBJECT_DIRECTORY", objects_of(repo).into()),
        ("GIT_CONFIG_NOSYSTEM", "1".into()),
        ("GIT_CONFIG_GLOBAL", "/dev/null".into()),
        ("GIT_ATTR_NOSYSTEM", "1".into()),
        ("GIT_NO_REPLACE_OBJECTS", "1".into()),
    ];
    if let Some(file) = shallow_file(common_dir) {
        env.push(("GIT_SHALLOW_FILE", file.into()));
    }
    env
}

/// The list of commits whose parents a shallow clone has not.
pub(in crate::store) fn shallow_file(common_dir: &Path) -> Option<PathBuf> {
    let file = common_dir.join("shallow");
    let size = std::fs::metadata(&file).ok()?.len();
    (size > 0).then_some(file)
}

/// How a partial clone fetches what it lacks, as settings in the environment; none for a whole
/// clone.
fn ways(config: &Config) -> Option<Vec<(String, OsString)>> {
    let is_promisor = |(key, _): (&str, &str)| {
        key == "extensions.partialclone" || key.starts_with("remote.") && key.ends_with(".promisor")
    };
    if !config.iter().any(is_promisor) {
        return None;
    }
    let mut env = Vec::new();
    let mut count = 0;
    let keys = config.iter().map(|(key, _)| key);
    for key in keys.filter(|key| WAYS.iter().any(|way| key.starts_with(way))) {
        for value in config.all(key) {
            env.push((format!("GIT_CONFIG_KEY_{count}"), key.into()));
            env.push((format!("GIT_CONFIG_VALUE_{count}"), value.into()));
            count += 1;
        }
    }
    env.push(("GIT_CONFIG_COUNT".into(), count.to_string().into()));
    Some(env)
}
