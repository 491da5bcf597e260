//! Replaying the merges of whole histories: does it agree with git, and what does it cost?
//!
//! `cargo bench -- replay [--plot FILE] [REPOSITORY]...`: every merge of two parents in the
//! repositories given (a sample of the larger ones), or in a generated history. Nothing is written
//! to the repositories: merging goes on beside them, over their objects.

mod plot;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use git_coord::model::object_id::ObjectId;
use git_coord::store::{Error, MergeCommit, Merged, Merger, Person, Repo};

use crate::history::{self, Shape};
use crate::measure::{Row, Times, ms};
use crate::world::World;

/// Most merges of one repository; the sample is the same in each run.
const MERGES_MAX: usize = 1_000;
/// Entries of the plan.
const ENTRIES: usize = 32;
/// To be reached.
const MEDIAN_MAX: Duration = Duration::from_millis(5);
const PLAN_MAX: Duration = Duration::from_secs(3);

/// What one repository showed.
struct Replay {
    name: String,
    merges: usize,
    of: usize,
    conflicts: usize,
    /// Merges that are refused with a reason, which git by itself does not know.
    refused: usize,
    agree: usize,
    same_trees: usize,
    times: Times,
    by_git: Times,
    plan: Plan,
}

struct Plan {
    entries: usize,
    landed: usize,
    time: Duration,
}

/// The replay as a case among others, on a generated history.
pub fn replay(world: &World) -> Vec<Row> {
    let found = of(world, &generated(world), "generated".into());
    let agrees = found.agree == found.merges && found.same_trees == found.merges;
    vec![
        Row::figure(
            "merges of a generated history that agree with git, trees and all",
            format!("{} of {}", found.same_trees, found.merges),
            "all",
            Some(agrees),
        ),
        Row::figure(
            "one merge without a working tree",
            format!(
                "{} ms, p95 {} ms",
                ms(found.times.median()),
                ms(found.times.p95())
            ),
            "median ≤ 5 ms",
            Some(found.times.median() <= MEDIAN_MAX),
        ),
        Row::figure(
            "a plan of 32 entries with all pairs",
            format!("{} ms", ms(found.plan.time)),
            "≤ 3 s",
            Some(found.plan.time <= PLAN_MAX),
        ),
    ]
}

/// The replay by itself: a table, and a plot where one is wanted.
pub fn run(world: &World, args: &[String]) {
    let mut dirs = Vec::new();
    let mut plot = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--plot" => plot = args.next(),
            // Cargo says that it is a benchmark.
            flag if flag.starts_with('-') => {}
            dir => dirs.push(PathBuf::from(dir)),
        }
    }
    println!(
        "| repository | merges | conflicts | refused | clean or not as git | trees as git | ms: \
         median | p95 | git by itself, ms: median | plan, ms | landed |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let mut all = Vec::new();
    if dirs.is_empty() {
        all.push(of(world, &generated(world), "generated".into()));
        all[0].print();
    }
    for dir in dirs {
        let replay = of(world, &dir, name_of(&dir));
        replay.print();
        all.push(replay);
    }
    if let Some(file) = plot {
        std::fs::write(file, plot::svg(&all)).expect("the plot can be written");
    }
}

/// `repo` and `.git` say nothing; the directory above them may.
pub fn name_of(dir: &Path) -> String {
    let dir = dir.canonicalize().expect("the repository is there");
    let names = dir.iter().rev().map(|name| name.to_string_lossy());
    let name = names
        .into_iter()
        .find(|name| name != "repo" && name != ".git");
    name.unwrap_or_default().replace('+', "/")
}

fn generated(world: &World) -> PathBuf {
    let dir = world.path("generated");
    world.run(world.git(&world.path(""), &["init", "-q", "--bare", "generated"]));
    let shape = Shape {
        files: 400,
        lines: 120,
        parallel: 12,
        steps: 1_500,
        is_sha256: false,
        has_attributes: true,
    };
    let import = world.git(&dir, &["fast-import", "--quiet"]);
    world.feed(import, &history::stream(1, shape));
    world.run(world.git(&dir, &["symbolic-ref", "HEAD", "refs/heads/main"]));
    dir
}

type Pair = [ObjectId; 2];

fn of(world: &World, dir: &Path, name: String) -> Replay {
    let ask = |args: &[&str]| world.run(world.git(dir, args));
    let head: ObjectId = id(&ask(&["rev-parse", "HEAD"]));
    let two = ["--parents", "--min-parents=2", "--max-parents=2"];
    let list = |rest: &[&str]| pairs(&ask(&[&["rev-list"], &two[..], rest].concat()));
    let mut all = list(&["--all"]);
    let of = all.len();
    fastrand::Rng::with_seed(7).shuffle(&mut all);
    all.truncate(MERGES_MAX);
    let beside = beside(world, dir);
    let repo = Repo::discover(&beside).expect("it was just made");
    let mut merger = repo.merger(&head).expect("git is new enough");
    let mut times = Vec::new();
    let ours: Vec<_> = all
        .iter()
        .map(|[one, other]| {
            let start = Instant::now();
            let merged = merger.merge(one, other);
            times.push(start.elapsed());
            merged
        })
        .collect();
    let mut found = Replay {
        name,
        merges: all.len(),
        of,
        conflicts: 0,
        refused: 0,
        agree: 0,
        same_trees: 0,
        times: Times::of(times),
        by_git: Times::of(Vec::new()),
        plan: plan(&repo, &mut merger, &list(&["--first-parent", "HEAD"])),
    };
    // One of its own, so that it has to write its objects as well.
    let beside = self::beside(world, dir);
    let mut times = Vec::new();
    for (pair, merged) in all.iter().zip(ours) {
        let start = Instant::now();
        let tree = by_git(world, &beside, &head, pair);
        times.push(start.elapsed());
        if matches!(tree, Ok(None)) {
            found.conflicts += 1;
        }
        let ours = match merged {
            Ok(Merged::Clean { tree }) => Ok(Some(tree)),
            Ok(Merged::Conflict { .. }) => Ok(None),
            Err(Error::Unmergeable { why }) => Err(why),
            Err(why) => panic!("{why}"),
        };
        match (ours, tree) {
            (Ok(ours), Ok(tree)) => {
                found.agree += usize::from(ours.is_some() == tree.is_some());
                found.same_trees += usize::from(ours == tree);
            }
            // Each has its reasons, which are for people to compare.
            (Err(ours), tree) => {
                eprintln!("{}: refused: {ours} (git: {tree:?})", found.name);
                found.refused += 1;
            }
            (Ok(ours), Err(why)) => eprintln!("{}: {ours:?}, and git: {why}", found.name),
        }
    }
    found.by_git = Times::of(times);
    found
}

