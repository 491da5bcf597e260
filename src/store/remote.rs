//! Push and fetch of the chain, by the user's git program.

use std::path::Path;
use std::time::Duration;

use super::backend::{Pushed, RefSwap};
use super::error::{Error, Result};
use super::git::Git;
use super::names;

/// Pushes `swaps` to `remote`, each under a lease on its exact old value.
///
/// The lease and the refspec come from the same value, so they cannot disagree; `+` is never
/// written, since it would switch the lease off.
pub(super) fn push(
    git: &Git,
    scratch: &Path,
    remote: &str,
    swaps: &[RefSwap],
    deadline: Duration,
) -> Result<Pushed> {
    let trace = Trace::new(scratch);
    let mut args: Vec<String> = [
        "push",
        "--porcelain",
        "--no-verify",
        "--no-recurse-submodules",
    ]
    .map(String::from)
    .to_vec();
    if swaps.len() > 1 {
        // Hosts without atomic pushes still serve single-ref operations.
        args.push("--atomic".into());
    }
    for RefSwap { name, old, .. } in swaps {
        let old = old.map(|id| id.to_string()).unwrap_or_default();
        args.push(format!("--force-with-lease={name}:{old}"));
    }
    args.extend(["--end-of-options".into(), remote.to_owned()]);
    args.extend(
        swaps
            .iter()
            .map(|RefSwap { name, new, .. }| format!("{new}:{name}")),
    );
    let output = git
        .with_trace(trace.path())
        .run(&args, None, Some(deadline))?;
    let words = if output.timed_out {
        format!("no answer within {} s", deadline.as_secs())
    } else {
        output.stderr.clone()
    };
    // One line a ref: `<flag> TAB <from>:<to> TAB <summary>`.
    let text = String::from_utf8_lossy(&output.stdout);
    let flags: Vec<char> = text
        .lines()
        .filter(|line| line.chars().nth(1) == Some('\t'))
        .filter_map(|line| line.chars().next())
        .collect();
    let is_moved = |flag: &char| matches!(flag, ' ' | '*' | '+' | '=');
    Ok(
        if output.success() && flags.len() == swaps.len() && flags.iter().all(is_moved) {
            Pushed::Moved
        } else if flags.contains(&'!') && !output.timed_out {
            Pushed::Rejected(reasons(&text, words))
        } else if trace.saw_objects_leave() {
            Pushed::Unknown(words)
        } else {
            Pushed::Unreached(words)
        },
    )
}

/// The summaries of refused refs and what the remote said, for people.
fn reasons(porcelain: &str, words: String) -> String {
    let remote_words: Vec<&str> = words
        .lines()
        .filter(|line| line.starts_with("remote:"))
        .collect();
    let refused = porcelain.lines().filter(|line| line.starts_with("!\t"));
    let summaries = refused.filter_map(|line| line.splitn(3, '\t').nth(2));
    summaries.chain(remote_words).collect::<Vec<_>>().join("; ")
}

/// The ref of the quarantine namespace that `name` of `remote` is fetched into.
pub(super) fn quarantine(remote: &str, name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    format!("{}/{last}", names::fetched(remote))
}

/// Fetches `name` from `remote` into its quarantine.
pub(super) fn fetch(git: &Git, remote: &str, name: &str, deadline: Duration) -> Result<()> {
    let kept = quarantine(remote, name);
    // A pattern, so that an absent ref is an answer and not a failure: pruning then removes our
    // copy. The copy is quarantine, so `+` overwrites nothing that anybody relies on.
    let refspec = format!("+{name}*:{kept}*");
    let args = [
        "-c",
        "fetch.parallel=1",
        "fetch",
        "--quiet",
        "--no-tags",
        "--prune",
        "--no-write-fetch-head",
        "--no-recurse-submodules",
        "--no-auto-maintenance",
        "--refmap=",
        "--end-of-options",
        remote,
        &refspec,
    ];
    let output = git.run(&args, None, Some(deadline))?;
    if output.success() {
        return Ok(());
    }
    let why = if output.timed_out {
        format!("no answer within {} s", deadline.as_secs())
    } else {
        output.stderr
    };
    Err(Error::Remote {
        remote: remote.to_owned(),
        why,
    })
}

/// Git's own event trace of a push: it starts `pack-objects` only when the remote was reached and
/// every lease still fits, so without that child nothing was sent.
struct Trace {
    path: std::path::PathBuf,
}

impl Trace {
    fn new(scratch: &Path) -> Self {
        Self {
            path: scratch.join(format!("push-{}.trace", ulid::Ulid::generate())),
        }
    }

    fn path(&self) -> &Path {
        &self.path
    }

    fn saw_objects_leave(&self) -> bool {
        // Unreadable means that we cannot exclude it.
        std::fs::read_to_string(&self.path).is_ok_and(|text| {
            text.lines()
                .any(|line| line.contains("\"child_start\"") && line.contains("\"pack-objects\""))
        }) || !self.path.exists()
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
