//! What the remote accepts, tried out on a scratch ref beside the state's own: that it takes the
//! name, moves it by compare-and-swap, moves two refs in one step, and deletes it again.

use crate::coord::Coord;
use crate::coord::relay::REQUEST_BRANCHES;
use crate::env;
use crate::model::object_id::ObjectId;
use crate::store::{Backend, Commit, Error, Lack, NewObject, ObjectKind, Person, Pushed, RefSwap};

use super::finding::Judged;
use super::remote::Offered;

/// Why two refs are not moved in one step where the host says so itself.
const NOT_ATOMIC: &str = "it does not offer them";

/// What came of each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tried {
    /// Why the name was refused.
    refused: Option<String>,
    /// Why a move was refused.
    unmoved: Option<String>,
    /// A move from a value that no longer stood there was accepted.
    is_careless: bool,
    /// Why two refs could not be moved in one step.
    not_atomic: Option<String>,
    /// Refs that could not be deleted, and why.
    left: Option<(Vec<String>, String)>,
}

pub(super) fn look(coord: &Coord, is_wanted: bool, offered: &Offered) -> Judged {
    let Some(remote) = &coord.settings().remote else {
        return Judged::ok("no remote is asked");
    };
    if let Offered::Unreached(_) = offered {
        return Judged::note("not known: the remote does not answer");
    }
    if coord.is_by_branch() {
        return asks(coord, remote, is_wanted);
    }
    let name = scratch(&coord.settings().remote_ref, &env::fresh_op().to_string());
    if !is_wanted {
        return rehearse(coord, remote, name);
    }
    match attempt(coord, remote, &name) {
        Ok(tried) => judge(remote, &name, &tried),
        Err(why) => Judged::problem(why.to_string()),
    }
}

/// What is known of a remote that takes no state from here.
fn asks(coord: &Coord, remote: &str, is_wanted: bool) -> Judged {
    let found = coord.transport_finding().unwrap_or_default();
    let mut details = Vec::new();
    if let Some((words, at)) = &found.no_state {
        let at = at.map(|at| format!(" at {at}")).unwrap_or_default();
        details.push(format!("it refused the state{at}: {words}"));
    }
    let way = match &found.no_request_branch {
        None => format!("on the branch {REQUEST_BRANCHES}{}", coord.actor().agent),
        Some(words) => {
            details.push(format!("it refused a branch for requests: {words}"));
            "on the branch that is checked out".to_owned()
        }
    };
    let advice = if is_wanted {
        coord.forget_transport();
        "what was found out is forgotten: the next change finds it out again"
    } else {
        "see git coord help relay; git coord doctor --probe finds it out again"
    };
    Judged::note(format!(
        "changes are asked for {way} of `{remote}`, and a relay decides them"
    ))
    .details(details)
    .advice(advice)
}

/// What can be told without writing to the remote.
fn rehearse(coord: &Coord, remote: &str, name: String) -> Judged {
    const REST: &str = "not tried, since that writes to the remote: git coord doctor --probe";
    // Any commit will do, and nothing is written for it.
    let Ok(Some(new)) = coord.commit_named("HEAD") else {
        return Judged::ok(REST);
    };
    let old = None;
    match coord.repo().rehearse(remote, &[RefSwap { name, old, new }]) {
        Ok(Pushed::Moved) => Judged::ok(format!(
            "`{remote}` takes atomic pushes; the rest is {REST}"
        )),
        Ok(Pushed::Lacks(Lack::AtomicPush)) => judge_not_atomic(remote, NOT_ATOMIC),
        Ok(other) => {
            let why = why_not(other).unwrap_or_default();
            Judged::warning(format!(
                "`{remote}` answers, and takes no push from here: {why}"
            ))
            .advice(format!("try `git push --dry-run {remote}`"))
        }
        Err(why) => Judged::problem(why.to_string()),
    }
}

fn judge_not_atomic(remote: &str, why: &str) -> Judged {
    Judged::warning(format!("`{remote}` takes no atomic pushes: {why}"))
        .advice("locks work; `git coord push` and `git coord compact` do not")
}

/// The name beside the state's own, so that the host's rules are the same.
fn scratch(state: &str, id: &str) -> String {
    let folder = state.rsplit_once('/').map_or(state, |(folder, _)| folder);
    format!("{folder}/probe/{}", id.to_ascii_lowercase())
}

fn judge(remote: &str, name: &str, tried: &Tried) -> Judged {
    let mut wrong = Vec::new();
    if let Some(why) = &tried.refused {
        let advice = if name.starts_with("refs/heads/") {
            "ask the host's people for the right to push there, or choose another `coord.ref`"
        } else {
            "if it takes branches: git config coord.ref refs/heads/coord/state"
        };
        return Judged::problem(format!("`{remote}` refuses {name}: {why}")).advice(advice);
    }
    if let Some(why) = &tried.unmoved {
        wrong.push(format!(
            "it does not move a ref from one value to another: {why}"
        ));
    }
    if tried.is_careless {
        wrong.push("it moved a ref although another value stood there: no lock is safe".into());
    }
    if !wrong.is_empty() {
        return Judged::problem(format!("`{remote}` cannot keep the state")).details(wrong);
    }
    if let Some((names, why)) = &tried.left {
        return Judged::warning(format!("`{remote}` deletes no refs of this kind: {why}"))
            .details(names.clone())
            .advice("nothing needs deletion but these scratch refs");
    }
    if let Some(why) = &tried.not_atomic {
        return judge_not_atomic(remote, why);
    }
    Judged::ok(format!(
        "`{remote}` creates, moves under lease, moves two in one step, and deletes such refs"
    ))
}

