//! What needs a server that somebody runs: databases, and the locks of git-lfs.

use std::sync::Arc;

use super::ours::{COLD, OPEN, OPEN_QUICK, REMOTE};
use super::{Hall, Tracker, is_told};
use crate::peers::rival::{Client, Cold, Field, Rival, Step, TASKS, said};
use crate::peers::servers::{Connection, Session, program};

/// The query of a step, for the holder `who`. Leases are as long as ours.
fn query(step: Step, key: &str, who: &str, id: &str) -> String {
    match step {
        Step::Lock => format!(
            "INSERT INTO locks VALUES ('{key}', '{who}', now() + interval '30 minutes') \
             ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, until = excluded.until \
             WHERE locks.until < now() OR locks.holder = excluded.holder RETURNING key"
        ),
        Step::Unlock => {
            format!("DELETE FROM locks WHERE key = '{key}' AND holder = '{who}' RETURNING key")
        }
        Step::Add => format!("INSERT INTO tasks (title) VALUES ('Change {key}') RETURNING id"),
        Step::Claim => format!(
            "UPDATE tasks SET status = 'claimed', holder = '{who}' WHERE id = \
             (SELECT id FROM tasks WHERE status = 'open' ORDER BY id LIMIT 1 \
             FOR UPDATE SKIP LOCKED) RETURNING id"
        ),
        Step::Done => format!(
            "UPDATE tasks SET status = 'done' WHERE id = {id} AND holder = '{who}' RETURNING id"
        ),
    }
}

/// A server, if it runs and the program that asks it is there.
fn with<T>(server: &Result<Arc<T>, String>, client: &str) -> Result<Arc<T>, String> {
    program(client)?;
    server.as_ref().map(Arc::clone).map_err(Clone::clone)
}

/// `psql` for each step.
pub fn psql(hall: &Hall, field: &mut Field, steps: &'static [Step]) {
    let name = "PostgreSQL, `psql` for each";
    let postgres = match with(&hall.postgres, "psql") {
        Ok(postgres) => postgres,
        Err(why) => return field.miss(name, why),
    };
    let world = Arc::clone(&hall.world);
    let is_tasks = steps == TASKS;
    let beside = if is_tasks { COLD } else { REMOTE };
    let rival = match is_tasks {
        true => Rival::new(name, move |n: usize| {
            let (world, postgres) = (Arc::clone(&world), Arc::clone(&postgres));
            let make = move |step: Step, key: &str, id: &str| {
                let query = query(step, key, &format!("agent-{n}"), id);
                postgres.psql(&world, &world.path(""), &query)
            };
            Ok(Tracker::new(make, |text| Some(text.trim().to_owned())))
        }),
        false => Rival::new(name, move |n: usize| {
            let (world, postgres) = (Arc::clone(&world), Arc::clone(&postgres));
            let make = move |step, key: &str| {
                let query = query(step, key, &format!("agent-{n}"), "");
                postgres.psql(&world, &world.path(""), &query)
            };
            Ok(Cold::new(make).judged(is_told))
        }),
    };
    field.add(
        rival
            .says("a server")
            .flushed("yes")
            .beside(beside)
            .steps(steps),
    );
}

/// A connection that stays open.
pub fn postgres(hall: &Hall, field: &mut Field, steps: &'static [Step]) {
    for is_flushed in [true, false] {
        let (name, flushed, beside) = match is_flushed {
            true => ("PostgreSQL, open connection", "yes", OPEN),
            false => (
                "PostgreSQL, open connection, `synchronous_commit=off`",
                "no",
                OPEN_QUICK,
            ),
        };
        match &hall.postgres {
            Ok(postgres) => {
                let (postgres, kept) = (Arc::clone(postgres), postgres.data.clone());
                let rival = Rival::new(name, move |n: usize| {
                    let session = Session::open(postgres.port, is_flushed)?;
                    Ok(Asker {
                        session,
                        who: format!("agent-{n}"),
                        id: String::new(),
                    })
                });
                let rival = rival.says("a server").flushed(flushed).beside(beside);
                field.add(rival.steps(steps).kept_if(!is_flushed, &kept));
            }
            Err(why) => field.miss(name, why),
        }
    }
}

struct Asker {
    session: Session,
    who: String,
    id: String,
}

