//! `cargo bench`: git-coord against what it is built from, on this machine, in one run.
//!
//! Every case compares whole processes in turn and prints medians with their spread and the ratio,
//! as a Markdown table. `cargo bench -- NAME` runs the cases whose name contains NAME;
//! `cargo bench -- replay [REPOSITORY]...` and `cargo bench -- simulation [REPOSITORY]...` are tables
//! of their own, and so is `cargo bench -- peers`, which `tests/bench/peers/run` prepares.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]
#![allow(
    clippy::print_stderr,
    reason = "what does not fit into it goes beside it"
)]

mod agent_hook;
mod claims;
mod crowd;
mod footprint;
mod history;
mod mcp;
mod measure;
mod memory;
mod peers;
mod policies;
mod replay;
mod simulation;
mod single;
mod tasks;
mod watch;
mod world;

use measure::Row;
use world::World;

/// A case: its name, and what it measures.
type Case = (&'static str, fn(&World) -> Vec<Row>);

const CASES: &[Case] = &[
    ("start", single::start),
    ("lock", single::lock),
    ("fsync", single::fsync),
    ("staged", single::staged),
    ("remote", single::remote),
    ("records", single::records),
    ("handle", single::handle),
    ("agent-hook", agent_hook::hook),
    ("tasks", tasks::tasks),
    ("collected", tasks::collected),
    ("claims-local", claims::local),
    ("claims-clones", claims::clones),
    ("memory", memory::recall),
    ("watch", watch::watch),
    ("crowd", crowd::local),
    ("clones", crowd::clones),
    ("bytes", footprint::bytes),
    ("growth", footprint::growth),
    ("bystander", footprint::bystander),
    ("mcp-calls", mcp::calls),
    ("mcp-crowd", mcp::crowd),
    ("merges", replay::replay),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(at) = args.iter().position(|arg| arg == "replay") {
        return replay::run(&World::new(), &args[at + 1..]);
    }
    if let Some(at) = args.iter().position(|arg| arg == "simulation") {
        return policies::run(&World::new(), &args[at + 1..]);
    }
    if let Some(at) = args.iter().position(|arg| arg == "peers") {
        return peers::run(&args[at + 1..]);
    }
    let wanted: Vec<String> = args
        .into_iter()
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    // The library runs in this process; it must see no configuration but the world's.
    let git = World::new();
    println!(
        "{}, git-coord {}\n",
        git.run(git.git(&git.path(""), &["--version"])),
        env!("CARGO_PKG_VERSION")
    );
    println!("| case | git-coord, ms | compared with, ms | figure | aim | reached |");
    println!("|---|---|---|---|---|---|");
    for (name, case) in CASES {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            let world = World::new();
            case(&world).iter().for_each(Row::print);
        }
    }
}
