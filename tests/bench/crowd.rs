//! Many at once.

use std::process::Command;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::measure::{Row, Times, ms, once};
use crate::world::World;

/// Starts all commands together and returns how long each took, and all.
fn together(mut commands: Vec<Command>) -> (Times, Duration) {
    let barrier = Barrier::new(commands.len());
    let start = Instant::now();
    let times = std::thread::scope(|scope| {
        let running: Vec<_> = commands
            .iter_mut()
            .map(|command| {
                scope.spawn(|| {
                    barrier.wait();
                    once(command)
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().expect("it succeeds"))
            .collect()
    });
    (Times::of(times), start.elapsed())
}

fn row(case: &str, (times, all): &(Times, Duration), count: usize) -> Row {
    let per_second = count as f64 / all.as_secs_f64();
    let figure = format!(
        "{per_second:.0}/s, median {} ms, worst {} ms",
        ms(times.median()),
        ms(times.worst())
    );
    Row::figure(case, figure, "nobody starves", Some(true))
}

/// 64 processes in one clone: all on one key, shared so that all succeed; and each on its own.
pub fn local(world: &World) -> Vec<Row> {
    let dir = world.repo("crowd", 100);
    world.config(&dir, "coord.fsync", "false");
    let lock = |n: usize, key: &str, extra: &[&str]| {
        let agent = format!("a{n}/s1");
        let mut args = vec!["--as", &agent, "lock", key];
        args.extend(extra);
        world.coord(&dir, &args)
    };
    let same = together((0..64).map(|n| lock(n, "one.rs", &["--shared"])).collect());
    let own = together(
        (0..64)
            .map(|n| lock(n, &format!("own/{n}.rs"), &[]))
            .collect(),
    );
    let queue = together(
        (0..64)
            .map(|n| {
                let script = format!(
                    "{0} --as q{n}/s1 lock --wait=5m line.rs && {0} --as q{n}/s1 unlock line.rs",
                    crate::world::PROGRAM
                );
                world.shell(&dir, &script)
            })
            .collect(),
    );
    vec![
        row("64 processes on one key (shared), local", &same, 64),
        row("64 processes on 64 keys, local", &own, 64),
        row(
            "64 processes in line for one key, lock and unlock, local",
            &queue,
            64,
        ),
    ]
}

/// 16 clones of one remote, each on its own key.
pub fn clones(world: &World) -> Vec<Row> {
    world.run(world.git(&world.path(""), &["init", "-q", "--bare", "hub.git"]));
    let hub = world.path("hub.git").display().to_string();
    let dirs: Vec<_> = (0..16)
        .map(|n| {
            let dir = world.repo(&format!("clone{n}"), 1);
            world.run(world.git(&dir, &["remote", "add", "origin", &hub]));
            world.config(&dir, "coord.remote", "origin");
            dir
        })
        .collect();
    world.run(world.coord(&dirs[0], &["lock", "warm.rs"]));
    let all = together(
        dirs.iter()
            .enumerate()
            .map(|(n, dir)| {
                world.coord(
                    dir,
                    &["--as", &format!("a{n}/s1"), "lock", &format!("{n}.rs")],
                )
            })
            .collect(),
    );
    vec![row("16 clones on a loopback remote, own keys", &all, 16)]
}
