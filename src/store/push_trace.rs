//! Git's own trace of a push, for what its exit code and its answer do not tell: whether
//! anything was sent, and whether the host lacks what the push needs.

use std::path::{Path, PathBuf};

use super::backend::Lack;
use super::error::{Error, Result};

/// The trace that tells which programs git starts.
pub(super) const STARTS: &str = "GIT_TRACE";
/// The trace that tells of errors as well, each with its kind.
pub(super) const EVENTS: &str = "GIT_TRACE2_EVENT";

/// How far a push came that brought no answer for any ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// Objects left, or that cannot be excluded.
    Sent,
    /// Git stopped before it sent anything, because the host cannot do this.
    Lacks(Lack),
    /// Nothing was sent.
    Unsent,
}

/// A trace that is being written, in a file of its own.
pub(super) struct PushTrace {
    path: PathBuf,
}

impl PushTrace {
    pub(super) fn new(scratch: &Path) -> Result<Self> {
        // Without the directory there is no trace, and every failure would be an unknown one.
        std::fs::create_dir_all(scratch).map_err(Error::io("creating", scratch))?;
        Ok(Self {
            path: scratch.join(format!("push-{}.trace", ulid::Ulid::generate())),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How far the push came. Git starts `pack-objects` only when the remote was reached and every
    /// lease still fits, so without that child nothing was sent.
    pub(super) fn reached(&self) -> Reached {
        // Paths and addresses stand in it as they are, in whatever encoding.
        let trace = std::fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&trace);
        // What was not written, say on a full disk, cannot exclude it.
        if text.is_empty() || text.contains("pack-objects") {
            return Reached::Sent;
        }
        text.lines()
            .find_map(lack)
            .map_or(Reached::Unsent, Reached::Lacks)
    }
}

impl Drop for PushTrace {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// An event, as far as it is read here.
#[derive(serde::Deserialize)]
struct Event {
    event: String,
    #[serde(default)]
    fmt: String,
}

/// What the host lacks, if git stopped at that. An error event has the message before anything is
/// put into it (`fmt`, meant for telling errors apart), so no remote can write it; and it is not
/// translated, as the locale is pinned.
fn lack(line: &str) -> Option<Lack> {
    if !line.contains("does not support") {
        return None;
    }
    let Event { event, fmt } = serde_json::from_str(line).ok()?;
    if event != "error" || !fmt.contains("does not support") {
        return None;
    }
    // `the receiving end does not support --atomic push`, `helper %s does not support '--atomic'`,
    // and likewise `push options`, `'push-option'`.
    if fmt.contains("--atomic") {
        Some(Lack::AtomicPush)
    } else if fmt.contains("push option") || fmt.contains("push-option") {
        Some(Lack::PushOptions)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{Lack, PushTrace, Reached};

    #[test]
    fn a_trace_that_cannot_be_read_excludes_nothing() {
        let dir = tempfile::TempDir::new().expect("a temporary directory");
        let sent = b"{\"event\":\"child_start\",\"argv\":[\"git\",\"pack-objects\",\"\xe4\"]}\n";
        let unsent = b"{\"event\":\"start\",\"argv\":[\"\xe4\"]}\n";
        let plain_sent = b"trace: built-in: git push \xe4\ntrace: run_command: git pack-objects\n";
        let plain_unsent = b"trace: built-in: git push \xe4\n";
        let stopped = br#"{"event":"error","msg":"m","fmt":"%s does not support '--atomic'"}"#;
        // What a remote says can be in a message, and not in what git makes it of.
        let said = br#"{"event":"error","msg":"it does not support --atomic push","fmt":"%s"}"#;
        for (content, reached) in [
            (None, Reached::Sent),
            (Some(&b""[..]), Reached::Sent),
            (Some(&unsent[..]), Reached::Unsent),
            (Some(&sent[..]), Reached::Sent),
            (Some(&plain_sent[..]), Reached::Sent),
            (Some(&plain_unsent[..]), Reached::Unsent),
            (Some(&stopped[..]), Reached::Lacks(Lack::AtomicPush)),
            (Some(&said[..]), Reached::Unsent),
        ] {
            let trace = PushTrace::new(dir.path()).expect("a directory");
            if let Some(content) = content {
                std::fs::write(trace.path(), content).expect("a file");
            }
            assert_eq!(trace.reached(), reached, "{content:?}");
        }
    }
}
