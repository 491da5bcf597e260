//! When a commit message is begun: who writes, and under which locks.

use crate::coord::as_keys;
use crate::coord::{Coord, Failure};
use crate::domain::check;

use super::Heard;

/// Most locks that one message names.
const LOCKS_MAX: usize = 20;

/// Git passes the message's file, where the message comes from, and a commit.
pub(super) fn answer(coord: &Coord, args: &[&str]) -> Result<Heard, Failure> {
    let (Some(file), source) = (args.first(), args.get(1)) else {
        return Ok(Heard::default());
    };
    // A merge or a squash tells of other commits, which carry their own.
    if matches!(source, Some(&("merge" | "squash"))) {
        return Ok(Heard::default());
    }
    // The session's own notes are enough here: nothing is decided by them.
    let config = coord.repo().config();
    let comment = ["core.commentstring", "core.commentchar"].map(|key| config.get(key));
    let mut comment = comment.into_iter().flatten();
    let comment = comment.find(|text| *text != "auto").unwrap_or("#");
    if coord.sessions().load(coord.actor()).keys.is_empty() || is_blank(file, comment) {
        return Ok(Heard::default());
    }
    let paths = as_keys(coord.staged_paths()?)?;
    let view = coord.view(None)?;
    let own = check::paths(&view, &coord.stamp(), &paths, &[])?.own;
    if own.is_empty() {
        return Ok(Heard::default());
    }
    let mut git = vec!["interpret-trailers".to_owned(), "--in-place".into()];
    // Each lock once, and one agent: an amended message keeps what it has.
    git.extend(["--if-exists=addIfDifferent", "--if-missing=add"].map(String::from));
    for key in own.iter().take(LOCKS_MAX) {
        git.push(format!("--trailer=Coord-Lock: {key}"));
    }
    git.push("--if-exists=doNothing".into());
    git.push(format!("--trailer=Coord-Agent: {}", coord.actor().agent));
    git.push((*file).to_owned());
    coord.repo().git().expect(&git, None)?;
    Ok(Heard::default())
}

/// Whether nothing is written yet. An editor will open, and leaving it without a word has to end
/// the commit, which trailers in the file would prevent.
fn is_blank(file: &str, comment: &str) -> bool {
    let text = std::fs::read(file).unwrap_or_default();
    let lines = text.split(|byte| *byte == b'\n');
    // What `commit --verbose` shows below its scissors is no message.
    let is_scissors = |line: &[u8]| {
        line.starts_with(comment.as_bytes()) && line.windows(3).any(|part| part == b">8 ")
    };
    let mut lines = lines.take_while(|line| !is_scissors(line));
    lines.all(|line| line.trim_ascii().is_empty() || line.starts_with(comment.as_bytes()))
}
