//! How commits stand to each other, and what one changed since it left another.
//!
//! In this process where libgit2 can open the repository; what it cannot answer there (an object
//! that a partial clone has yet to fetch) the program is asked.

use git2::{DiffOptions, ErrorCode, Oid, Repository};

use super::backend::Backend;
use super::error::{Error, Result};
use super::git::Git;
use super::merge;
use super::object::ObjectKind;
use super::repo::Repo;
use crate::model::object_id::ObjectId;

/// Largest commit of a person that is read, in bytes.
const COMMIT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Largest tree that is read, in bytes.
const TREE_BYTES_MAX: usize = 64 * 1024 * 1024;

impl Repo {
    /// Whether `a` is `b` or leads to it. In a shallow clone "no" may mean that it is out of sight.
    ///
    /// # Errors
    /// When a commit is not here.
    pub fn is_ancestor(&self, a: &ObjectId, b: &ObjectId) -> Result<bool> {
        if let Some(lib) = self.lib()
            && let Ok(answer) = lib_is_ancestor(lib, a, b)
        {
            return Ok(answer);
        }
        let args = [
            "merge-base",
            "--is-ancestor",
            &a.to_string(),
            &b.to_string(),
        ];
        let output = self.plain_git().run(&args, None, None)?;
        match output.code {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            _ => Err(failed("merge-base", output.stderr)),
        }
    }

