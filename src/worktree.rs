//! The working tree on disk, as resolving a key needs it.
//!
//! This is the only reader of the disk behind [`resolve`](crate::model::key::resolve). It follows
//! links, but opens no file and writes nothing.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use crate::model::key::{Entry, KeyError, WorkTree};

/// Says what the index has at a path; asked only for what is not on disk.
pub type Tracked<'a> = dyn Fn(&[u8]) -> Option<Entry> + 'a;

/// A working tree on disk, with its index behind a function.
pub struct DiskTree<'a> {
    /// The top of the working tree, with all links followed.
    root: PathBuf,
    tracked: Box<Tracked<'a>>,
}

impl<'a> DiskTree<'a> {
    /// Opens the working tree whose top is `root`.
    ///
    /// `tracked` is for files that the index has and the disk has not, such as those a sparse
    /// checkout leaves out. It may be slow; it is called at most a few times for a key.
    pub fn new(
        root: &Path,
        tracked: impl Fn(&[u8]) -> Option<Entry> + 'a,
    ) -> io::Result<DiskTree<'a>> {
        Ok(DiskTree {
            root: root.canonicalize()?,
            tracked: Box::new(tracked),
        })
    }

    /// The top of the working tree, with all links followed.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn on_disk(&self, path: &[u8]) -> Option<PathBuf> {
        Some(self.root.join(os_str(path)?))
    }

    /// Follows every link in `path` as far down as it exists, and takes the root off.
    fn inside(&self, path: &Path, typed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let outside = || KeyError::Outside { text: shown(typed) };
        let mut rest = Vec::new();
        let mut at = path;
        let real = loop {
            match at.canonicalize() {
                Ok(real) => break real,
                Err(error) if is_absent(&error) => {}
                Err(error) => {
                    let cause = error.to_string();
                    return Err(KeyError::Lookup {
                        text: shown(typed),
                        cause,
                    });
                }
            }
            rest.push(at.file_name().ok_or_else(outside)?);
            at = at.parent().ok_or_else(outside)?;
        };
        let inner = real.strip_prefix(&self.root).map_err(|_| outside())?;
        let names = inner.iter().chain(rest.into_iter().rev());
        Ok(names.map(bytes).collect::<Vec<_>>().join(&b'/'))
    }
}

impl WorkTree for DiskTree<'_> {
    fn entry(&self, path: &[u8]) -> Option<Entry> {
        let disk = self.on_disk(path)?;
        match disk.metadata() {
            Ok(found) if found.is_dir() => Some(Entry::Dir),
            // A link that leads nowhere is an entry all the same.
            _ if disk.symlink_metadata().is_ok() => Some(Entry::File),
            _ => (self.tracked)(path),
        }
    }

    fn real(&self, path: &[u8]) -> Result<Vec<u8>, KeyError> {
        let Some(slash) = path.iter().rposition(|&byte| byte == b'/') else {
            return Ok(path.to_vec());
        };
        let Some(parent) = self.on_disk(&path[..slash]) else {
            return Ok(path.to_vec());
        };
        let mut real = self.inside(&parent, path)?;
        // A parent may be a link to the top itself.
        let name = if real.is_empty() {
            &path[slash + 1..]
        } else {
            &path[slash..]
        };
        real.extend_from_slice(name);
        Ok(real)
    }

    fn spelling(&self, path: &[u8]) -> Option<Vec<u8>> {
        let mut names = Vec::new();
        let mut dir = self.root.clone();
        for name in path.split(|&byte| byte == b'/') {
            let here = dir
                .read_dir()
                .ok()?
                .filter_map(Result::ok)
                .map(|entry| entry.file_name());
            let mut alike: Vec<_> = here
                .filter(|other| folded(&bytes(other)) == folded(name))
                .collect();
            alike.sort();
            let exact = alike
                .iter()
                .position(|other| *bytes(other) == *name)
                .unwrap_or(0);
            let found = alike.get(exact)?;
            dir.push(found);
            names.push(bytes(found).into_owned());
        }
        Some(names.join(&b'/'))
    }

    fn absolute(&self, path: &[u8]) -> Result<Vec<u8>, KeyError> {
        let outside = || KeyError::Outside { text: shown(path) };
        let mut plain = PathBuf::new();
        for component in Path::new(os_str(path).ok_or_else(outside)?).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => drop(plain.pop()),
                other => plain.push(other),
            }
        }
        // The parents are followed here; a link at the end is left to `resolve`.
        if let Ok(inner) = plain.strip_prefix(&self.root) {
            return Ok(inner.iter().map(bytes).collect::<Vec<_>>().join(&b'/'));
        }
        match (plain.parent(), plain.file_name()) {
            (Some(parent), Some(name))
                if plain.canonicalize().ok().as_ref() != Some(&self.root) =>
            {
                let mut inner = self.inside(parent, path)?;
                if !inner.is_empty() {
                    inner.push(b'/');
                }
                inner.extend_from_slice(&bytes(name));
                Ok(inner)
            }
            _ => self.inside(&plain, path),
        }
    }
}

/// Says whether the error means that there is nothing, not that it could not be seen.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidInput
    )
}

/// Returns a name without its case and in one Unicode form, for comparison only.
fn folded(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase().nfc().collect()
}

fn shown(path: &[u8]) -> String {
    crate::model::key::shown(path)
}

#[cfg(unix)]
fn os_str(path: &[u8]) -> Option<&OsStr> {
    Some(std::os::unix::ffi::OsStrExt::from_bytes(path))
}

#[cfg(not(unix))]
fn os_str(path: &[u8]) -> Option<&OsStr> {
    str::from_utf8(path).ok().map(OsStr::new)
}

