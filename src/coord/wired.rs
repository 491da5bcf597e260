//! The files of coding agents, and the workflows, on the disk of this working tree: read with care,
//! replaced whole, and remembered, so that taking our pieces out can give back what was there before.
//!
//! What belongs into them is [`crate::wiring`]'s. Nothing is read or written outside the working
//! tree or inside git's own directory, whatever links are there.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::wiring::{Agent, Part};

use super::{Coord, Failure, local};

/// Remembers what was where we wrote; see [`Note`].
const FILE: &str = "wired.json";
/// Largest file that is read, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;
/// Largest text that is remembered, in bytes.
const REMEMBERED_MAX: usize = 64 * 1024;
/// Most files that are remembered, of all worktrees.
const NOTES_MAX: usize = 200;

/// What was there before us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    /// The text; none where there was no file.
    before: Option<String>,
    /// The digest of what we left: as long as it is that, nobody else wrote anything.
    after: String,
    /// Directories that we made for it, the outer ones first.
    #[serde(default)]
    made: Vec<PathBuf>,
}

/// The files of agents in one working tree.
pub struct Files {
    /// Its top, with all links followed.
    top: PathBuf,
    /// Git's own directories.
    closed: Vec<PathBuf>,
    notes_file: PathBuf,
}

/// One part, and what is there.
pub struct Found<'p> {
    /// The part.
    pub part: &'p Part,
    /// The path that was chosen among those of the part.
    pub path: &'static str,
    /// Where it leads, and what is there; or why it is not to be touched.
    pub there: Result<There, String>,
}

/// What is at a path.
pub struct There {
    /// The file itself, with all links followed.
    target: PathBuf,
    /// Its text; none where there is no file.
    pub text: Option<String>,
    /// Another path of an earlier part that leads to the same file.
    pub same_as: Option<&'static str>,
}

impl Files {
    /// Those of the working tree around.
    ///
    /// # Errors
    /// When there is none, or it cannot be looked at.
    pub fn of(coord: &Coord) -> Result<Self, Failure> {
        let layout = coord.repo().layout();
        let top = layout
            .work_dir
            .as_deref()
            .and_then(|top| top.canonicalize().ok());
        let Some(top) = top else {
            return Err(Failure::usage(
                "there is no working tree here",
                "do it in a working tree: the files of agents are part of it",
            ));
        };
        let real = |dir: &PathBuf| dir.canonicalize().unwrap_or_else(|_| dir.clone());
        Ok(Self {
            closed: vec![
                real(&layout.git_dir),
                real(&layout.common_dir),
                top.join(".git"),
            ],
            top,
            notes_file: coord.repo().coord_dir().join(FILE),
        })
    }

