//! One command at a time.

use std::time::Instant;

use git_coord::coord::Coord;
use git_coord::model::request::{Request, Unlock, Which};

use crate::measure::{Row, Times, in_turn, ms, once};
use crate::world::{PROGRAM, World, file};

const ROUNDS: usize = 60;

/// The program does nothing.
pub fn start(world: &World) -> Vec<Row> {
    let dir = world.repo("start", 1);
    let (ours, git) = in_turn(
        ROUNDS,
        |_| world.coord(&dir, &["--version"]),
        |_| world.git(&dir, &["--version"]),
    );
    let size = std::fs::metadata(PROGRAM).expect("it is built").len() as f64 / 1e6;
    let figure = format!("{size:.1} MB");
    vec![
        Row::ratio("start-up against `git --version`", &ours, &git, 2.0),
        Row::figure("size of the program", figure, "≤ 15 MB", Some(size <= 15.0)),
    ]
}

/// `lock` and `unlock` of one path, nothing flushed.
pub fn lock(world: &World) -> Vec<Row> {
    let dir = world.repo("lock", 100);
    world.config(&dir, "coord.fsync", "false");
    let path = file(7);
    // In turn on one repository: each lock is followed by its unlock.
    let mut unlocks = Vec::new();
    let mut locks = Vec::new();
    let mut gits = Vec::new();
    for round in 0..=ROUNDS {
        let lock = once(&mut world.coord(&dir, &["lock", &path]));
        let git = once(&mut world.git(&dir, &["--version"]));
        let unlock = once(&mut world.coord(&dir, &["unlock", &path]));
        if round > 0 {
            locks.push(lock);
            gits.push(git);
            unlocks.push(unlock);
        }
    }
    let (locks, unlocks, git) = (Times::of(locks), Times::of(unlocks), Times::of(gits));
    vec![
        Row::ratio(
            "`lock` against `git --version`, fsync off",
            &locks,
            &git,
            4.0,
        ),
        Row::ratio(
            "`unlock` against `git --version`, fsync off",
            &unlocks,
            &git,
            4.0,
        ),
    ]
}

