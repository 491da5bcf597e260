//! Settings of git-coord, read from git config once.

use std::path::Path;
use std::time::Duration;

use crate::model::feature::Percent;
use crate::model::gc::Keep;
use crate::model::key::Key;
use crate::store::{Config, Git, TEAM_FILE, names};

use super::failure::Failure;
use super::request::Transport;

/// Every `coord.*` setting there is, spelled as people write it.
pub const KNOWN: &[&str] = &[
    "coord.agent",
    "coord.autoLock",
    "coord.backend",
    "coord.branchLocks",
    "coord.branchRule",
    "coord.branchTtl",
    "coord.check",
    "coord.checkEnv",
    "coord.checkEnvironment",
    "coord.checkTimeout",
    "coord.epochEvery",
    "coord.failClosed",
    "coord.fsync",
    "coord.githubApp",
    "coord.githubAppKey",
    "coord.githubIssues",
    "coord.githubRepo",
    "coord.githubUrl",
    "coord.hookMaxAge",
    "coord.keepAnswers",
    "coord.keepHandoffs",
    "coord.keepMessages",
    "coord.keepSessions",
    "coord.keepTasks",
    "coord.keyPrefix",
    "coord.landMethod",
    "coord.landMode",
    "coord.landWait",
    "coord.mainBranch",
    "coord.maxAge",
    "coord.memoryHalfLife",
    "coord.pool",
    "coord.ref",
    "coord.relayRule",
    "coord.remote",
    "coord.requestNow",
    "coord.requestWait",
    "coord.requireLock",
    "coord.sequentialAbove",
    "coord.sign",
    "coord.skew",
    "coord.timeout",
    "coord.transport",
];

/// Slack between wall clocks unless set otherwise, in seconds.
const SKEW_SECS_DEFAULT: u64 = 600;

const DAY_SECS: u64 = 24 * 60 * 60;

/// What to do about a change without a lock of one's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RequireLock {
    /// Nothing: only locks of others count.
    #[default]
    Off,
    /// Say so.
    Warn,
    /// Refuse.
    Require,
}

/// What git's config says about colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColorWish {
    /// Always or never; `None` where a terminal has it and a file has not.
    pub always: Option<bool>,
    /// Whether a pager has it like a terminal.
    pub in_pager: bool,
}

impl Default for ColorWish {
    fn default() -> Self {
        Self {
            always: None,
            in_pager: true,
        }
    }
}

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The remote that decides; this clone decides when there is none.
    pub remote: Option<String>,
    /// The name of the state's ref on the remote.
    pub remote_ref: String,
    /// A refusal comes only from a view younger than this.
    pub age_max: Duration,
    /// Hooks refresh a view that is older than this.
    pub hook_age_max: Duration,
    /// Slack between wall clocks; `None` when no clock is trusted.
    pub skew_secs: Option<u64>,
    /// Changes that need an own lock: the rule for each pattern, later ones first.
    pub require_lock: Vec<(Option<Key>, RequireLock)>,
    /// Whether hooks refuse when they cannot tell.
    pub fail_closed: bool,
    /// Whether the hooks of coding agents lock what is about to be edited.
    pub auto_lock: bool,
    /// Whether commits of the state are signed.
    pub sign: bool,
    /// Key prefixes of the team.
    pub prefixes: Vec<String>,
    /// The deadline of one network command.
    pub timeout: Duration,
    /// The branch on which landing gives locks back.
    pub main_branch: Option<String>,
    /// How changes reach the state.
    pub transport: Transport,
    /// How long a request that was pushed is waited for.
    pub request_wait: Duration,
    /// Whether requests on the work branch are pushed at once.
    pub request_now: bool,
    /// What git's config says about colour.
    pub color: ColorWish,
    /// A writer begins a new epoch when the current one has more states than this; 0 is never.
    pub epoch_every: u64,
    /// After which time a memory counts half.
    pub memory_half_life: Duration,
    /// A feature that shares more of its claims than this is SEQUENTIAL.
    pub sequential_above: Percent,
    /// For how long what is over stays in the live tree.
    pub keep: Keep,
}

