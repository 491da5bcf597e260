//! Running the user's git program.
//!
//! Network, ref updates and everything that libgit2 cannot open go through here, so that the
//! user's ssh, proxies, credential helpers and ref formats work as they do for `git` itself.
//!
//! Every child gets a pinned locale and a closed standard input unless bytes are given, and none
//! runs the repository's hooks. Answers are judged by exit code and by machine-readable standard
//! output; the words on standard error are only passed on to people.
//!
//! Oldest git tried: [`super::Version::OLDEST`] (`push --porcelain --atomic`, `fetch
//! --no-write-fetch-head` of 2.29, `--path-format` of 2.31).

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::config::Config;
use super::error::{Error, Result};
use super::kept::{Kept, SPAWNING, inherited};
use super::muted;
use super::shared::with_own_mask;
use super::stderr::clean;
use super::watchdog::{Watchdog, own_group};

/// Neither the user's hooks nor ours may run for our own bookkeeping. Those that are settings are
/// switched off in [`muted`].
const QUIET: [&str; 2] = ["core.hooksPath=/dev/null", "core.fsmonitor=false"];

/// What the environment of this process may say about its own repository, and what must not be
/// said about another one. As `git rev-parse --local-env-vars` has them, but for settings; and the
/// person's wish to do without the contents of large files, which a checked tree cannot.
const PLACING: [&str; 14] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_LFS_SKIP_SMUDGE",
];

/// How to call git for one repository.
#[derive(Clone, Debug)]
pub struct Git {
    program: OsString,
    git_dir: Option<PathBuf>,
    work_dir: Option<PathBuf>,
    start_dir: Option<PathBuf>,
    env: Vec<(String, OsString)>,
    /// Variables that no child inherits.
    unset: &'static [&'static str],
    carries: Option<Arc<File>>,
    /// Settings of our own calls, which those made as the person go without.
    settings: Vec<Cow<'static, str>>,
}

/// What a finished git command left.
#[derive(Clone, Debug)]
pub struct Output {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output as it came.
    pub stdout: Vec<u8>,
    /// Standard error, bounded and without control characters.
    pub stderr: String,
    /// Whether the deadline passed and the whole process group was ended.
    pub timed_out: bool,
}

impl Output {
    /// Whether git reported success.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// Standard output as text without the final line break.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout)
            .trim_end_matches('\n')
            .to_owned()
    }
}

impl Git {
    /// Git as found on `PATH`, in the current directory.
    pub fn here() -> Self {
        Self {
            program: "git".into(),
            git_dir: None,
            work_dir: None,
            start_dir: None,
            env: Vec::new(),
            unset: &[],
            carries: None,
            settings: QUIET
                .iter()
                .chain(&muted::EVENTS)
                .map(|s| Cow::Borrowed(*s))
                .collect(),
        }
    }

    /// Git as it finds its repository from `dir`.
    pub(super) fn from_dir(dir: &Path) -> Self {
        Self {
            start_dir: Some(dir.to_owned()),
            ..Self::here()
        }
    }

    /// Git for one repository, wherever the current directory is. It starts at the top of the
    /// working tree, to which git takes a relative URL of a remote to belong.
    pub fn at(git_dir: PathBuf, work_dir: Option<PathBuf>) -> Self {
        Self {
            start_dir: work_dir.clone().or_else(|| Some(git_dir.clone())),
            git_dir: Some(git_dir),
            work_dir,
            ..Self::here()
        }
    }

    /// The same git in another working tree, whatever the environment says about this one.
    pub fn elsewhere_in(&self, dir: &Path) -> Self {
        Self {
            git_dir: None,
            work_dir: None,
            start_dir: Some(dir.to_owned()),
            unset: &PLACING,
            ..self.clone()
        }
    }

    /// Where it starts: what a relative URL of a remote belongs to.
    pub fn start_dir(&self) -> &Path {
        self.start_dir.as_deref().unwrap_or(Path::new(""))
    }

    /// The same git with more variables in its environment.
    pub fn with_env(&self, env: &[(impl AsRef<str>, impl AsRef<OsStr>)]) -> Self {
        let mut git = self.clone();
        git.env.extend(
            env.iter()
                .map(|(name, value)| (name.as_ref().into(), value.as_ref().to_owned())),
        );
        git
    }