impl Client for Asker {
    fn act(&mut self, step: Step, key: &str) -> Result<bool, String> {
        let rows = self.session.ask(&query(step, key, &self.who, &self.id))?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(false);
        };
        if step == Step::Claim {
            self.id = row;
        }
        Ok(true)
    }
}

/// Gives a key back only to who holds it, as Redis's own documentation has it.
const GIVE_BACK: &str =
    "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end";

pub fn redis_cli(hall: &Hall, field: &mut Field) {
    for (server, name, flushed) in [
        (
            &hall.file,
            "Redis, `redis-cli` for each, `appendfsync always`",
            "yes",
        ),
        (&hall.memory, "Redis, `redis-cli` for each", "no"),
    ] {
        let server = match with(server, "redis-cli") {
            Ok(server) => server,
            Err(why) => {
                field.miss(name, why);
                continue;
            }
        };
        let world = Arc::clone(&hall.world);
        let open = move |n: usize| {
            let (world, server) = (Arc::clone(&world), Arc::clone(&server));
            let make = move |step, key: &str| {
                let (port, who) = (server.port.to_string(), format!("agent-{n}"));
                let dir = world.path("");
                match step {
                    Step::Lock => {
                        let args = ["-p", &port, "SET", key, &who, "NX", "PX", "1800000"];
                        world.program(&dir, "redis-cli", &args)
                    }
                    _ => {
                        let args = ["-p", &port, "EVAL", GIVE_BACK, "1", key, &who];
                        world.program(&dir, "redis-cli", &args)
                    }
                }
            };
            Ok(
                Cold::new(make).judged(|output| match output.stdout.trim_ascii() {
                    b"OK" | b"1" => Ok(true),
                    b"" | b"0" => Ok(false),
                    _ => Err(said(output)),
                }),
            )
        };
        let rival = Rival::new(name, open).says("a server").flushed(flushed);
        field.add(rival.beside(REMOTE));
    }
}

pub fn redis(hall: &Hall, field: &mut Field) {
    for (server, name, flushed, beside) in [
        (
            &hall.file,
            "Redis, open connection, `appendfsync always`",
            "yes",
            OPEN,
        ),
        (&hall.memory, "Redis, open connection", "no", OPEN_QUICK),
    ] {
        match server {
            Ok(server) => {
                let (server, kept) = (Arc::clone(server), server.dir.clone());
                let rival = Rival::new(name, move |n: usize| {
                    let connection = Connection::open(server.port)?;
                    Ok(Setter {
                        connection,
                        who: format!("agent-{n}"),
                    })
                });
                let rival = rival.says("a server").flushed(flushed).beside(beside);
                field.add(rival.kept_if(flushed == "yes", &kept));
            }
            Err(why) => field.miss(name, why),
        }
    }
}

struct Setter {
    connection: Connection,
    who: String,
}

impl Client for Setter {
    fn act(&mut self, step: Step, key: &str) -> Result<bool, String> {
        let words: &[&str] = match step {
            Step::Lock => &["SET", key, &self.who, "NX", "PX", "1800000"],
            _ => &["EVAL", GIVE_BACK, "1", key, &self.who],
        };
        let answer = self.connection.ask(words)?;
        Ok(matches!(answer.as_str(), "OK" | "1"))
    }
}

/// git-lfs, which asks the server of `servers/lfs.rs`.
pub fn lfs(hall: &Hall, field: &mut Field) {
    let name = "`git lfs lock`, `git lfs unlock` over http";
    let server = match with(&hall.lfs, "git-lfs") {
        Ok(server) => server,
        Err(why) => return field.miss(name, why),
    };
    let dir = hall.world.path("lfs");
    if !dir.exists() {
        hall.world.repo("lfs", 100);
        let url = format!("http://127.0.0.1:{}", server.port);
        hall.world.config(&dir, "lfs.url", &url);
    }
    let world = Arc::clone(&hall.world);
    let open = move |_: usize| {
        let (world, dir) = (Arc::clone(&world), dir.clone());
        let make = move |step, key: &str| {
            let verb = if step == Step::Lock { "lock" } else { "unlock" };
            world.git(&dir, &["lfs", verb, key])
        };
        Ok(Cold::new(make).judged(|output| match output.status.code() {
            Some(0) => Ok(true),
            _ if String::from_utf8_lossy(&output.stderr).contains("already") => Ok(false),
            _ => Err(said(output)),
        }))
    };
    let rival = Rival::new(name, open).says("a server").flushed("not kept");
    field.add(rival.beside(REMOTE));
}
