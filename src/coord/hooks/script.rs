//! Hooks as scripts in the repository's hooks folder, shared by its worktrees.
//!
//! What was there before is renamed, so it comes back byte for byte and with its permissions. Each
//! step leaves a folder that the next `install` or `uninstall` understands.

use std::io;
use std::path::{Path, PathBuf};

use super::event::Event;

/// The script, whose source is in the repository of git-coord.
pub(super) const TEXT: &str = include_str!("../../../hooks/client");
/// A line that only our scripts have; every version of them has it.
const MARK: &[u8] = b"\n# git-coord hook: ";
/// Where the mark is looked for, in bytes.
const MARK_WITHIN: usize = 4096;

/// What stands where git looks for a hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// No hook.
    Nothing,
    /// Our script.
    Ours,
    /// The pre-commit framework's, which runs ours (`<event>.legacy`).
    Wrapped,
    /// Somebody else's.
    Other,
}

/// What an installation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// It was there already.
    Unchanged,
    /// Ours was written.
    Written,
    /// Nothing: two hooks would have to be kept, and only one can.
    Blocked,
}

/// Where the hook that was there before is kept.
pub(super) fn kept(dir: &Path, event: Event) -> PathBuf {
    dir.join(format!("{}.pre-git-coord", event.name()))
}

fn wrapped(dir: &Path, event: Event) -> PathBuf {
    dir.join(format!("{}.legacy", event.name()))
}

/// What stands there now.
pub(super) fn stands(dir: &Path, event: Event) -> Stands {
    let path = dir.join(event.name());
    if path.symlink_metadata().is_err() {
        Stands::Nothing
    } else if is_ours(&path) {
        Stands::Ours
    } else if is_ours(&wrapped(dir, event)) {
        Stands::Wrapped
    } else {
        Stands::Other
    }
}

/// Whether git would run the file: it passes over one that cannot be executed.
pub(super) fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata()
            .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

/// Puts our script in place, after what was there.
pub(super) fn place(dir: &Path, event: Event) -> io::Result<Placed> {
    let path = dir.join(event.name());
    match stands(dir, event) {
        Stands::Ours if std::fs::read(&path)? == TEXT.as_bytes() && is_executable(&path) => {
            return Ok(Placed::Unchanged);
        }
        Stands::Wrapped => return Ok(Placed::Unchanged),
        Stands::Ours | Stands::Nothing => {}
        Stands::Other => {
            let kept = kept(dir, event);
            if kept.symlink_metadata().is_ok() {
                return Ok(Placed::Blocked);
            }
            std::fs::rename(&path, kept)?;
        }
    }
    std::fs::create_dir_all(dir)?;
    let new = dir.join(format!("{}.new-{}", event.name(), std::process::id()));
    std::fs::write(&new, TEXT)?;
    make_executable(&new)?;
    std::fs::rename(new, path)?;
    Ok(Placed::Written)
}

/// Takes our script away and puts back what was there. Returns whether anything changed.
pub(super) fn take_away(dir: &Path, event: Event) -> io::Result<bool> {
    let kept = kept(dir, event);
    let ours = match stands(dir, event) {
        Stands::Ours | Stands::Nothing => dir.join(event.name()),
        Stands::Wrapped => wrapped(dir, event),
        // Ours was overwritten. What is kept belongs to whoever did that, and stays.
        Stands::Other => return Ok(false),
    };
    if kept.symlink_metadata().is_ok() {
        // Over ours, in one step.
        return std::fs::rename(kept, ours).map(|()| true);
    }
    match std::fs::remove_file(ours) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other.map(|()| true),
    }
}

fn is_ours(path: &Path) -> bool {
    let Ok(text) = std::fs::read(path) else {
        return false;
    };
    let head = &text[..text.len().min(MARK_WITHIN)];
    head.windows(MARK.len()).any(|window| window == MARK)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}
