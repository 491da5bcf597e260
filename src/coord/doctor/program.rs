//! The git program, whether it and we can use the repository, and which way objects take.

use std::path::{Path, PathBuf};

use crate::coord::Coord;
use crate::store::{Git, HashKind, Version};

use super::finding::Judged;

/// What newer versions bring that git-coord uses or that makes it safer.
const NEWS: &[(Version, &str)] = &[
    (
        Version::REFTABLE,
        "2.45 brings reftable, in which a crash leaves no half-written ref",
    ),
    (
        Version(2, 49),
        "2.49 reports a server that fails after an atomic push",
    ),
    (
        Version::CONFIG_HOOKS,
        "2.54 brings hooks that are settings, beside any hook manager",
    ),
];

pub(super) fn version() -> Judged {
    match Git::here().run(&["version"], None, None) {
        Ok(output) => judge_version(&output.text()),
        Err(why) => Judged::problem(why.to_string()).advice("install git and put it on PATH"),
    }
}

fn judge_version(printed: &str) -> Judged {
    let Some(version) = Version::parse(printed) else {
        return Judged::warning(format!("`git version` printed `{printed}`"));
    };
    let text = printed.trim_start_matches("git version ").to_owned();
    if version < Version::OLDEST {
        let Version(major, minor) = Version::OLDEST;
        return Judged::problem(format!("git {text} is older than {major}.{minor}"))
            .advice("update git");
    }
    let news = NEWS.iter().filter(|(since, _)| version < *since);
    Judged::ok(format!("git {text}")).details(news.map(|(_, what)| (*what).to_owned()))
}

/// Whether git itself can use the repository.
pub(super) fn repository(dir: &Path) -> Judged {
    let at = dir.to_string_lossy().into_owned();
    let args = [
        "-C",
        &at,
        "rev-parse",
        "--path-format=absolute",
        "--git-dir",
    ];
    let output = match Git::here().run(&args, None, None) {
        Ok(output) => output,
        Err(why) => return Judged::problem(why.to_string()),
    };
    if output.success() {
        return Judged::ok(output.text());
    }
    let judged = Judged::problem(output.stderr.lines().next().unwrap_or_default().to_owned());
    let owned_by_other = above(dir).filter(|top| is_of_another(top) || is_pretended());
    match (owned_by_other, above(dir)) {
        (Some(top), _) => judged.advice(format!(
            "if you trust its owner: git config --global --add safe.directory {}",
            top.display()
        )),
        (None, Some(_)) => judged.advice("git itself cannot use it: correct what it names"),
        (None, None) => judged.advice("run it inside a repository, or make one with `git init`"),
    }
}

/// The directory at or above `dir` that has a `.git`.
fn above(dir: &Path) -> Option<PathBuf> {
    let found = dir.ancestors().find(|dir| dir.join(".git").exists());
    found.map(Path::to_owned)
}

/// Git's own switch for trying this out.
fn is_pretended() -> bool {
    crate::env::var("GIT_TEST_ASSUME_DIFFERENT_OWNER").is_some()
}

#[cfg(unix)]
fn is_of_another(top: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    let is_other = |path: &Path| std::fs::metadata(path).is_ok_and(|meta| meta.uid() != me);
    is_other(top) || is_other(&top.join(".git"))
}

#[cfg(not(unix))]
fn is_of_another(_: &Path) -> bool {
    false
}

/// How refs and objects are kept, and who reads them.
pub(super) fn formats(coord: &Coord) -> Judged {
    let repo = coord.repo();
    let layout = repo.layout();
    let refs = if layout.is_reftable {
        "reftable"
    } else {
        "files"
    };
    let hash = match layout.hash {
        HashKind::Sha1 => "SHA-1",
        HashKind::Sha256 => "SHA-256",
    };
    let why = if repo.lib().is_some() {
        "libgit2 reads and writes objects in this process"
    } else if repo.config().get("coord.backend") == Some("git") {
        "the git program does all work: `coord.backend` says so"
    } else if layout.is_reftable {
        "the git program does all work: libgit2 cannot read reftables"
    } else if layout.hash == HashKind::Sha256 {
        "the git program does all work: libgit2 cannot read SHA-256"
    } else {
        "the git program does all work: libgit2 cannot open this repository"
    };
    Judged::ok(format!("refs in {refs}, objects in {hash}; {why}"))
}

#[cfg(test)]
mod tests {
    use super::judge_version;
    use crate::coord::doctor::finding::State;

    #[test]
    fn versions_are_told_apart() {
        for (printed, state, news) in [
            ("git version 2.38.9", State::Problem, 0),
            ("git version 1.9", State::Problem, 0),
            ("git version 2.39.0.windows.2", State::Ok, 3),
            ("git version 2.47.3", State::Ok, 2),
            ("git version 2.54.0-rc1", State::Ok, 0),
            ("git version 3.0.0", State::Ok, 0),
            ("something", State::Warning, 0),
        ] {
            let judged = judge_version(printed);
            assert_eq!(
                (judged.state, judged.details.len()),
                (state, news),
                "{printed}"
            );
        }
    }
}
