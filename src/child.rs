//! Programs that run as long as they like, and the signals that end them.
//!
//! The rest of the crate calls git, waits, and is gone; a command that lasts has to leave in order
//! when it is told to.

use std::io;
use std::process::{Command, ExitStatus};

#[cfg(unix)]
pub use unix::{Stop, run};

/// The exit code as a shell counts it: 128 and the number of the signal that ended the program.
pub fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| 128 + signal);
    #[cfg(not(unix))]
    let signal = None;
    let code = status.code().or(signal).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

#[cfg(unix)]
mod unix {
    use std::io::IsTerminal;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::{Arc, Mutex, PoisonError};

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::iterator::Signals;

    use super::{Command, ExitStatus, io};

    /// Set by the signals that ask a program to end.
    pub struct Stop(Arc<AtomicBool>);

    impl Stop {
        /// Listens from now on. The second request ends the program at once.
        ///
        /// # Errors
        /// When the handlers cannot be installed.
        pub fn listen() -> io::Result<Self> {
            let asked = Arc::new(AtomicBool::new(false));
            for signal in [SIGINT, SIGTERM, SIGHUP] {
                let code = 128 + signal;
                signal_hook::flag::register_conditional_shutdown(signal, code, asked.clone())?;
                signal_hook::flag::register(signal, asked.clone())?;
            }
            Ok(Self(asked))
        }

        /// Set by whoever has the flag, and by no signal.
        pub fn when(asked: Arc<AtomicBool>) -> Self {
            Self(asked)
        }

        /// Whether one has come.
        pub fn is_asked(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// Runs a program to its end and passes signals on to it, so that it can end in its own order
    /// and this program after it.
    ///
    /// # Errors
    /// When the handlers cannot be installed, or the program cannot be started or waited for.
    pub fn run(command: &mut Command) -> io::Result<ExitStatus> {
        // Before there is a child, so that no signal finds this program unprepared.
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT])?;
        let mut child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let handle = signals.handle();
        // What the keyboard sends goes to the child as well, which is in the same group.
        let is_told = io::stdin().is_terminal();
        let is_alive = Arc::new(Mutex::new(true));
        let alive = Arc::clone(&is_alive);
        let forward = std::thread::spawn(move || {
            for signal in signals.forever() {
                let alive = alive.lock().unwrap_or_else(PoisonError::into_inner);
                if *alive && !(is_told && matches!(signal, SIGINT | SIGQUIT)) {
                    // The child is not reaped yet, so the number is still its own.
                    let _ = Signal::from_named_raw(signal).map(|it| kill_process(pid, it));
                }
            }
        });
        // Seen to have ended, but not reaped: its number cannot be another's before the thread knows.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let ended = rustix::io::retry_on_intr(|| waitid(WaitId::Pid(pid), options));
        *is_alive.lock().unwrap_or_else(PoisonError::into_inner) = false;
        let status = child.wait();
        handle.close();
        let _ = forward.join();
        ended?;
        status
    }
}

/// Set by no signal: here the first request ends the program at once.
#[cfg(not(unix))]
pub struct Stop(std::sync::Arc<std::sync::atomic::AtomicBool>);

#[cfg(not(unix))]
impl Stop {
    /// Nothing to listen to.
    ///
    /// # Errors
    /// Never.
    pub fn listen() -> io::Result<Self> {
        Ok(Self(std::sync::Arc::default()))
    }

    /// Set by whoever has the flag.
    pub fn when(asked: std::sync::Arc<std::sync::atomic::AtomicBool>) -> Self {
        Self(asked)
    }

    /// Whether it was set.
    pub fn is_asked(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started or waited for.
#[cfg(not(unix))]
pub fn run(command: &mut Command) -> io::Result<ExitStatus> {
    command.status()
}
