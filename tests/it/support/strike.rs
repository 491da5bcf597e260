//! Strikes at one process of a command: at the program under test, or at a git under it.
//!
//! A git under it is found by its subcommand and traced apart from all others, by programs that
//! stand before git on the search path. To trace all processes together would not do: strace counts
//! the calls of each, and the program comes to its tenth before a git that it started later does.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::calls::{self, Call};
use super::shell::program;
use super::{Agent, Outcome};

/// Which process is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The program under test; what it has started goes on.
    Program,
    /// The first git of this subcommand under it.
    Git(&'static str),
}

/// Programs that stand before git.
pub struct Strikes {
    dir: PathBuf,
}

/// Strikes at the first git of the wanted subcommand; every other one is left alone. When it is
/// killed and that is wanted, all that wait for it are killed with it, as when a container ends.
const BEFORE: &str = "\
#!/bin/sh
case \" ${0##*/git-} $* \" in
  *\" $STRIKE_AT \"*) mkdir \"$STRIKE_TRACE.once\" 2>/dev/null || exec 'GIT' \"$@\" ;;
  *) exec 'GIT' \"$@\" ;;
esac
[ \"$STRIKE_ALL\" ] || exec strace -o \"$STRIKE_TRACE\" $STRIKE_OPTIONS 'GIT' \"$@\"
strace -o \"$STRIKE_TRACE\" $STRIKE_OPTIONS 'GIT' \"$@\"
code=$?
[ $code = 137 ] || exit $code
pid=$PPID all=
while [ -d \"/proc/$pid\" ] && [ \"$pid\" -gt 1 ]; do
  all=\"$all $pid\"
  [ \"$(cat /proc/$pid/comm)\" != git-coord ] || { kill -KILL $all; exit; }
  pid=$(sed -n 's/^PPid:[^0-9]*//p' /proc/$pid/status)
done
";

impl Strikes {
    /// Puts them into the agent's sandbox.
    #[track_caller]
    pub fn new(agent: &Agent) -> Self {
        let dir = agent.sandbox().join("strikes");
        // A directory of git's own programs in which one is ours: git starts its receiving end from
        // there, and not from the search path.
        let own = PathBuf::from(agent.ask_git(["--exec-path"]));
        let programs = dir.join("programs");
        if programs.exists() {
            return Self { dir };
        }
        fs::create_dir_all(&programs).unwrap();
        for entry in fs::read_dir(&own).unwrap().flatten() {
            symlink(entry.path(), programs.join(entry.file_name())).unwrap();
        }
        let receiving = "git-receive-pack";
        fs::remove_file(programs.join(receiving)).unwrap();
        stand_before(&own.join(receiving), &programs.join(receiving));
        stand_before(&own.join("git"), &dir.join("git"));
        Self { dir }
    }

    /// What a process of a command calls when nothing strikes. The command must be answered, yes or no.
    #[track_caller]
    pub fn calls(&self, agent: &Agent, args: &[&str], at: At) -> Vec<Call> {
        let (outcome, trace) = self.run(agent, args, at, &["-y"], false);
        assert!(outcome.code <= 1, "{outcome}");
        assert!(!trace.is_empty(), "{args:?} has no {at:?}");
        calls::in_trace(&trace)
    }

    /// Runs a command while strace strikes with these options; returns its trace of the process.
    #[track_caller]
    pub fn run(
        &self,
        agent: &Agent,
        args: &[&str],
        at: At,
        options: &[&str],
        with_all: bool,
    ) -> (Outcome, String) {
        static TRACES: AtomicUsize = AtomicUsize::new(0);
        let number = TRACES.fetch_add(1, Ordering::Relaxed);
        let trace = self.dir.join(format!("trace-{number}"));
        let program = program();
        let struck = match at {
            At::Program => {
                let output = ["-o", trace.to_str().unwrap()];
                let words = [&output, options, &[program], args].concat();
                agent.command("strace", words)
            }
            At::Git(subcommand) => {
                let (_, path) = agent.vars().find(|(name, _)| *name == "PATH").unwrap();
                let path = format!("{}:{}", self.dir.display(), path.to_str().unwrap());
                agent
                    .command(program, args)
                    .env("PATH", path)
                    .env("GIT_EXEC_PATH", self.dir.join("programs"))
                    .env("STRIKE_AT", subcommand)
                    .env("STRIKE_TRACE", &trace)
                    .env("STRIKE_OPTIONS", options.join(" "))
                    .env("STRIKE_ALL", if with_all { "1" } else { "" })
            }
        };
        let outcome = struck.run();
        let text = fs::read_to_string(&trace).unwrap_or_default();
        let _ = fs::remove_file(&trace);
        let _ = fs::remove_dir(trace.with_extension("once"));
        (outcome, text)
    }
}

/// Puts a program of ours before one of git's.
fn stand_before(git: &Path, ours: &Path) {
    fs::write(ours, BEFORE.replace("GIT'", &format!("{}'", git.display()))).unwrap();
    fs::set_permissions(ours, fs::Permissions::from_mode(0o755)).unwrap();
}
