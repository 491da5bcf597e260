//! Real git servers on the loopback, one kind a file.
//!
//! A path as remote does without almost everything that can go wrong: there is no connection to
//! lose, no login, no second protocol. Each server here is the one that hosts really run. One that
//! is not installed fails the test by its package's name; a test that skips itself is not seen.

mod daemon;
mod git_daemon;
mod http;
mod sshd;

use std::env;
use std::path::{Path, PathBuf};

pub use git_daemon::GitDaemon;
pub use http::Http;
pub use sshd::Sshd;

use super::{Agent, Hub, Shell};

/// What serves the hubs of one sandbox.
pub trait Server {
    /// The address of a hub.
    fn url(&self, hub: &Hub) -> String;

    /// Settings (`name=value`) that a clone needs to get through: keys, credentials.
    ///
    /// They are settings and not variables, because a clone keeps them: whatever runs in it later,
    /// in whatever environment, reaches the server.
    fn client_config(&self) -> Vec<String> {
        Vec::new()
    }

    /// Clones a hub through this server.
    #[track_caller]
    fn clone_as(&self, hub: &Hub, agent: &str) -> Agent {
        Agent::cloned(hub, agent, &self.url(hub), &self.client_config())
    }
}

/// Finds a program on the search path, or where Debian keeps servers.
#[track_caller]
pub fn program(name: &str, package: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("this test needs `{name}`: install Debian's `{package}`"))
}

/// Finds one of git's own programs that are not on the search path.
#[track_caller]
fn git_program(shell: &Shell, name: &str) -> PathBuf {
    let file = Path::new(&shell.ask_git(["--exec-path"])).join(name);
    assert!(
        file.is_file(),
        "this test needs `{}`: install Debian's `git`",
        file.display()
    );
    file
}
