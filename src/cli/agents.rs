//! What the hooks of coding agents are answered: one JSON object or nothing, and always exit code 0,
//! for any other one is a no to some of them.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read};

use crate::agents::{self, INPUT_BYTES_MAX, Program};

use super::exit::Exit;
use super::page::Page;

/// Most of an input that is too long that is read all the same, so that who writes it can end.
const REST_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Answers the hook of a coding agent; nothing when the words are for git's own hooks.
pub(super) fn fire(args: &[OsString]) -> Option<Exit> {
    let words: Vec<_> = args.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    let (name, rest) = words.split_first()?;
    if *name == agents::JOB {
        if let Ok(dir) = std::env::current_dir() {
            agents::job(&dir, rest);
        }
        return Some(Exit::Done);
    }
    let program = Program::named(name)?;
    let page = Page::new(None, false);
    let said = agents::fire(program, rest.first().copied(), &input());
    if let Some(answer) = said.answer {
        page.data(&format!("{answer}\n"));
    }
    for note in said.notes {
        page.note(&format!("git-coord: {note}"));
    }
    Some(Exit::Done)
}

/// Standard input, and a little more than is too long.
fn input() -> Vec<u8> {
    let mut stdin = io::stdin().lock();
    let mut input = Vec::new();
    // Nobody types this.
    if stdin.is_terminal() {
        return input;
    }
    let most = INPUT_BYTES_MAX as u64 + 1;
    // What cannot be read is judged by what could.
    let _ = stdin.by_ref().take(most).read_to_end(&mut input);
    if input.len() > INPUT_BYTES_MAX {
        let _ = io::copy(&mut stdin.take(REST_BYTES_MAX), &mut io::sink());
    }
    input
}
