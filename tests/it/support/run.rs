//! Running programs, none of which can outlive its deadline.
//!
//! Output goes through pipes that are read to their end, as an agent's harness reads it. A program
//! that leaves a background process behind with its output open would hang such a harness, and
//! here it fails the test.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::capture::Capture;
use super::sandbox::World;
use super::wait::{DEADLINE, until, until_by};
use super::{Outcome, Shell};

/// A program about to run. It has no input unless `input` gives it some.
pub struct Invocation {
    command: Command,
    shown: String,
    world: Arc<World>,
    input: Option<Vec<u8>>,
    /// Our end of the terminal that is its standard output, if that is one.
    terminal: Option<File>,
    limit: Duration,
}

/// A program that runs in the background; dropping it kills its whole process group.
pub struct Running {
    child: Child,
    /// As long as it is not taken, the kernel keeps the id of process and group for us.
    status: Option<ExitStatus>,
    stdout: Capture,
    stderr: Capture,
    shown: String,
    world: Arc<World>,
    limit: Duration,
    deadline: Instant,
}

impl Invocation {
    /// Prepares a program in a shell; `Shell::command` is the short way.
    pub fn new<A>(shell: &Shell, program: &OsStr, args: A) -> Self
    where
        A: IntoIterator<Item: AsRef<OsStr>>,
    {
        let mut command = Command::new(program);
        command.args(args);
        // Before the environment, which is the same in every message.
        let shown = format!("{command:?}");
        command
            .current_dir(shell.path())
            .env_clear()
            .envs(shell.vars());
        // Its own group, so that it can be killed together with what it started.
        command.process_group(0);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            shown,
            world: Arc::clone(shell.world()),
            input: None,
            terminal: None,
            limit: DEADLINE,
        }
    }

    /// Makes standard output a terminal, as for a person; lines end in CR and LF there.
    pub fn on_a_terminal(mut self) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let options = File::options().read(true).write(true).to_owned();
        let theirs = options.open(OsStr::from_bytes(name.to_bytes())).unwrap();
        self.command.stdout(theirs);
        self.terminal = Some(ours.into());
        self.env("TERM", "xterm")
    }

    /// Sets a variable for this run alone.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Gives the program this standard input, and then its end.
    pub fn input(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.command.stdin(Stdio::piped());
        self.input = Some(text.into());
        self
    }

    /// Leaves standard input open and silent for as long as the `Running` exists.
    pub fn open_input(mut self) -> Self {
        self.command.stdin(Stdio::piped());
        self
    }

    /// Fails the test sooner than usual, for a program that promises an answer in time.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs to the end.
    #[must_use = "snapshot it, or say what it should be: `ok`, `refused`, `code`"]
    #[track_caller]
    pub fn run(self) -> Outcome {
        self.spawn().wait()
    }

    /// Starts in the background.
    #[track_caller]
    pub fn spawn(mut self) -> Running {
        let mut child = match self.command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("cannot start {}: {error}", self.shown),
        };
        if let Some(input) = self.input {
            let mut stdin = child.stdin.take().unwrap();
            // A thread, because the program may print before it has read everything. It may also
            // end without reading at all, which is its right.
            thread::spawn(move || drop(stdin.write_all(&input)));
        }
        // Only the program has the other end now, so that its end is ours.
        drop(self.command);
        Running {
            stdout: match self.terminal {
                Some(terminal) => Capture::of(terminal),
                None => Capture::of(child.stdout.take().unwrap()),
            },
            stderr: Capture::of(child.stderr.take().unwrap()),
            child,
            status: None,
            shown: self.shown,
            world: self.world,
            limit: self.limit,
            deadline: Instant::now() + self.limit,
        }
    }
}

impl Running {
    /// Waits for the end; past the deadline, kills the group and fails the test.
    #[must_use = "snapshot it, or say what it should be: `ok`, `refused`, `code`"]
    #[track_caller]
    pub fn wait(mut self) -> Outcome {
        // In this order, so that a group whose output stays open can still be killed.
        let has_closed =
            self.stdout.closes_by(self.deadline) && self.stderr.closes_by(self.deadline);
        let status = has_closed
            .then(|| until_by(self.deadline, || self.child.try_wait().unwrap()))
            .flatten();
        self.status = status;
        if status.is_none() {
            self.kill_group();
            let printed = self.outcome();
            let shown = &self.shown;
            panic!(
                "{shown} did not end and close its output within {:?}:\n{printed}",
                self.limit
            );
        }
        self.outcome()
    }

    /// Waits until `text` was printed on either stream; false when the program ended without it.
    #[track_caller]
    pub fn prints(&self, text: &str) -> bool {
        until(&format!("{} prints {text:?}", self.shown), || {
            // Closed is asked first: what was printed before the end must still count.
            let closed = self.has_closed();
            let printed = self.stdout.text().contains(text) || self.stderr.text().contains(text);
            (printed || closed).then_some(printed)
        })
    }

    /// Writes to the input of a program that was started with `open_input`.
    ///
    /// One that has ended reads nothing, which is seen in what it prints.
    pub fn tell(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        let _ = stdin.write_all(text.as_bytes());
    }

    /// Ends the input of a program that was started with `open_input`.
    pub fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// What standard output holds so far.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What standard error holds so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// The id of the program's own process, which is also that of its group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the program itself has ended, whatever it left running.
    pub fn until_ended(&self) {
        until(&format!("{} ends", self.shown), || {
            self.has_ended().then_some(())
        });
    }

    /// Whether the program itself has ended.
    pub fn has_ended(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        // Seen and not taken, so that its id stays that of the group.
        waitid(WaitId::Pid(Pid::from_child(&self.child)), options)
            .unwrap()
            .is_some()
    }

    /// Kills the whole group at once, as a crash or an impatient user does.
    pub fn kill(&mut self) {
        self.kill_group();
    }

    /// Kills the program alone; what it started goes on.
    pub fn kill_alone(&mut self) {
        if self.status.is_none() {
            // It fails when the program has ended, which is not known before it is waited for.
            let _ = kill_process(self.pid(), Signal::KILL);
        }
    }

    /// The id of the program's process. Nobody else has it before the program was waited for.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn has_closed(&self) -> bool {
        self.stdout.is_closed() && self.stderr.is_closed()
    }

    fn kill_group(&mut self) {
        if self.status.is_none() {
            // It fails when there is nothing left to kill.
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            self.status = self.child.wait().ok();
        }
    }

    fn outcome(&self) -> Outcome {
        let status = self.status.unwrap();
        Outcome {
            // As a shell counts it: 128 and the signal's number.
            code: status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
            shown: self.shown.clone(),
            sandbox: self.world.root().to_path_buf(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_group();
    }
}
