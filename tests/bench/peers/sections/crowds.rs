//! Many at once, each on a key of its own, and all on one.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use super::{missing, shown, who};
use crate::peers::paper::{Line, Sample, Table, factor, lines, number};
use crate::peers::rival::{Client, Rival, Step};
use crate::peers::rivals::Hall;
use crate::peers::{Found, Size};
use crate::world::file;

/// Who takes this many times as long as a pass is meant to take is asked no second time.
const PATIENCE: u32 = 5;

/// What came of one rival with so many clients.
#[derive(Default)]
struct Seen {
    /// Locks granted and given back, a second, on own keys: a value for each pass.
    own: Sample,
    /// How long a lock took, ms.
    waits: Sample,
    /// Grants, and tries, a second, on one key.
    grants: Sample,
    tries: Sample,
    wrong: Option<String>,
}

pub fn crowds(hall: &Hall, size: &Size) -> Found {
    let field = hall.crowds();
    let mut all: Vec<Vec<Seen>> = Vec::new();
    for count in size.clients {
        let mut clients: Vec<Result<Vec<Box<dyn Client>>, String>> = field
            .rivals
            .iter()
            .map(|rival| (0..*count).map(|n| rival.open(n)).collect())
            .collect();
        let mut seen: Vec<Seen> = field.rivals.iter().map(|_| Seen::default()).collect();
        for pass in 0..size.passes {
            for at in 0..field.rivals.len() {
                let at = (at + pass) % field.rivals.len();
                match &mut clients[at] {
                    Ok(clients) if seen[at].wrong.is_none() => {
                        take(clients, &mut seen[at], &field.rivals[at], size.pass);
                    }
                    Ok(_) => {}
                    Err(why) => seen[at].wrong = Some(why.clone()),
                }
            }
        }
        all.push(seen);
    }
    let mut tables = vec![
        own(&field.rivals, &all, size),
        one(&field.rivals, &all, size),
    ];
    missing(&mut tables[0], &field.missing);
    let line = |(at, rival): (usize, &Rival)| Line {
        label: rival.name.clone(),
        points: size
            .clients
            .iter()
            .zip(&all)
            .filter(|(_, seen)| !seen[at].own.0.is_empty())
            .map(|(count, seen)| (*count as f64, seen[at].own.median()))
            .collect(),
    };
    let curves: Vec<Line> = field.rivals.iter().enumerate().map(line).collect();
    let title = "Locks taken and given back a second, by clients at once";
    let picture = lines(title, "clients", "pairs a second", &curves);
    Found {
        tables,
        pictures: vec![("peers-crowds.svg", title, picture)],
    }
}

/// One pass of a rival: on own keys, then on one.
fn take(clients: &mut [Box<dyn Client>], seen: &mut Seen, rival: &Rival, time: Duration) {
    if seen.own.0.is_empty() || !is_slow(&seen.waits, time) {
        let key = |n: usize| file(n);
        let (all, waits, took) = together(clients, rival, time, key);
        let done = all
            .iter()
            .filter(|answer| matches!(answer, Ok(true)))
            .count();
        seen.wrong = all.into_iter().find_map(Result::err);
        seen.own.0.push(done as f64 / took);
        seen.waits.0.extend(waits);
        if seen.wrong.is_some() {
            eprintln!(
                "{}, {} clients: {:?}",
                rival.name,
                clients.len(),
                seen.wrong
            );
            return;
        }
        let (all, _, took) = together(clients, rival, time, |_| file(99));
        let granted = all
            .iter()
            .filter(|answer| matches!(answer, Ok(true)))
            .count();
        seen.grants.0.push(granted as f64 / took);
        seen.tries.0.push(all.len() as f64 / took);
        seen.wrong = all.into_iter().find_map(Result::err);
    }
}

fn is_slow(waits: &Sample, time: Duration) -> bool {
    waits.worst() > (time * PATIENCE).as_secs_f64() * 1e3
}

type Answers = (Vec<Result<bool, String>>, Vec<f64>, f64);

