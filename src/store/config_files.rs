//! The files that git's config comes from, as they looked once: whoever keeps a repository open for
//! long notices that somebody has changed a setting.

use std::path::PathBuf;
use std::time::SystemTime;

use super::TEAM_FILE;
use super::layout::Layout;
use crate::env;

/// What the files of the config looked like. Files that others include are not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFiles(Vec<Option<(u64, SystemTime)>>);

impl ConfigFiles {
    /// Looks at those of a repository, of this user, and of the machine.
    pub fn look(layout: &Layout) -> Self {
        let home = env::var("HOME").map(PathBuf::from);
        let xdg = env::var("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(home.as_ref()?.join(".config")));
        let global = env::var("GIT_CONFIG_GLOBAL").map(PathBuf::from);
        let files = [
            Some(layout.common_dir.join("config")),
            Some(layout.git_dir.join("config.worktree")),
            layout.work_dir.as_ref().map(|dir| dir.join(TEAM_FILE)),
            global.or_else(|| Some(home?.join(".gitconfig"))),
            xdg.map(|dir| dir.join("git/config")),
            Some(PathBuf::from("/etc/gitconfig")),
        ];
        let looks = files.into_iter().map(|file| {
            let found = std::fs::metadata(file?).ok()?;
            Some((found.len(), found.modified().ok()?))
        });
        Self(looks.collect())
    }
}
