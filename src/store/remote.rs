//! Push and fetch of the chain, by the user's git program.

use std::path::Path;
use std::time::Duration;

use super::backend::{Pushed, RefSwap};
use super::error::{Error, Result};
use super::git::Git;
use super::names;

/// The exit code of a fetch that reached the remote and could not set a ref here. Two fetches of
/// one clone meet on the quarantine ref, and git refuses the later one.
const REFS_NOT_UPDATED: i32 = 1;
/// How often such a fetch is tried.
const FETCHES_MAX: usize = 5;

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
    let trace = Trace::new(scratch)?;
    let mut args: Vec<String> = [
        "push",
        "--porcelain",
        "--no-verify",
        "--no-recurse-submodules",
        "--no-follow-tags",
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
    Pattern::new(remote, name).kept
}

/// Fetches `name` from `remote` into its quarantine.
pub(super) fn fetch(git: &Git, remote: &str, name: &str, deadline: Duration) -> Result<()> {
    // A pattern, so that an absent ref is an answer and not a failure: pruning then removes our
    // copy. The copy is quarantine, so `+` overwrites nothing that anybody relies on.
    let Pattern { from, to, .. } = Pattern::new(remote, name);
    let refspec = format!("+{from}:{to}");
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
        "--no-write-commit-graph",
        // In a partial clone records would be left out, and libgit2 cannot ask for them later.
        "--no-filter",
        "--refmap=",
        "--end-of-options",
        remote,
        &refspec,
    ];
    let mut output = git.run(&args, None, Some(deadline))?;
    for _ in 1..FETCHES_MAX {
        if output.code != Some(REFS_NOT_UPDATED) || output.timed_out {
            break;
        }
        output = git.run(&args, None, Some(deadline))?;
    }
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

/// A refspec with a star that matches only one ref that we know.
struct Pattern {
    from: String,
    to: String,
    /// Where that ref comes to stand.
    kept: String,
}

impl Pattern {
    fn new(remote: &str, name: &str) -> Self {
        let dir = names::fetched(remote);
        let (above, last) = name.rsplit_once('/').unwrap_or(("refs", name));
        let parent = above.rsplit('/').next().unwrap_or(above);
        // `epoch/1*` would bring the chain of epoch 10 as well, so the star stands for the last
        // letter of the directory there.
        let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && parent.is_ascii() && parent.len() > 1 && above != parent {
            let cut = |text: &str| text[..text.len() - 1].to_owned();
            return Self {
                from: format!("{}*/{last}", cut(above)),
                to: format!("{dir}/{}*/{last}", cut(parent)),
                kept: format!("{dir}/{parent}/{last}"),
            };
        }
        let kept = format!("{dir}/{last}");
        Self {
            from: format!("{name}*"),
            to: format!("{kept}*"),
            kept,
        }
    }
}

/// Git's own event trace of a push: it starts `pack-objects` only when the remote was reached and
/// every lease still fits, so without that child nothing was sent.
struct Trace {
    path: std::path::PathBuf,
}

impl Trace {
    fn new(scratch: &Path) -> Result<Self> {
        // Without the directory there is no trace, and every failure would be an unknown one.
        std::fs::create_dir_all(scratch).map_err(Error::io("creating", scratch))?;
        Ok(Self {
            path: scratch.join(format!("push-{}.trace", ulid::Ulid::generate())),
        })
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
