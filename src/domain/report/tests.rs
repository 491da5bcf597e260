//! Reports of small worlds, computed by hand.

#![allow(clippy::unwrap_used)] // a panic is how a test says no

use super::rate::{bars, per_hour, percent};
use super::*;
use crate::model::id::Actor;
use crate::model::task::Claimed;

const START: i64 = 1_700_000_400;

fn at(minutes: i64) -> Timestamp {
    let at = chrono::DateTime::from_timestamp(START + minutes * 60, 0);
    at.unwrap().into()
}

fn actor(name: &str) -> Actor {
    Actor {
        agent: name.parse().unwrap(),
        session: "s1".parse().unwrap(),
    }
}

/// `id by stage added claimed ended`, the times in minutes and `-` for none.
fn task(line: &str) -> (Task, Standing) {
    let mut words = line.split_whitespace();
    let mut word = || words.next().unwrap().to_owned();
    let (id, by, is) = (word(), word(), word());
    let mut time = || word().parse().ok().map(at);
    let [added, claimed, ended] = [time(), time(), time()];
    let standing: Standing = serde_json::from_value(is.clone().into()).unwrap();
    let stage = match standing {
        Standing::Ready | Standing::Blocked => Stage::Open,
        _ => serde_json::from_value(is.into()).unwrap(),
    };
    let mut task: Task = serde_json::from_value(serde_json::json!({
        "id": id, "title": id, "sort": "task", "attempts_max": 3, "stage": stage,
        "added_by": actor("boss"), "added_at": added.unwrap(),
    }))
    .unwrap();
    task.first_claimed_at = claimed;
    task.ended_at = ended;
    task.claimed = (by != "-").then(|| Claimed {
        by: actor(&by),
        at: claimed.unwrap(),
        wanted_back: None,
    });
    for word in words {
        match word.split_once('=').unwrap() {
            ("label", label) => drop(task.labels.insert(label.parse().unwrap())),
            ("sort", sort) => task.sort = sort.parse().unwrap(),
            ("parent", id) => task.parent = Some(id.parse().unwrap()),
            ("run", run) => task.run = Some(run.parse().unwrap()),
            other => panic!("{other:?}"),
        }
    }
    (task, standing)
}

fn world() -> Vec<(Task, Standing)> {
    let lines = [
        "a alice done 0 10 30 label=core run=r parent=e",
        "b alice done 0 20 60 label=core sort=bug parent=e",
        "c bob failed 10 20 25 run=r parent=d",
        "d bob dead 10 30 90 parent=e",
        "e - cancelled 0 - 50",
        "f bob running 20 40 - label=core run=r parent=d",
        "g - ready 100 - - sort=bug",
        "h - blocked 100 - -",
        "i - ready 0 - - sort=epic run=r",
    ];
    lines.map(task).to_vec()
}

fn deed(line: &str) -> Deed {
    let words: Vec<&str> = line.split_whitespace().collect();
    Deed {
        at: at(words[0].parse().unwrap()),
        by: words[1].parse().unwrap(),
        did: match words[2] {
            "claimed" => Did::Claimed,
            "released" => Did::Released,
            "done" => Did::Ended(Stage::Done),
            other => panic!("{other}"),
        },
        id: words[3].parse().unwrap(),
    }
}

fn deeds() -> Vec<Deed> {
    let lines = [
        "10 alice claimed a",
        "20 alice claimed b",
        "25 bob claimed d",
        "26 bob released d",
        "30 bob done a",
        "70 carol done tidied-away",
    ];
    lines.map(deed).to_vec()
}

/// `name added/open/claimed/released/done/failed/cancelled/dead percent`.
fn line(name: &str, tally: &Tally) -> String {
    let Tally {
        added,
        open,
        claimed,
        released,
        done,
        failed,
        cancelled,
        dead,
        success_percent,
    } = tally;
    let numbers = [
        added, open, claimed, released, done, failed, cancelled, dead,
    ];
    let numbers = numbers.map(ToString::to_string).join("/");
    let percent = success_percent.map_or("-".into(), |percent| percent.to_string());
    format!("{name} {numbers} {percent}")
}

fn lines(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| line(&row.name, &row.tally)).collect()
}

