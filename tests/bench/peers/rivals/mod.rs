//! Those who are compared: git-coord in every way that it is used, and what people would take instead.

mod agent_mail;
mod files;
mod ours;
mod servers;
mod trackers;

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{Arc, OnceLock};

use super::rival::{Client, Field, LOCKS, Step, TASKS, run, said};
use super::servers::{GitServers, LfsServer, Postgres, Redis, Transport};
use crate::world::World;

/// All servers, started once.
pub struct Hall {
    pub world: Arc<World>,
    /// Where the other tools were installed.
    pub tools: PathBuf,
    pub git: GitServers,
    pub postgres: Result<Arc<Postgres>, String>,
    pub memory: Result<Arc<Redis>, String>,
    pub file: Result<Arc<Redis>, String>,
    pub lfs: Result<Arc<LfsServer>, String>,
    mail: OnceLock<Result<Arc<agent_mail::AgentMail>, String>>,
}

impl Hall {
    pub fn open(tools: PathBuf) -> Self {
        let world = Arc::new(World::new());
        Self {
            git: GitServers::start(&world),
            postgres: Postgres::start().map(Arc::new),
            memory: Redis::start(&world, false).map(Arc::new),
            file: Redis::start(&world, true).map(Arc::new),
            lfs: LfsServer::start().map(Arc::new),
            mail: OnceLock::new(),
            world,
            tools,
        }
    }

    /// The one that takes seconds to start, when it is asked for.
    pub fn mail(&self) -> &Result<Arc<agent_mail::AgentMail>, String> {
        let start = || agent_mail::AgentMail::start(&self.world, &self.tools).map(Arc::new);
        self.mail.get_or_init(start)
    }

    /// Locks by programs that start and end, answered by this clone.
    pub fn local_locks(&self) -> Field {
        let mut field = Field::default();
        ours::local(self, &mut field, LOCKS);
        files::locks(self, &mut field);
        field
    }

    /// Locks by programs that start and end, answered by a server.
    pub fn served_locks(&self) -> Field {
        let mut field = Field::default();
        for how in Transport::ALL {
            ours::remote(self, &mut field, how);
        }
        files::pushed(self, &mut field);
        servers::lfs(self, &mut field);
        servers::psql(self, &mut field, LOCKS);
        servers::redis_cli(self, &mut field);
        field
    }

    /// Locks over a handle that stays open.
    pub fn open_locks(&self) -> Field {
        let mut field = Field::default();
        ours::open(self, &mut field, LOCKS);
        servers::postgres(self, &mut field, LOCKS);
        servers::redis(self, &mut field);
        files::open_git(self, &mut field);
        agent_mail::locks(self, &mut field);
        field
    }

    /// What many at once are tried with: one way for each, and both for ours.
    pub fn crowds(&self) -> Field {
        let mut field = Field::default();
        ours::crowds(self, &mut field);
        files::crowds(self, &mut field);
        servers::lfs(self, &mut field);
        servers::psql(self, &mut field, LOCKS);
        servers::postgres(self, &mut field, LOCKS);
        servers::redis(self, &mut field);
        field
    }

    /// Tasks: added, claimed, done.
    pub fn tasks(&self) -> Field {
        let mut field = Field::default();
        ours::local(self, &mut field, TASKS);
        ours::remote_tasks(self, &mut field);
        ours::open(self, &mut field, TASKS);
        trackers::tasks(self, &mut field);
        servers::psql(self, &mut field, TASKS);
        servers::postgres(self, &mut field, TASKS);
        field
    }

    /// A program that was installed for this, or one of the system's.
    fn tool(&self, below: &str) -> Result<String, String> {
        let file = self.tools.join(below);
        match file.is_file() {
            true => Ok(file.display().to_string()),
            false => Err("it is not installed (tests/bench/peers/install)".into()),
        }
    }
}

/// Makes the command of a step from the key and from the id of the task.
type Make = dyn FnMut(Step, &str, &str) -> Command + Send;

/// A client of a tracker: programs that start and end, and the id that the first one told.
struct Tracker {
    make: Box<Make>,
    /// Finds the id of a new task in what was printed.
    find: fn(&str) -> Option<String>,
    id: String,
}

impl Tracker {
    fn new(
        make: impl FnMut(Step, &str, &str) -> Command + Send + 'static,
        find: fn(&str) -> Option<String>,
    ) -> Self {
        Self {
            make: Box::new(make),
            find,
            id: String::new(),
        }
    }
}

impl Client for Tracker {
    fn act(&mut self, step: Step, key: &str) -> Result<bool, String> {
        let output = run((self.make)(step, key, &self.id))?;
        if !output.status.success() {
            return Err(said(&output));
        }
        if step == Step::Add {
            let text = String::from_utf8_lossy(&output.stdout);
            self.id = (self.find)(&text).ok_or_else(|| format!("no id in {text:?}"))?;
        }
        Ok(true)
    }

    fn command(&mut self, step: Step, key: &str) -> Option<Command> {
        Some((self.make)(step, key, &self.id))
    }
}

/// The value of the first `"id"` in a JSON text.
fn first_id(text: &str) -> Option<String> {
    let rest = text.split_once("\"id\":")?.1.trim_start();
    Some(rest.strip_prefix('"')?.split_once('"')?.0.to_owned())
}

/// A yes is a line, a no is none.
fn is_told(output: &Output) -> Result<bool, String> {
    match output.status.success() {
        true => Ok(!output.stdout.trim_ascii().is_empty()),
        false => Err(said(output)),
    }
}
