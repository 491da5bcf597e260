//! Time: how old the view is, and whether this clock agrees with those of others.

use crate::coord::{Coord, view};
use crate::env;
use crate::model::time::{Timestamp, span};

use super::finding::Judged;
use super::objects::Chain;
use super::remote::Offered;
use super::tip::Seen;

/// A view older than this says little of who holds what.
const OLD_SECS: u64 = 24 * 60 * 60;
/// By how much clocks may differ unnoticed.
const TOLERANCE_SECS: i64 = 60;
/// How many of the newest commits are looked at.
const NEWEST: usize = 50;

pub(super) fn view_age(coord: &Coord) -> Judged {
    let is_remote = coord.settings().remote.is_some();
    judge_age(is_remote, view::age(coord).map(|age| age.as_secs()))
}

fn judge_age(is_remote: bool, secs: Option<u64>) -> Judged {
    match (is_remote, secs) {
        (false, _) => Judged::ok("this clone's state is never old: it is the authority"),
        (true, None) => Judged::note("the remote has never confirmed what this clone has"),
        (true, Some(secs)) if secs > OLD_SECS => Judged::note(format!(
            "confirmed {} ago; any write or `git coord check` refreshes it",
            span(secs)
        )),
        (true, Some(secs)) => Judged::ok(format!("confirmed {} ago", span(secs))),
    }
}

/// Compares this clock with the dates of the newest commits, here and at the remote.
pub(super) fn look(coord: &Coord, chain: &Chain, offered: &Offered) -> Judged {
    let newest = chain.inspected.commits.iter().take(NEWEST);
    let mut dates: Vec<(String, Timestamp)> = newest
        .map(|(id, commit)| {
            (
                format!("state {} of {}", id.short(), commit.committer.name),
                commit.at.into(),
            )
        })
        .collect();
    if let Offered::At(tip, _) = offered
        && let Seen::State { at, .. } = tip.seen
    {
        dates.push((format!("the remote's state {}", tip.id.short()), at));
    }
    if let Some(remote) = &coord.settings().remote {
        dates.extend(of_branches(coord, remote));
    }
    judge(&dates, env::now())
}

/// Dates of the remote's branches, as last fetched.
fn of_branches(coord: &Coord, remote: &str) -> Vec<(String, Timestamp)> {
    let args = [
        "for-each-ref",
        "--sort=-committerdate",
        "--count=10",
        "--format=%(committerdate:unix) %(refname)",
        &format!("refs/remotes/{remote}"),
    ];
    let listed = coord.repo().git().run(&args, None, None);
    let listed = listed.map(|output| output.text()).unwrap_or_default();
    let date = |line: &str| {
        let (secs, name) = line.split_once(' ')?;
        let at = chrono::DateTime::from_timestamp(secs.parse().ok()?, 0)?;
        Some((name.to_owned(), at.into()))
    };
    listed.lines().filter_map(date).collect()
}

fn judge(dates: &[(String, Timestamp)], now: Timestamp) -> Judged {
    let ahead = |(_, at): &&(String, Timestamp)| at.secs_since(now) > TOLERANCE_SECS;
    let future: Vec<_> = dates.iter().filter(ahead).collect();
    let Some(most) = future.iter().map(|(_, at)| at.secs_since(now)).max() else {
        return Judged::ok("no commit is from the future");
    };
    let lines = future.iter().map(|(what, at)| format!("{what}: {at}"));
    Judged::warning(format!(
        "this clock is late, or others are early: commits are up to {} in the future",
        span(most.unsigned_abs())
    ))
    .details(lines)
    .advice("set the clocks by the network; leases are safe all the same, only later or longer")
}

#[cfg(test)]
mod tests {
    use super::{judge, judge_age};
    use crate::coord::doctor::finding::State;
    use crate::model::time::Timestamp;

    #[test]
    fn only_the_future_is_suspicious() {
        let now: Timestamp = chrono::DateTime::UNIX_EPOCH.into();
        let at = |secs| vec![("x".to_owned(), now.plus_secs(secs))];
        assert_eq!(judge(&[], now).state, State::Ok);
        assert_eq!(judge(&at(60), now).state, State::Ok);
        assert_eq!(judge(&at(61), now).state, State::Warning);
        assert_eq!(judge(&at(0), now.plus_secs(1 << 30)).state, State::Ok);
    }

    #[test]
    fn an_old_view_is_no_fault() {
        for (is_remote, secs, state) in [
            (false, None, State::Ok),
            (true, None, State::Note),
            (true, Some(10), State::Ok),
            (true, Some(100_000), State::Note),
        ] {
            assert_eq!(judge_age(is_remote, secs).state, state);
        }
    }
}
