//! What needs no more than a file system or git itself.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Arc;

use super::Hall;
use super::ours::{COLD, COLD_QUICK, OPEN, OPEN_QUICK, REMOTE};
use crate::peers::rival::{Client, Cold, Field, Rival, Step};
use crate::peers::servers::{Transport, program};
use crate::world::World;

/// The settings with which git flushes what it writes.
const FLUSHED: [&str; 4] = [
    "-c",
    "core.fsync=loose-object,reference",
    "-c",
    "core.fsyncMethod=fsync",
];

pub fn locks(hall: &Hall, field: &mut Field) {
    for is_flushed in [true, false] {
        field.add(refs(hall, is_flushed));
    }
    flock(hall, field);
    grite(hall, field);
}

pub fn crowds(hall: &Hall, field: &mut Field) {
    field.add(refs(hall, true));
    flock(hall, field);
    grite(hall, field);
}

/// A ref for each lock, created only if it is not there: two git commands, without lease or overlap.
fn refs(hall: &Hall, is_flushed: bool) -> Rival {
    let name = format!("refs-{is_flushed}");
    let dir = hall.world.path(&name);
    if !dir.exists() {
        hall.world.repo(&name, 100);
    }
    let (world, kept) = (Arc::clone(&hall.world), dir.clone());
    let open = move |n: usize| {
        let (world, dir) = (Arc::clone(&world), dir.clone());
        let flags = if is_flushed {
            FLUSHED.join(" ")
        } else {
            String::new()
        };
        Ok(Cold::new(move |step, key| {
            let script = match step {
                Step::Lock => format!(
                    "oid=$(echo agent-{n} | git {flags} hash-object -w --stdin); \
                     git {flags} update-ref refs/locks/{key} $oid \
                     0000000000000000000000000000000000000000 2>&- || exit 1"
                ),
                _ => format!("git {flags} update-ref -d refs/locks/{key} || exit 1"),
            };
            world.shell(&dir, &script)
        }))
    };
    let name = match is_flushed {
        true => "`git hash-object`, `git update-ref`, flushed",
        false => "`git hash-object`, `git update-ref`",
    };
    let rival = Rival::new(name, open).kept_if(!is_flushed, &kept);
    match is_flushed {
        true => rival.flushed("yes").beside(COLD),
        false => rival.beside(COLD_QUICK),
    }
}

/// A lock that lasts as long as a program: taken and given back by the same one.
fn flock(hall: &Hall, field: &mut Field) {
    if let Err(why) = program("flock") {
        return field.miss("`flock`", why);
    }
    let (world, dir) = (Arc::clone(&hall.world), hall.world.path("flocks"));
    if let Err(why) = std::fs::create_dir_all(&dir) {
        return field.miss("`flock`", why.to_string());
    }
    let open = move |_: usize| {
        let (world, dir) = (Arc::clone(&world), dir.clone());
        Ok(Cold::new(move |_, key| {
            let file = dir.join(key.replace('/', "-")).display().to_string();
            world.program(&dir, "flock", &["-n", &file, "true"])
        }))
    };
    let rival = Rival::new("`flock FILE true`, lock and unlock in one", open).steps(&[Step::Lock]);
    field.add(
        rival
            .says("this machine")
            .flushed("not kept")
            .beside(COLD_QUICK),
    );
}

fn grite(hall: &Hall, field: &mut Field) {
    let open = |hall: &Hall| {
        let tool = hall.tool("bin/grite")?;
        let dir = hall.world.path("grite");
        if !dir.exists() {
            hall.world.repo("grite", 100);
            hall.world
                .run(hall.world.program(&dir, &tool, &["init", "--no-agents-md"]));
        }
        Ok::<_, String>((tool, dir))
    };
    match open(hall) {
        Err(why) => field.miss("grite", why),
        Ok((tool, dir)) => {
            let (world, kept) = (Arc::clone(&hall.world), dir.clone());
            let open = move |_: usize| {
                let (world, dir, tool) = (Arc::clone(&world), dir.clone(), tool.clone());
                Ok(Cold::new(move |step, key| {
                    let key = format!("path:{key}");
                    match step {
                        Step::Lock => {
                            let args = ["lock", "acquire", &key, "--ttl", "1800", "--json"];
                            world.program(&dir, &tool, &args)
                        }
                        _ => world.program(&dir, &tool, &["lock", "release", &key, "--json"]),
                    }
                }))
            };
            let rival = Rival::new("grite 0.5.3", open).kept(&kept);
            field.add(rival.beside(COLD_QUICK));
        }
    }
}

