//! Memory, and what is left on the disk.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use super::{missing, shown};
use crate::mcp::Piped;
use crate::peers::paper::{Table, bytes, count, number};
use crate::peers::rival::{Client, Field, Rival, Step, run};
use crate::peers::rivals::Hall;
use crate::peers::servers::{Connection, Session, memory as held};
use crate::peers::{Found, Size};
use crate::world::{World, file};

/// What part of our time the others have to fill the disk.
const OTHERS: u32 = 5;
/// What is done even by who takes longer.
const FEWEST: usize = 5;
/// Connections that are kept open to see what they cost a server.
const SESSIONS: usize = 64;

pub fn memory(hall: &Hall, _: &Size) -> Found {
    let said = "For programs that end, the most that any process of a step had (`time`); for \
        servers, all their processes, what they share counted once (`Pss`).";
    let mut table = Table::new("Memory", said, &["what", "memory"]);
    for (mut field, step, what) in [
        (hall.local_locks(), Step::Lock, "a lock, here"),
        (hall.served_locks(), Step::Lock, "a lock, from a server"),
        (hall.tasks(), Step::Add, "a task"),
    ] {
        // It is the same program whether it flushes or not, and wherever the remote is.
        field
            .rivals
            .retain(|rival| !rival.is_ours || rival.beside == rival.name);
        field
            .rivals
            .retain(|rival| !rival.is_ours || rival.flushed != "no");
        for rival in &field.rivals {
            match peak(hall, rival, step) {
                Ok(Some(most)) => table.row([format!("{}: {what}", shown(rival)), bytes(most)]),
                Ok(None) => {}
                Err(why) => field.missing.push((rival.name.clone(), why)),
            }
        }
        missing(&mut table, &field.missing);
    }
    server_memory(hall, &mut table);
    Found {
        tables: vec![table],
        ..Found::default()
    }
}

/// The most memory of the program of a step, if it is a program.
fn peak(hall: &Hall, rival: &Rival, step: Step) -> Result<Option<f64>, String> {
    let mut client = rival.open(0)?;
    let Some(command) = client.command(step, &file(1)) else {
        return Ok(None);
    };
    let told = hall.world.path("peak");
    let mut timed = Command::new("/usr/bin/time");
    timed
        .args(["-f", "%M", "-o"])
        .arg(&told)
        .arg(command.get_program());
    timed.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => timed.env(name, value),
            None => timed.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        timed.current_dir(dir);
    }
    run(timed)?;
    let text = std::fs::read_to_string(&told).map_err(|why| why.to_string())?;
    let line = text.lines().last().unwrap_or_default();
    let most: f64 = line
        .trim()
        .parse()
        .map_err(|_| format!("time said {text:?}"))?;
    let _ = client.act(Step::Unlock, &file(1));
    Ok(Some(most * 1024.0))
}

fn server_memory(hall: &Hall, table: &mut Table) {
    let dir = hall.world.repo("memory", 100);
    let mut server = Piped::start(hall.world.coord(&dir, &["mcp"]));
    for n in 0..100 {
        let key = serde_json::json!({ "keys": [file(n % 90)] });
        server.tool("lock", key.clone());
        server.tool("unlock", key);
    }
    let name = "**git-coord over MCP**: the server of one agent, after 100 locks";
    table.row([name.into(), bytes(held(server.id()))]);
    if let Ok(postgres) = &hall.postgres {
        let idle = postgres.leash.memory();
        let sessions: Vec<_> = (0..SESSIONS)
            .map_while(|_| Session::open(postgres.port, true).ok())
            .collect();
        let used = postgres.leash.memory();
        let count = sessions.len();
        table.row(["PostgreSQL: the server, idle".into(), bytes(idle)]);
        table.row([
            format!("PostgreSQL: with {count} open connections"),
            bytes(used),
        ]);
    }
    if let Ok(redis) = &hall.memory {
        let idle = redis.leash.memory();
        let sessions: Vec<_> = (0..SESSIONS)
            .map_while(|_| Connection::open(redis.port).ok())
            .collect();
        let (used, count) = (redis.leash.memory(), sessions.len());
        table.row(["Redis: the server, idle".into(), bytes(idle)]);
        table.row([format!("Redis: with {count} open connections"), bytes(used)]);
    }
    if let Ok(mail) = hall.mail() {
        table.row(["Agent Mail: the server".into(), bytes(mail.leash.memory())]);
    }
}