fn attempt(coord: &Coord, remote: &str, name: &str) -> Result<Tried, Error> {
    let repo = coord.repo();
    let [one, two, three] = commits(coord);
    repo.write(&[one.0, one.1.clone(), two.1.clone(), three.1.clone()])?;
    let [one, two, three] = [one.1.id, two.1.id, three.1.id];
    let swap = |name: &str, old, new| RefSwap {
        name: name.to_owned(),
        old,
        new,
    };
    let mut tried = Tried::default();
    if let Some(why) = why_not(repo.push(remote, &[swap(name, None, one)])?) {
        tried.refused = Some(why);
        return Ok(tried);
    }
    let mut made = vec![(name.to_owned(), one)];
    match why_not(repo.push(remote, &[swap(name, Some(one), two)])?) {
        Some(why) => tried.unmoved = Some(why),
        None => made[0].1 = two,
    }
    let stale = repo.push(remote, &[swap(name, Some(one), three)])?;
    if tried.unmoved.is_none() && stale == Pushed::Moved {
        tried.is_careless = true;
        made[0].1 = three;
    }
    let beside = format!("{name}-2");
    let now = made[0].1;
    let both = [swap(name, Some(now), three), swap(&beside, None, one)];
    if now != three {
        match why_not(repo.push(remote, &both)?) {
            Some(why) => tried.not_atomic = Some(why),
            None => {
                made[0].1 = three;
                made.push((beside, one));
            }
        }
    }
    tried.left = delete(coord, remote, &made)?;
    Ok(tried)
}

fn why_not(pushed: Pushed) -> Option<String> {
    match pushed {
        Pushed::Moved => None,
        Pushed::Rejected(why) | Pushed::Unreached(why) | Pushed::Unknown(why) => Some(why),
        // Our own pushes have no options.
        Pushed::Lacks(Lack::AtomicPush | Lack::PushOptions) => Some(NOT_ATOMIC.into()),
    }
}

/// Deletes the scratch refs, one at a time so that a host without atomic pushes does it too.
fn delete(
    coord: &Coord,
    remote: &str,
    made: &[(String, ObjectId)],
) -> Result<Option<(Vec<String>, String)>, Error> {
    let mut left = Vec::new();
    let mut why = String::new();
    for (name, id) in made {
        match coord.repo().delete_there(remote, &[(name.clone(), *id)]) {
            Ok(()) => {}
            Err(Error::Remote { why: words, .. }) => {
                left.push(name.clone());
                why = words;
            }
            Err(other) => return Err(other),
        }
    }
    Ok((!left.is_empty()).then_some((left, why)))
}

/// An empty tree and three commits on it, each the parent of the next, like no others.
fn commits(coord: &Coord) -> [(NewObject, NewObject); 3] {
    let hash = coord.repo().hash();
    let tree = NewObject::new(hash, ObjectKind::Tree, Vec::new());
    let who = Person::new("git-coord", "doctor@git-coord.invalid");
    let mut parent = None;
    [1, 2, 3].map(|number| {
        let commit = Commit {
            tree: tree.id,
            parent,
            author: who.clone(),
            committer: who.clone(),
            at: env::now().utc(),
            signed: false,
            message: format!("probe {number} {}\n\nMay be deleted.\n", env::fresh_op()),
        };
        let object = NewObject::new(hash, ObjectKind::Commit, commit.to_bytes());
        parent = Some(object.id);
        (tree.clone(), object)
    })
}

#[cfg(test)]
mod tests {
    use super::{Tried, judge, scratch};
    use crate::coord::doctor::finding::State;

    #[test]
    fn the_scratch_ref_is_beside_the_state() {
        assert_eq!(scratch("refs/coord/state", "01AB"), "refs/coord/probe/01ab");
        assert_eq!(
            scratch("refs/heads/coord/state", "X"),
            "refs/heads/coord/probe/x"
        );
    }

    #[test]
    fn each_answer_of_a_host_has_its_judgement() {
        let name = "refs/coord/probe/x";
        let no = || Some("no".to_owned());
        let all = Tried::default();
        let cases = [
            (all.clone(), State::Ok, "creates"),
            (
                Tried {
                    refused: no(),
                    ..all.clone()
                },
                State::Problem,
                "refuses",
            ),
            (
                Tried {
                    unmoved: no(),
                    ..all.clone()
                },
                State::Problem,
                "cannot keep",
            ),
            (
                Tried {
                    is_careless: true,
                    ..all.clone()
                },
                State::Problem,
                "cannot keep",
            ),
            (
                Tried {
                    not_atomic: no(),
                    ..all.clone()
                },
                State::Warning,
                "atomic",
            ),
            (
                Tried {
                    left: Some((vec![], "no".into())),
                    ..all
                },
                State::Warning,
                "deletes no",
            ),
        ];
        for (tried, state, found) in cases {
            let judged = judge("origin", name, &tried);
            assert_eq!(judged.state, state, "{tried:?}");
            assert!(judged.found.contains(found), "{}", judged.found);
        }
    }
}