/// A ref for each lock on a remote, pushed only if it is not there: the scripts that people write.
pub fn pushed(hall: &Hall, field: &mut Field) {
    let name = "`git push` of a ref that must not be there, over http";
    let settings = match hall.git.hub(&hall.world, "hub-refs.git", Transport::Http) {
        Ok(settings) => settings,
        Err(why) => return field.miss(name, why),
    };
    let dir = hall.world.path("clone-refs");
    if !dir.exists() {
        hall.world.repo("clone-refs", 100);
        for (name, value) in &settings {
            hall.world.config(&dir, name, value);
        }
    }
    let world = Arc::clone(&hall.world);
    let open = move |n: usize| {
        let (world, dir) = (Arc::clone(&world), dir.clone());
        let mut round = 0;
        Ok(Cold::new(move |step, key| {
            round += 1;
            let script = match step {
                Step::Lock => format!(
                    "oid=$(echo agent-{n} {round} | git hash-object -w --stdin); \
                     git push -q --force-with-lease=refs/locks/{key}: origin \
                     $oid:refs/locks/{key} 2>&- || exit 1"
                ),
                _ => format!("git push -q origin :refs/locks/{key} || exit 1"),
            };
            world.shell(&dir, &script)
        }))
    };
    let rival = Rival::new(name, open).says("the remote");
    field.add(rival.flushed("as git does by itself").beside(REMOTE));
}

/// One `git update-ref --stdin` that stays: the least that a lock in git can cost.
pub fn open_git(hall: &Hall, field: &mut Field) {
    for is_flushed in [true, false] {
        let name = format!("open-refs-{is_flushed}");
        let dir = hall.world.repo(&name, 1);
        let world = Arc::clone(&hall.world);
        let open = move |_: usize| Updater::start(&world, &dir, is_flushed);
        let (name, flushed, beside) = match is_flushed {
            true => ("open `git update-ref --stdin`, flushed", "yes", OPEN),
            false => ("open `git update-ref --stdin`", "no", OPEN_QUICK),
        };
        field.add(Rival::new(name, open).flushed(flushed).beside(beside));
    }
}

struct Updater {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    oid: String,
}

impl Updater {
    fn start(world: &World, dir: &Path, is_flushed: bool) -> Result<Self, String> {
        let file = crate::world::file(0);
        let oid = world.run(world.git(dir, &["hash-object", "-w", &file]));
        let mut args = if is_flushed {
            FLUSHED.to_vec()
        } else {
            Vec::new()
        };
        args.extend(["update-ref", "--stdin"]);
        let mut command = world.git(dir, &args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|why| why.to_string())?;
        let input = child.stdin.take().ok_or("no pipe")?;
        let output = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        Ok(Self {
            child,
            input,
            output,
            oid,
        })
    }
}

impl Client for Updater {
    fn act(&mut self, step: Step, key: &str) -> Result<bool, String> {
        let change = match step {
            Step::Lock => format!("create refs/locks/{key} {}", self.oid),
            _ => format!("delete refs/locks/{key} {}", self.oid),
        };
        let text = |why: std::io::Error| why.to_string();
        write!(self.input, "start\n{change}\nprepare\ncommit\n").map_err(text)?;
        for _ in 0..3 {
            let mut line = String::new();
            self.output.read_line(&mut line).map_err(text)?;
            if !line.ends_with(": ok\n") {
                return Err(format!("git said {line:?}"));
            }
        }
        Ok(true)
    }
}

impl Drop for Updater {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
