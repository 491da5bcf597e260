//! What git's index has, for paths that are not on disk.

use std::path::Path;

use super::repo::Repo;

/// An entry of the index, or a directory that entries make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracked {
    /// A file, a link or a submodule.
    File,
    /// Something has entries below it.
    Dir,
}

impl Repo {
    /// What the index has at a path from the top of the repository. What cannot be read is not
    /// there: the caller only chooses between two readings of what somebody typed.
    pub fn tracked(&self, path: &[u8]) -> Option<Tracked> {
        let text = std::str::from_utf8(path).ok()?;
        if let Some(repository) = self.lib() {
            let index = repository.index().ok()?;
            if index.get_path(Path::new(text), 0).is_some() {
                return Some(Tracked::File);
            }
            let is_dir = index.find_prefix(format!("{text}/").as_str()).is_ok();
            return is_dir.then_some(Tracked::Dir);
        }
        let args = ["ls-files", "-z", "--", &format!(":(top,literal){text}")];
        let listed = self.git().run(&args, None, None).ok()?.stdout;
        let first = listed
            .split(|byte| *byte == 0)
            .find(|name| !name.is_empty())?;
        let is_below = first.starts_with(path) && first.get(path.len()) == Some(&b'/');
        Some(if is_below {
            Tracked::Dir
        } else {
            Tracked::File
        })
    }
}
