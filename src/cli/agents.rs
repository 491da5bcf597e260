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

/// The same where options stand before `hook`: wrong use would end with 2, which agents take for a
/// no. Who acts is known from the agent itself, and colours there are none.
pub(super) fn fire_behind_options(args: &[OsString]) -> Option<Exit> {
    let mut words = args.iter().skip(1);
    let mut dir = None;
    loop {
        let word = words.next()?.to_string_lossy();
        if word == "hook" {
            break;
        }
        if let Some(long) = word.strip_prefix("--") {
            let (name, has_value) = match long.split_once('=') {
                Some((name, _)) => (name, true),
                None => (long, false),
            };
            let is = |option: &str| option.starts_with(name);
            if name.is_empty() || is("help") || is("version") {
                return None;
            }
            if !has_value && (is("as") || is("color")) {
                words.next()?;
            }
        } else {
            let value = word.strip_prefix("-C")?;
            let value = value.strip_prefix('=').unwrap_or(value);
            dir = Some(match value {
                "" => words.next()?.clone(),
                value => value.into(),
            });
        }
    }
    let rest: Vec<OsString> = words.cloned().collect();
    Program::named(&rest.first()?.to_string_lossy())?;
    if let Some(dir) = dir {
        // Where that is no directory, it is as if nothing had been said of it.
        let _ = std::env::set_current_dir(dir);
    }
    fire(&rest)
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
