//! How long the history is, and what it costs.

use crate::coord::Coord;
use crate::env;
use crate::model::time::{Timestamp, span};

use super::finding::Judged;
use super::objects::Chain;

/// A new epoch is advised from so many states on, unless the setting says otherwise.
const STATES_MANY: u64 = 10_000;
/// Git packs by itself from so many loose objects on; far beyond, it does not get its turn.
const LOOSE_MANY: u64 = 20_000;

/// The size of things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    states: u64,
    loose: u64,
    loose_kib: u64,
    packed_kib: u64,
}

pub(super) fn look(coord: &Coord, chain: &Chain) -> Judged {
    let states = chain.inspected.commits.len() as u64;
    if states == 0 {
        return Judged::ok("none yet");
    }
    let counted = coord.repo().git().run(&["count-objects", "-v"], None, None);
    let counted = counted.map(|output| output.text()).unwrap_or_default();
    let size = Size {
        states,
        ..parse(&counted)
    };
    let since = chain.inspected.commits.last().map(|(_, first)| first.at);
    let age = since.map(|at| {
        env::now()
            .secs_since(Timestamp::new(at))
            .max(0)
            .unsigned_abs()
    });
    judge(size, age.unwrap_or_default(), coord.settings().epoch_every)
}

fn parse(counted: &str) -> Size {
    let value = |name: &str| {
        let mut lines = counted.lines();
        let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        found.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
    };
    Size {
        states: 0,
        loose: value("count"),
        loose_kib: value("size"),
        packed_kib: value("size-pack"),
    }
}

fn judge(size: Size, age_secs: u64, epoch_every: u64) -> Judged {
    let many = if epoch_every > 0 {
        epoch_every
    } else {
        STATES_MANY
    };
    let text = format!(
        "{} states in {}; the repository has {} loose objects ({} KiB) and {} KiB in packs",
        size.states,
        span(age_secs),
        size.loose,
        size.loose_kib,
        size.packed_kib
    );
    if size.states >= many {
        Judged::note(text).advice("git coord compact, so that new clones fetch less")
    } else if size.loose >= LOOSE_MANY {
        Judged::note(text).advice("git maintenance run --auto")
    } else {
        Judged::ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Size, judge, parse};
    use crate::coord::doctor::finding::State;

    #[test]
    fn advice_comes_when_it_is_due() {
        let size = parse("count: 12\nsize: 48\nin-pack: 3\nsize-pack: 7\nsize-garbage: 0\n");
        assert_eq!((size.loose, size.loose_kib, size.packed_kib), (12, 48, 7));
        let states = |states| Size { states, ..size };
        assert_eq!(judge(states(9_999), 0, 0).state, State::Ok);
        assert_eq!(judge(states(10_000), 0, 0).state, State::Note);
        assert_eq!(judge(states(100), 0, 100).state, State::Note);
        let loose = Size {
            loose: 20_000,
            ..states(1)
        };
        assert_eq!(judge(loose, 0, 0).state, State::Note);
    }
}
