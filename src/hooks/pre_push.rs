//! Before a push: every commit that leaves.

use std::io::Read;

use crate::coord::{Coord, Failure, Known};
use crate::model::object_id::ObjectId;
use crate::ops::msg;
use crate::store::{Backend, Error, names};

use super::{Heard, look};

/// Largest list of refs that is read, in bytes.
const INPUT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// One line of git's: what moves where.
struct Moved<'l> {
    from: &'l str,
    new: Option<ObjectId>,
    to: &'l str,
    old: Option<ObjectId>,
}

/// Git passes the remote's name and address, and the refs on standard input.
pub(super) fn answer(coord: &Coord, args: &[&str]) -> Result<Heard, Failure> {
    let mut input = String::new();
    std::io::stdin()
        .take(INPUT_BYTES_MAX)
        .read_to_string(&mut input)
        .map_err(Error::io("reading", "the list of refs to push"))?;
    let state = &coord.settings().remote_ref;
    // Tags name what was pushed or is pushed beside them; deletions take nothing along; the state
    // has rules of its own.
    let is_work = |moved: &Moved<'_>| {
        !moved.to.starts_with("refs/tags/")
            && !moved.to.starts_with("refs/coord/")
            && moved.to != state
    };
    let moved: Vec<Moved<'_>> = input.lines().filter_map(parse).filter(is_work).collect();
    if moved.iter().all(|moved| moved.new.is_none()) {
        return Ok(Heard::default());
    }
    let remote = args.first().copied().unwrap_or_default();
    let branches = || branches(coord, &moved);
    let mut heard = look::judged(coord, branches, || paths(coord, remote, &moved))?;
    // A push that is refused is not the end of the work; and no message stops one.
    if !heard.is_no {
        let told = msg::tell(coord, msg::Moment::Pushed);
        heard.notes.extend(told.unwrap_or_default());
    }
    Ok(heard)
}

/// The branches whose work leaves: those that are pushed, and those that are pushed to.
fn branches(coord: &Coord, moved: &[Moved<'_>]) -> Vec<String> {
    let leaving = moved.iter().filter(|moved| moved.new.is_some());
    let names = leaving.flat_map(|moved| [moved.from, moved.to]);
    let branch = |name: &str| match name {
        "HEAD" => coord.current_branch(),
        name => name.strip_prefix("refs/heads/").map(str::to_owned),
    };
    names.filter_map(branch).collect()
}

fn paths(coord: &Coord, remote: &str, moved: &[Moved<'_>]) -> Result<Vec<Vec<u8>>, Failure> {
    let is_named = coord
        .repo()
        .config()
        .get(&format!("remote.{remote}.url"))
        .is_some();
    let mut paths = Vec::new();
    for Moved { new, to, old, .. } in moved {
        let Some(new) = new else { continue };
        // What reaches the main branch was perhaps on another branch of the remote before, but it
        // is only now that it counts; on every other branch, what the main branch has is no news.
        let (old, known) = match old {
            Some(old) => {
                let mut old = vec![*old];
                old.extend(main_tips(coord, remote, to));
                (old, Known::Nothing)
            }
            None if is_named => (Vec::new(), Known::RefsOf(remote)),
            None => (Vec::new(), Known::RemoteRefs),
        };
        for change in coord.commits_between(&[*new], &old, known)? {
            paths.extend(change.paths);
        }
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// Where the remote's main branch was last seen, unless it is what the push moves.
fn main_tips(coord: &Coord, remote: &str, to: &str) -> Option<ObjectId> {
    let branch = to.strip_prefix("refs/heads/").unwrap_or(to);
    let own = coord.settings().main_branch.as_deref();
    let names = own.into_iter().chain(["main", "master"]);
    for name in names {
        let tracked = format!("refs/remotes/{remote}/{name}");
        if let Ok(Some(tip)) = coord.repo().tip(&tracked) {
            return (name != branch).then_some(tip);
        }
    }
    None
}

/// Reads `<local ref> <local oid> <remote ref> <remote oid>`; an id of zeros is none.
fn parse(line: &str) -> Option<Moved<'_>> {
    let words: Vec<&str> = line.split(' ').collect();
    let [from, new, to, old] = words.as_slice() else {
        return None;
    };
    Some(Moved {
        from,
        new: names::existing(new),
        to,
        old: names::existing(old),
    })
}