impl Settings {
    /// Reads all of them.
    ///
    /// # Errors
    /// The first one that cannot be understood, with its key and what is expected.
    pub fn read(config: &Config) -> Result<Self, Failure> {
        let secs = |key: &str, default: u64| {
            config
                .duration(key, Duration::from_secs(default))
                .map_err(|what| Failure::usage(what, format!("set it with `git config {key}`")))
        };
        let skew_secs = match config.get("coord.skew") {
            Some("never") => None,
            _ => Some(secs("coord.skew", SKEW_SECS_DEFAULT)?.as_secs()),
        };
        let remote = config.get("coord.remote").filter(|name| !name.is_empty());
        Ok(Self {
            remote: remote.map(str::to_owned),
            remote_ref: state_ref(config)?,
            age_max: secs("coord.maxage", 10)?,
            hook_age_max: secs("coord.hookmaxage", 300)?,
            skew_secs,
            require_lock: require_lock(config)?,
            fail_closed: config.bool("coord.failclosed", false),
            auto_lock: config.bool("coord.autolock", false),
            sign: config.bool("coord.sign", false),
            prefixes: config.all("coord.keyprefix").to_vec(),
            timeout: secs("coord.timeout", 15)?,
            main_branch: config.get("coord.mainbranch").map(str::to_owned),
            transport: transport(config)?,
            request_wait: secs("coord.requestwait", 30)?,
            request_now: config.bool("coord.requestnow", false),
            color: color(config),
            epoch_every: epoch_every(config)?,
            memory_half_life: secs("coord.memoryhalflife", 30 * DAY_SECS)?,
            sequential_above: sequential_above(config)?,
            keep: Keep {
                tasks_secs: secs("coord.keeptasks", 30 * DAY_SECS)?.as_secs(),
                messages_secs: secs("coord.keepmessages", 14 * DAY_SECS)?.as_secs(),
                sessions_secs: secs("coord.keepsessions", 7 * DAY_SECS)?.as_secs(),
                handoffs_secs: secs("coord.keephandoffs", 30 * DAY_SECS)?.as_secs(),
                answers_secs: secs("coord.keepanswers", 14 * DAY_SECS)?.as_secs(),
            },
        })
    }
}

impl Settings {
    /// Checks that the remote is one of this clone.
    ///
    /// # Errors
    /// When it is not: acting alone then would be acting against the others.
    pub fn check_remote(&self, config: &Config) -> Result<(), Failure> {
        let missing = |name: &&String| !is_remote(config, name);
        match self.remote.as_ref().filter(missing) {
            None => Ok(()),
            Some(remote) => Err(Failure::usage(
                format!(
                    "`coord.remote` is `{}`, and there is no such remote",
                    remote.escape_debug()
                ),
                "add it with `git remote add`, or name another with `git coord init --remote NAME`",
            )),
        }
    }

    /// The name of what decides: the remote, or `local` for this clone.
    pub fn authority(&self) -> &str {
        self.remote.as_deref().unwrap_or("local")
    }

    /// The rule for a path: the last one in the config that names it, or that names none.
    pub fn rule_for(&self, path: &Key) -> RequireLock {
        let applies = |key: &Option<Key>| key.as_ref().is_none_or(|key| key.overlaps(path));
        self.require_lock
            .iter()
            .find(|(key, _)| applies(key))
            .map_or(RequireLock::Off, |(_, rule)| *rule)
    }
}

/// `coord.failClosed` if it is set, asked of git because the settings could not be read here.
pub fn fail_closed(dir: &Path) -> Option<bool> {
    let git = Git::here();
    let ask = |more: &[&str]| {
        let mut args = vec!["-C".as_ref(), dir.as_os_str()];
        args.extend(["config", "--type=bool"].map(std::ffi::OsStr::new));
        args.extend(more.iter().map(std::ffi::OsStr::new));
        let output = git.run(&args, None, None).ok()?;
        output.success().then(|| output.text() == "true")
    };
    let key = ["--get", "coord.failClosed"];
    ask(&key).or_else(|| ask(&["--file", TEAM_FILE, key[0], key[1]]))
}