    /// The same git, which inherits none of these variables.
    pub(super) fn without_env(&self, names: &'static [&'static str]) -> Self {
        let mut git = self.clone();
        git.unset = names;
        git
    }

    /// The same git, started in another directory.
    pub(super) fn in_dir(&self, dir: &Path) -> Self {
        let mut git = self.clone();
        git.start_dir = Some(dir.to_owned());
        git
    }

    /// The same git with a working tree, in which it starts.
    pub(super) fn with_work_dir(&self, dir: &Path) -> Self {
        let mut git = self.in_dir(dir);
        git.work_dir = Some(dir.to_owned());
        git
    }

    /// The same git, which runs none of the hooks that this config sets.
    pub(super) fn without_hooks_of(&self, config: &Config) -> Self {
        let mut git = self.clone();
        git.settings.extend(muted::hooks_of(config).map(Cow::Owned));
        git
    }

    /// The same git with no settings of ours, for questions about settings. It is not for calls
    /// that may run a hook.
    pub fn as_configured(&self) -> Self {
        let mut git = self.clone();
        git.settings.clear();
        git
    }

    /// The same git, writing its own trace of a kind to a file.
    pub(super) fn with_trace(&self, kind: &str, file: &Path) -> Self {
        let mut git = self.clone();
        git.env.push((kind.into(), file.into()));
        git
    }

    /// The same git, whose finished commands and all that they start keep a locked file open: it
    /// is free again only when every one of them is gone.
    pub(super) fn carrying(&self, file: Arc<File>) -> Self {
        let mut git = self.clone();
        git.carries = Some(file);
        git
    }

    /// A command with the settings that hold for every call.
    fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(&self.program);
        for setting in &self.settings {
            command.args(["-c", &**setting]);
        }
        command.args(args);
        for name in self.unset {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GIT_COORD_INTERNAL", "1");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(dir) = &self.git_dir {
            command.env("GIT_DIR", dir);
        }
        if let Some(dir) = &self.work_dir {
            command.env("GIT_WORK_TREE", dir);
        }
        if let Some(dir) = &self.start_dir {
            command.current_dir(dir);
        }
        command
    }

    /// Starts a child whose standard input and output are pipes.
    ///
    /// # Errors
    /// When git cannot be started.
    pub(super) fn open(&self, args: &[impl AsRef<OsStr>]) -> Result<Kept> {
        let _spawning = SPAWNING.read().unwrap_or_else(PoisonError::into_inner);
        self.open_unguarded(args)
    }

    /// Like [`Git::open`], for a caller that holds [`SPAWNING`].
    pub(super) fn open_unguarded(&self, args: &[impl AsRef<OsStr>]) -> Result<Kept> {
        Kept::start(&mut self.command(args)).map_err(|source| cannot_start(args, &source))
    }

    /// Starts a child that outlives this process and says nothing, for git's own housekeeping.
    ///
    /// # Errors
    /// When git cannot be started.
    pub fn detach(&self, args: &[impl AsRef<OsStr>]) -> Result<()> {
        let mut command = self.command(args);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        own_group(&mut command);
        spawn(&mut command, args).map(drop)
    }

    /// Runs git to its end; `deadline` bounds everything that may touch the network.
    ///
    /// # Errors
    /// Only when git cannot be started or fed; a failing exit code is in the [`Output`].
    pub fn run(
        &self,
        args: &[impl AsRef<OsStr>],
        stdin: Option<&[u8]>,
        deadline: Option<Duration>,
    ) -> Result<Output> {
        self.finish(self.command(args), args, stdin, deadline)
    }

    /// Like [`Git::run`], and does something else while git is at it.
    ///
    /// # Errors
    /// As [`Git::run`].
    pub(super) fn run_beside(
        &self,
        args: &[impl AsRef<OsStr>],
        deadline: Duration,
        meanwhile: impl FnOnce(),
    ) -> Result<Output> {
        let running = self.begin(self.command(args), args, None, Some(deadline))?;
        meanwhile();
        running.end(args)
    }

    /// Like [`Git::run`], but with the repository's own hooks, as the user's command would.
    ///
    /// # Errors
    /// As [`Git::run`].
    pub fn run_with_hooks(
        &self,
        args: &[impl AsRef<OsStr>],
        deadline: Option<Duration>,
    ) -> Result<Output> {
        let mut command = self.as_the_person(&self.program);
        command.args(args);
        with_own_mask(|| self.finish(command, args, None, deadline))
    }

    /// Runs a hook's file itself, for a git that cannot (before 2.40 `git hook run` gives it no
    /// input). `None` when there is no such file or it is not executable, as git ignores it then.
    ///
    /// # Errors
    /// As [`Git::run`].
    pub fn run_hook_file(&self, name: &str, args: &[&str], input: &str) -> Result<Option<Output>> {
        let file = self.path_printed_by(&["rev-parse", "--git-path", &format!("hooks/{name}")])?;
        if !is_executable(&file) {
            return Ok(None);
        }
        let mut command = self.as_the_person(file.as_os_str());
        command.args(args);
        with_own_mask(|| self.finish(command, args, Some(input.as_bytes()), None)).map(Some)
    }

    /// Lets the person edit a file, in the editor that git would start. Whether that went well.
    ///
    /// # Errors
    /// When there is no editor, or it cannot be started.
    pub fn edit(&self, file: &Path) -> Result<bool> {
        let mut command = self.as_the_person(&self.program);
        let args = ["var", "GIT_EDITOR"];
        command.args(args);
        let named = self.finish(command, &args, None, None)?;
        if !named.success() {
            return Err(Error::Git {
                command: "var".into(),
                why: named.stderr,
            });
        }
        // As git does: the setting is a command line, and the file is its last word.
        let editor = named.text();
        let mut command = self.as_the_person(OsStr::new("sh"));
        command
            .env_remove("LC_ALL")
            .env_remove("GIT_COORD_INTERNAL");
        if let Some(locale) = std::env::var_os("LC_ALL") {
            command.env("LC_ALL", locale);
        }
        command
            .args(["-c", &format!("{editor} \"$@\""), &editor])
            .arg(file);
        let status = with_own_mask(|| command.status());
        let status = status.map_err(|source| cannot_start(&[editor], &source))?;
        Ok(status.success())
    }

    /// The path that a command prints, from the top of the working tree.
    fn path_printed_by(&self, args: &[&str]) -> Result<PathBuf> {
        let mut command = self.as_the_person(&self.program);
        command.args(args);
        let output = self.finish(command, args, None, None)?;
        Ok(self.start_dir().join(output.text()))
    }

    /// A program with the person's own settings and hooks, where `-C` has led and not where the
    /// person stands.
    fn as_the_person(&self, program: &OsStr) -> Command {
        let mut command = Command::new(program);
        command.env("LC_ALL", "C").env("GIT_COORD_INTERNAL", "1");
        if let Some(dir) = &self.start_dir {
            command.current_dir(dir);
        }
        if let (Some(dir), Some(_)) = (&self.git_dir, std::env::var_os("GIT_DIR")) {
            // It may be relative to where the person stands.
            command.env("GIT_DIR", dir);
        }
        command
    }

    fn finish(
        &self,
        command: Command,
        args: &[impl AsRef<OsStr>],
        stdin: Option<&[u8]>,
        deadline: Option<Duration>,
    ) -> Result<Output> {
        self.begin(command, args, stdin, deadline)?.end(args)
    }

    fn begin(
        &self,
        mut command: Command,
        args: &[impl AsRef<OsStr>],
        stdin: Option<&[u8]>,
        deadline: Option<Duration>,
    ) -> Result<Running> {
        command.stdin(if stdin.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        // On a terminal git may ask for a passphrase, which needs the foreground process group.
        let is_interactive = std::io::stderr().is_terminal() && std::io::stdin().is_terminal();
        if !is_interactive {
            command.env("GIT_TERMINAL_PROMPT", "0");
            own_group(&mut command);
        }
        let mut child = match &self.carries {
            Some(file) => {
                inherited(file, || command.spawn()).map_err(|source| cannot_start(args, &source))?
            }
            None => spawn(&mut command, args)?,
        };
        #[cfg(feature = "planted")]
        let deadline = deadline.filter(|_| !crate::planted::has(crate::planted::Bug::NoDeadline));
        let watchdog = deadline.map(|limit| Watchdog::start(child.id(), limit, !is_interactive));
        if let (Some(bytes), Some(mut pipe)) = (stdin, child.stdin.take()) {
            // A child that ends early closes the pipe; its exit code tells why.
            let told = pipe.write_all(bytes);
            if let Some(why) = told.err().filter(|why| why.kind() != ErrorKind::BrokenPipe) {
                // It must not take a part for the whole.
                let _ = child.kill();
                let _ = child.wait();
                return Err(cannot_start(args, &why));
            }
        }
        Ok(Running { child, watchdog })
    }

    /// Runs git and turns a failing exit code into an error.
    ///
    /// # Errors
    /// [`Error::Git`] with git's own words.
    pub fn expect(&self, args: &[impl AsRef<OsStr>], stdin: Option<&[u8]>) -> Result<Vec<u8>> {
        let output = self.run(args, stdin, None)?;
        if output.success() {
            return Ok(output.stdout);
        }
        Err(Error::Git {
            command: name_of(args),
            why: output.stderr,
        })
    }
}

