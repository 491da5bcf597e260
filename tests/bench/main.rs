//! `cargo bench`: git-coord against what it is built from, on this machine, in one run.
//!
//! Every case compares whole processes in turn and prints medians with their spread and the ratio,
//! as a Markdown table. `cargo bench -- NAME` runs the cases whose name contains NAME.

#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

mod claims;
mod crowd;
mod footprint;
mod measure;
mod memory;
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
];

fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
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
