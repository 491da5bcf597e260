//! Where an operation is asked, by whom, and how it tells that it is still at work.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::child::Stop;
use crate::coord::{Coord, Failure};
use crate::model::notice::NoticeRecord;
use crate::runner::{Unwatched, Watch};

use super::Answer;

/// Where an operation is asked, and how it tells that it is still at work.
pub struct Context<'c> {
    /// The directory that typed paths are relative to.
    pub dir: PathBuf,
    /// The clone and the actor.
    pub coord: Coord,
    /// Told what a long operation waits for; a face shows it or drops it.
    pub progress: &'c dyn Fn(&str),
    /// Takes the answers of an operation that gives several, each when there is one.
    pub stream: &'c dyn Fn(&Answer),
    /// Is told how checks run that this operation runs.
    pub checks: &'c dyn Watch,
    /// Who asks, as far as it matters for what may be touched beside the repository.
    pub caller: Caller,
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody at a command line, with its input, an editor, and every file of the machine.
    Shell,
    /// A program at the other end of a connection: none of these, and no file outside the working
    /// tree. It may go away; then this is set, and what waits ends.
    Remote(Arc<AtomicBool>),
}

impl<'c> Context<'c> {
    /// Opens the repository around `dir` for the actor that `given` names, or that is found.
    ///
    /// # Errors
    /// As [`Coord::open`].
    pub fn open(
        dir: PathBuf,
        given: Option<&str>,
        progress: &'c dyn Fn(&str),
    ) -> Result<Self, Failure> {
        let coord = Coord::open(&dir, given)?;
        Ok(Self::of(dir, coord, progress))
    }

    /// As [`Context::open`], for an operation that may set right what the others stumble over: a
    /// remote that is named in the config and does not exist.
    ///
    /// # Errors
    /// As [`Coord::open`] otherwise.
    pub fn open_for_set_up(
        dir: PathBuf,
        given: Option<&str>,
        progress: &'c dyn Fn(&str),
    ) -> Result<Self, Failure> {
        let coord = Coord::open_unchecked(&dir, given)?;
        Ok(Self::of(dir, coord, progress))
    }

    /// In a clone that is open already, at a command line.
    pub fn of(dir: PathBuf, coord: Coord, progress: &'c dyn Fn(&str)) -> Self {
        Self {
            dir,
            coord,
            progress,
            stream: &|_| {},
            checks: &Unwatched,
            caller: Caller::Shell,
        }
    }

    /// What happened to the session's locks, as the last view has it; each is returned once.
    pub fn notices(&self) -> Vec<NoticeRecord> {
        self.coord.unseen_notices()
    }

    /// What ends an operation that lasts: a signal, or that nobody waits for its answer any more.
    ///
    /// # Errors
    /// When signals cannot be listened for.
    pub(super) fn stop(&self) -> Result<Stop, Failure> {
        match &self.caller {
            Caller::Shell => Stop::listen()
                .map_err(|why| Failure::usage(format!("signals: {why}"), "try without waiting")),
            Caller::Remote(gone) => Ok(Stop::when(Arc::clone(gone))),
        }
    }

    /// Whether nobody waits for the answer any more. At a command line the signal has ended the
    /// process before anybody could ask.
    pub(super) fn is_given_up(&self) -> bool {
        match &self.caller {
            Caller::Shell => false,
            Caller::Remote(gone) => gone.load(Ordering::Relaxed),
        }
    }

    /// Refuses what only somebody at a command line may ask for; `what` begins a sentence.
    ///
    /// # Errors
    /// [`Failure::Usage`] for everybody else.
    pub(super) fn at_a_shell(&self, what: &str) -> Result<(), Failure> {
        match self.caller {
            Caller::Shell => Ok(()),
            Caller::Remote(_) => Err(Failure::usage(
                format!("{what} is for the command line only"),
                "run `git coord` in a shell for it",
            )),
        }
    }

    /// Reads a file that was named by the caller, or the caller's input for `-`, up to `most` bytes.
    /// A program at the other end of a connection is served from the working tree only.
    ///
    /// # Errors
    /// [`Failure::Usage`] when it cannot be read, is too large, no text, or not the caller's to read.
    pub(super) fn read(&self, named: &str, most: u64) -> Result<String, Failure> {
        let wrong = |why: String| {
            let what = format!("`{}`: {why}", named.escape_debug());
            Failure::usage(what, "name a text file that can be read")
        };
        let mut bytes = Vec::new();
        let is_read = if named == "-" {
            self.at_a_shell("reading the standard input")?;
            std::io::stdin().take(most + 1).read_to_end(&mut bytes)
        } else {
            let path = self.dir.join(named);
            let path = match self.caller {
                Caller::Shell => path,
                Caller::Remote(_) => self.inside(&path).map_err(&wrong)?,
            };
            std::fs::File::open(&path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        };
        is_read.map_err(|why| wrong(why.to_string()))?;
        if bytes.len() as u64 > most {
            return Err(wrong(format!("it is larger than {most} bytes")));
        }
        String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".into()))
    }

    /// The real path of a file that anybody who works in the tree would see: links are followed
    /// first, nothing of git's own is shown, and nothing that git was told to ignore, which is where
    /// secrets are.
    fn inside(&self, path: &Path) -> Result<PathBuf, String> {
        let outside = || "it is not in the working tree".to_owned();
        let layout = self.coord.repo().layout();
        let real = path.canonicalize().map_err(|why| why.to_string())?;
        let is_below = |dir: &Path| {
            let dir = dir.canonicalize();
            dir.is_ok_and(|dir| real.starts_with(dir))
        };
        let top = layout.work_dir.as_deref().ok_or_else(outside)?;
        let is_gits = is_below(&layout.git_dir)
            || is_below(&layout.common_dir)
            || real
                .components()
                .any(|part| part.as_os_str().eq_ignore_ascii_case(".git"));
        if !is_below(top) || is_gits {
            return Err(outside());
        }
        // A pipe would be waited for as long as its writer likes.
        if !real.is_file() {
            return Err("it is no file".into());
        }
        let named = real.to_str().ok_or_else(outside)?;
        let git = self.coord.repo().git();
        let ignored = git.run(&["check-ignore", "--quiet", "--", named], None, None);
        match ignored.map(|output| output.code) {
            Ok(Some(1)) => Ok(real),
            Ok(_) => Err("git ignores it, so it is not shown to others".into()),
            Err(why) => Err(why.to_string()),
        }
    }
}
