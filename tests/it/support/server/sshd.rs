//! OpenSSH with `git-shell` behind it: the way to most private hosts.

use std::fs;
use std::path::{Path, PathBuf};

use super::daemon::{start, start_on_port};
use super::{Server, program};
use crate::support::{Hub, Running, Sandbox, Shell};

/// Serves every hub of a sandbox to the holder of one key.
pub struct Sshd {
    port: u16,
    dir: PathBuf,
    client: PathBuf,
    _running: Running,
}

impl Sshd {
    /// Makes keys and configuration, and starts the server as the current user.
    #[track_caller]
    pub fn start(sandbox: &Sandbox) -> Self {
        let server = program("sshd", "openssh-server");
        let client = program("ssh", "openssh-client");
        let dir = sandbox.path().join("sshd");
        fs::create_dir(&dir).unwrap();
        make_keys(sandbox, &dir);
        sandbox.write_program("sshd/command", &forced_command(sandbox));
        // As root, sshd wants this directory, which the system's own service would make.
        if rustix::process::geteuid().is_root() {
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let (running, port) = start_on_port("Server listening on", |port| {
            fs::write(dir.join("config"), config(&dir, port)).unwrap();
            let config = dir.join("config").to_str().unwrap().to_owned();
            // In the foreground, with the log on standard error.
            start(
                sandbox,
                &server,
                &["-D".into(), "-e".into(), "-f".into(), config],
            )
        });
        let host_key = fs::read_to_string(dir.join("host.pub")).unwrap();
        fs::write(
            dir.join("known_hosts"),
            format!("[127.0.0.1]:{port} {host_key}"),
        )
        .unwrap();
        Self {
            port,
            dir,
            client,
            _running: running,
        }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Server for Sshd {
    fn url(&self, hub: &Hub) -> String {
        format!("ssh://127.0.0.1:{}{}", self.port, hub.path().display())
    }

    fn client_config(&self) -> Vec<String> {
        let dir = self.dir.display();
        let client = self.client.display();
        // ssh finds the user's own files without HOME, so each is named here.
        vec![format!(
            "core.sshCommand={client} -F /dev/null -i {dir}/user -o IdentitiesOnly=yes \
             -o IdentityAgent=none -o UserKnownHostsFile={dir}/known_hosts \
             -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o BatchMode=yes"
        )]
    }
}

/// Makes the host's key and the user's, and lets the user's in.
#[track_caller]
fn make_keys(shell: &Shell, dir: &Path) {
    let keygen = program("ssh-keygen", "openssh-client");
    for key in ["host", "user"] {
        let file = dir.join(key);
        let args = [
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            key,
            "-f",
            file.to_str().unwrap(),
        ];
        shell.command(&keygen, args).run().ok();
    }
    fs::copy(dir.join("user.pub"), dir.join("authorized_keys")).unwrap();
}

/// The script that every login runs: git and nothing else, in the sandbox's environment.
///
/// sshd starts a login with the account's own home, whose git configuration no test may depend on.
#[track_caller]
fn forced_command(shell: &Shell) -> String {
    let mut script = String::from("#!/bin/sh\n");
    for (name, value) in shell.vars() {
        script += &format!("export {}='{}'\n", name.display(), value.display());
    }
    let git_shell = program("git-shell", "git");
    script += &format!(
        "exec {} -c \"$SSH_ORIGINAL_COMMAND\"\n",
        git_shell.display()
    );
    script
}

fn config(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "\
ListenAddress 127.0.0.1:{port}
HostKey {dir}/host
PidFile none
AuthorizedKeysFile {dir}/authorized_keys
# The sandbox lies in a directory that everybody may write to.
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
ForceCommand {dir}/command
# The default one costs a quarter of a login, and nobody listens here.
KexAlgorithms curve25519-sha256
# How git asks for version 2 of its protocol.
AcceptEnv GIT_PROTOCOL
# By default sshd drops logins at random when ten come at once, and a race brings more.
MaxStartups 200
"
    )
}
