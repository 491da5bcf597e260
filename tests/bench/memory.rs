//! Finding one of many memories.

use git_coord::coord::Coord;
use git_coord::model::request::Request;

use crate::measure::{Row, Times, in_turn, ms};
use crate::world::World;

const MEMORIES: usize = 10_000;
const ROUNDS: usize = 20;

/// Words to make memories of; no two are alike enough to be taken for one.
const WORDS: [&str; 24] = [
    "parser",
    "timeout",
    "retry",
    "socket",
    "migration",
    "schema",
    "cache",
    "token",
    "header",
    "thread",
    "deadlock",
    "index",
    "buffer",
    "encoding",
    "locale",
    "cursor",
    "session",
    "worker",
    "queue",
    "digest",
    "branch",
    "rebase",
    "fixture",
    "snapshot",
];

/// The n-th thing that somebody learned.
fn remember(n: usize) -> Request {
    let word = |step: usize| WORDS[(n / step + n * (step % 7)) % WORDS.len()];
    let sort = ["error", "success", "decision", "discovery"][n % 4];
    let ask = serde_json::json!({"memory": {"remember": {
        "sort": sort,
        "summary": format!("case{n} {} {} part{}", word(1), word(24), n % 977),
        "details": format!("The {} of module{n} needs the {} before the {} is read, see item{}.",
            word(3), word(5), word(11), n * 31),
        "tags": [format!("area-{}", n % 13)],
        "files": [format!("src/d{:03}/f{:02}.rs", n / 100 % 100, n % 100)],
    }}});
    serde_json::from_value(ask).expect("it is a request")
}

/// `recall` as it stands, after somebody has learned one thing more, and without what it keeps.
pub fn recall(world: &World) -> Vec<Row> {
    let dir = world.repo("memory", 100);
    world.config(&dir, "coord.fsync", "false");
    let coord = Coord::open(&dir, Some("sage/s1")).expect("it is a repository");
    let learn = |n: usize| drop(coord.handle(remember(n)).expect("it is new"));
    (0..MEMORIES).for_each(learn);
    // Housekeeping of our own may be at it.
    world.run(world.git(&dir, &["gc", "-q", "--force"]));
    let query = ["recall", "deadlock", "parser", "part7"];
    let (warm, _) = in_turn(
        ROUNDS,
        |_| world.coord(&dir, &query),
        |_| world.coord(&dir, &["whoami"]),
    );
    let (news, _) = in_turn(
        ROUNDS,
        |n| {
            learn(MEMORIES + n);
            world.coord(&dir, &query)
        },
        |_| world.coord(&dir, &["whoami"]),
    );
    let row = |case: &str, times: &Times| {
        Row::figure(
            case,
            format!("{} ms ({})", ms(times.median()), times.spread()),
            "≤ 50 ms",
            Some(times.median().as_millis() <= 50),
        )
    };
    vec![
        row("`recall` over 10,000 memories", &warm),
        row("`recall` after one memory more", &news),
    ]
}
