//! What a check printed, in a file of this clone: the beginning and the end of it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::env;

use super::tail;

/// The directory of logs, below the clone's own.
pub(super) const DIR: &str = "checks";
/// How much of the beginning is kept, in bytes. It is in the file at once.
const BEGINNING: usize = 256 * 1024;
/// How much of the end is kept, in bytes.
const END: usize = 768 * 1024;
/// Most logs that are kept.
const LOGS_MAX: usize = 200;
/// For how long a log is kept.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The log of one run.
pub(super) struct Log {
    file: File,
    path: PathBuf,
    beginning_left: usize,
    /// The end so far: up to twice what is kept of it, so that it is seldom moved.
    end: Vec<u8>,
    left_out: u64,
    window: Vec<u8>,
}

impl Log {
    /// Begins one, and removes old ones.
    pub(super) fn begin(dir: &Path, name: &str) -> std::io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        remove_old(dir);
        let path = dir.join(format!("{name}.log"));
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&path)?;
        Ok(Self {
            file,
            path,
            beginning_left: BEGINNING,
            end: Vec::new(),
            left_out: 0,
            window: Vec::new(),
        })
    }

    /// Takes in what the check printed. A disk that is full costs the log and not the run.
    pub(super) fn add(&mut self, printed: &[u8]) {
        push_last(&mut self.window, printed, tail::WINDOW);
        let now = printed.len().min(self.beginning_left);
        let (beginning, rest) = printed.split_at(now);
        if !beginning.is_empty() {
            let _ = self.file.write_all(beginning);
            self.beginning_left -= now;
        }
        self.left_out += push_last(&mut self.end, rest, END);
    }

    /// Writes a line of our own, which is no output of the check.
    pub(super) fn say(&mut self, line: &str) {
        let line = format!("[git-coord] {line}\n");
        if self.beginning_left > 0 {
            let _ = self.file.write_all(line.as_bytes());
        } else {
            self.left_out += push_last(&mut self.end, line.as_bytes(), END);
        }
    }

    /// Writes the end of it. Returns where it is, and the last that was printed.
    pub(super) fn finish(mut self, line: &str) -> (PathBuf, Vec<u8>) {
        let over = self.end.len().saturating_sub(END);
        self.left_out += over as u64;
        if self.left_out > 0 {
            let cut = format!("\n[git-coord] {} bytes are left out here\n", self.left_out);
            let _ = self.file.write_all(cut.as_bytes());
        }
        let _ = self.file.write_all(&self.end[over..]);
        let is_open = self.window.last().is_some_and(|last| *last != b'\n');
        let open = if is_open { "\n" } else { "" };
        let _ = self
            .file
            .write_all(format!("{open}[git-coord] {line}\n").as_bytes());
        let over = self.window.len().saturating_sub(tail::WINDOW);
        (self.path, self.window.split_off(over))
    }
}

/// Adds to what is kept of an end, and says how much was dropped.
fn push_last(kept: &mut Vec<u8>, more: &[u8], max: usize) -> u64 {
    kept.extend_from_slice(more);
    if kept.len() <= 2 * max {
        return 0;
    }
    let over = kept.len() - max;
    kept.drain(..over);
    over as u64
}

fn remove_old(dir: &Path) {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut logs: Vec<(Duration, PathBuf)> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .filter_map(|path| {
            let changed = std::fs::metadata(&path).and_then(|meta| meta.modified());
            Some((env::since(changed.ok()?).unwrap_or_default(), path))
        })
        .collect();
    logs.sort_unstable();
    for (at, (age, path)) in logs.iter().enumerate() {
        // Room for the one that begins now.
        if at + 1 >= LOGS_MAX || *age >= KEPT {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{BEGINNING, END, LOGS_MAX, Log};

    #[test]
    fn the_beginning_and_the_end_are_kept_and_the_cut_is_said() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let mut log = Log::begin(dir.path(), "one").expect("it is writable");
        log.say("begin");
        log.add(b"first\n");
        let block = [b'.'; 64 * 1024];
        let blocks = 1000;
        (0..blocks).for_each(|_| log.add(&block));
        assert!(log.end.capacity() <= 4 * END, "{}", log.end.capacity());
        log.add(b"\nlast");
        let (path, window) = log.finish("over");
        assert!(window.ends_with(b"\nlast"));
        let text = std::fs::read_to_string(path).expect("it is there");
        assert!(text.starts_with("[git-coord] begin\nfirst\n..."));
        assert!(text.ends_with("...\nlast\n[git-coord] over\n"));
        assert!(text.len() < BEGINNING + END + 200, "{}", text.len());
        let all = blocks * block.len() + "first\n".len() + "\nlast".len();
        let left_out = all - BEGINNING - END;
        assert!(text.contains(&format!(
            "\n[git-coord] {left_out} bytes are left out here\n"
        )));
    }

    #[test]
    fn old_logs_make_room() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        for n in 0..LOGS_MAX + 20 {
            std::fs::write(dir.path().join(format!("{n}.log")), "").expect("it is writable");
        }
        std::fs::write(dir.path().join("other"), "").expect("it is writable");
        drop(Log::begin(dir.path(), "one").expect("it is writable"));
        let count = std::fs::read_dir(dir.path()).expect("it is there").count();
        assert_eq!(count, LOGS_MAX + 1);
        assert!(dir.path().join("one.log").exists() && dir.path().join("other").exists());
    }
}
