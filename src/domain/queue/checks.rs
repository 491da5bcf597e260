//! Beginning a run of a check, and saying how it ended.

use crate::model::id::Id;
use crate::model::key::Key;
use crate::model::lock::Mode;
use crate::model::queue::{
    BATCH_FIRST, Did, Isolated, Outcome, Purpose, RUNS_MAX, Ran, Standing, Start, Told, Verdict,
};
use crate::model::refusal::Refusal;
use crate::model::reply::Reply;
use crate::model::request::Lock;
use crate::model::stored::Stored;

use super::super::decide::{Decided, Desk};
use super::super::task::text;
use super::super::{line, lock, locks, trust};
use super::{change, find, waiting, wrong_state};

/// Takes the lock of the run. A tree that was judged is not checked again: green is green, and what
/// was red twice needs another commit.
pub(super) fn start(desk: &mut Desk<'_>, ask: &Start) -> Result<Decided, Refusal> {
    let standing = find::standing(&desk.staged, &ask.tree, &ask.check.id)?;
    if !matches!(standing, Standing::Unknown | Standing::RedOnce) {
        return Err(Refusal::WrongState {
            what: "tree".into(),
            name: ask.tree.short(),
            is: "judged already by this check".into(),
            needs: "one that was not run, or was red once".into(),
        });
    }
    let what = match &ask.purpose {
        Purpose::Base => format!("{} itself", ask.target),
        Purpose::Isolate {
            id,
            sealed,
            onto,
            before,
        } => {
            let entry = waiting(desk, &ask.target, id, sealed)?;
            let isolated = Isolated {
                onto: *onto,
                before: *before,
                tree: ask.tree,
                check: ask.check.id.clone(),
            };
            if entry.isolated.as_ref() != Some(&isolated) {
                let mut entry = entry.body;
                entry.isolated = Some(isolated);
                desk.put_entry(entry)?;
            }
            format!("{id} alone")
        }
        Purpose::Certify { ids } => {
            for id in ids {
                let entry = find::expect(&desk.staged, &ask.target, id)?;
                if entry.stage.is_over() {
                    return Err(wrong_state(id, entry.stage.as_str(), "one that is queued"));
                }
            }
            board(desk, ask, ids)?;
            format!("{} together", ids.len())
        }
    };
    let mut line = find::line(&desk.staged, &ask.target)?;
    // A submitter who checks his own entry does not say what counts for all, unless nobody has.
    if line.check.as_ref() != Some(&ask.check) && !(ask.is_own && line.check.is_some()) {
        line.check = Some(ask.check.clone());
        desk.put_line(line)?;
    }
    let wanted = Lock {
        keys: vec![Key::run_of_check(&ask.tree, &ask.check.id)],
        mode: Mode::Exclusive,
        ttl_secs: ask.ttl_secs,
        reason: text(format!("check of {what} for {}", ask.target)),
        branch: None,
        task: None,
        host: ask.host.clone(),
        takeover: false,
        narrow: false,
        wait_until: None,
    };
    let Reply::Locked { locks, .. } = lock::decide(desk, &wanted)?.reply else {
        return Err(Refusal::WrongState {
            what: "run".into(),
            name: ask.tree.short(),
            is: "waited for".into(),
            needs: "a plain answer".into(),
        });
    };
    let told = Told {
        locks,
        standing: Some(standing),
        ..Told::new(Did::Started, Vec::new())
    };
    let subject = format!("queue check {what} by {}", desk.me().agent);
    Ok(change(told, subject))
}

/// Notes who is being certified. A part of what is certified already changes nothing about the whole.
fn board(desk: &mut Desk<'_>, ask: &Start, ids: &[Id]) -> Result<(), Refusal> {
    let mut line = find::line(&desk.staged, &ask.target)?;
    if !line.train.starts_with(ids) {
        line.train = ids.to_vec();
        desk.put_line(line)?;
    }
    Ok(())
}

/// Adds a run to the verdict on a tree and gives the lock of the run back.
///
/// A runner whose lease ended meanwhile is heard as well: what it saw is true all the same.
pub(super) fn ran(desk: &mut Desk<'_>, ask: &Ran) -> Result<Decided, Refusal> {
    let key = Key::run_of_check(&ask.tree, &ask.check.id);
    let me = desk.me().clone();
    let is_mine = locks::get(&desk.staged, &key)?
        .is_some_and(|lock| lock.holds.iter().any(|hold| hold.is_of(&me)));
    let mut told = Told::new(Did::GivenUp, Vec::new());
    if is_mine {
        desk.drop_hold(&key, &me)?;
        told.released = vec![key];
        line::hand_over(desk, &told.released)?;
    }
    let Some(run) = &ask.run else {
        let subject = format!(
            "queue check of {} given up by {}",
            ask.tree.short(),
            me.agent
        );
        return Ok(Decided {
            is_change: is_mine,
            ..change(told, subject)
        });
    };
    if run.by != me {
        return Err(Refusal::NotYours {
            what: "run".into(),
            name: ask.tree.short(),
            owner: run.by.clone(),
        });
    }
    let trust = trust::of(&desk.staged, &me.agent)?;
    if trust < trust::DEFAULT {
        return Err(Refusal::NotAllowed {
            what: format!(
                "{} has trust {trust}; to say how checks ended needs {}",
                me.agent,
                trust::DEFAULT
            ),
        });
    }
    let before = find::verdict(&desk.staged, &ask.tree, &ask.check.id)?;
    let mut verdict = before.map_or_else(
        || Verdict {
            tree: ask.tree,
            check: ask.check.id.clone(),
            command: ask.check.command.clone(),
            runs: Vec::new(),
        },
        |record| record.body,
    );
    if verdict.runs.contains(run) {
        // Who does not know whether it was heard says it again.
        told.did = Did::Judged;
        told.standing = Some(verdict.standing());
        return Ok(Decided {
            is_change: is_mine,
            ..change(
                told,
                format!(
                    "queue check of {} said again, by {}",
                    ask.tree.short(),
                    me.agent
                ),
            )
        });
    }
    // So many are never needed to judge a tree: who comes after that says nothing new.
    if verdict.runs.len() < RUNS_MAX {
        verdict.runs.push(run.clone());
    }
    let standing = verdict.standing();
    let rev = desk.staged.next_rev();
    desk.staged.put(
        &Verdict::place(&ask.tree, &ask.check.id),
        &Stored::new(desk.stamp, rev, verdict),
    )?;
    follow(desk, ask, standing)?;
    told.did = Did::Judged;
    told.standing = Some(standing);
    let word = match run.outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::TimedOut => "took too long",
    };
    let subject = format!(
        "queue check of {} {word}, by {}",
        ask.tree.short(),
        me.agent
    );
    Ok(change(told, subject))
}

/// What a verdict means for the entries that it was asked for.
fn follow(desk: &mut Desk<'_>, ask: &Ran, standing: Standing) -> Result<(), Refusal> {
    match &ask.purpose {
        Purpose::Certify { ids } if standing == Standing::RedOnce => {
            let mut line = find::line(&desk.staged, &ask.target)?;
            if ids.len() as u64 >= u64::from(line.batch) && line.batch > BATCH_FIRST {
                line.batch = (line.batch / 2).max(BATCH_FIRST);
                desk.put_line(line)?;
            }
        }
        Purpose::Base | Purpose::Isolate { .. } | Purpose::Certify { .. } => {}
    }
    Ok(())
}
