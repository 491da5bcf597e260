//! Git config as it stands for this clone, with the team's `.coordconfig` below it.
//!
//! `.coordconfig` is a file that anybody with push rights can change, so only settings that can
//! do no harm are taken from it, as git-lfs does with `.lfsconfig`.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use git2::Repository;

use super::error::{Error, Result};
use super::git::Git;
use super::layout::Layout;
use super::repo::{BackendChoice, OpenOptions};

/// The committed file with the team's settings.
pub const TEAM_FILE: &str = ".coordconfig";
/// Largest `.coordconfig` that is read, in bytes.
pub(super) const TEAM_FILE_BYTES_MAX: u64 = 64 * 1024;
/// The settings that `.coordconfig` may give (lower case, as git prints them). `coord.remote`
/// names a remote and is never a URL.
pub const TEAM_KEYS: &[&str] = &[
    "coord.remote",
    "coord.ref",
    "coord.keyprefix",
    "coord.requirelock",
    "coord.failclosed",
    "coord.autolock",
    "coord.maxage",
    "coord.hookmaxage",
    "coord.skew",
    "coord.mainbranch",
    "coord.epochevery",
    "coord.memoryhalflife",
    "coord.sequentialabove",
    "coord.transport",
    "coord.requestwait",
];

/// The settings that count in `.coordconfig` as it is committed on the branch that something is to
/// land on, and nowhere else: what is run on somebody's machine is not for a working tree to say.
pub const TARGET_KEYS: &[&str] = &[
    "coord.check",
    "coord.checktimeout",
    "coord.checkenv",
    "coord.checkenvironment",
    "coord.landmethod",
    "coord.landmode",
    "coord.landwait",
    "coord.relayrule",
    "coord.branchlocks",
    "coord.branchrule",
    "coord.branchttl",
];

/// All settings, the last value of each key winning.
#[derive(Clone, Debug, Default)]
pub struct Config {
    values: HashMap<String, Vec<String>>,
    /// How many values of a key are the team's.
    team: HashMap<String, usize>,
    /// Keys of the team's file that are not taken from there.
    ignored: Vec<String>,
}

impl Config {
    pub(super) fn from_lib(repository: &Repository, layout: &Layout) -> Result<Self> {
        // libgit2 does not see `git -c` and GIT_CONFIG_COUNT, which come through these.
        let from_env = ["GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT"];
        if from_env.iter().any(|name| std::env::var_os(name).is_some()) {
            return Self::from_program(
                &Git::at(layout.git_dir.clone(), layout.work_dir.clone()),
                layout,
            );
        }
        let mut config = Self::default();
        if let Some(file) = team_file(layout) {
            if has_include(&file) {
                // libgit2 would follow it, to any file of this machine. The git program does not.
                let git = Git::at(layout.git_dir.clone(), layout.work_dir.clone());
                config.take_file(&git, &file)?;
            } else {
                let team = git2::Config::open(&file).map_err(Error::lib("reading .coordconfig"))?;
                config.take_lib(&team, true)?;
            }
        }
        let own = repository
            .config()
            .map_err(Error::lib("reading git config"))?;
        config.take_lib(&own, false)?;
        Ok(config)
    }

