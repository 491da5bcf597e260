//! Tools that own a repository's hooks, and what to write into their own files.
//!
//! The pre-commit framework is none of them: it keeps a hook that it finds and runs it, and its own
//! script can be kept and run as any other.

use std::path::{Path, PathBuf};

use super::event::Event;

/// Who owns the hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Manager {
    /// husky, which points `core.hooksPath` at `.husky/_`.
    Husky,
    /// lefthook, which replaces scripts in the hooks folder by its own.
    Lefthook,
    /// Somebody set `core.hooksPath`: all hooks are in that folder.
    Folder(PathBuf),
}

/// Names that lefthook looks for at the top of a repository.
const LEFTHOOK_FILES: &[&str] = &[
    "lefthook.yml",
    ".lefthook.yml",
    "lefthook.yaml",
    ".lefthook.yaml",
    "lefthook.toml",
    ".lefthook.toml",
    "lefthook.json",
    ".lefthook.json",
];

impl Manager {
    /// Finds out who owns the hooks of a working tree. `elsewhere` is the folder in force when it
    /// is not the repository's own.
    pub(super) fn find(top: Option<&Path>, elsewhere: Option<&Path>) -> Option<Self> {
        let husky = top.map(|top| top.join(".husky"));
        if let Some(folder) = elsewhere {
            let is_husky = husky.is_some_and(|husky| folder.starts_with(husky));
            return Some(if is_husky {
                Self::Husky
            } else {
                Self::Folder(folder.to_owned())
            });
        }
        // Not yet active in a fresh clone, but the next `npm install` makes it so.
        if husky.is_some_and(|husky| husky.is_dir()) {
            return Some(Self::Husky);
        }
        lefthook_file(top).map(|_| Self::Lefthook)
    }

    /// What people call it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Husky => "husky",
            Self::Lefthook => "lefthook",
            Self::Folder(_) => "core.hooksPath",
        }
    }

    /// What to write where, so that this manager runs git-coord's hooks.
    pub(super) fn snippet(&self, top: Option<&Path>) -> String {
        match self {
            Self::Husky => in_files(".husky"),
            Self::Folder(folder) => in_files(&folder.to_string_lossy()),
            Self::Lefthook => {
                let file = lefthook_file(top).unwrap_or_else(|| "lefthook.yml".into());
                let name = file.file_name().unwrap_or(file.as_os_str());
                let mut text = format!("# {}\n", name.to_string_lossy());
                for event in Event::ALL {
                    let name = event.name();
                    text.push_str(&format!(
                        "{name}:\n  commands:\n    git-coord:\n      run: git-coord hook {name} {{0}}\n"
                    ));
                    if event == Event::PrePush {
                        text.push_str("      use_stdin: true\n");
                    }
                }
                text
            }
        }
    }

    /// Whether its own file names this hook already.
    pub(super) fn has(&self, event: Event, top: Option<&Path>) -> bool {
        let file = match (self, top) {
            (Self::Husky, Some(top)) => Some(top.join(".husky").join(event.name())),
            (Self::Lefthook, top) => lefthook_file(top),
            (Self::Folder(folder), _) => Some(folder.join(event.name())),
            (Self::Husky, None) => None,
        };
        file.is_some_and(|file| names(&file, event))
    }
}

/// Files of tools that call other programs from their own hooks; they are written by hand.
const OTHERS: &[&str] = &[".pre-commit-config.yaml", ".overcommit.yml", "package.json"];
/// Largest such file that is read, in bytes.
const BYTES_MAX: u64 = 256 * 1024;

/// The file of any other tool that names this hook.
pub(super) fn naming_file(event: Event, top: Option<&Path>) -> Option<String> {
    let top = top?;
    let named = OTHERS.iter().find(|file| names(&top.join(file), event))?;
    Some((*named).to_owned())
}

/// Whether a file of somebody else's calls git-coord at an event.
pub(super) fn names(file: &Path, event: Event) -> bool {
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() <= BYTES_MAX)
        && std::fs::read(file)
            .is_ok_and(|text| super::calls(&String::from_utf8_lossy(&text), event))
}

fn lefthook_file(top: Option<&Path>) -> Option<PathBuf> {
    let files = LEFTHOOK_FILES
        .iter()
        .map(|name| top.map(|top| top.join(name)));
    files.flatten().find(|file| file.is_file())
}

/// One line for each file of a folder of hooks. It lets git go on where git-coord is missing.
fn in_files(folder: &str) -> String {
    let line = |event: Event| {
        let name = event.name();
        format!(
            "# {folder}/{name}\n\
             if command -v git-coord >/dev/null; then git-coord hook {name} \"$@\"; fi\n"
        )
    };
    Event::ALL.into_iter().map(line).collect()
}
