//! One command line and all that it starts: in a process group of their own, which does not outlive
//! its limit, its end, or this program.

use std::ffi::OsString;
use std::path::Path;
use std::time::Instant;

#[cfg(unix)]
pub(super) use unix::run;

/// How a command came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// By itself, with this exit code, or by a signal.
    Exited(Option<i32>),
    /// It was still running at its limit.
    TimedOut,
    /// Somebody asked for it.
    Stopped,
}

/// What a command runs with.
pub(super) struct Wanted<'w> {
    /// A command line for `sh`.
    pub(super) command: &'w str,
    /// The slot's working tree.
    pub(super) dir: &'w Path,
    /// Its whole environment.
    pub(super) vars: &'w [(OsString, OsString)],
    /// When it has to be over.
    pub(super) until: Instant,
    /// Whether it shall end now.
    pub(super) stop: &'w dyn Fn() -> bool,
}

/// Checks need process groups.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub(super) fn run(_: &Wanted<'_>, _: &mut dyn FnMut(&[u8])) -> std::io::Result<How> {
    Err(std::io::Error::new(
        std::io::ErrorKind::Unsupported,
        "checks are run on Unix systems only",
    ))
}

#[cfg(unix)]
mod unix {
    use std::io::{PipeReader, Read};
    use std::os::unix::process::CommandExt;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

    use super::{How, Wanted};
    use crate::runner::leftover;
    use crate::store::{spawn, with_own_mask};

    /// How often it is asked whether to stop.
    const TICK: Duration = Duration::from_millis(50);
    /// How often it is asked whether it has ended, of one that prints no more.
    const SILENT_TICK: Duration = Duration::from_millis(10);
    /// How long a group may take to end in its own order.
    const GRACE: Duration = Duration::from_secs(5);
    /// How long the rest of the output is waited for when everything that was found is dead.
    const REST: Duration = Duration::from_secs(1);
    const BLOCK: usize = 64 * 1024;
    /// Ends its group when the other end of its input is closed, which is when this program is no
    /// more, however it ended.
    const LIFELINE: &str = "trap '' TERM INT HUP QUIT; read -r _; kill -KILL 0";

    /// Runs a command to its end. What it prints on either stream goes to `printed` as it comes, which
    /// is also called with nothing now and then.
    ///
    /// When this returns, nothing that it started is left in its group, nor, where the system shows
    /// them, elsewhere.
    pub(in crate::runner) fn run(
        wanted: &Wanted<'_>,
        printed: &mut dyn FnMut(&[u8]),
    ) -> std::io::Result<How> {
        let mut group = Group::new()?;
        let (output, input) = std::io::pipe()?;
        let mut command = Command::new("sh");
        command
            .args(["-c", wanted.command])
            .current_dir(wanted.dir)
            .env_clear()
            .envs(wanted.vars.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(input.try_clone()?)
            .stderr(input)
            .process_group(group.id());
        let child = with_own_mask(|| spawn(&mut command))?;
        // With it go our copies of the end that is written to.
        drop(command);
        let mut running = Running {
            child,
            output: Some(output),
            printed,
        };
        let how = running.watch(wanted)?;
        if !matches!(how, How::Exited(_)) {
            group.signal(Signal::TERM);
            running.grace()?;
        }
        group.signal(Signal::KILL);
        leftover::end_all(wanted.dir);
        running.rest()?;
        let code = running.child.wait()?.code();
        group.forget()?;
        Ok(match how {
            How::Exited(_) => How::Exited(code),
            other => other,
        })
    }

    /// A process group, led by a process that only waits for the end of this program.
    struct Group {
        leader: Child,
        /// Whether it may have members.
        is_live: bool,
    }

    impl Group {
        fn new() -> std::io::Result<Self> {
            let mut command = Command::new("sh");
            command
                .args(["-c", LIFELINE])
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .process_group(0);
            Ok(Self {
                leader: spawn(&mut command)?,
                is_live: true,
            })
        }

        /// The leader is not waited for before the end, so the number stays the group's whatever
        /// becomes of it.
        fn id(&self) -> i32 {
            Pid::from_child(&self.leader).as_raw_nonzero().get()
        }

        fn signal(&self, signal: Signal) {
            // It fails when there is nobody left.
            let _ = kill_process_group(Pid::from_child(&self.leader), signal);
        }

        fn forget(&mut self) -> std::io::Result<()> {
            self.is_live = false;
            self.leader.wait().map(drop)
        }
    }

    impl Drop for Group {
        fn drop(&mut self) {
            if self.is_live {
                self.signal(Signal::KILL);
                let _ = self.leader.wait();
            }
        }
    }

    struct Running<'p> {
        child: Child,
        /// `None` when nobody can write to it any more.
        output: Option<PipeReader>,
        printed: &'p mut dyn FnMut(&[u8]),
    }

    impl Running<'_> {
        /// Until it ends or has to.
        fn watch(&mut self, wanted: &Wanted<'_>) -> std::io::Result<How> {
            loop {
                self.take(TICK.min(wanted.until.saturating_duration_since(Instant::now())))?;
                if self.has_ended()? {
                    return Ok(How::Exited(None));
                }
                if (wanted.stop)() {
                    return Ok(How::Stopped);
                }
                if Instant::now() >= wanted.until {
                    return Ok(How::TimedOut);
                }
            }
        }

        /// Until it and all that share its output have ended, or their time is over.
        fn grace(&mut self) -> std::io::Result<()> {
            let until = Instant::now() + GRACE;
            while Instant::now() < until && !(self.output.is_none() && self.has_ended()?) {
                self.take(TICK)?;
            }
            Ok(())
        }

        /// What is still in the pipe. One that cannot be found may hold it open and even go on
        /// writing, which is not waited for.
        fn rest(&mut self) -> std::io::Result<()> {
            let until = Instant::now() + REST;
            while self.output.is_some() && Instant::now() < until {
                self.take(TICK)?;
            }
            self.output = None;
            Ok(())
        }

        /// Takes in what is printed within a time, once.
        fn take(&mut self, wait: Duration) -> std::io::Result<()> {
            (self.printed)(&[]);
            let Some(output) = &mut self.output else {
                std::thread::sleep(wait.min(SILENT_TICK));
                return Ok(());
            };
            let wait = Timespec::try_from(wait).unwrap_or_default();
            let mut asked = [PollFd::new(output, PollFlags::IN)];
            if rustix::io::retry_on_intr(|| poll(&mut asked, Some(&wait)))? == 0 {
                return Ok(());
            }
            let mut block = [0; BLOCK];
            match output.read(&mut block) {
                Ok(0) => self.output = None,
                Ok(count) => (self.printed)(&block[..count]),
                Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
                Err(why) => return Err(why),
            }
            Ok(())
        }

        /// Whether it has ended. It is not waited for yet.
        fn has_ended(&self) -> std::io::Result<bool> {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
            let id = WaitId::Pid(Pid::from_child(&self.child));
            let ended = rustix::io::retry_on_intr(|| waitid(id.clone(), options))?;
            Ok(ended.is_some())
        }
    }
}
