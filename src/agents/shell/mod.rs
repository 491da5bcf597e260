//! Which files a shell command would write, as far as its text tells.
//!
//! Best effort, and on purpose: what is read here is refused before it happens, and what is not is
//! left to git's own hooks. The text is read and nothing is run. What only the shell knows (the
//! value of a variable that the script does not set, the output of a command) is passed over, and
//! so are programs whose writing does not show in their words.

mod brackets;
mod commands;
mod git;
mod in_place;
mod lex;
mod moving;
mod options;
mod reader;
mod word;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::env;

use lex::{Item, Redirect, Simple, is_name, items};
use word::{Arg, SCRIPT_WORDS_BYTES_MAX, Variables, escaped, expand};

/// Longest script that is read, in bytes; of a longer one the beginning.
const SCRIPT_BYTES_MAX: usize = 256 * 1024;
/// How deep scripts within scripts are read.
const DEPTH_MAX: usize = 8;
/// Most arguments of one command.
const ARGS_MAX: usize = 10_000;
/// Most variables that are known at once.
const VARIABLES_MAX: usize = 256;
/// How deep brackets are followed that have variables of their own.
const BRACKETS_MAX: usize = 64;
/// Most writes that are told.
const WRITES_MAX: usize = 2_000;

/// What the disk says, for words whose meaning depends on it.
pub(super) trait Disk {
    /// Whether there is a directory.
    fn is_dir(&self, path: &Path) -> bool;
    /// Whether there is anything.
    fn exists(&self, path: &Path) -> bool;
    /// The text of a file that is not too long.
    fn read(&self, path: &Path) -> Option<String>;
}

/// Something that would be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// A file, or a directory and what is below it.
    Path(PathBuf),
    /// Whatever matches.
    Pattern(String),
    /// Files that git would change or remove, which it has to be asked for.
    Git(Lost),
}

/// What a git command would do to a working tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    /// Where git is started.
    pub(super) dir: PathBuf,
    /// Which files.
    pub(super) what: Files,
    /// Only those below these paths, as typed.
    pub(super) below: Vec<String>,
}

/// Files that git knows how to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// Those that differ from a commit, or from the index.
    Differ(Option<String>),
    /// Those that a stash brings.
    Stashed(String),
    /// Those that git does not track, those that it ignores as well where that is asked for.
    Untracked { ignored: bool },
}

/// The state of a shell.
#[derive(Clone)]
struct Shell {
    /// Where it is; nothing when only it knows.
    dir: Option<PathBuf>,
    variables: Variables,
}

struct Walk<'d> {
    disk: &'d dyn Disk,
    home: Option<String>,
    depth: usize,
    /// How many bytes may still be put together for words.
    left: Cell<usize>,
    writes: Vec<Write>,
}

/// What a script would write that begins in `dir`.
pub(super) fn writes(script: &str, dir: &Path, disk: &dyn Disk) -> Vec<Write> {
    let mut walk = Walk {
        disk,
        home: env::var("HOME"),
        depth: 0,
        left: Cell::new(SCRIPT_WORDS_BYTES_MAX),
        writes: Vec::new(),
    };
    let mut shell = Shell {
        dir: Some(dir.to_owned()),
        variables: Variables::new(),
    };
    shell.note_dir();
    walk.script(script.as_bytes(), &mut shell);
    walk.writes
}

impl Shell {
    fn path(&self, text: &[u8]) -> Option<PathBuf> {
        let text = std::str::from_utf8(text).ok()?;
        let path = Path::new(text);
        match path.is_absolute() {
            true => Some(path.to_owned()),
            false => Some(self.dir.as_ref()?.join(path)),
        }
    }

    fn go(&mut self, dir: Option<PathBuf>) {
        self.dir = dir;
        self.note_dir();
    }

    fn note_dir(&mut self) {
        let dir = match &self.dir {
            Some(dir) => Arg::of(dir.as_os_str().as_encoded_bytes()),
            None => Arg::default(),
        };
        self.set(b"PWD", vec![dir]);
    }

    /// What a variable stands for from now on; of those that are too many nothing is known.
    fn set(&mut self, name: &[u8], values: Vec<Arg>) {
        if self.variables.len() < VARIABLES_MAX || self.variables.contains_key(name) {
            self.variables.insert(name.to_vec(), Rc::from(values));
        }
    }
}