pub fn disk(hall: &Hall, size: &Size) -> Found {
    let said = format!(
        "What is on the disk more than before, after up to {} locks, each given back, as far as {} s \
         went (for the others {} s); and after tasks were added, claimed and done. git's own \
         maintenance is on as it is by itself, and `git gc` is run at the end by hand. Sizes are of \
         blocks in use, with a server's write-ahead log. git-coord keeps who did what when.",
        count(size.kept),
        number(size.kept_for.as_secs_f64()),
        number((size.kept_for / OTHERS).as_secs_f64()),
    );
    let head = [
        "what",
        "pairs, or tasks",
        "bytes each",
        "after `git gc`",
        "refs",
    ];
    let mut table = Table::new("Disk", &said, &head);
    for field in [hall.open_locks(), hall.local_locks(), hall.tasks()] {
        fill(hall, size, &field, &mut table);
    }
    Found {
        tables: vec![table],
        ..Found::default()
    }
}

fn fill(hall: &Hall, size: &Size, field: &Field, table: &mut Table) {
    for rival in &field.rivals {
        let Some(kept) = &rival.kept else {
            continue;
        };
        let repository = repository(kept);
        if let Some(repository) = &repository {
            hall.world.config(repository, "gc.auto", "6700");
            hall.world.config(repository, "maintenance.auto", "true");
        }
        // The first one may make what is made once.
        let begun = rival.open(0).and_then(|mut client| {
            act_all(rival, &mut *client, 0)?;
            let before = used(kept);
            work(rival, &mut *client, size).map(|done| (before, done))
        });
        match begun {
            Ok((_, 0)) => {}
            Ok((before, done)) => {
                let each = |bytes: f64| number((bytes - before).max(0.0) / done as f64);
                let after = each(used(kept));
                let packed = repository.as_deref().and_then(|dir| {
                    let output = run(hall.world.git(dir, &["gc", "-q", "--force"])).ok()?;
                    output.status.success().then(|| each(used(kept)))
                });
                let refs = repository.as_deref().map(|dir| refs(&hall.world, dir));
                table.row([
                    shown(rival),
                    count(done),
                    after,
                    packed.unwrap_or("–".into()),
                    refs.map_or("–".into(), count),
                ]);
            }
            Err(why) => table.row([rival.name.clone(), format!("*missing: {why}*")]),
        }
    }
    missing(table, &field.missing);
}

/// Does all steps again and again; returns how often.
fn work(rival: &Rival, client: &mut dyn Client, size: &Size) -> Result<usize, String> {
    let start = Instant::now();
    let most = match rival.is_ours {
        true => size.kept_for,
        false => size.kept_for / OTHERS,
    };
    for n in 0..size.kept {
        if n >= FEWEST && start.elapsed() > most {
            return Ok(n);
        }
        act_all(rival, client, n)?;
    }
    Ok(size.kept)
}

fn act_all(rival: &Rival, client: &mut dyn Client, n: usize) -> Result<(), String> {
    for step in rival.steps {
        client.act(*step, &file(n % 90))?;
    }
    Ok(())
}

/// The repository that a directory is in or is, unless git has nothing to do with it.
fn repository(kept: &Path) -> Option<std::path::PathBuf> {
    let dir = if kept.ends_with(".git") {
        kept.parent()?
    } else {
        kept
    };
    dir.join(".git").exists().then(|| dir.to_owned())
}

fn refs(world: &World, dir: &Path) -> usize {
    world.run(world.git(dir, &["for-each-ref"])).lines().count()
}

/// Blocks in use below a directory, in bytes.
fn used(dir: &Path) -> f64 {
    let output = Command::new("du").arg("-s").arg("-B1").arg(dir).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    text.split_whitespace()
        .next()
        .and_then(|size| size.parse().ok())
        .unwrap_or_default()
}
