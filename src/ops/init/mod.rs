//! `init`: share locks through a remote, let coding agents find git-coord, or take either back.

mod agents;

use clap::Args;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::{Bring, Coord, Failure, Joined};
use crate::store::{ClonesOwn, TEAM_FILE};

use crate::wiring::{Agent, Wish};

use super::{Context, hooks};
pub use agents::{Did, File, Left, TrustStep, Wanted, Wired};
pub(in crate::ops) use agents::{put_one, take_one};

/// The setting that names the authority.
const REMOTE: &str = "coord.remote";

/// Share locks with every clone, through a remote, and let coding agents use git-coord.
///
/// `--agent` writes or merges the files by which an agent's own hooks and its MCP client find
/// git-coord, and says what a person has to do so that the agent trusts them. What others wrote in
/// these files stays as it is; a file that cannot be read is left alone, with the lines to add by
/// hand. Commit them, and they work for everybody. Alone it asks no remote; with `--uninstall` it
/// takes out exactly these pieces and nothing else.
///
/// Without a remote locks are shared by the worktrees of this clone. What this clone did alone is not
/// lost: its live locks are taken along where nothing is in their way; its tasks, messages, handoffs,
/// memories and values all together, or not at all when one of them has a name that stands for
/// something else there (exit code 1; the answer says which). Its chain is kept. Doing it again
/// changes nothing. A committed `.coordconfig` that names the remote does the same for every new
/// clone.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Init {
    /// The remote that decides from now on, such as `origin`
    #[arg(long, value_name = "NAME", conflicts_with = "uninstall")]
    pub remote: Option<String>,
    /// Take only locks along; the rest stays in the chain that is kept
    #[arg(long, conflicts_with = "uninstall")]
    pub leave_behind: bool,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// Take back exactly what was written here by `init`; with --agent, in files of agents alone
    #[arg(long)]
    pub uninstall: bool,
    /// Leave git's hooks alone
    #[arg(long)]
    pub no_hooks: bool,
    /// Let this coding agent use git-coord; several are separated by commas
    #[arg(
        long = "agent",
        value_name = "AGENT",
        value_delimiter = ',',
        conflicts_with = "leave_behind"
    )]
    pub agents: Vec<Wanted>,
    /// With --agent: let it edit nothing when git-coord cannot be asked
    #[arg(long, requires = "agents", conflicts_with = "uninstall")]
    pub fail_closed: bool,
}

/// The answer of `init`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SetUp {
    /// Whether this only says what would be done.
    pub dry_run: bool,
    /// Whether something was taken back.
    pub uninstall: bool,
    /// The remote that decides; absent when this clone does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// Who says so.
    pub remote_from: From,
    /// How the state of this clone and that of the remote came together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Joined>,
    /// What was changed in the config of this clone.
    pub config: Vec<Change>,
    /// Settings that `.coordconfig` has and that are not taken from there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
    /// How git's hooks stand now; absent when they were left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hooks: Option<hooks::Listed>,
    /// The files of coding agents; absent when none was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wired: Option<Wired>,
}

/// Where the name of the remote comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum From {
    /// Nobody named one.
    Nobody,
    /// The command line of this `init`.
    Asked,
    /// Git's config.
    Config,
    /// The committed `.coordconfig`.
    Team,
}

/// A setting in the config of this clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Its key.
    pub key: String,
    /// Its value before; none when it was not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// Its value after; none when it is not set any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

impl Init {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<SetUp, Failure> {
        let coord = &context.coord;
        let named = agents::named(&self.agents);
        if self.uninstall {
            return match named.is_empty() {
                true => self.take_back(coord),
                false => self.take_agents(coord, named),
            };
        }
        let config = coord.repo().config();
        let (remote, remote_from) = match (&self.remote, &coord.settings().remote) {
            (Some(asked), _) => (Some(asked.clone()), From::Asked),
            (None, Some(named)) if config.is_from_team(REMOTE) => (Some(named.clone()), From::Team),
            (None, Some(named)) => (Some(named.clone()), From::Config),
            (None, None) => (None, From::Nobody),
        };
        let mut state = None;
        // Files are written here: the remote has no part in that unless it is named.
        let joins = self.remote.is_some() || named.is_empty();
        if let Some(remote) = remote.as_ref().filter(|_| joins) {
            let member = Coord::open_unchecked(&context.dir, Some(&as_given(coord)))?;
            let member = member.with_remote(remote)?;
            let bring = match self.leave_behind {
                true => Bring::Locks,
                false => Bring::All,
            };
            state = Some(if self.dry_run {
                member.would_join(bring)?
            } else {
                member.join(bring)?
            });
        }
        if let Some(state @ Joined::Collides { .. }) = state {
            return Ok(SetUp {
                dry_run: self.dry_run,
                uninstall: false,
                remote,
                remote_from,
                state: Some(state),
                config: Vec::new(),
                ignored: config.ignored().to_vec(),
                hooks: None,
                wired: None,
            });
        }
        let wish = Wish {
            fail_closed: self.fail_closed,
        };
        let wired = (!named.is_empty())
            .then(|| agents::put(coord, named, wish, self.dry_run))
            .transpose()?;
        // Last, so that until all of it is done this clone goes on as before.
        let mut written = Vec::new();
        if let Some(asked) = &self.remote {
            written.extend(self.set(coord, REMOTE, asked)?);
        }
        Ok(SetUp {
            hooks: self.hooks(coord)?,
            dry_run: self.dry_run,
            uninstall: false,
            remote,
            remote_from,
            state,
            config: written,
            ignored: config.ignored().to_vec(),
            wired,
        })
    }