impl Walk<'_> {
    fn script(&mut self, script: &[u8], shell: &mut Shell) {
        if self.depth == DEPTH_MAX {
            return;
        }
        self.depth += 1;
        let script = script.get(..SCRIPT_BYTES_MAX).unwrap_or(script);
        let mut outer: Vec<Option<Shell>> = Vec::new();
        for item in items(script) {
            match item {
                Item::Simple(simple) => self.simple(&simple, shell),
                Item::Open => outer.push((outer.len() < BRACKETS_MAX).then(|| shell.clone())),
                Item::Close => {
                    // A pattern of `case` ends with one that nothing began.
                    if let Some(Some(before)) = outer.pop() {
                        *shell = before;
                    }
                }
                Item::Inner(script) => self.script(&script, &mut shell.clone()),
            }
        }
        self.depth -= 1;
    }

    fn args(&self, words: &[lex::Word], shell: &Shell) -> Vec<Arg> {
        let args = words.iter();
        args.flat_map(|word| self.expanded(word, shell))
            .take(ARGS_MAX)
            .collect()
    }

    fn expanded(&self, word: &lex::Word, shell: &Shell) -> Vec<Arg> {
        let home = self.home.as_deref().map(str::as_bytes);
        let mut left = self.left.get();
        let args = expand(word, &shell.variables, home, &mut left);
        self.left.set(left);
        args
    }

    fn simple(&mut self, simple: &Simple, shell: &mut Shell) {
        let mut input: Option<Input> = None;
        for redirect in &simple.redirects {
            match redirect {
                Redirect::To(word) => {
                    for arg in self.args(std::slice::from_ref(word), shell) {
                        self.write(&arg, shell);
                    }
                }
                Redirect::From(word) => {
                    let args = self.args(std::slice::from_ref(word), shell);
                    input = args.into_iter().next().map(Input::File);
                }
                Redirect::Here(text) => input = Some(Input::Text(text.clone())),
            }
        }
        let is_set = |word: &&lex::Word| assigned(word).is_some();
        let set = simple.words.iter().take_while(is_set).count();
        let (settings, words) = simple.words.split_at(set);
        if words.is_empty() {
            // With a command they are for that one alone.
            self.assign(settings, shell);
            return;
        }
        let args = self.args(words, shell);
        self.command(words, &args, input.as_ref(), shell);
    }

    /// Takes settings of variables over.
    fn assign(&mut self, words: &[lex::Word], shell: &mut Shell) {
        for word in words {
            let Some((name, value)) = assigned(word) else {
                continue;
            };
            let values = self.expanded(&value, shell);
            shell.set(&name, values);
        }
    }

    /// A file that is written, as an argument names it.
    fn write(&mut self, arg: &Arg, shell: &Shell) {
        let is_nothing = !arg.is_known || arg.text.is_empty() || arg.text == b"-";
        // A device, but for the directory of temporary files that is among them on Linux.
        let is_device = arg.text.starts_with(b"/dev/") && !arg.text.starts_with(b"/dev/shm/");
        if is_nothing || is_device {
            return;
        }
        let Some(path) = shell.path(&arg.text) else {
            return;
        };
        match &arg.pattern {
            None => self.add(Write::Path(path)),
            Some(pattern) => {
                let above = match (pattern.starts_with(b"/"), &shell.dir) {
                    (true, _) => Vec::new(),
                    (false, Some(dir)) => {
                        let dir = escaped(dir.as_os_str().as_encoded_bytes());
                        [&dir[..], b"/"].concat()
                    }
                    (false, None) => return,
                };
                if let Ok(pattern) = String::from_utf8([&above[..], pattern].concat()) {
                    self.add(Write::Pattern(pattern));
                }
            }
        }
    }

    fn write_all<'a>(&mut self, args: impl IntoIterator<Item = &'a Arg>, shell: &Shell) {
        for arg in args {
            self.write(arg, shell);
        }
    }

    fn add(&mut self, write: Write) {
        if self.writes.len() < WRITES_MAX && !self.writes.contains(&write) {
            self.writes.push(write);
        }
    }
}

/// Where a command's input comes from.
enum Input {
    File(Arg),
    Text(Vec<u8>),
}

/// The name and the value of a word such as `NAME=value`.
fn assigned(word: &lex::Word) -> Option<(Vec<u8>, lex::Word)> {
    let (first, rest) = word.0.split_first()?;
    let lex::Piece::Plain(text) = first else {
        return None;
    };
    let equals = text.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (text.get(..equals)?, text.get(equals + 1..)?);
    if !is_name(name) {
        return None;
    }
    let mut pieces = vec![lex::Piece::Plain(value.to_vec())];
    pieces.extend_from_slice(rest);
    Some((name.to_vec(), lex::Word(pieces)))
}

#[cfg(test)]
mod tests;
