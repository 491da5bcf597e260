//! Hooks on a hub, for hosts that refuse and pushes that wait.

use std::fs;
use std::path::PathBuf;

use super::Hub;
use super::wait::until;

/// Refuses every push that touches the coordination refs, as some hosts' policies do.
const REFUSE: &str = "\
#!/bin/sh
while read -r old new ref; do
  case $ref in refs/coord/*)
    echo \"this host allows only branches and tags, not $ref\" >&2
    exit 1 ;;
  esac
done
";

/// Holds the first push to arrive until a file appears; every other push passes.
///
/// `mkdir` decides who is first, because it cannot succeed twice. The wait is bounded, so that
/// a failed test leaves no process behind.
const HOLD: &str = "\
#!/bin/sh
cat >/dev/null
mkdir 'GATE/taken' 2>/dev/null || exit 0
looks=0
while [ ! -e 'GATE/open' ]; do
  looks=$((looks + 1))
  [ $looks -lt 3000 ] || { echo 'the gate stayed shut' >&2; exit 1; }
  sleep 0.02
done
";

/// A push that waits inside the hub, after its objects arrived and before its refs are compared.
#[must_use = "a push that is held waits until `open`"]
pub struct Gate {
    dir: PathBuf,
}

impl Hub {
    /// From now on, refuses pushes to `refs/coord/*` and takes all others.
    pub fn refuse_coord_refs(&self) {
        self.hook("pre-receive", REFUSE);
    }

    /// Holds the next push, so that a test can let others land while it is under way.
    pub fn hold_next_push(&self) -> Gate {
        let dir = self.path().join("gate");
        // What an earlier gate left would decide this one.
        if dir.exists() {
            fs::remove_dir_all(&dir).unwrap();
        }
        fs::create_dir(&dir).unwrap();
        self.hook("pre-receive", &HOLD.replace("GATE", dir.to_str().unwrap()));
        Gate { dir }
    }

    /// Installs a hook, in place of one of the same name.
    pub fn hook(&self, name: &str, script: &str) {
        self.write_program(&format!("hooks/{name}"), script);
    }

    /// Removes a hook.
    pub fn unhook(&self, name: &str) {
        fs::remove_file(self.path().join("hooks").join(name)).unwrap();
    }
}

impl Gate {
    /// Waits until a push is held.
    #[track_caller]
    pub fn wait_for_push(&self) {
        until("a push arrives at the gate", || {
            self.dir.join("taken").exists().then_some(())
        });
    }

    /// Lets the held push go on.
    pub fn open(self) {
        fs::write(self.dir.join("open"), "").unwrap();
    }
}