    /// The files of agents alone: the remote and git's hooks are for everybody else too.
    fn take_agents(&self, coord: &Coord, named: Vec<Agent>) -> Result<SetUp, Failure> {
        let wired = agents::take(coord, named, self.dry_run)?;
        let remote = coord.settings().remote.clone();
        Ok(SetUp {
            dry_run: self.dry_run,
            uninstall: true,
            remote_from: match remote {
                Some(_) => From::Config,
                None => From::Nobody,
            },
            remote,
            state: None,
            config: Vec::new(),
            ignored: Vec::new(),
            hooks: None,
            wired: Some(wired),
        })
    }

    /// Writes a setting and remembers what was there.
    fn set(&self, coord: &Coord, key: &str, value: &str) -> Result<Option<Change>, Failure> {
        let own = ClonesOwn::of(coord.repo());
        let before = own.get(key)?;
        if before.as_deref() == Some(value) {
            return Ok(None);
        }
        let change = Change {
            key: key.into(),
            before,
            after: Some(value.into()),
        };
        if !self.dry_run {
            let mut all = coord.set_up();
            match all.iter_mut().find(|known: &&mut Change| known.key == key) {
                // What was there at first is what goes back, unless somebody changed it since.
                Some(known) if known.after == change.before => known.after = change.after.clone(),
                Some(known) => *known = change.clone(),
                None => all.push(change.clone()),
            }
            coord.store_set_up(&all);
            own.set(key, Some(value))?;
        }
        Ok(Some(change))
    }

    fn take_back(&self, coord: &Coord) -> Result<SetUp, Failure> {
        let own = ClonesOwn::of(coord.repo());
        let mut config = Vec::new();
        for written in coord.set_up::<Change>() {
            // What somebody has changed since is theirs.
            let now = own.get(&written.key)?;
            if now != written.after {
                continue;
            }
            if !self.dry_run {
                own.set(&written.key, written.before.as_deref())?;
            }
            config.push(Change {
                key: written.key,
                before: now,
                after: written.before,
            });
        }
        if !self.dry_run {
            coord.store_set_up::<Change>(&[]);
        }
        let settings = coord.settings();
        let after = config.iter().find(|change| change.key == REMOTE);
        let remote = match after {
            Some(change) => change.after.clone(),
            None => settings.remote.clone(),
        };
        Ok(SetUp {
            hooks: self.hooks(coord)?,
            dry_run: self.dry_run,
            uninstall: true,
            remote_from: match remote {
                Some(_) => From::Config,
                None => From::Nobody,
            },
            remote,
            state: None,
            config,
            ignored: Vec::new(),
            wired: None,
        })
    }

    /// Installs the hooks, or takes them out; a dry run only says how they stand.
    fn hooks(&self, coord: &Coord) -> Result<Option<hooks::Listed>, Failure> {
        if self.no_hooks || coord.repo().layout().work_dir.is_none() {
            return Ok(None);
        }
        match (self.dry_run, self.uninstall) {
            (true, _) => hooks::list(coord),
            (false, false) => hooks::install(coord),
            (false, true) => hooks::uninstall(coord),
        }
        .map(Some)
    }
}

impl SetUp {
    /// Whether the join was stopped by what both sides have under one name.
    pub fn collides(&self) -> bool {
        matches!(self.state, Some(Joined::Collides { .. }))
    }
}

/// The actor as `--as` would name it.
fn as_given(coord: &Coord) -> String {
    let actor = coord.actor();
    format!("{}/{}", actor.agent, actor.session)
}

impl From {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Nobody => "nobody".into(),
            Self::Asked => "this command".into(),
            Self::Config => "git's config".into(),
            Self::Team => format!("`{TEAM_FILE}`"),
        }
    }
}
