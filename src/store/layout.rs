//! Where a repository's parts are.

use std::path::{Path, PathBuf};

use git2::Repository;

use super::error::{Error, Result};
use super::git::Git;
use super::object::HashKind;

/// What git sets in hooks and people set by hand to say where a repository's parts are. libgit2
/// reads them in its own ways or not at all, so that the program is asked then.
const PLACING: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
];

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

impl Layout {
    /// Whether the environment says where things are, so that only the program can tell.
    pub(super) fn is_placed() -> bool {
        PLACING.iter().any(|name| std::env::var_os(name).is_some())
    }

    /// As libgit2 found it.
    pub(super) fn of_lib(repository: &Repository) -> Self {
        let common_dir = repository.commondir().to_owned();
        Self {
            git_dir: repository.path().to_owned(),
            is_reftable: common_dir.join("reftable").is_dir(),
            common_dir,
            work_dir: repository.workdir().map(Path::to_owned),
            hash: HashKind::Sha1,
        }
    }

    /// As the git program finds it.
    ///
    /// # Errors
    /// With git's own words where it refuses or there is none.
    pub(super) fn ask(at: &Path) -> Result<Self> {
        let ask = |what: &[&str]| -> Result<Vec<String>> {
            let mut args = vec!["rev-parse", "--path-format=absolute"];
            args.extend(what);
            let printed = Git::from_dir(at).expect(&args, None)?;
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
            // In the git directory itself, as in `post-receive`, git knows of no working tree.
            _ => ask(&["--show-toplevel"])
                .ok()
                .and_then(|lines| lines.first().map(PathBuf::from)),
        };
        let common_dir = PathBuf::from(common_dir);
        Ok(Self {
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
}