    /// Looks at the files of some parts.
    pub fn look<'p>(&self, parts: &'p [Part]) -> Vec<Found<'p>> {
        let mut seen: Vec<(PathBuf, &'static str)> = Vec::new();
        let look = |part: &'p Part| {
            let is_there = |path: &&&'static str| self.top.join(path).symlink_metadata().is_ok();
            let path = part.paths.iter().find(is_there).or(part.paths.first());
            let path = path.copied().unwrap_or_default();
            let there = self.target(path).and_then(|target| {
                let text = read(&target)?;
                let same_as = seen.iter().find(|(known, _)| *known == target);
                let same_as = same_as.map(|(_, path)| *path);
                seen.push((target.clone(), path));
                Ok(There {
                    target,
                    text,
                    same_as,
                })
            });
            Found { part, path, there }
        };
        parts.iter().map(look).collect()
    }

    /// The text of a file, if it can be read.
    pub fn text(&self, path: &str) -> Option<String> {
        read(&self.target(path).ok()?).ok().flatten()
    }

    /// Where a path leads.
    fn target(&self, path: &str) -> Result<PathBuf, String> {
        let full = self.top.join(path);
        // What does not exist yet stands below something that does.
        let exists = |path: &&Path| path.symlink_metadata().is_ok();
        let base = full.ancestors().find(exists).unwrap_or(&self.top);
        let rest = full.strip_prefix(base).unwrap_or(Path::new(""));
        let base = base
            .canonicalize()
            .map_err(|why| format!("a link there leads nowhere: {why}"))?;
        // Joining nothing would add a slash.
        let target = match rest.as_os_str().is_empty() {
            true => base,
            false => base.join(rest),
        };
        if !target.starts_with(&self.top) {
            return Err("a link there leads out of the repository".into());
        }
        if self.closed.iter().any(|dir| target.starts_with(dir)) {
            return Err("a link there leads into git's own directory".into());
        }
        Ok(target)
    }

    /// What was there before us, if nobody else has written since: a text, or no file.
    pub fn before(&self, there: &There) -> Option<Option<String>> {
        let notes: BTreeMap<PathBuf, Note> = local::load(&self.notes_file);
        let note = notes.get(&there.target)?;
        let is_ours = there
            .text
            .as_ref()
            .is_some_and(|text| digest(text) == note.after);
        is_ours.then(|| note.before.clone())
    }

    /// Replaces a file, or makes it. `had_ours` says whether something of ours was in it before.
    ///
    /// # Errors
    /// Why it could not be written; it is then as it was.
    pub fn write(&self, there: &There, text: &str, had_ours: bool) -> Result<(), String> {
        let mut made = Vec::new();
        let written = self
            .make_room(&there.target, &mut made)
            .and_then(|()| replace(&there.target, text));
        if let Err(why) = written {
            remove_dirs(&made);
            return Err(format!("it cannot be written: {why}"));
        }
        self.remember(there, text, had_ours, made);
        Ok(())
    }

    fn make_room(&self, target: &Path, made: &mut Vec<PathBuf>) -> std::io::Result<()> {
        let above = target.ancestors().skip(1);
        let missing: Vec<&Path> = above.take_while(|dir| !dir.exists()).collect();
        for dir in missing.into_iter().rev() {
            fs::create_dir(dir)?;
            made.push(dir.to_owned());
        }
        Ok(())
    }

    fn remember(&self, there: &There, text: &str, had_ours: bool, made: Vec<PathBuf>) {
        let was = there.text.clone();
        let change = |notes: &mut BTreeMap<PathBuf, Note>| {
            let known = notes.remove(&there.target);
            let goes_on =
                known.filter(|note| was.as_ref().is_some_and(|was| digest(was) == note.after));
            let note = match goes_on {
                Some(note) => Some(Note {
                    after: digest(text),
                    ..note
                }),
                // What was there before an older piece of ours, nobody knows any more.
                None if had_ours => None,
                None => Some(Note {
                    before: was,
                    after: digest(text),
                    made,
                }),
            };
            notes.retain(|path, _| path.exists());
            let is_small = |note: &Note| {
                note.before
                    .as_ref()
                    .is_none_or(|was| was.len() <= REMEMBERED_MAX)
            };
            if let Some(note) = note.filter(is_small).filter(|_| notes.len() < NOTES_MAX) {
                notes.insert(there.target.clone(), note);
            }
        };
        // Without a note, our pieces are taken out one by one, and nothing is lost.
        let _ = local::update(&self.notes_file, change);
    }

    /// Puts a text back, or removes the file, with directories that were made for it alone.
    ///
    /// # Errors
    /// Why that could not be done.
    pub fn put_back(&self, there: &There, text: Option<&str>) -> Result<(), String> {
        let done = match text {
            Some(text) => replace(&there.target, text),
            None => fs::remove_file(&there.target),
        };
        done.map_err(|why| format!("it cannot be written: {why}"))?;
        let forget = |notes: &mut BTreeMap<PathBuf, Note>| {
            if let Some(note) = notes.remove(&there.target)
                && text.is_none()
            {
                remove_dirs(&note.made);
                // The last file in a directory may be another one that we made.
                for dir in note.made.iter().filter(|dir| dir.exists()).rev() {
                    for (path, other) in notes.iter_mut() {
                        if path.starts_with(dir) && !other.made.contains(dir) {
                            other.made.push(dir.clone());
                            // A directory sorts before what is in it.
                            other.made.sort();
                        }
                    }
                }
            }
        };
        let _ = local::update(&self.notes_file, forget);
        Ok(())
    }
}

/// Whether a file that nobody else reads has pieces for this agent.
pub fn is_wired(found: &[Found<'_>], agent: Agent) -> bool {
    found.iter().any(|found| {
        let has = |there: &There| {
            there
                .text
                .as_ref()
                .is_some_and(|text| found.part.is_in(text))
        };
        found.part.agents == [agent] && found.there.as_ref().is_ok_and(has)
    })
}

/// Those that are empty, the inner ones first.
fn remove_dirs(made: &[PathBuf]) {
    for dir in made.iter().rev() {
        let _ = fs::remove_dir(dir);
    }
}

fn read(target: &Path) -> Result<Option<String>, String> {
    let meta = match fs::metadata(target) {
        Ok(meta) => meta,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(format!("it cannot be read: {why}")),
    };
    if !meta.is_file() {
        return Err("it is no file".into());
    }
    if meta.len() > BYTES_MAX {
        return Err(format!("it has more than {BYTES_MAX} bytes"));
    }
    match fs::read_to_string(target) {
        Ok(text) => Ok(Some(text)),
        Err(why) => Err(format!("it cannot be read: {why}")),
    }
}

/// Replaces a file so that a reader sees the old or the new one, with the permissions of the old.
fn replace(target: &Path, text: &str) -> std::io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = target.with_file_name(format!(".{name}.{:x}.tmp", fastrand::u64(..)));
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)?;
        file.write_all(text.as_bytes())?;
        if let Ok(meta) = fs::metadata(target) {
            fs::set_permissions(&temporary, meta.permissions())?;
        }
        fs::rename(&temporary, target)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn digest(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    bytes
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
