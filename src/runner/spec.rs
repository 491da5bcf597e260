//! What is run, and who says so.

use std::time::Duration;

use crate::coord::Failure;
use crate::model::object_id::ObjectId;
use crate::model::queue::CheckId;
use crate::model::text::Text;
use crate::store::{Config, Repo, TEAM_FILE};

use super::environment::Environment;

/// Most commands of one check.
const COMMANDS_MAX: usize = 16;
/// Longest command, in bytes.
const COMMAND_BYTES_MAX: usize = 8 * 1024;
/// How long a check may take unless something else is said.
const LIMIT_DEFAULT: Duration = Duration::from_secs(30 * 60);
/// What people see of the commands at most, in bytes.
const SHOWN_BYTES_MAX: usize = 500;

/// Where the commands come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From the command line of whoever runs them.
    CommandLine,
    /// From `.coordconfig` in the commit that the target branch has.
    Target,
}

/// A check: what is run, for how long at most, and with which environment.
#[derive(Clone, Debug)]
pub struct Spec {
    pub(super) commands: Vec<String>,
    pub(super) limit: Duration,
    pub(super) environment: Environment,
    id: CheckId,
    source: Source,
}

impl Spec {
    /// The check for a target branch that has the commit `tip`: the commands that were `given` on
    /// the runner's command line, or else those that `.coordconfig` says in that very commit. The
    /// working tree, an entry, a record and the clone's config have no say in what is run.
    ///
    /// # Errors
    /// When neither says anything, a setting cannot be understood, or the commit cannot be read.
    pub fn of(repo: &Repo, tip: &ObjectId, given: &[String]) -> Result<Self, Failure> {
        let team = Config::committed(repo.git(), tip)?;
        let (commands, source) = if given.is_empty() {
            (team.all("coord.check").to_vec(), Source::Target)
        } else {
            (given.to_vec(), Source::CommandLine)
        };
        verify(&commands, tip)?;
        let said = team.get("coord.checkenvironment").unwrap_or_default();
        let environment = [std::env::consts::OS, std::env::consts::ARCH, said];
        Ok(Self {
            id: CheckId::new(&commands, &environment),
            limit: limit(repo.config(), &team)?,
            environment: Environment::of(repo.config(), &team)?,
            commands,
            source,
        })
    }

    /// Its identity: the commands, the system and the machine's kind, and what the team says about
    /// its tools (`coord.checkEnvironment`). How long it may take is no part of it.
    pub fn id(&self) -> &CheckId {
        &self.id
    }

    /// Where the commands come from.
    pub fn source(&self) -> Source {
        self.source
    }

    /// What is run, one after the other.
    pub fn commands(&self) -> &[String] {
        &self.commands
    }

    /// How long all of them together may take.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// The commands as one line for people and for the verdict.
    pub fn shown(&self) -> Text {
        let mut line = self.commands.join(" && ").replace(['\n', '\r'], " ");
        if line.len() > SHOWN_BYTES_MAX {
            let mut ends = (0..=SHOWN_BYTES_MAX).rev();
            let end = ends.find(|end| line.is_char_boundary(*end));
            line.truncate(end.unwrap_or_default());
            line.push('…');
        }
        line.try_into()
            .expect("because a command is not blank and the line is short")
    }
}

fn verify(commands: &[String], tip: &ObjectId) -> Result<(), Failure> {
    let wrong = |what: String| {
        let hint = format!(
            "a check is a command line, such as `git config -f {TEAM_FILE} coord.check 'make test'`"
        );
        Failure::usage(what, hint)
    };
    if commands.is_empty() {
        return Err(Failure::usage(
            format!(
                "no check is set: `{TEAM_FILE}` of {} has no `coord.check`",
                tip.short()
            ),
            format!(
                "give one with `--check CMD`, or commit one to the target branch: `git config -f \
                 {TEAM_FILE} coord.check 'make test'`"
            ),
        ));
    }
    if commands.len() > COMMANDS_MAX {
        let count = commands.len();
        return Err(wrong(format!(
            "there are {count} commands to check with, and at most {COMMANDS_MAX} are run"
        )));
    }
    for command in commands {
        if command.trim().is_empty() {
            return Err(wrong("a command to check with is blank".into()));
        }
        if command.len() > COMMAND_BYTES_MAX || command.contains('\0') {
            return Err(wrong(format!(
                "a command to check with has more than {COMMAND_BYTES_MAX} bytes, or a zero byte"
            )));
        }
    }
    Ok(())
}

/// The runner's own config wins over the team's, as everywhere.
fn limit(own: &Config, team: &Config) -> Result<Duration, Failure> {
    const KEY: &str = "coord.checktimeout";
    let config = if own.get(KEY).is_some() { own } else { team };
    let wrong = |what: String| Failure::usage(what, "use a time such as `30m` or `2h`");
    let limit = config.duration(KEY, LIMIT_DEFAULT).map_err(wrong)?;
    if limit.is_zero() {
        return Err(wrong("`coord.checkTimeout` is 0: no check can pass".into()));
    }
    Ok(limit)
}