/// Only names of configured remotes: `.coordconfig` must not send anybody's credentials anywhere.
fn is_remote(config: &Config, name: &str) -> bool {
    config.get(&format!("remote.{name}.url")).is_some()
}

fn state_ref(config: &Config) -> Result<String, Failure> {
    let Some(name) = config.get("coord.ref") else {
        return Ok(names::STATE.into());
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    let is_sane = (name.starts_with("refs/heads/") || name.starts_with("refs/coord/"))
        && name.chars().all(is_plain)
        && !name.contains("..")
        && !name.contains("//")
        && !name.ends_with(['/', '.'])
        && !name.ends_with(".lock");
    if is_sane {
        return Ok(name.to_owned());
    }
    Err(Failure::usage(
        format!(
            "`coord.ref` is `{}`, which is no place for the state",
            name.escape_debug()
        ),
        "use `refs/coord/state` or, where a host takes only branches, `refs/heads/coord/state`",
    ))
}

fn transport(config: &Config) -> Result<Transport, Failure> {
    match config.get("coord.transport") {
        None | Some("direct") => Ok(Transport::Direct),
        Some("branch") => Ok(Transport::Branch),
        Some("auto") => Ok(Transport::Auto),
        Some(other) => Err(Failure::usage(
            format!("`coord.transport` is `{}`", other.escape_debug()),
            "use `direct`, `branch` or `auto`; see `git coord help relay`",
        )),
    }
}

/// `color.coord`, else `color.ui`, read as git reads its own: a plain truth is `auto`.
fn color(config: &Config) -> ColorWish {
    let mut keys = ["color.coord", "color.ui"].into_iter();
    let always = keys.find_map(|key| {
        let value = config.get(key)?.to_ascii_lowercase();
        Some(match value.as_str() {
            "always" => Some(true),
            "never" => Some(false),
            _ => (!config.bool(key, true)).then_some(false),
        })
    });
    ColorWish {
        always: always.flatten(),
        in_pager: config.bool("color.pager", true),
    }
}

fn epoch_every(config: &Config) -> Result<u64, Failure> {
    let Some(text) = config.get("coord.epochevery") else {
        return Ok(0);
    };
    text.parse().map_err(|_| {
        let what = format!(
            "`coord.epochEvery` is `{}`, which is no number of states",
            text.escape_debug()
        );
        Failure::usage(what, "use a number such as `10000`, or `0` for never")
    })
}

fn sequential_above(config: &Config) -> Result<Percent, Failure> {
    let Some(text) = config.get("coord.sequentialabove") else {
        return Ok(Percent::default());
    };
    text.parse().map_err(|why| {
        let what = format!("`coord.sequentialAbove`: {why}");
        Failure::usage(what, "use a part of the claims such as `50%`")
    })
}

/// `coord.requireLock` is `off`, `warn` or `require`, or one of these before a pattern:
/// `require src/**`.
fn require_lock(config: &Config) -> Result<Vec<(Option<Key>, RequireLock)>, Failure> {
    let wrong = |text: &str| {
        Failure::usage(
            format!("`coord.requireLock` is `{}`", text.escape_debug()),
            "use `off`, `warn` or `require`, alone or before a path or pattern: `require src/**`",
        )
    };
    let mut rules = Vec::new();
    for text in config.all("coord.requirelock") {
        let (word, pattern) = text.split_once(' ').unwrap_or((text, ""));
        let rule = match word {
            "off" | "false" => RequireLock::Off,
            "warn" => RequireLock::Warn,
            "require" | "true" => RequireLock::Require,
            _ => return Err(wrong(text)),
        };
        let key = match pattern.trim() {
            "" => None,
            pattern => Some(Key::parse(pattern).map_err(|_| wrong(text))?),
        };
        rules.insert(0, (key, rule));
    }
    Ok(rules)
}