    fn take_lib(&mut self, from: &git2::Config, is_team: bool) -> Result<()> {
        let mut entries = from
            .entries(None)
            .map_err(Error::lib("reading git config"))?;
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(Error::lib("reading git config"))?;
            let Ok(name) = entry.name() else { continue };
            // A key without a value is git's short form of `true`.
            let value = if entry.has_value() {
                entry.value().unwrap_or_default()
            } else {
                "true"
            };
            self.take(name, value, is_team);
        }
        Ok(())
    }

    pub(super) fn from_program(git: &Git, layout: &Layout) -> Result<Self> {
        let mut config = Self::default();
        if let Some(file) = team_file(layout) {
            config.take_file(git, &file)?;
        }
        // What we set for our own calls is none of the user's.
        let git = git.as_configured();
        config.take_list(&git.expect(&["config", "--null", "--list"], None)?, false);
        Ok(config)
    }

    fn take_file(&mut self, git: &Git, file: &Path) -> Result<()> {
        let file = file.to_string_lossy().into_owned();
        let args = [
            "config",
            "--null",
            "--no-includes",
            "--list",
            "--file",
            &file,
        ];
        self.take_list(&git.expect(&args, None)?, true);
        Ok(())
    }

    /// Reads `key LF value NUL` lines; a key without a value has no line feed.
    pub(super) fn take_list(&mut self, listed: &[u8], is_team: bool) {
        for item in String::from_utf8_lossy(listed)
            .split('\0')
            .filter(|item| !item.is_empty())
        {
            let (key, value) = item.split_once('\n').unwrap_or((item, "true"));
            self.take(key, value, is_team);
        }
    }

    fn take(&mut self, key: &str, value: &str, is_team: bool) {
        if !is_team {
            self.add(key, value);
        } else if TEAM_KEYS.contains(&key) {
            self.add(key, value);
            *self.team.entry(key.to_owned()).or_default() += 1;
        } else if !TARGET_KEYS.contains(&key) && !self.ignored.iter().any(|ignored| ignored == key)
        {
            self.ignored.push(key.to_owned());
        }
    }

    #[cfg(test)]
    pub(super) fn of(values: &[(&str, &str)]) -> Self {
        let mut config = Self::default();
        for (key, value) in values {
            config.add(key, value);
        }
        config
    }

    /// Whether the value in force is the team's.
    pub fn is_from_team(&self, key: &str) -> bool {
        self.team.get(key).copied() == self.values.get(key).map(Vec::len)
            && self.values.contains_key(key)
    }

    /// Keys in the team's file that are not honoured there.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    fn add(&mut self, key: &str, value: &str) {
        self.values
            .entry(key.to_owned())
            .or_default()
            .push(value.to_owned());
    }

    /// The value in force; section and variable names are lower case.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.last().map(String::as_str)
    }

    /// Every value of a key that may be given several times.
    pub fn all(&self, key: &str) -> &[String] {
        self.values.get(key).map_or(&[], Vec::as_slice)
    }

    /// Every key, with its value in force.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values
            .iter()
            .filter_map(|(key, all)| Some((key.as_str(), all.last()?.as_str())))
    }

    /// The same settings without those whose key is not wanted.
    pub fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let kept = self.values.iter().filter(|(key, _)| wanted(key));
        Self {
            values: kept.map(|(key, all)| (key.clone(), all.clone())).collect(),
            team: self.team.clone(),
            ignored: self.ignored.clone(),
        }
    }

    /// A boolean the way git reads one; anything else is `default`.
    pub fn bool(&self, key: &str, default: bool) -> bool {
        match self.get(key).map(str::to_ascii_lowercase).as_deref() {
            Some("true" | "yes" | "on" | "1") => true,
            Some("false" | "no" | "off" | "0" | "") => false,
            _ => default,
        }
    }

    /// A duration such as `10s` or `5m`; a bare number is seconds.
    ///
    /// # Errors
    /// The key, the value and what would be understood.
    pub fn duration(&self, key: &str, default: Duration) -> Result<Duration, String> {
        let Some(text) = self.get(key) else {
            return Ok(default);
        };
        if let Ok(secs) = text.parse() {
            return Ok(Duration::from_secs(secs));
        }
        humantime::parse_duration(text).map_err(|_| {
            format!(
                "`{key}` is `{}`, which is no duration such as `10s` or `5m`",
                text.escape_debug()
            )
        })
    }

    pub(super) fn backend(&self) -> BackendChoice {
        match self.get("coord.backend") {
            Some("git") => BackendChoice::Program,
            _ => BackendChoice::Auto,
        }
    }

    pub(super) fn open_options(&self) -> OpenOptions {
        let default = Duration::from_secs(15);
        OpenOptions {
            fsync: self.bool("coord.fsync", true),
            timeout: self.duration("coord.timeout", default).unwrap_or(default),
        }
    }
}

/// Whether the team's file asks for other files.
fn has_include(file: &Path) -> bool {
    // Unreadable is reported by whoever reads it next.
    let text = std::fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    text.contains("include")
}

fn team_file(layout: &Layout) -> Option<std::path::PathBuf> {
    let file = layout
        .work_dir
        .as_deref()
        .map(|dir| Path::join(dir, TEAM_FILE))?;
    let meta = std::fs::symlink_metadata(&file).ok()?;
    (meta.is_file() && meta.len() <= TEAM_FILE_BYTES_MAX).then_some(file)
}
