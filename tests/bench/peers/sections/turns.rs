//! One at a time: everybody does the same in turn.

use super::{missing, who};
use crate::peers::paper::{Dot, Sample, Table, dots, factor};
use crate::peers::rival::{Field, LOCKS, Step, TASKS, Taken, in_turns};
use crate::peers::rivals::Hall;
use crate::peers::{Found, Size};

pub fn local(hall: &Hall, size: &Size) -> Found {
    let said = "A program is started for each step, and nobody else is asked. Compared with git-coord \
        flushing as the other one does. What git-coord does beside: leases, overlapping paths, a log.";
    let table = Table::new("A lock, answered here", said, &[]);
    compare(
        hall.local_locks(),
        size,
        LOCKS,
        table,
        "peers-locks-local.svg",
    )
}

pub fn served(hall: &Hall, size: &Size) -> Found {
    let said = "A program is started for each step, and the answer counts on other machines too. All \
        servers are on the loopback, so the round trips of a network come on top. The remotes \
        flush as git does by itself. Compared with git-coord over http. The lock server of git-lfs \
        is one of this benchmark (`servers/lfs.rs`) that keeps locks in memory.";
    let table = Table::new("A lock, answered by a server", said, &[]);
    compare(
        hall.served_locks(),
        size,
        LOCKS,
        table,
        "peers-locks-served.svg",
    )
}

pub fn open(hall: &Hall, size: &Size) -> Found {
    let said = "The connection, or the server on two pipes, is open already.";
    let table = Table::new("A lock over an open handle", said, &[]);
    compare(
        hall.open_locks(),
        size,
        LOCKS,
        table,
        "peers-locks-open.svg",
    )
}

pub fn tasks(hall: &Hall, size: &Size) -> Found {
    let said = "Each task is added, claimed and done. balls makes a working tree with each claim; only \
        it and git-coord let a remote decide who has a task.";
    let table = Table::new("A task", said, &[]);
    compare(hall.tasks(), size, TASKS, table, "peers-tasks.svg")
}

fn compare(
    mut field: Field,
    size: &Size,
    steps: &[Step],
    mut table: Table,
    file: &'static str,
) -> Found {
    let all = in_turns(&field.rivals, size.turns, &mut field.missing);
    table.head = ["who", "whose word", "flushed"].map(str::to_owned).into();
    for step in steps {
        let name = format!("{step:?}").to_lowercase();
        table
            .head
            .extend([format!("{name}, ms"), "beside git-coord".into()]);
    }
    table.head.push("rounds".into());
    for taken in &all {
        let mut row = Vec::from(who(taken.rival));
        let mut rounds = 0;
        for step in steps {
            let Some(sample) = taken.of(*step) else {
                row.extend(["–".into(), String::new()]);
                continue;
            };
            rounds = rounds.max(sample.0.len());
            row.push(sample.told());
            row.push(against(taken, &all, *step).map_or(String::new(), |ratio| ratio.ratio()));
        }
        row.push(rounds.to_string());
        table.row(row);
    }
    missing(&mut table, &field.missing);
    let shown = if steps == TASKS {
        Step::Claim
    } else {
        steps[0]
    };
    table.said += &summary(&all, shown);
    let title = format!(
        "{}: {shown:?}, ms; bars from the fastest to the slowest tenth",
        table.title
    );
    let picture = dots(&title, &points(&all, shown));
    Found {
        tables: vec![table],
        pictures: vec![(file, "times beside each other", picture)],
    }
}

/// The ratios to the one of ours that it is compared with, unless it is that one.
fn against(taken: &Taken, all: &[Taken], step: Step) -> Option<Sample> {
    let base = all
        .iter()
        .find(|other| other.rival.name == taken.rival.beside)?;
    if base.rival.name == taken.rival.name {
        return None;
    }
    Some(taken.of(step)?.beside(base.of(step)?))
}

/// Who of the others is faster and who is slower, in words.
fn summary(all: &[Taken], step: Step) -> String {
    let mut faster = Vec::new();
    let mut slower = Vec::new();
    for taken in all.iter().filter(|taken| !taken.rival.is_ours) {
        let Some(ratio) = against(taken, all, step).map(|ratio| ratio.median()) else {
            continue;
        };
        let list = if ratio < 1.0 {
            &mut faster
        } else {
            &mut slower
        };
        list.push((ratio, format!("{} ({}x)", taken.rival.name, factor(ratio))));
    }
    let told = |list: &mut Vec<(f64, String)>| {
        list.sort_by(|one, other| one.0.total_cmp(&other.0));
        match list.is_empty() {
            true => "nobody".to_owned(),
            false => list
                .iter()
                .map(|one| one.1.clone())
                .collect::<Vec<_>>()
                .join(", "),
        }
    };
    let step = format!("{step:?}").to_lowercase();
    let (faster, slower) = (told(&mut faster), told(&mut slower));
    format!("\n\n{step}: faster than git-coord: {faster}; slower: {slower}.")
}

/// A line for each, the fastest first: what it takes to lock, or to claim.
fn points(all: &[Taken], shown: Step) -> Vec<Dot> {
    let samples = all
        .iter()
        .filter_map(|taken| Some((taken, taken.of(shown)?)));
    let dot = |(taken, sample): (&Taken, &Sample)| Dot {
        label: taken.rival.name.clone(),
        is_ours: taken.rival.is_ours,
        low: sample.quantile(0.1),
        middle: sample.median(),
        high: sample.quantile(0.9),
    };
    let mut dots: Vec<Dot> = samples.map(dot).collect();
    dots.sort_by(|one, other| one.middle.total_cmp(&other.middle));
    dots
}
