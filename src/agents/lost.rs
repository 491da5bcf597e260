//! The files that a git command would change or remove: git is asked, and changes nothing.

use std::path::Path;

use crate::coord::{Coord, Failure, as_keys};
use crate::model::key::Key;

use super::shell::{Files, Lost};

/// Most files that are judged.
const FILES_MAX: usize = 20_000;

/// The keys of these files; none when git does not know, for then the command fails too.
pub(super) fn files(coord: &Coord, lost: &Lost) -> Result<Vec<Key>, Failure> {
    let dir = lost.dir.to_string_lossy();
    let mut args = vec!["-C".to_owned(), dir.into_owned()];
    let diff = [
        "diff",
        "--name-only",
        "--no-renames",
        "--no-ext-diff",
        "--ignore-submodules=dirty",
        "-z",
    ];
    match &lost.what {
        Files::Differ(from) => {
            args.extend(diff.map(String::from));
            args.extend(from.clone());
        }
        Files::Stashed(name) => {
            args.extend(diff.map(String::from));
            args.extend([format!("{name}^1"), name.clone()]);
        }
        Files::Untracked { ignored } => {
            args.extend(["ls-files", "--others", "--full-name", "-z"].map(String::from));
            if !ignored {
                args.push("--exclude-standard".into());
            }
        }
    }
    args.push("--".into());
    args.extend(lost.below.iter().cloned());
    let output = coord.repo().git().run(&args, None, None)?;
    if !output.success() {
        return Ok(Vec::new());
    }
    let paths = output.stdout.split(|byte| *byte == 0);
    let paths = paths.filter(|path| !path.is_empty()).take(FILES_MAX);
    as_keys(paths.map(<[u8]>::to_vec).collect())
}

/// Whether git would be asked in this repository.
pub(super) fn is_in(top: &Path, lost: &Lost) -> bool {
    lost.dir
        .canonicalize()
        .is_ok_and(|dir| dir.starts_with(top))
}
