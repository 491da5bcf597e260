//! Where commands run and what they see: a directory and a complete environment.
//!
//! Nothing is inherited except the search path. A variable of the developer's own machine (an
//! agent's marker such as `CLAUDECODE`, a `GIT_DIR` of the hook that runs the tests, a proxy)
//! would otherwise decide what a test shows.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use super::sandbox::World;
use super::{Invocation, Outcome};

/// A directory in a sandbox together with the environment of its user.
#[derive(Clone, Debug)]
pub struct Shell {
    world: Arc<World>,
    dir: PathBuf,
    vars: BTreeMap<OsString, OsString>,
}

impl Shell {
    /// Pins the environment for a sandbox, whose root holds `home` and `tmp`.
    pub fn pinned(world: Arc<World>) -> Self {
        let root = world.root().to_path_buf();
        let home = root.join("home");
        let shell = Self {
            world,
            dir: root.clone(),
            vars: BTreeMap::new(),
        };
        shell
            .with("PATH", search_path())
            .with("HOME", &home)
            .with("TMPDIR", root.join("tmp"))
            .with("GIT_CONFIG_GLOBAL", home.join("gitconfig"))
            .with("GIT_CONFIG_NOSYSTEM", "1")
            .with("GIT_TERMINAL_PROMPT", "0")
            .with("LC_ALL", "C")
            .with("TZ", "UTC")
            .with_planted()
    }

    /// Returns this shell with the bug awake that these tests are tested with, if one is.
    fn with_planted(self) -> Self {
        match env::var_os(PLANTED) {
            Some(bug) => self.with(PLANTED, bug),
            None => self,
        }
    }

    /// Returns this shell with one more variable.
    pub fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.vars.insert(name.into(), value.as_ref().into());
        self
    }

    /// Returns this shell with a directory before all others of its search path.
    pub fn finding(&self, dir: &Path) -> Self {
        let path = [dir.to_path_buf()].into_iter().chain(self.path_dirs());
        let path = env::join_paths(path).unwrap();
        self.clone().with("PATH", path)
    }

    /// Returns this shell without the program under test on its search path.
    pub fn without_program(&self) -> Self {
        let built = Path::new(program()).parent().unwrap();
        let rest = self.path_dirs().filter(|dir| dir != built);
        let path = env::join_paths(rest).unwrap();
        self.clone().with("PATH", path)
    }

    /// The directories that programs are looked for in.
    pub fn path_dirs(&self) -> impl Iterator<Item = PathBuf> {
        env::split_paths(&self.vars[OsStr::new("PATH")])
    }

    /// Returns this shell in another directory.
    pub fn at(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = dir.into();
        self
    }

    /// The directory that commands run in.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// The root of the sandbox.
    pub fn sandbox(&self) -> &Path {
        self.world.root()
    }

    /// The sandbox's directory, for what needs it to stay.
    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// All variables that a command sees.
    pub fn vars(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.vars
            .iter()
            .map(|(k, v)| (k.as_os_str(), v.as_os_str()))
    }

    /// Prepares any program, for what `git` and `coord` do not say: input, a background process.
    pub fn command<A>(&self, program: impl AsRef<OsStr>, args: A) -> Invocation
    where
        A: IntoIterator<Item: AsRef<OsStr>>,
    {
        Invocation::new(self, program.as_ref(), args)
    }

    /// Runs git here.
    #[must_use = "snapshot it, or say what it should be: `ok`, `refused`, `code`"]
    #[track_caller]
    pub fn git<A>(&self, args: A) -> Outcome
    where
        A: IntoIterator<Item: AsRef<OsStr>>,
    {
        self.command("git", args).run()
    }

    /// Runs the program under test here.
    #[must_use = "snapshot it, or say what it should be: `ok`, `refused`, `code`"]
    #[track_caller]
    pub fn coord<A>(&self, args: A) -> Outcome
    where
        A: IntoIterator<Item: AsRef<OsStr>>,
    {
        self.command(program(), args).run()
    }

    /// Prepares the program under test, for races and for what runs beside something else.
    pub fn prepared<A>(&self, args: A) -> Invocation
    where
        A: IntoIterator<Item: AsRef<OsStr>>,
    {
        self.command(program(), args)
    }

    /// Returns what a git command that must succeed prints, without the line end.
    #[track_caller]
    pub fn ask_git<A>(&self, args: A) -> String
    where
        A: IntoIterator<Item: AsRef<OsStr>>,
    {
        self.git(args).ok().stdout.trim_end().to_owned()
    }

    /// Writes a file below this directory, with the directories that it needs.
    pub fn write(&self, file: &str, text: &str) {
        let file = self.dir.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// Writes a script below this directory that can be executed.
    pub fn write_program(&self, file: &str, script: &str) {
        self.write(file, script);
        fs::set_permissions(self.dir.join(file), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Reads a file below this directory.
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.dir.join(file)).unwrap()
    }

    /// Writes a file, commits it and returns the commit's id.
    #[track_caller]
    pub fn commit(&self, file: &str, text: &str) -> String {
        self.write(file, text);
        self.git(["add", "--", file]).ok();
        self.git(["commit", "--quiet", "--message", &format!("change {file}")])
            .ok();
        self.ask_git(["rev-parse", "HEAD"])
    }
}

/// The variable that says which program is tested instead of the one that was built for this.
const TESTED: &str = "COORD_TESTED";
/// The variable that wakes a bug in a program that was built to have some.
const PLANTED: &str = "COORD_PLANTED";

/// The program under test: the one that was built beside these tests, unless somebody tests the tests
/// with one that has a bug on purpose (`tests/proof`).
pub fn program() -> &'static str {
    static TESTED_INSTEAD: LazyLock<Option<String>> = LazyLock::new(|| env::var(TESTED).ok());
    TESTED_INSTEAD
        .as_deref()
        .unwrap_or(env!("CARGO_BIN_EXE_git-coord"))
}

/// The built program's directory, so that `git coord` finds it, and then the machine's own path.
fn search_path() -> OsString {
    let built = Path::new(program()).parent().unwrap();
    let machine = env::var_os("PATH").unwrap();
    env::join_paths(
        [built.to_path_buf()]
            .into_iter()
            .chain(env::split_paths(&machine)),
    )
    .unwrap()
}