#[test]
fn everything_is_counted_once() {
    let report = of(&world(), &deeds(), &Scope::default(), at(120));
    assert_eq!(line("all", &report.total), "all 9/4/3/1/3/1/1/1 60");
    let open: Vec<_> = report
        .open
        .iter()
        .map(|(is, n)| format!("{} {n}", is.as_str()))
        .collect();
    assert_eq!(open, ["ready 2", "blocked 1", "running 1"]);
    assert_eq!(
        lines(&report.by_agent),
        [
            "bob 0/1/1/1/0/1/0/1 0",
            "alice 0/0/2/0/2/0/0/0 100",
            "carol 0/0/0/0/1/0/0/0 100",
            "boss 9/0/0/0/0/0/0/0 -"
        ]
    );
    assert_eq!(
        lines(&report.by_sort),
        [
            "task 6/2/2/1/1/1/1/1 33",
            "bug 2/1/1/0/1/0/0/0 100",
            "epic 1/1/0/0/0/0/0/0 -"
        ]
    );
    assert_eq!(lines(&report.by_label), ["core 3/1/2/0/2/0/0/0 100"]);
    assert_eq!(report.percent, None);
    // Three done in two hours.
    assert_eq!(report.done_per_hour, Some(1.5));
    let spread = |count, median: u64, p95: u64| {
        Some(Spread {
            count,
            median_secs: median * 60,
            p95_secs: p95 * 60,
        })
    };
    assert_eq!(report.to_claim, spread(5, 20, 20));
    assert_eq!(report.to_finish, spread(2, 20, 40));
    assert_eq!(report.by_agent[1].to_finish, spread(2, 20, 40));
}

#[test]
fn only_what_is_in_scope_is_counted() {
    let since = Scope {
        since: Some(at(50)),
        ..Scope::default()
    };
    let report = of(&world(), &deeds(), &since, at(120));
    assert_eq!(line("all", &report.total), "all 2/4/0/0/2/0/1/1 66");
    assert_eq!(report.done_per_hour, Some(1.71));
    let run = Scope {
        run: Some("r".parse().unwrap()),
        ..Scope::default()
    };
    let report = of(&world(), &deeds(), &run, at(120));
    assert_eq!(line("r", &report.total), "r 4/2/1/0/1/1/0/0 50");
    assert_eq!(report.percent, Some(33));
    let epic = Scope {
        epic: Some("e".parse().unwrap()),
        ..Scope::default()
    };
    let report = of(&world(), &deeds(), &epic, at(120));
    assert_eq!(line("e", &report.total), "e 5/1/3/1/2/1/0/1 50");
    assert_eq!(report.percent, Some(40));
}

#[test]
fn a_report_of_nothing_is_one() {
    let report = of(&[], &[], &Scope::default(), at(0));
    assert_eq!(line("-", &report.total), "- 0/0/0/0/0/0/0/0 -");
    assert_eq!((report.done_per_hour, report.bars.len()), (None, 0));
    let circle = [
        task("a - ready 0 - - parent=b"),
        task("b - ready 0 - - parent=a"),
    ];
    let epic = Scope {
        epic: Some("a".parse().unwrap()),
        ..Scope::default()
    };
    assert_eq!(of(&circle, &[], &epic, at(0)).percent, Some(0));
}

#[test]
fn spreads_and_shares() {
    type Case = (&'static [i64], Option<(u64, u64)>);
    let cases: [Case; 5] = [
        (&[], None),
        (&[7], Some((7, 7))),
        (&[3, 1], Some((1, 3))),
        (&[-5, 2, 9], Some((2, 9))),
        (
            &[
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 99,
            ],
            Some((10, 19)),
        ),
    ];
    for (secs, expected) in cases {
        let spread = Spread::of(secs.to_vec());
        let found = spread.map(|spread| (spread.median_secs, spread.p95_secs));
        assert_eq!(found, expected, "{secs:?}");
    }
    let shares = [
        (0, 0, None),
        (0, 3, Some(0)),
        (2, 3, Some(66)),
        (199, 200, Some(99)),
        (3, 3, Some(100)),
    ];
    for (part, of, share) in shares {
        assert_eq!(percent(part, of), share);
    }
    assert_eq!((per_hour(1, 59), per_hour(1, 60)), (None, Some(60.0)));
    assert_eq!(per_hour(1, -1), None);
}

#[test]
fn bars_are_few_and_hold_everything() {
    for minutes in [0, 1, 20, 90, 60 * 24, 60 * 24 * 30, 60 * 24 * 365 * 20] {
        let ends: Vec<_> = [0, minutes / 3, minutes, minutes + 5, -7]
            .map(|minute| (at(minute), Stage::Done))
            .into_iter()
            .chain([(at(0), Stage::Dead), (at(0), Stage::Cancelled)])
            .collect();
        let bars = bars(&ends, at(0), at(minutes));
        assert!((1..=24).contains(&bars.len()), "{minutes}: {}", bars.len());
        assert_eq!(
            bars.iter().map(|bar| bar.done).sum::<usize>(),
            5,
            "{minutes}"
        );
        assert_eq!(
            bars.iter().map(|bar| bar.failed).sum::<usize>(),
            1,
            "{minutes}"
        );
        for pair in bars.windows(2) {
            assert_eq!(
                pair[1].from.secs_since(pair[0].from),
                i64::try_from(pair[0].secs).unwrap()
            );
        }
    }
}
