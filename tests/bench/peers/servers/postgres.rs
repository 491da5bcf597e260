//! PostgreSQL, and as much of its protocol as simple queries need.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Leash, connect, free_port, program, until};
use crate::world::World;

/// Debian's account for nobody: the server refuses to run as root.
const NOBODY: u32 = 65534;

/// A cluster of its own, with its defaults: every commit is flushed.
pub struct Postgres {
    pub port: u16,
    pub data: PathBuf,
    pub leash: Leash,
    // After the server has ended.
    _dir: tempfile::TempDir,
}

impl Postgres {
    pub fn start() -> Result<Self, String> {
        let bin = newest()?;
        let text = |why: std::io::Error| why.to_string();
        // Not below the world's directory, which is for its owner alone.
        let dir = tempfile::tempdir().map_err(text)?;
        std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).map_err(text)?;
        let data = dir.path().join("data");
        std::fs::create_dir(&data).map_err(text)?;
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            chown(&data, Some(NOBODY), Some(NOBODY)).map_err(text)?;
        }
        let command = |name: &str| {
            let mut command = match is_root {
                true => Command::new("setpriv"),
                false => Command::new(bin.join(name)),
            };
            if is_root {
                let id = NOBODY.to_string();
                command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]);
                command.arg(bin.join(name));
            }
            command
                .current_dir(dir.path())
                .env("LC_ALL", "C")
                .arg("-D")
                .arg(&data);
            command
        };
        let mut init = command("initdb");
        init.args(["-U", "bench", "-A", "trust", "-E", "UTF8"]);
        let made = init.output().map_err(text)?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        let port = free_port()?;
        let mut server = command("postgres");
        server.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c"]);
        server.arg(format!("unix_socket_directories={}", data.display()));
        // Room for as many clients as are tried at once, twice.
        server.args(["-c", "max_connections=200"]);
        // Its fast way to shut down.
        let leash = Leash::start(&server, "INT")?;
        let mut session = until("postgres", || Session::open(port, true))?;
        session.ask(SCHEMA)?;
        Ok(Self {
            port,
            data,
            leash,
            _dir: dir,
        })
    }

    /// A command that asks once, with Debian's client.
    pub fn psql(&self, world: &World, dir: &Path, query: &str) -> Command {
        let mut command = world.program(dir, "psql", &["-X", "-q", "-A", "-t", "-c", query]);
        command
            .env("PGHOST", "127.0.0.1")
            .env("PGPORT", self.port.to_string())
            .env("PGUSER", "bench")
            .env("PGDATABASE", "postgres");
        command
    }
}

/// A table of locks with leases, and one of tasks with what finds the next.
const SCHEMA: &str = "
    CREATE TABLE locks (key text PRIMARY KEY, holder text NOT NULL, until timestamptz NOT NULL);
    CREATE TABLE tasks (id bigserial PRIMARY KEY, title text NOT NULL,
        status text NOT NULL DEFAULT 'open', holder text, at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX ready ON tasks (id) WHERE status = 'open';";

fn newest() -> Result<PathBuf, String> {
    if let Ok(initdb) = program("initdb") {
        let real = initdb.canonicalize().map_err(|why| why.to_string())?;
        return real
            .parent()
            .map(Path::to_owned)
            .ok_or_else(|| "initdb has no directory".into());
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut dirs: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    dirs.retain(|dir| dir.join("initdb").is_file());
    dirs.sort();
    dirs.pop()
        .ok_or_else(|| "`postgresql` is not installed".into())
}

/// An open connection.
pub struct Session(BufReader<TcpStream>);

impl Session {
    pub fn open(port: u16, is_flushed: bool) -> Result<Self, String> {
        let mut session = Self(connect(port)?);
        let mut body = 196_608_u32.to_be_bytes().to_vec();
        for word in ["user", "bench", "database", "postgres", ""] {
            body.extend(word.as_bytes());
            body.push(0);
        }
        session.send(None, &body)?;
        session.answer()?;
        if !is_flushed {
            session.ask("SET synchronous_commit = off")?;
        }
        Ok(session)
    }

    /// Runs a query and returns the first column of the rows.
    pub fn ask(&mut self, query: &str) -> Result<Vec<String>, String> {
        let mut body = query.as_bytes().to_vec();
        body.push(0);
        self.send(Some(b'Q'), &body)?;
        self.answer()
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> Result<(), String> {
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend((body.len() as u32 + 4).to_be_bytes());
        message.extend(body);
        self.0
            .get_mut()
            .write_all(&message)
            .map_err(|why| why.to_string())
    }

    /// Reads until the server is ready for the next query.
    fn answer(&mut self) -> Result<Vec<String>, String> {
        let (mut rows, mut wrong) = (Vec::new(), None);
        loop {
            let mut head = [0; 5];
            self.0
                .read_exact(&mut head)
                .map_err(|why| why.to_string())?;
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
            let mut body = vec![0; length.saturating_sub(4)];
            self.0
                .read_exact(&mut body)
                .map_err(|why| why.to_string())?;
            match head[0] {
                b'D' => rows.push(first_column(&body)),
                b'E' => wrong = Some(String::from_utf8_lossy(&body).replace('\0', " ")),
                b'Z' => return wrong.map_or(Ok(rows), Err),
                _ => {}
            }
        }
    }
}

/// Two bytes of how many columns; then for each four of its length, and its text.
fn first_column(body: &[u8]) -> String {
    let length = body.get(2..6).and_then(|length| length.try_into().ok());
    let length = length.map(u32::from_be_bytes).unwrap_or_default() as usize;
    let text = body.get(6..6 + length).unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}