#[cfg(unix)]
fn bytes(name: &OsStr) -> Cow<'_, [u8]> {
    Cow::Borrowed(std::os::unix::ffi::OsStrExt::as_bytes(name))
}

#[cfg(not(unix))]
fn bytes(name: &OsStr) -> Cow<'_, [u8]> {
    Cow::Owned(name.to_string_lossy().into_owned().into_bytes())
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::model::key::{Surroundings, resolve};

    fn sandbox() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("repo");
        fs::create_dir_all(root.join("src/inner")).unwrap();
        fs::create_dir_all(dir.path().join("other")).unwrap();
        fs::write(root.join("src/a.rs"), "").unwrap();
        symlink("src", root.join("link")).unwrap();
        symlink("../other", root.join("away")).unwrap();
        symlink("nowhere", root.join("dead")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        symlink("..", root.join("src/inner/up")).unwrap();
        symlink(&root, dir.path().join("door")).unwrap();
        (dir, root)
    }

    fn tracked(path: &[u8]) -> Option<Entry> {
        (path == b"sparse/f").then_some(Entry::File)
    }

    #[test]
    fn entries_follow_links_and_fall_back_to_the_index() {
        let (_dir, root) = sandbox();
        let tree = DiskTree::new(&root, tracked).unwrap();
        let table: &[(&[u8], Option<Entry>)] = &[
            (b"src", Some(Entry::Dir)),
            (b"src/a.rs", Some(Entry::File)),
            (b"link", Some(Entry::Dir)),
            (b"away", Some(Entry::Dir)),
            (b"dead", Some(Entry::File)),
            (b"loop", Some(Entry::File)),
            (b"sparse/f", Some(Entry::File)),
            (b"none", None),
            (b"a\0b", None),
        ];
        for (path, entry) in table {
            assert_eq!(tree.entry(path), *entry, "{}", shown(path));
        }
    }

    #[test]
    fn parents_are_followed_but_not_the_end() {
        let (_dir, root) = sandbox();
        let tree = DiskTree::new(&root, |_| None).unwrap();
        let table = [
            ("link", Some("link")),
            ("link/a.rs", Some("src/a.rs")),
            ("link/new/deeper", Some("src/new/deeper")),
            ("src/inner/up/a.rs", Some("src/a.rs")),
            ("src/inner/up/inner/up", Some("src/inner/up")),
            ("none/x/y", Some("none/x/y")),
            ("src/a.rs/x", Some("src/a.rs/x")),
            ("dead/x", Some("dead/x")),
            ("away/x", None),
            ("loop/x", None),
        ];
        for (path, real) in table {
            let found = tree.real(path.as_bytes()).ok();
            assert_eq!(found.as_deref(), real.map(str::as_bytes), "{path}");
        }
        assert!(matches!(
            tree.real(b"away/x"),
            Err(KeyError::Outside { .. })
        ));
    }

    #[test]
    fn absolute_paths_come_inside() {
        let (dir, root) = sandbox();
        let tree = DiskTree::new(&root, |_| None).unwrap();
        let inside = |path: &Path| {
            let path = bytes(path.as_os_str()).into_owned();
            tree.absolute(&path)
                .map(|path| String::from_utf8(path).unwrap())
                .ok()
        };
        let door = dir.path().join("door");
        assert_eq!(inside(&root).as_deref(), Some(""));
        assert_eq!(inside(&door).as_deref(), Some(""));
        assert_eq!(inside(&door.join("new/x")).as_deref(), Some("new/x"));
        assert_eq!(inside(&door.join("link")).as_deref(), Some("link"));
        assert_eq!(
            inside(&root.join("./src/../src/a.rs")).as_deref(),
            Some("src/a.rs")
        );
        assert_eq!(inside(&root.join("..")), None);
        assert_eq!(inside(Path::new("/")), None);
        assert_eq!(inside(&dir.path().join("other/x")), None);
        assert_eq!(inside(&dir.path().join("repository")), None);
    }

    #[test]
    fn spelling_finds_the_name_on_disk() {
        let (_dir, root) = sandbox();
        fs::write(root.join("src/A.rs"), "").unwrap();
        fs::write(root.join("e\u{301}"), "").unwrap();
        let tree = DiskTree::new(&root, |_| None).unwrap();
        assert_eq!(tree.spelling(b"SRC/a.rs"), Some(b"src/a.rs".to_vec()));
        assert_eq!(tree.spelling(b"Src/INNER"), Some(b"src/inner".to_vec()));
        assert_eq!(
            tree.spelling("É".as_bytes()),
            Some("e\u{301}".as_bytes().to_vec())
        );
        assert_eq!(tree.spelling(b"src/none"), None);
    }

    #[test]
    fn keys_resolve_on_a_real_disk() {
        let (dir, root) = sandbox();
        let tree = DiskTree::new(&root, tracked).unwrap();
        let around = Surroundings {
            prefix: b"src",
            ignore_case: false,
            precompose: false,
            team_prefixes: &[],
            strict: false,
            tree: &tree,
        };
        let door = dir.path().join("door/link/*.rs");
        let table = [
            ("a.rs", "src/a.rs"),
            ("inner", "src/inner/"),
            ("inner/up/inner", "src/inner/"),
            ("../link", "src/"),
            ("../away", "away"),
            ("../loop", "loop"),
            ("../dead", "dead"),
            ("inner/up/*.rs", "src/*.rs"),
            (door.to_str().unwrap(), "src/*.rs"),
        ];
        for (text, key) in table {
            let found = resolve(text.as_bytes(), &around);
            assert_eq!(
                found.map(|found| found.key.to_string()),
                Ok(key.to_owned()),
                "{text}"
            );
        }
        assert!(resolve(b"../away/x", &around).is_err());
    }
}
