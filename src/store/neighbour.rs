//! A remote that is a directory of this machine, and the notes that our pushes leave there.
//!
//! Git's receiving end is then a child of ours. Whatever kills a command with all that it started
//! (a container that ends, a power cut) may leave lock files in that repository, which git never
//! clears: every later push would be refused, by whichever clone. So each push leaves a note over
//! there first, which it keeps locked, and its receiving end with it. A note that nobody keeps
//! locked says whose lock files may be moved aside; a later push of any clone does that.
//!
//! None of this is needed for correctness, and without the right to leave notes there are none.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::backend::RefSwap;
use super::config::Config;
use super::error::Result;
use super::ref_locks::{self, Begun};
use crate::env;

/// Most of a note that is read, in bytes: it has a line for each ref of one push.
const NOTE_BYTES_MAX: u64 = 64 * 1024;
/// Most notes that one push looks at.
const NOTES_MAX: usize = 1000;
/// How old a lock file must be when its writer ran under another boot of a kernel: another machine,
/// perhaps, whose locks on files are not seen through a shared disk.
const FAR_STALE_AFTER: Duration = Duration::from_secs(60);

/// A repository that is a directory of this machine.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Neighbour {
    dir: PathBuf,
    is_reftable: bool,
}

/// A push that is under way, and its note. Whatever is not ended is cleared up by the next push.
#[derive(Debug)]
#[must_use = "the note counts only as long as this is held"]
pub(super) struct Visit<'n> {
    neighbour: &'n Neighbour,
    path: PathBuf,
    note: Arc<File>,
}

impl Neighbour {
    /// The neighbour that `remote` names; none for what is not plainly a directory here.
    ///
    /// `base` is what a relative path belongs to.
    pub(super) fn of(config: &Config, remote: &str, base: &Path) -> Option<Self> {
        if !cfg!(unix) {
            // There a child cannot keep a file locked for us.
            return None;
        }
        let setting = |name: &str| config.all(&format!("remote.{remote}.{name}"));
        let urls = match setting("pushurl") {
            [] => setting("url"),
            urls => urls,
        };
        let [url] = urls else { return None };
        let at = base.join(path_of(url)?);
        // Another program (`sudo`, say) need not pass on to git what it was given to hold open.
        let is_other_program = !setting("receivepack").is_empty();
        let is_rewritten = |(key, _): (&str, &str)| {
            key.starts_with("url.")
                && (key.ends_with(".insteadof") || key.ends_with(".pushinsteadof"))
        };
        if is_other_program || config.iter().any(is_rewritten) {
            return None;
        }
        // In the order in which git looks, for the two places that are usual.
        let dir = [at.join(".git"), at]
            .into_iter()
            .find(|dir| is_repository(dir))?;
        Some(Self {
            is_reftable: dir.join("reftable").is_dir(),
            dir,
        })
    }

    /// Clears up after pushes that died here, and leaves a note for one that begins.
    pub(super) fn visit(&self, swaps: &[RefSwap]) -> Option<Visit<'_>> {
        self.clear_up();
        let path = self
            .notes()
            .join(format!("{}.push", ulid::Ulid::generate()));
        let write = || -> std::io::Result<File> {
            self.make_room()?;
            let mut file = File::create_new(&path)?;
            // Until it is locked another push may take it for a dead one's and remove it; then there
            // is none for this push.
            file.try_lock().map_err(std::io::Error::from)?;
            let line = |swap: &RefSwap| Begun::line(&swap.name, &swap.new);
            let lines: String = swaps.iter().map(line).collect();
            let boot = env::boot_id().unwrap_or_default();
            file.write_all(format!("{boot}\n{lines}").as_bytes())?;
            Ok(file)
        };
        let Ok(file) = write() else {
            let _ = std::fs::remove_file(&path);
            return None;
        };
        Some(Visit {
            neighbour: self,
            path,
            note: Arc::new(file),
        })
    }

    fn notes(&self) -> PathBuf {
        self.dir.join("coord").join("pushes")
    }

    /// Makes the directory of the notes, open to whom the refs over there are open.
    fn make_room(&self) -> std::io::Result<()> {
        let dir = self.notes();
        if dir.is_dir() {
            return Ok(());
        }
        let open_to = std::fs::metadata(self.dir.join("refs"))?.permissions();
        for dir in [self.dir.join("coord"), dir] {
            match std::fs::create_dir(&dir) {
                Ok(()) => std::fs::set_permissions(&dir, open_to.clone())?,
                Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
                Err(why) => return Err(why),
            }
        }
        Ok(())
    }

    fn clear_up(&self) {
        let entries = std::fs::read_dir(self.notes()).into_iter().flatten();
        for entry in entries.flatten().take(NOTES_MAX) {
            // What cannot be cleared up now is there for the next push.
            let _ = self.clear_up_after(&entry.path());
        }
    }

    /// Moves the lock files of one dead push aside, and forgets its note.
    fn clear_up_after(&self, note: &Path) -> Result<()> {
        let Ok(mut file) = File::open(note) else {
            return Ok(());
        };
        // Held to the end, so that nobody else is at it too.
        if file.try_lock().is_err() {
            return Ok(());
        }
        let mut text = String::new();
        let read = (&mut file).take(NOTE_BYTES_MAX).read_to_string(&mut text);
        if let (Ok(_), Some((boot, lines)), Ok(meta)) =
            (read, text.split_once('\n'), file.metadata())
        {
            let begun = with_head(Begun::all_in(lines));
            let noted = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if env::boot_id().as_deref() != Some(boot) && self.has_fresh_lock(&begun) {
                return Ok(());
            }
            ref_locks::clear_stale(&self.dir, self.is_reftable, &begun, noted)?;
        }
        let _ = std::fs::remove_file(note);
        Ok(())
    }

    fn has_fresh_lock(&self, begun: &[Begun]) -> bool {
        let mut paths = begun
            .iter()
            .flat_map(|begun| ref_locks::lock_paths(&self.dir, self.is_reftable, &begun.name));
        paths.any(|path| {
            let changed = std::fs::metadata(path).and_then(|meta| meta.modified());
            // One from the future may have been made just now.
            changed.is_ok_and(|at| env::since(at).is_none_or(|age| age < FAR_STALE_AFTER))
        })
    }
}

