//! Programs that start at the same moment.

use std::sync::{Barrier, Mutex};
use std::thread;

use super::{Invocation, Outcome};

/// Starts `count` programs together, each from its own thread, and returns what they answered.
///
/// A barrier releases the threads when all of them are ready to start theirs: the programs then
/// load, read and decide side by side, as those of independent agents do. Every test that uses
/// this must hold for every order that can come out of it.
#[must_use = "count the winners"]
#[track_caller]
pub fn race(count: usize, prepare: impl Fn(usize) -> Invocation + Sync) -> Vec<Outcome> {
    let start = Barrier::new(count);
    thread::scope(|scope| {
        let run = |index| {
            let invocation = prepare(index);
            start.wait();
            invocation.run()
        };
        let racers: Vec<_> = (0..count)
            .map(|index| scope.spawn(move || run(index)))
            .collect();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    })
}

/// Does some work for each item, all of them starting at the same moment.
#[track_caller]
pub fn at_once<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let start = Barrier::new(items.len());
    let (start, work) = (&start, &work);
    thread::scope(|scope| {
        let begin = |item| {
            scope.spawn(move || {
                start.wait();
                work(item)
            })
        };
        let working: Vec<_> = items.into_iter().map(begin).collect();
        working
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Does some work for each item, with its number, two items at a time.
pub fn two_at_a_time<T: Send>(items: Vec<T>, work: impl Fn(usize, T) + Sync) {
    let queue = Mutex::new(items.into_iter().enumerate());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((number, item)) = queue.lock().unwrap().next() else {
                        return;
                    };
                    work(number, item);
                }
            });
        }
    });
}