/// An empty repository that has all objects of another.
fn beside(world: &World, dir: &Path) -> PathBuf {
    let ask = |args: &[&str]| world.run(world.git(dir, args));
    let objects = ask(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "objects",
    ]);
    let shallow = ask(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "shallow",
    ]);
    let format = format!(
        "--object-format={}",
        ask(&["rev-parse", "--show-object-format"])
    );
    let beside = world.path(&format!("beside-{:x}", fastrand::u64(..)));
    let name = beside.to_string_lossy().into_owned();
    world.run(world.git(&world.path(""), &["init", "-q", "--bare", &format, &name]));
    std::fs::write(beside.join("objects/info/alternates"), objects + "\n")
        .expect("the directory is writable");
    if Path::new(&shallow).exists() {
        std::fs::copy(shallow, beside.join("shallow")).expect("the directory is writable");
    }
    beside
}

/// What git makes of one pair in a process of its own: a tree, none for a conflict, or its words.
fn by_git(
    world: &World,
    dir: &Path,
    head: &ObjectId,
    [one, other]: &Pair,
) -> Result<Option<ObjectId>, String> {
    let source = format!("--attr-source={head}");
    let (one, other) = (one.to_string(), other.to_string());
    let args = [&source, "merge-tree", "--write-tree", &one, &other];
    let output = world.git(dir, &args).output().expect("git starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    match output.status.code() {
        Some(0) => Ok(Some(id(&printed))),
        Some(1) => Ok(None),
        _ => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// The branches that landed last, all waiting at once: each with the target, each pair, and the
/// chain of all that merge one after the other, with what each of them touches.
fn plan(repo: &Repo, merger: &mut Merger<'_>, landed: &[Pair]) -> Plan {
    let entries = &landed[..landed.len().min(ENTRIES)];
    let Some([target, _]) = entries.last() else {
        return Plan {
            entries: 0,
            landed: 0,
            time: Duration::ZERO,
        };
    };
    let heads: Vec<&ObjectId> = entries.iter().rev().map(|[_, head]| head).collect();
    let start = Instant::now();
    let clean = |merged| match merged {
        Ok(Merged::Clean { tree }) => Some(tree),
        Ok(Merged::Conflict { .. }) | Err(Error::Unmergeable { .. }) => None,
        Err(why) => panic!("{why}"),
    };
    let mut pairs = Vec::new();
    for (n, head) in heads.iter().enumerate() {
        repo.touched(target, head).expect("they are here");
        pairs.push([*target, **head]);
        pairs.extend(heads[..n].iter().map(|other| [**other, **head]));
    }
    merger.probe_all(&pairs).into_iter().for_each(|merged| {
        let _ = clean(merged);
    });
    let mut tip = *target;
    let mut landed = 0;
    for (n, head) in heads.iter().enumerate() {
        let Some(tree) = clean(merger.merge(&tip, head)) else {
            continue;
        };
        landed += 1;
        let commit = MergeCommit {
            tree,
            parents: vec![tip, **head],
            person: Person::new("bench", "bench@example.org"),
            at: chrono::DateTime::from_timestamp(1_700_000_000 + n as i64, 0)
                .expect("it is a time"),
            message: format!("Merge entry {n}\n"),
        };
        tip = repo.merge_commit(&commit).expect("it can be written");
    }
    Plan {
        entries: heads.len(),
        landed,
        time: start.elapsed(),
    }
}

fn pairs(listed: &str) -> Vec<Pair> {
    let pair = |line: &str| {
        let mut ids = line.split(' ').skip(1).map(id);
        Some([ids.next()?, ids.next()?])
    };
    listed.lines().filter_map(pair).collect()
}

fn id(text: &str) -> ObjectId {
    text.trim().parse().expect("git prints ids")
}

impl Replay {
    fn print(&self) {
        let Self {
            name,
            merges,
            of,
            conflicts,
            refused,
            plan,
            ..
        } = self;
        let share = |part: usize| match part + refused == *merges {
            true => "all".to_owned(),
            false => format!("**{part}**"),
        };
        let late = |is: bool| if is { " (**late**)" } else { "" };
        println!(
            "| {name} | {merges} of {of} | {conflicts} | {refused} | {} | {} | {}{} | {} | {} | \
             {}{} | {} of {} |",
            share(self.agree),
            share(self.same_trees),
            ms(self.times.median()),
            late(self.times.median() > MEDIAN_MAX),
            ms(self.times.p95()),
            ms(self.by_git.median()),
            ms(plan.time),
            late(plan.time > PLAN_MAX),
            plan.landed,
            plan.entries,
        );
    }
}