/// All clients lock and unlock until the time is over: the answers to their locks, how long these
/// took in ms, and the seconds until the last one was through.
fn together(
    clients: &mut [Box<dyn Client>],
    rival: &Rival,
    time: Duration,
    key: impl Fn(usize) -> String + Sync,
) -> Answers {
    let barrier = Barrier::new(clients.len());
    let start = Instant::now();
    let has_unlock = rival.steps.contains(&Step::Unlock);
    let work = |n: usize, client: &mut Box<dyn Client>| {
        let (key, mut all) = (key(n), Vec::new());
        barrier.wait();
        let end = Instant::now() + time;
        while Instant::now() < end {
            let begun = Instant::now();
            let mut answer = client.act(Step::Lock, &key);
            let took = begun.elapsed().as_secs_f64() * 1e3;
            if has_unlock && answer == Ok(true) {
                answer = client.act(Step::Unlock, &key);
            }
            let is_wrong = answer.is_err();
            all.push((answer, took));
            if is_wrong {
                break;
            }
        }
        all
    };
    let work = &work;
    let all: Vec<(Result<bool, String>, f64)> = std::thread::scope(|scope| {
        let running: Vec<_> = clients
            .iter_mut()
            .enumerate()
            .map(|(n, client)| scope.spawn(move || work(n, client)))
            .collect();
        running
            .into_iter()
            .flat_map(|thread| thread.join().expect("nobody panics"))
            .collect()
    });
    let took = start.elapsed().as_secs_f64();
    let (answers, waits) = all.into_iter().unzip();
    (answers, waits, took)
}

fn own(rivals: &[Rival], all: &[Vec<Seen>], size: &Size) -> Table {
    let said = "Every client locks and unlocks a key of its own, again and again. Pairs a second; for \
        the most clients, how long a lock took, and how many times as many pairs it was as with \
        git-coord: here **less** than 1 is better for git-coord.";
    let mut table = Table::new(
        "Many at once, own keys",
        said,
        &["who", "whose word", "flushed"],
    );
    for count in size.clients {
        table.head.push(format!("{count}, pairs/s"));
    }
    let most = size.clients.last().unwrap_or(&0);
    for what in ["median, ms", "worst, ms", "beside git-coord"] {
        table.head.push(format!("{most}: {what}"));
    }
    for (at, rival) in rivals.iter().enumerate() {
        let mut row = Vec::from(who(rival));
        for seen in all {
            row.push(match (&seen[at].wrong, seen[at].own.0.is_empty()) {
                (Some(why), _) => format!("*{}*", why.lines().next().unwrap_or_default()),
                (None, true) => "–".into(),
                (None, false) => number(seen[at].own.median()),
            });
        }
        if let Some(seen) = all.last() {
            row.push(number(seen[at].waits.median()));
            row.push(number(seen[at].waits.worst()));
            let base = rivals.iter().position(|other| other.name == rival.beside);
            let base = base
                .filter(|base| *base != at)
                .map(|base| seen[at].own.beside(&seen[base].own));
            row.push(base.map_or(String::new(), |ratio| {
                format!("{}x", factor(ratio.median()))
            }));
        }
        table.row(row);
    }
    table
}

fn one(rivals: &[Rival], all: &[Vec<Seen>], size: &Size) -> Table {
    let said = "Every client asks for the same key and takes no for an answer; who gets it gives it \
        back. Grants a second, of answers a second.";
    let mut table = Table::new("Many at once, one key", said, &["who"]);
    for count in size.clients {
        table.head.push(format!("{count} clients"));
    }
    for (at, rival) in rivals.iter().enumerate() {
        let mut row = vec![shown(rival)];
        for seen in all {
            let seen = &seen[at];
            row.push(match (&seen.wrong, seen.tries.0.is_empty()) {
                (None, false) => {
                    let (grants, tries) = (seen.grants.median(), seen.tries.median());
                    format!("{} of {}", number(grants), number(tries))
                }
                _ => "–".into(),
            });
        }
        table.row(row);
    }
    table
}
