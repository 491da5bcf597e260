//! Push and fetch of the chain, by the user's git program.

use std::path::Path;
use std::time::Duration;

use super::backend::{Pushed, RefSwap};
use super::error::{Error, Result};
use super::git::{Git, Output};
use super::push_trace::{EVENTS, PushTrace, Reached, STARTS};
use super::repo::Repo;
use super::{names, reasons};
use crate::model::object_id::ObjectId;
use crate::model::queue::HEADS;

/// The exit code of a fetch that reached the remote and could not set a ref here. Two fetches of
/// one clone meet on the quarantine ref, and git refuses the later one.
const REFS_NOT_UPDATED: i32 = 1;
/// Receives a push with which a working tree goes along, if it is clean.
const UPDATING: &str = "git -c receive.denyCurrentBranch=updateInstead receive-pack";
/// How often such a fetch is tried.
const FETCHES_MAX: usize = 5;

impl Repo {
    /// What the remote would say to an atomic push, which is not made. Its hooks are not asked.
    ///
    /// # Errors
    /// As [`super::Backend::push`].
    pub fn rehearse(&self, remote: &str, swaps: &[RefSwap]) -> Result<Pushed> {
        let (git, scratch) = (self.git(), self.coord_dir());
        let manner = Manner::Rehearsal;
        push(git, &scratch, remote, swaps, self.timeout(), manner, || ())
    }
}

/// How a push is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner<'o> {
    /// As our own bookkeeping, of which the person's settings say nothing.
    Own,
    /// As the person's own push, with these options for the server or else those of the config.
    Persons(&'o [String]),
    /// Into this very repository, working trees included.
    Here,
    /// As our own, up to the point where something would be sent, and atomically in any case.
    Rehearsal,
}