/// The same with every file flushed, against the git commands that do the same.
pub fn fsync(world: &World) -> Vec<Row> {
    let dir = world.repo("fsync", 100);
    let path = file(7);
    world.run(world.coord(&dir, &["lock", &path]));
    let script = "
        export GIT_CONFIG_COUNT=2
        export GIT_CONFIG_KEY_0=core.fsync GIT_CONFIG_VALUE_0=loose-object,reference
        export GIT_CONFIG_KEY_1=core.fsyncMethod GIT_CONFIG_VALUE_1=fsync
        old=$(git rev-parse -q --verify refs/raw/state || true)
        blob=$(echo \"{\\\"n\\\":\\\"$N\\\"}\" | git hash-object -w --stdin)
        tree=$(printf '100644 blob %s\\tf07.rs=\\n' $blob | git mktree)
        tree=$(printf '040000 tree %s\\td000\\n' $tree | git mktree)
        tree=$(printf '040000 tree %s\\tsrc\\n' $tree | git mktree)
        tree=$(printf '040000 tree %s\\tpath\\n' $tree | git mktree)
        tree=$(printf '040000 tree %s\\tlocks\\n' $tree | git mktree)
        commit=$(git commit-tree ${old:+-p $old} -m lock $tree)
        printf 'update refs/raw/state %s %s\\n' $commit $old | git update-ref --stdin";
    let (ours, raw) = in_turn(
        ROUNDS / 2,
        |_| world.coord(&dir, &["lock", &path]),
        |round| {
            let mut command = world.shell(&dir, script);
            command.env("N", round.to_string());
            command
        },
    );
    vec![Row::ratio(
        "`lock` against the same git commands in a script, fsync on",
        &ours,
        &raw,
        1.0,
    )]
}

/// What a pre-commit hook costs in a large repository.
pub fn staged(world: &World) -> Vec<Row> {
    let dir = world.repo("staged", 50_000);
    world.fill(&dir, 1_000);
    for n in 0..100 {
        std::fs::write(dir.join(file(n * 7)), "changed\n").expect("it is writable");
    }
    world.run(world.git(&dir, &["add", "-u"]));
    let (ours, git) = in_turn(
        ROUNDS / 2,
        |_| world.coord(&dir, &["check", "--staged"]),
        |_| world.git(&dir, &["diff", "--cached", "--name-only"]),
    );
    let case = "`check --staged`, 50,000 files, 100 staged, 1,000 locks, against `git diff --cached --name-only`";
    vec![Row::ratio(case, &ours, &git, 2.0)]
}

/// An uncontended lock that a remote decides, against a plain push of one commit.
pub fn remote(world: &World) -> Vec<Row> {
    let hub = world.path("hub.git");
    world.run(world.git(&world.path(""), &["init", "-q", "--bare", "hub.git"]));
    let dir = world.repo("remote", 100);
    world.run(world.git(
        &dir,
        &["remote", "add", "origin", &hub.display().to_string()],
    ));
    world.config(&dir, "coord.remote", "origin");
    world.run(world.coord(&dir, &["lock", "warm.rs"]));
    let tree = world.run(world.git(&dir, &["rev-parse", "HEAD^{tree}"]));
    // One commit without a change of its own, and one that changes as many trees as a lock does.
    let bare = |round: usize| {
        let commit = ["commit-tree", "-m", &round.to_string(), &tree];
        world.run(world.git(&dir, &commit))
    };
    let like_a_lock = |round: usize| {
        let script = format!(
            "blob=$(echo {round} | git hash-object -w --stdin)
             tree=$(printf '100644 blob %s\\tf.rs=\\n' $blob | git mktree)
             tree=$(printf '040000 tree %s\\tpath\\n' $tree | git mktree)
             tree=$(printf '040000 tree %s\\tlocks\\n' $tree | git mktree)
             git commit-tree -m {round} $tree"
        );
        world.run(world.shell(&dir, &script))
    };
    let push = |commit: String, name: &str, round: usize| {
        world.git(
            &dir,
            &[
                "push",
                "-q",
                "origin",
                &format!("{commit}:refs/{name}/{round}"),
            ],
        )
    };
    let lock =
        |name: &str, round: usize| world.coord(&dir, &["lock", &format!("{name}{round}.rs")]);
    let rounds = ROUNDS / 2;
    let empty = in_turn(rounds, |n| lock("a", n), |n| push(bare(n), "bare", n));
    let shaped = in_turn(
        rounds,
        |n| lock("b", n),
        |n| push(like_a_lock(n), "like", n),
    );
    vec![
        Row::ratio(
            "remote `lock` against a plain `git push` of one empty commit",
            &empty.0,
            &empty.1,
            1.3,
        ),
        Row::ratio(
            "the same against a commit that changes as many trees",
            &shaped.0,
            &shaped.1,
            1.3,
        ),
    ]
}

/// What 10,000 live records cost a command that asks for one, and those that ask for all.
pub fn records(world: &World) -> Vec<Row> {
    let (few, many) = (world.repo("few", 100), world.repo("many", 100));
    world.fill(&few, 10);
    world.fill(&many, 10_000);
    let check = ["check", "src/d000/f07.rs"];
    let (ours, base) = in_turn(
        ROUNDS,
        |_| world.coord(&many, &check),
        |_| world.coord(&few, &check),
    );
    let (status, locks) = in_turn(
        ROUNDS / 3,
        |_| world.coord(&many, &["status"]),
        |_| world.coord(&many, &["locks"]),
    );
    let at_most = |case: &str, times: &Times| {
        let is_reached = times.median().as_millis() <= 80;
        Row::figure(
            case,
            format!("{} ms", ms(times.median())),
            "≤ 80 ms",
            Some(is_reached),
        )
    };
    vec![
        Row::ratio(
            "`check` of one path with 10,000 records against 10",
            &ours,
            &base,
            1.5,
        ),
        at_most("`status` with 10,000 locks", &status),
        at_most("`locks` with 10,000 locks", &locks),
    ]
}

/// Pairs of acquire and release in one process that keeps its handle open.
pub fn handle(world: &World) -> Vec<Row> {
    let dir = world.repo("handle", 100);
    world.config(&dir, "coord.fsync", "false");
    let coord = Coord::open(&dir, Some("bench/s1")).expect("it is a repository");
    let key = "src/d000/f07.rs";
    let lock = || {
        let text = format!("{{\"lock\":{{\"keys\":[\"{key}\"]}}}}");
        serde_json::from_str::<Request>(&text).expect("it is a request")
    };
    let keys = vec![key.parse().expect("it is a key")];
    let unlock = Request::Unlock(Unlock {
        which: Which::Keys(keys),
    });
    let pair = || {
        coord.handle(lock()).expect("it is free");
        coord.handle(unlock.clone()).expect("it is held");
    };
    pair();
    const PAIRS: u32 = 2_000;
    let start = Instant::now();
    (0..PAIRS).for_each(|_| pair());
    let per_second = f64::from(PAIRS) / start.elapsed().as_secs_f64();
    let figure = format!("{per_second:.0}/s");
    let is_reached = Some(per_second >= 1000.0);
    vec![Row::figure(
        "acquire + release on an open handle, fsync off",
        figure,
        "≥ 1000/s",
        is_reached,
    )]
}