impl Visit<'_> {
    /// The open note; as long as any process has it open, the push counts as under way.
    pub(super) fn note(&self) -> Arc<File> {
        Arc::clone(&self.note)
    }

    /// Ends the visit. A receiving end that confirmed the push left everything in order.
    pub(super) fn end(self, is_confirmed: bool) {
        if is_confirmed {
            let _ = std::fs::remove_file(&self.path);
            return;
        }
        // It is opened again to ask for the lock: what is open here is shared with the children.
        drop(self.note);
        let _ = self.neighbour.clear_up_after(&self.path);
    }
}

/// Adds `HEAD` where a branch moves: git locks it as well, for it may point to that branch.
fn with_head(mut begun: Vec<Begun>) -> Vec<Begun> {
    let branch = begun
        .iter()
        .find(|begun| begun.name.starts_with("refs/heads/"));
    let head = branch.map(|branch| Begun {
        name: "HEAD".into(),
        new: branch.new,
    });
    begun.extend(head);
    begun
}

/// The path in a URL that is nothing but a path.
fn path_of(url: &str) -> Option<&str> {
    let path = match url.split_once("://") {
        Some(("file", path)) => {
            Some(path).filter(|path| path.starts_with('/') && !path.contains('%'))
        }
        Some(_) => None,
        // `host:path` and `helper::address` have a colon before any slash.
        None => Some(url).filter(|url| {
            !url.split('/')
                .next()
                .is_some_and(|first| first.contains(':'))
        }),
    };
    path.filter(|path| !path.is_empty() && !path.starts_with('~'))
}

/// Whether a directory is a repository's own, and not that of one of its worktrees.
fn is_repository(dir: &Path) -> bool {
    dir.join("HEAD").is_file() && dir.join("objects").is_dir() && dir.join("refs").is_dir()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Neighbour, path_of};
    use crate::store::RefSwap;

    #[test]
    fn only_what_a_dead_push_left_is_cleared_up() {
        let dir = tempfile::TempDir::new().expect("a temporary directory");
        let name = "refs/coord/state";
        let id = "1".repeat(40);
        let swaps = [RefSwap {
            name: name.into(),
            old: None,
            new: id.parse().expect("an id"),
        }];
        fs::create_dir_all(dir.path().join("refs/coord")).expect("a directory");
        let lock = dir.path().join(format!("{name}.lock"));
        fs::write(&lock, &id).expect("a file");
        let there = Neighbour {
            dir: dir.path().to_owned(),
            is_reftable: false,
        };
        let visit = || there.visit(&swaps).expect("a note");
        let living = visit();
        visit().end(true);
        assert!(lock.exists(), "its writer lives");
        // Without an end, as when it is killed.
        drop(living);
        visit().end(true);
        assert!(!lock.exists(), "its writer is dead");
        let notes = fs::read_dir(there.notes()).expect("a directory");
        assert_eq!(notes.count(), 0);
    }

    #[test]
    fn only_what_is_plainly_a_path_is_a_directory_here() {
        for (url, path) in [
            ("/srv/hub.git", Some("/srv/hub.git")),
            ("../hub.git", Some("../hub.git")),
            ("hub", Some("hub")),
            ("./a:b", Some("./a:b")),
            ("file:///srv/hub.git", Some("/srv/hub.git")),
            ("file:///srv/a%20b", None),
            ("file://host/srv", None),
            ("host:hub.git", None),
            ("git@host:hub.git", None),
            ("ssh://host/hub.git", None),
            ("https://host/hub.git", None),
            ("ext::sh -c /x", None),
            ("~/hub.git", None),
            ("", None),
        ] {
            assert_eq!(path_of(url), path, "{url}");
        }
    }
}