/// A git command that has its input and not yet ended.
struct Running {
    child: Child,
    watchdog: Option<Watchdog>,
}

impl Running {
    fn end(self, args: &[impl AsRef<OsStr>]) -> Result<Output> {
        let output = self
            .child
            .wait_with_output()
            .map_err(|source| cannot_start(args, &source))?;
        Ok(Output {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: clean(&output.stderr),
            timed_out: self.watchdog.is_some_and(Watchdog::stop),
        })
    }
}

/// Ends a process and all that it started, where there are no process groups.
#[cfg(not(unix))]
pub(super) fn kill_tree(pid: u32) {
    let _ = Command::new("taskkill")
        .args(["/T", "/F", "/PID", &pid.to_string()])
        .status();
}

fn spawn(command: &mut Command, args: &[impl AsRef<OsStr>]) -> Result<Child> {
    let _spawning = SPAWNING.read().unwrap_or_else(PoisonError::into_inner);
    command
        .spawn()
        .map_err(|source| cannot_start(args, &source))
}

fn cannot_start(args: &[impl AsRef<OsStr>], source: &std::io::Error) -> Error {
    Error::Git {
        command: name_of(args),
        why: format!("git could not be run: {source}"),
    }
}

fn name_of(args: &[impl AsRef<OsStr>]) -> String {
    let words = args.iter().map(|arg| arg.as_ref().to_string_lossy());
    words
        .skip_while(|word| word.starts_with("-c") || word.contains('='))
        .take(2)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file)
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}
