//! What the commands of every day cost with more and more records.

use std::path::PathBuf;
use std::time::Instant;

use crate::peers::paper::{Line, Sample, Table, count, lines, slope};
use crate::peers::rival::run;
use crate::peers::rivals::Hall;
use crate::peers::{Found, Size};
use crate::tasks;
use crate::world::World;

/// Name, words, and whether it is tried among tasks instead of locks.
const COMMANDS: [(&str, &[&str], bool); 6] = [
    ("lock", &["lock", "src/d000/f07.rs"], false),
    ("unlock", &["unlock", "src/d000/f07.rs"], false),
    ("check", &["check", "src/d000/f07.rs"], false),
    ("status", &["status"], false),
    ("locks", &["locks"], false),
    ("task next", &["task", "next"], true),
];

pub fn growth(hall: &Hall, size: &Size) -> Found {
    let world = &hall.world;
    let places: Vec<[PathBuf; 2]> = size
        .growth
        .iter()
        .map(|count| fill(world, *count))
        .collect();
    let mut all = vec![vec![Sample::default(); places.len()]; COMMANDS.len()];
    for round in 0..=size.growth_rounds {
        for (at, places) in places.iter().enumerate() {
            for (samples, (name, args, is_task)) in all.iter_mut().zip(COMMANDS) {
                let start = Instant::now();
                let output = run(world.coord(&places[usize::from(is_task)], args));
                let time = start.elapsed().as_secs_f64() * 1e3;
                assert!(
                    output.is_ok_and(|output| output.status.success()),
                    "{name} fails"
                );
                if round > 0 {
                    samples[at].0.push(time);
                }
            }
        }
    }
    let said = "Whole commands, in milliseconds, nothing flushed, in repositories with so many locks of \
        others (for `task next`: open tasks), which were put in by large requests of our own. The slope \
        is that of the line in the picture: 0 costs the same however many there are, 1 costs as much as \
        there are; behind it, that of the last step alone.";
    let mut table = Table::new("Growth", said, &["command"]);
    table
        .head
        .extend(size.growth.iter().map(|many| count(*many)));
    table.head.push("slope".into());
    let mut curves = Vec::new();
    for (samples, (name, _, _)) in all.iter().zip(COMMANDS) {
        let counts = size.growth.iter().map(|count| *count as f64);
        let points: Vec<(f64, f64)> = counts.zip(samples.iter().map(Sample::median)).collect();
        let last = &points[points.len().saturating_sub(2)..];
        let slopes = format!("{:.2}; {:.2}", slope(&points), slope(last));
        let cells = samples.iter().map(Sample::told);
        table.row(
            std::iter::once(format!("`{name}`"))
                .chain(cells)
                .chain([slopes]),
        );
        curves.push(Line {
            label: format!("{name}: {:.2}", slope(&points)),
            points,
        });
    }
    let title = "What commands cost with more records, with the slopes";
    let picture = lines(title, "records", "ms", &curves);
    Found {
        tables: vec![table],
        pictures: vec![("peers-growth.svg", title, picture)],
    }
}

/// A repository with so many locks, and one with so many tasks.
fn fill(world: &World, count: usize) -> [PathBuf; 2] {
    let [locks, open] = ["locks", "open"].map(|what| {
        let dir = world.repo(&format!("growth-{what}-{count}"), 100);
        world.config(&dir, "coord.fsync", "false");
        dir
    });
    world.fill(&locks, count);
    tasks::fill(world, &open, count, 0);
    [locks, open]
}
