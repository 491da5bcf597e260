//! Watching what others do.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use git_coord::coord::Coord;
use git_coord::model::request::{Request, Unlock, Which};

use crate::measure::{Row, Times, ms};
use crate::world::{World, file};

/// Changes at full speed, and at the pace of people.
const EVENTS: usize = 10_000;
const STEPS: usize = 40;
const PAUSE: Duration = Duration::from_millis(150);
/// How long the last line is waited for.
const LAST: Duration = Duration::from_secs(30);

/// How long a change takes to a watcher of the same clone, and whether each arrives once.
pub fn watch(world: &World) -> Vec<Row> {
    let dir = world.repo("watch", 100);
    world.config(&dir, "coord.fsync", "false");
    let coord = Coord::open(&dir, Some("bench/s1")).expect("it is a repository");
    let lock = |n: usize| {
        let text = format!("{{\"lock\":{{\"keys\":[\"{}\"]}}}}", file(n));
        let request = serde_json::from_str(&text).expect("it is a request");
        coord.handle(request).expect("it is free");
    };
    let unlock = || {
        let which = Which::All;
        let done = coord.handle(Request::Unlock(Unlock { which }));
        done.expect("it is held");
    };
    lock(99);
    unlock();
    let (mut watcher, lines) = start(world, &dir, &coord);
    for n in 0..EVENTS / 2 {
        lock(n % 97);
        unlock();
    }
    let seen: Vec<String> = (0..EVENTS)
        .map_while(|_| lines.recv_timeout(LAST).ok())
        .map(|(line, _)| line)
        .collect();
    let is_word =
        |n: usize, line: &String| line.contains(["\"lock.taken\"", "\"lock.released\""][n % 2]);
    let right = seen
        .iter()
        .enumerate()
        .filter(|(n, line)| is_word(*n, line));
    let lost = EVENTS - right.count();
    let mut delays = Vec::new();
    for n in 0..STEPS {
        std::thread::sleep(PAUSE);
        match n % 2 {
            0 => lock(n),
            _ => unlock(),
        }
        let done = Instant::now();
        if let Ok((_, at)) = lines.recv_timeout(LAST) {
            delays.push(at.saturating_duration_since(done));
        }
    }
    end(&mut watcher);
    let is_complete = delays.len() == STEPS;
    let delays = Times::of(delays);
    let figure = format!(
        "median {} ms, worst {} ms",
        ms(delays.median()),
        ms(delays.worst())
    );
    let is_soon = is_complete && delays.worst().as_millis() <= 200;
    vec![
        Row::figure(
            "`watch`: lost or repeated of 10,000 events",
            lost.to_string(),
            "0",
            Some(lost == 0),
        ),
        Row::figure(
            "`watch`: from a change to its line, local",
            figure,
            "≤ 200 ms",
            Some(is_soon),
        ),
    ]
}

/// A watcher of what comes from now on, and its lines with the time of each.
fn start(world: &World, dir: &Path, coord: &Coord) -> (Child, Receiver<(String, Instant)>) {
    let tip = coord
        .tip()
        .expect("it can be read")
        .expect("there is a state");
    let args = ["watch", "--json", "--since", &tip.to_string()];
    let mut watcher = world
        .coord(dir, &args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let out = BufReader::new(watcher.stdout.take().expect("it is piped"));
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if sender.send((line, Instant::now())).is_err() {
                break;
            }
        }
    });
    (watcher, lines)
}

fn end(watcher: &mut Child) {
    watcher.kill().expect("it runs");
    watcher.wait().expect("it ends");
}