    /// The paths that `head` changed since it left `base_side`, sorted: both names of a rename, and
    /// submodules like files. Where they met several times (a criss-cross) a path counts if it
    /// differs from any of these bases; with none at all every path of `head` does.
    ///
    /// # Errors
    /// When a commit is not here; [`Error::Unmergeable`] when the place where they parted may be
    /// out of the sight of a shallow clone.
    pub fn touched(&self, base_side: &ObjectId, head: &ObjectId) -> Result<Vec<Vec<u8>>> {
        self.check_in_sight(base_side, head)?;
        let bases = self.merge_bases(base_side, head)?;
        if bases.is_empty() {
            return self.differing(None, head);
        }
        let mut paths = Vec::new();
        for base in &bases {
            paths.extend(self.changed(base, head)?);
        }
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    /// The paths in which two commits (or trees) differ, sorted.
    ///
    /// # Errors
    /// When one of them is not here.
    pub fn changed(&self, from: &ObjectId, to: &ObjectId) -> Result<Vec<Vec<u8>>> {
        self.differing(Some(from), to)
    }

    fn differing(&self, from: Option<&ObjectId>, to: &ObjectId) -> Result<Vec<Vec<u8>>> {
        let from = from.map(|from| self.tree_of(from)).transpose()?;
        let to = self.tree_of(to)?;
        let lib = self
            .lib()
            .and_then(|lib| lib_differing(lib, from.as_ref(), &to).ok());
        let mut paths = match lib {
            Some(paths) => paths,
            None => self.program_differing(from.as_ref(), &to)?,
        };
        paths.sort();
        paths.dedup();
        Ok(paths)
    }

    fn program_differing(&self, from: Option<&ObjectId>, to: &ObjectId) -> Result<Vec<Vec<u8>>> {
        let (from, to) = (from.map(ObjectId::to_string), to.to_string());
        let mut args = match &from {
            Some(_) => vec!["diff-tree", "--no-renames", "--ignore-submodules=none"],
            None => vec!["ls-tree", "--full-tree"],
        };
        args.extend(["-r", "-z", "--name-only"]);
        args.extend(from.iter().map(String::as_str).chain([to.as_str()]));
        let printed = self.plain_git().expect(&args, None)?;
        let names = printed.split(|byte| *byte == 0);
        Ok(names
            .filter(|name| !name.is_empty())
            .map(<[u8]>::to_vec)
            .collect())
    }

    /// The commits where two histories last met; several after a criss-cross.
    fn merge_bases(&self, one: &ObjectId, other: &ObjectId) -> Result<Vec<ObjectId>> {
        if let Some(lib) = self.lib()
            && let Ok(bases) = lib_merge_bases(lib, one, other)
        {
            return Ok(bases);
        }
        let args = ["merge-base", "--all", &one.to_string(), &other.to_string()];
        let output = self.plain_git().run(&args, None, None)?;
        match output.code {
            Some(0) => Ok(output
                .text()
                .lines()
                .filter_map(|line| line.parse().ok())
                .collect()),
            Some(1) => Ok(Vec::new()),
            _ => Err(failed("merge-base", output.stderr)),
        }
    }

    /// Refuses, in a shallow clone, where what two commits have in common may be out of sight: each
    /// clone would see another merge base.
    pub(super) fn check_in_sight(&self, one: &ObjectId, other: &ObjectId) -> Result<()> {
        let Some(file) = merge::shallow_file(&self.layout().common_dir) else {
            return Ok(());
        };
        let ends = std::fs::read_to_string(&file).map_err(Error::io("reading", &file))?;
        let ends: Vec<&str> = ends.lines().collect();
        let either = format!("{one}...{other}");
        let listed = self.plain_git().expect(&["rev-list", &either], None)?;
        let listed = String::from_utf8_lossy(&listed);
        if !listed.lines().any(|id| ends.contains(&id)) {
            return Ok(());
        }
        Err(Error::Unmergeable {
            why: format!(
                "this clone is shallow, and where {} and {} parted may be out of its sight; \
                 `git fetch --unshallow` brings the rest",
                one.short(),
                other.short()
            ),
        })
    }

    /// The tree of a commit; a tree is its own.
    pub fn tree_of(&self, id: &ObjectId) -> Result<ObjectId> {
        let data = match self.read(id, ObjectKind::Commit, COMMIT_BYTES_MAX) {
            Err(Error::Damaged { .. }) => {
                return self.read(id, ObjectKind::Tree, TREE_BYTES_MAX).map(|_| *id);
            }
            other => other?,
        };
        let line = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let tree = line.strip_prefix(b"tree ");
        let tree = tree.and_then(|tree| std::str::from_utf8(tree).ok()?.parse().ok());
        tree.ok_or_else(|| Error::damaged(format!("commit {id}"), "it has no tree"))
    }

    /// Git as it sees history that nobody has replaced here: others have not.
    fn plain_git(&self) -> Git {
        self.git().with_env(&[("GIT_NO_REPLACE_OBJECTS", "1")])
    }
}

type Lib<T> = std::result::Result<T, git2::Error>;

fn oid(id: &ObjectId) -> Lib<Oid> {
    Oid::from_bytes(id.as_bytes())
}

fn lib_is_ancestor(lib: &Repository, a: &ObjectId, b: &ObjectId) -> Lib<bool> {
    let (a, b) = (oid(a)?, oid(b)?);
    lib.find_commit(a)?;
    Ok(a == b || lib.graph_descendant_of(b, a)?)
}

fn lib_merge_bases(lib: &Repository, one: &ObjectId, other: &ObjectId) -> Lib<Vec<ObjectId>> {
    match lib.merge_bases(oid(one)?, oid(other)?) {
        Ok(bases) => Ok(bases
            .iter()
            .filter_map(|base| ObjectId::from_bytes(base.as_bytes()))
            .collect()),
        // It says so too of a commit that is not here.
        Err(why) if why.code() == ErrorCode::NotFound => {
            lib.find_commit(oid(one)?)?;
            lib.find_commit(oid(other)?)?;
            Ok(Vec::new())
        }
        Err(why) => Err(why),
    }
}

fn lib_differing(lib: &Repository, from: Option<&ObjectId>, to: &ObjectId) -> Lib<Vec<Vec<u8>>> {
    let from = from.map(|from| lib.find_tree(oid(from)?)).transpose()?;
    let to = lib.find_tree(oid(to)?)?;
    let mut options = DiffOptions::new();
    options.include_typechange(true).ignore_submodules(false);
    let diff = lib.diff_tree_to_tree(from.as_ref(), Some(&to), Some(&mut options))?;
    let paths = diff.deltas().flat_map(|delta| {
        [delta.old_file(), delta.new_file()]
            .into_iter()
            .filter_map(|file| file.path_bytes().map(<[u8]>::to_vec))
            .collect::<Vec<_>>()
    });
    Ok(paths.collect())
}

fn failed(command: &str, why: String) -> Error {
    Error::Git {
        command: command.into(),
        why,
    }
}