/// Pushes `swaps` to `remote`, each under a lease on its exact old value.
///
/// The lease and the refspec come from the same value, so they cannot disagree; `+` is never
/// written, since it would switch the lease off. `meanwhile` runs while the remote is at it.
pub(super) fn push(
    git: &Git,
    scratch: &Path,
    remote: &str,
    swaps: &[RefSwap],
    deadline: Duration,
    manner: Manner<'_>,
    meanwhile: impl FnOnce(),
) -> Result<Pushed> {
    // An event trace also tells what the host lacks, which only more than one ref or an option asks
    // of it; it makes a push a tenth slower, since git then looks up the ancestors of every process.
    let is_plain = manner == Manner::Own && swaps.len() == 1;
    let trace = PushTrace::new(scratch)?;
    let mut args = match manner {
        Manner::Own | Manner::Rehearsal => words_of_push(remote, true),
        Manner::Persons(_) => words_of_push(remote, false),
        Manner::Here => {
            let mut words = words_of_push(remote, true);
            words.push(format!("--receive-pack={UPDATING}"));
            words
        }
    };
    if let Manner::Persons(options) = manner {
        args.extend(
            options
                .iter()
                .map(|option| format!("--push-option={option}")),
        );
    }
    if swaps.len() > 1 || manner == Manner::Rehearsal {
        // Hosts without atomic pushes still serve single-ref operations.
        args.push("--atomic".into());
    }
    if manner == Manner::Rehearsal {
        args.push("--dry-run".into());
    }
    for RefSwap { name, old, .. } in swaps {
        #[cfg(feature = "planted")]
        if crate::planted::has(crate::planted::Bug::PushesAnything) {
            args.push("--force".into());
            continue;
        }
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
        .with_trace(if is_plain { STARTS } else { EVENTS }, trace.path())
        .run_beside(&args, deadline, meanwhile)?;
    Ok(verdict(&output, swaps.len(), deadline, || trace.reached()))
}

/// Makes the ref of a sealed commit, and deletes others.
pub(super) fn push_heads(
    git: &Git,
    remote: &str,
    sealed: &ObjectId,
    stale: &[ObjectId],
    deadline: Duration,
) -> Result<Pushed> {
    let mut args = words_of_push(remote, true);
    args.extend(["--end-of-options".into(), remote.to_owned()]);
    let name = |id: &ObjectId| format!("{HEADS}{id}");
    args.push(format!("{sealed}:{}", name(sealed)));
    args.extend(stale.iter().map(|id| format!(":{}", name(id))));
    let output = git.run_beside(&args, deadline, || {})?;
    // What a host says about deletions is its own matter: a ref that stays says nothing.
    let own = format!(":{}\t", name(sealed));
    let said = output.text();
    if said
        .lines()
        .any(|line| line.contains(&own) && line.starts_with(['*', '=']))
    {
        return Ok(Pushed::Moved);
    }
    let count = 1 + stale.len();
    Ok(verdict(&output, count, deadline, || Reached::Unsent))
}

/// The beginning of every push, up to its options.
pub(super) fn words_of_push(remote: &str, is_own: bool) -> Vec<String> {
    let mut args: Vec<String> = Vec::new();
    if is_own {
        // An option that asks the host for a merge request is not meant for each lock; and a host
        // that knows no options refuses the whole push.
        args.extend(["-c", "push.pushOption="].map(String::from));
    }
    if !remote.contains('=') {
        // Git pushes no single ref to a remote that it mirrors to.
        args.extend(["-c".into(), format!("remote.{remote}.mirror=false")]);
    }
    let words = [
        "push",
        "--porcelain",
        "--no-verify",
        "--no-recurse-submodules",
        "--no-follow-tags",
    ];
    args.extend(words.map(String::from));
    args
}

/// What git's answer to a push of so many refs means.
fn verdict(
    output: &Output,
    count: usize,
    deadline: Duration,
    reached: impl FnOnce() -> Reached,
) -> Pushed {
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
    if output.success() && flags.len() == count && flags.iter().all(is_moved) {
        Pushed::Moved
    } else if text.lines().any(is_unanswered) {
        Pushed::Unknown(words)
    } else if flags.contains(&'!') && !output.timed_out {
        Pushed::Rejected(reasons::of(&text, &words))
    } else {
        match reached() {
            Reached::Sent => Pushed::Unknown(words),
            Reached::Lacks(lack) => Pushed::Lacks(lack),
            Reached::Unsent => Pushed::Unreached(words),
        }
    }
}

/// Whether the remote took the objects and never said what became of a ref. Git flags that as it
/// flags a refusal, and tells them apart only in the summary, which is not translated here.
fn is_unanswered(line: &str) -> bool {
    line.starts_with("!\t") && line.contains("\t[remote failure]")
}

/// The ref of the quarantine namespace that `name` of `remote` is fetched into.
pub(super) fn quarantine(remote: &str, name: &str) -> String {
    Pattern::new(remote, name).kept
}

/// Fetches `names` from `remote` into their quarantine, and what `more` refspecs say.
pub(super) fn fetch(
    git: &Git,
    remote: &str,
    names: &[&str],
    more: &[String],
    deadline: Duration,
) -> Result<()> {
    // A pattern, so that an absent ref is an answer and not a failure: pruning then removes our
    // copy. The copy is quarantine, so `+` overwrites nothing that anybody relies on.
    let refspecs = names.iter().map(|name| {
        let Pattern { from, to, .. } = Pattern::new(remote, name);
        format!("+{from}:{to}")
    });
    let mut refspecs: Vec<String> = refspecs.collect();
    refspecs.extend_from_slice(more);
    let run = || fetch_only(git, "--prune", remote, &refspecs, deadline);
    let mut output = run()?;
    for _ in 1..FETCHES_MAX {
        if output.code != Some(REFS_NOT_UPDATED) || output.timed_out {
            break;
        }
        output = run()?;
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

/// Fetches what a refspec says and nothing beside it, whatever the config has.
pub(super) fn fetch_only(
    git: &Git,
    option: &str,
    remote: &str,
    refspecs: &[String],
    deadline: Duration,
) -> Result<Output> {
    let mut args = vec![
        "-c",
        "fetch.parallel=1",
        "fetch",
        option,
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-recurse-submodules",
        "--no-auto-maintenance",
        "--no-write-commit-graph",
        // In a partial clone records would be left out, and libgit2 cannot ask for them later.
        "--no-filter",
        "--refmap=",
        "--end-of-options",
        remote,
    ];
    args.extend(refspecs.iter().map(String::as_str));
    git.run(&args, None, Some(deadline))
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
        let kept = names::fetched(remote, name);
        let star = |name: &str| format!("{name}*");
        let (above, last) = name.rsplit_once('/').unwrap_or(("", name));
        // `epoch/1*` would bring the chain of epoch 10 as well, so the star stands for the last
        // letter of the directory there.
        let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && above.ends_with(|letter: char| letter.is_ascii_alphabetic()) {
            let cut = |name: &str| {
                let above = &name[..name.len() - last.len() - 1];
                format!("{}/{last}", star(&above[..above.len() - 1]))
            };
            return Self {
                from: cut(name),
                to: cut(&kept),
                kept,
            };
        }
        Self {
            from: star(name),
            to: star(&kept),
            kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::git::Output;
    use super::{Pattern, verdict};
    use crate::store::push_trace::Reached;
    use crate::store::{Lack, Pushed};

    #[test]
    fn a_remote_that_does_not_report_a_ref_has_not_refused_it() {
        let line = |flag: &str, summary: &str| format!("{flag}\tabc:refs/coord/state\t{summary}\n");
        let said_at = |code: i32, stdout: &str, reached| {
            let output = Output {
                code: Some(code),
                stdout: stdout.into(),
                stderr: "words".into(),
                timed_out: false,
            };
            verdict(&output, 1, Duration::from_secs(1), || reached)
        };
        let said = |code, stdout: &str| said_at(code, stdout, Reached::Unsent);
        assert_eq!(said(0, &line("*", "[new reference]")), Pushed::Moved);
        let stale = said(1, &line("!", "[rejected] (stale info)"));
        assert_eq!(stale, Pushed::Rejected("stale info".into()));
        let silent = line("!", "[remote failure] (remote failed to report status)");
        assert_eq!(said(1, &silent), Pushed::Unknown("words".into()));
        assert_eq!(said(128, ""), Pushed::Unreached("words".into()));
        let lack = Lack::AtomicPush;
        let stopped = said_at(128, "", Reached::Lacks(lack));
        assert_eq!(stopped, Pushed::Lacks(lack));
    }

    #[test]
    fn refs_that_end_alike_are_kept_apart() {
        for (name, from, to) in [
            ("refs/coord/state", "refs/coord/state*", "coord/state*"),
            (
                "refs/heads/a/state",
                "refs/heads/a/state*",
                "heads/a/state*",
            ),
            ("refs/coord/epoch/1", "refs/coord/epoc*/1", "coord/epoc*/1"),
            ("refs/heads/v-/1", "refs/heads/v-/1*", "heads/v-/1*"),
        ] {
            let pattern = Pattern::new("origin", name);
            let below = |to: &str| format!("refs/coord/fetched/origin/{to}");
            assert_eq!((pattern.from, pattern.to), (from.into(), below(to)));
            assert_eq!(pattern.kept, below(name.trim_start_matches("refs/")));
        }
    }
}
