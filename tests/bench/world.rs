//! Repositories to measure in: real ones, in a temporary directory, with a pinned environment.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use git_coord::coord::Coord;
use git_coord::model::key::Key;
use git_coord::model::lock::Mode;
use git_coord::model::request::{Lock, Request};

/// The built program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_git-coord");

pub struct World {
    root: tempfile::TempDir,
}

impl World {
    /// A fresh directory; this process's environment is pinned, and its children inherit it.
    pub fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory can be made");
        let config = root.path().join("gitconfig");
        std::fs::write(&config, "[user]\n\tname = Bench\n\temail = bench@example.com\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n")
            .expect("the directory is writable");
        Self { root }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn pin(&self, command: &mut Command) {
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["GIT_", "COORD_", "XDG_"]
                .iter()
                .any(|start| text.starts_with(start))
            {
                command.env_remove(&name);
            }
        }
        command
            .env("HOME", self.root.path())
            .env("GIT_CONFIG_GLOBAL", self.path("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C")
            .env("COORD_AGENT", "bench")
            .env("COORD_SESSION", "s1");
    }

    /// Any program, in the pinned environment.
    pub fn program(&self, dir: &Path, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(args).current_dir(dir);
        self.pin(&mut command);
        command
    }

    pub fn git(&self, dir: &Path, args: &[&str]) -> Command {
        self.program(dir, "git", args)
    }

    pub fn coord(&self, dir: &Path, args: &[&str]) -> Command {
        self.program(dir, PROGRAM, args)
    }

    pub fn shell(&self, dir: &Path, script: &str) -> Command {
        let mut command = self.program(dir, "sh", &["-ec"]);
        command.arg(script);
        command
    }

    /// Runs a step of the preparation.
    pub fn run(&self, mut command: Command) -> String {
        let output = command
            .stderr(Stdio::inherit())
            .output()
            .expect("the command starts");
        assert!(output.status.success(), "{command:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs a step of the preparation that reads.
    pub fn feed(&self, mut command: Command, input: &[u8]) {
        let mut child = command.stdin(Stdio::piped()).spawn().expect("git starts");
        let mut pipe = child.stdin.take().expect("it is piped");
        pipe.write_all(input).expect("git reads");
        drop(pipe);
        assert!(child.wait().expect("git ends").success(), "{command:?}");
    }

    /// A repository with `files` files in directories of a hundred.
    pub fn repo(&self, name: &str, files: usize) -> PathBuf {
        let dir = self.path(name);
        std::fs::create_dir_all(&dir).expect("the directory is writable");
        self.run(self.git(&dir, &["init", "-q"]));
        let mut stream = String::from(
            "blob\nmark :1\ndata 2\nx\n\ncommit refs/heads/main\ncommitter B <b@x> 1700000000 +0000\ndata 1\ni\n",
        );
        for n in 0..files.max(1) {
            stream.push_str(&format!("M 100644 :1 {}\n", file(n)));
        }
        let import = self.git(&dir, &["fast-import", "--quiet"]);
        self.feed(import, stream.as_bytes());
        self.run(self.git(&dir, &["reset", "-q", "--hard"]));
        dir
    }

    pub fn config(&self, dir: &Path, key: &str, value: &str) {
        self.run(self.git(dir, &["config", key, value]));
    }

    /// Puts `count` locks of another agent into the state of a repository, and packs them.
    pub fn fill(&self, dir: &Path, count: usize) {
        let coord = Coord::open(dir, Some("other/s9")).expect("it is a repository");
        let keys: Vec<Key> = (0..count)
            .map(|n| {
                format!("locked/{}", file(n))
                    .parse()
                    .expect("it is a plain path")
            })
            .collect();
        for keys in keys.chunks(250) {
            let lock = Lock {
                keys: keys.to_vec(),
                mode: Mode::Exclusive,
                ttl_secs: Some(28_800.try_into().expect("8h is allowed")),
                reason: None,
                branch: None,
                task: None,
                host: None,
                takeover: false,
                narrow: false,
                wait_until: None,
            };
            coord.handle(Request::Lock(lock)).expect("they are free");
        }
        self.run(self.git(dir, &["gc", "-q"]));
    }
}

/// The n-th file.
pub fn file(n: usize) -> String {
    format!("src/d{:03}/f{:02}.rs", n / 100, n % 100)
}
