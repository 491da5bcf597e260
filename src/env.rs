//! The only place that asks the machine: clocks, the boot, the host, fresh ids.
//!
//! Everything inside takes what it needs as a value, so that tests and replays decide.

mod process;

use std::time::{Duration, SystemTime};

use chrono::Utc;

use crate::model::id::OpId;
use crate::model::time::Timestamp;

pub use process::{Process, above, process};

/// The wall clock now.
pub fn now() -> Timestamp {
    Timestamp::new(Utc::now())
}

/// How long ago a file's time was. A time in the future says that the clock was set back: then
/// nothing is known.
pub fn since(file_time: SystemTime) -> Option<Duration> {
    SystemTime::now().duration_since(file_time).ok()
}

/// The wall clock as the file system keeps it, for judging the ages of files.
pub fn file_clock() -> SystemTime {
    SystemTime::now()
}

/// A fresh operation id.
pub fn fresh_op() -> OpId {
    OpId::new(ulid::Ulid::generate())
}

/// Seconds since this machine booted, time asleep included; no clock step can change it.
#[cfg(target_os = "linux")]
pub fn boot_secs() -> Option<u64> {
    use rustix::time::{ClockId, clock_gettime};
    u64::try_from(clock_gettime(ClockId::Boottime).tv_sec).ok()
}

/// Seconds since this machine booted; unknown here, so leases are judged by the wall clock alone.
#[cfg(not(target_os = "linux"))]
pub fn boot_secs() -> Option<u64> {
    None
}

/// Tells one boot of the machine from the next.
pub fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned())
}

/// Whether some process has a file open, as far as this user may know.
#[cfg(target_os = "linux")]
pub fn is_open(file: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(wanted) = std::fs::metadata(file) else {
        return false;
    };
    let entries = |dir: &std::path::Path| std::fs::read_dir(dir).into_iter().flatten().flatten();
    let processes = entries("/proc".as_ref());
    let mut open = processes.flat_map(|process| entries(&process.path().join("fd")));
    open.any(|open| {
        let same =
            |seen: std::fs::Metadata| (seen.dev(), seen.ino()) == (wanted.dev(), wanted.ino());
        std::fs::metadata(open.path()).is_ok_and(same)
    })
}

/// Whether some process has a file open; unknown here.
#[cfg(not(target_os = "linux"))]
pub fn is_open(_: &std::path::Path) -> bool {
    false
}

/// The machine's name, cut to what fits a name.
pub fn host() -> String {
    #[cfg(unix)]
    let name = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").unwrap_or_default();
    let short: String = name
        .split('.')
        .next()
        .unwrap_or_default()
        .chars()
        .take(24)
        .collect();
    if short.is_empty() {
        "localhost".into()
    } else {
        short
    }
}

/// An environment variable that is set, not empty and text.
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where programs keep what they know of this user's machine.
pub fn user_state_dir() -> Option<std::path::PathBuf> {
    user_dir("XDG_STATE_HOME", ".local/state")
}

/// Where programs keep what they can make again.
pub fn user_cache_dir() -> Option<std::path::PathBuf> {
    user_dir("XDG_CACHE_HOME", ".cache")
}

/// A directory of the user's: what a variable names, or else a place below the home directory.
fn user_dir(name: &str, below_home: &str) -> Option<std::path::PathBuf> {
    let absolute =
        |text: String| Some(std::path::PathBuf::from(text)).filter(|dir| dir.is_absolute());
    let home = || {
        var("HOME")
            .or_else(|| var("LOCALAPPDATA"))
            .and_then(absolute)
    };
    var(name)
        .and_then(absolute)
        .or_else(|| Some(home()?.join(below_home)))
}

/// All environment variables, also those that are no text.
pub fn vars() -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    std::env::vars_os().collect()
}

/// How many threads this process may run at once.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The memory that this process may use, in bytes: the machine's, or what its control group is
/// allowed. Unknown on other systems than Linux.
#[cfg(target_os = "linux")]
pub fn memory() -> Option<u64> {
    let info = rustix::system::sysinfo();
    let machine = info.totalram.saturating_mul(u64::from(info.mem_unit));
    let group = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let group = group.and_then(|text| text.trim().parse().ok());
    Some(group.map_or(machine, |group: u64| group.min(machine)))
}

/// The memory that this process may use, in bytes; unknown here.
#[cfg(not(target_os = "linux"))]
pub fn memory() -> Option<u64> {
    None
}

/// Where a program is on the search path.
pub fn find_program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .map(|dir| dir.join(&file))
        .find(|file| file.is_file())
}
