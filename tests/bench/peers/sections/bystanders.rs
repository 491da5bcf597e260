//! What records cost a person who only pushes, fetches, commits and looks.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::peers::paper::{Dot, Sample, Table, count, dots, factor};
use crate::peers::rival::{run, said};
use crate::peers::rivals::Hall;
use crate::peers::servers::{LfsServer, program};
use crate::peers::{Found, Size};
use crate::world::{World, file};

const STEPS: [(&str, &[&str]); 4] = [
    ("commit", &["commit", "-q", "--allow-empty", "-m", "x"]),
    ("push", &["push", "-q", "origin", "main"]),
    ("fetch", &["fetch", "-q"]),
    ("status", &["status", "--short"]),
];

/// A person's clone.
struct Person {
    who: String,
    records: usize,
    is_ours: bool,
    dir: PathBuf,
    times: [Sample; STEPS.len()],
}

pub fn bystanders(hall: &Hall, size: &Size) -> Found {
    let world = &hall.world;
    let (mut people, mut missing) = (Vec::new(), Vec::new());
    // A server for each: they differ in how many locks they have.
    let mut servers = Vec::new();
    for live in size.live {
        people.push(plain(world, *live));
        if *live > 0 {
            people.push(with_refs(world, *live));
        }
        match with_hooks(world, *live) {
            Ok(person) => people.push(person),
            Err(why) => missing.push(("git-coord's hooks".to_owned(), why)),
        }
        match LfsServer::start().and_then(|server| with_lfs(world, *live, server, &mut servers)) {
            Ok(person) => people.push(person),
            Err(why) => missing.push(("git-lfs".into(), why)),
        }
    }
    for round in 0..=size.bystander_rounds {
        let everybody = people.len();
        for at in 0..everybody {
            let person = &mut people[(at + round) % everybody];
            for ((name, args), sample) in STEPS.iter().zip(&mut person.times) {
                let start = Instant::now();
                let output = run(world.git(&person.dir, args)).expect("git starts");
                let time = start.elapsed().as_secs_f64() * 1e3;
                assert!(
                    output.status.success(),
                    "{name} of {}: {}",
                    person.who,
                    said(&output)
                );
                if round > 0 {
                    sample.0.push(time);
                }
            }
        }
    }
    let what = "A person with plain git, by the number of live records in the repository that they push \
        to; with a ref for each lock instead, as tools that keep one in each make them; with the hooks of \
        git-coord; with those of git-lfs, which ask its server for all locks before each push. The \
        remote is a directory, so that nothing else takes time. Milliseconds; compared with none at all.";
    let mut table = Table::new("What others pay", what, &["who", "records"]);
    for (name, _) in STEPS {
        table
            .head
            .extend([format!("`git {name}`, ms"), "beside none".into()]);
    }
    let mut points = Vec::new();
    for person in &people {
        let mut row = vec![person.who.clone(), count(person.records)];
        for (sample, base) in person.times.iter().zip(&people[0].times) {
            row.push(sample.told());
            let is_base = std::ptr::eq(sample, base);
            row.push(if is_base {
                String::new()
            } else {
                plainly(&sample.beside(base))
            });
        }
        table.row(row);
        let push = &person.times[1];
        points.push(Dot {
            label: format!("{}: {}", person.who, count(person.records)),
            is_ours: person.is_ours,
            low: push.quantile(0.1),
            middle: push.median(),
            high: push.quantile(0.9),
        });
    }
    super::missing(&mut table, &missing);
    let title = "A person's git push beside so many records, ms";
    let picture = dots(title, &points);
    Found {
        tables: vec![table],
        pictures: vec![("peers-bystanders.svg", title, picture)],
    }
}

/// A ratio without a mark: here less is better.
fn plainly(ratio: &Sample) -> String {
    let [low, mid, high] = [0.25, 0.5, 0.75].map(|part| factor(ratio.quantile(part)));
    format!("{mid}x ({low}–{high})")
}

/// A remote and a person's clone of it.
fn place(world: &World, name: &str) -> (PathBuf, PathBuf) {
    let (hub, dir) = (world.path(&format!("{name}.git")), world.repo(name, 100));
    let hub_name = format!("{name}.git");
    world.run(world.git(&world.path(""), &["init", "-q", "--bare", &hub_name]));
    let url = hub.display().to_string();
    world.run(world.git(&dir, &["remote", "add", "origin", &url]));
    world.run(world.git(&dir, &["push", "-q", "-u", "origin", "main"]));
    (hub, dir)
}

fn person(what: &str, count: usize, is_ours: bool, dir: PathBuf) -> Person {
    let who = what.to_owned();
    Person {
        who,
        records: count,
        is_ours,
        dir,
        times: Default::default(),
    }
}

/// Puts records into a remote, from a clone that is not the person's.
fn put(world: &World, hub: &Path, name: &str, count: usize) {
    let maker = world.repo(&format!("{name}-maker"), 100);
    if count > 0 {
        world.fill(&maker, count);
        let hub = hub.display().to_string();
        world.run(world.git(&maker, &["push", "-q", &hub, "refs/coord/state"]));
    }
    pack(world, hub);
}

/// Packed alike, so that only the records differ.
fn pack(world: &World, dir: &Path) {
    world.run(world.git(dir, &["gc", "-q"]));
}

fn plain(world: &World, count: usize) -> Person {
    let name = format!("person-{count}");
    let (hub, dir) = place(world, &name);
    put(world, &hub, &name, count);
    pack(world, &dir);
    let what = if count == 0 {
        "plain git"
    } else {
        "records of git-coord"
    };
    person(what, count, true, dir)
}

fn with_hooks(world: &World, count: usize) -> Result<Person, String> {
    let name = format!("user-{count}");
    let (hub, dir) = place(world, &name);
    put(world, &hub, &name, count);
    let output = run(world.coord(&dir, &["init", "--remote", "origin"]))?;
    if !output.status.success() {
        return Err(said(&output));
    }
    pack(world, &dir);
    Ok(person("records and hooks of git-coord", count, true, dir))
}

fn with_refs(world: &World, count: usize) -> Person {
    let name = format!("refs-{count}");
    let (hub, dir) = place(world, &name);
    let oid = world.run(world.git(&dir, &["hash-object", "-w", &file(0)]));
    world.run(world.git(
        &dir,
        &["push", "-q", "origin", &format!("{oid}:refs/locks/first")],
    ));
    let lines: Vec<String> = (1..count)
        .map(|n| format!("create refs/locks/{} {oid}\n", file(n)))
        .collect();
    world.feed(
        world.git(&hub, &["update-ref", "--stdin"]),
        lines.concat().as_bytes(),
    );
    pack(world, &hub);
    pack(world, &dir);
    person("a ref for each lock", count, false, dir)
}

fn with_lfs(
    world: &World,
    count: usize,
    server: LfsServer,
    servers: &mut Vec<LfsServer>,
) -> Result<Person, String> {
    program("git-lfs")?;
    let name = format!("lfs-{count}");
    let (hub, dir) = place(world, &name);
    server.fill((0..count).map(|n| format!("locked/{}", file(n))));
    let url = format!("http://127.0.0.1:{}", server.port);
    world.config(&dir, "lfs.url", &url);
    world.config(&dir, &format!("lfs.{url}.locksverify"), "true");
    let output = run(world.git(&dir, &["lfs", "install", "--local"]))?;
    if !output.status.success() {
        return Err(said(&output));
    }
    pack(world, &hub);
    pack(world, &dir);
    servers.push(server);
    Ok(person(
        "hooks of git-lfs, locks on its server",
        count,
        false,
        dir,
    ))
}
