//! Processes of this machine: which ones stand above this one, and whether one is still the same.

/// Furthest that anybody is looked for above this process.
#[cfg(target_os = "linux")]
const ABOVE_MAX: usize = 64;

/// A process, told from a later one of the same number by when it was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub id: u32,
    /// When it was started, in ticks since this machine booted.
    pub started: u64,
    /// The beginning of its program's name, as the kernel keeps it.
    pub name: String,
    parent: u32,
}

impl Process {
    /// A name for it that no other process of this boot has.
    pub fn mark(&self) -> String {
        format!("{}-{}", self.id, self.started)
    }
}

/// The processes above this one, nearest first; none where the system does not tell.
#[cfg(target_os = "linux")]
pub fn above() -> impl Iterator<Item = Process> {
    let first = process(std::os::unix::process::parent_id());
    std::iter::successors(first, |below| process(below.parent)).take(ABOVE_MAX)
}

/// The processes above this one; this system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn above() -> impl Iterator<Item = Process> {
    std::iter::empty()
}

/// The process of this number, if there is one.
#[cfg(target_os = "linux")]
pub fn process(id: u32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{id}/stat")).ok()?;
    read(id, &String::from_utf8_lossy(&stat))
}

/// The process of this number; this system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn process(_: u32) -> Option<Process> {
    None
}

/// Reads the kernel's line about a process. The name stands in brackets and may hold some.
#[cfg(target_os = "linux")]
fn read(id: u32, stat: &str) -> Option<Process> {
    let (begin, end) = (stat.find('(')?, stat.rfind(')')?);
    let name = stat.get(begin + 1..end)?.to_owned();
    // From the state on, which is the third field of all.
    let mut fields = stat.get(end + 1..)?.split_ascii_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let started = fields.nth(17)?.parse().ok()?;
    Some(Process {
        id,
        started,
        name,
        parent,
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{above, process, read};

    #[test]
    fn a_name_may_hold_brackets_and_blanks() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1\n";
        let found = read(7, stat).expect("it is the kernel's line");
        assert_eq!((found.name.as_str(), found.parent), ("a) b (c", 3));
        assert_eq!(found.mark(), "7-12345");
        for broken in ["", "7", "7 (x", "7 )x(", "7 (x) S", "7 (x) S y"] {
            assert_eq!(read(7, broken), None, "{broken}");
        }
    }

    #[test]
    fn somebody_started_this_process() {
        let first = above().next().expect("a test has a parent");
        assert_eq!(
            process(first.id).map(|same| same.mark()),
            Some(first.mark())
        );
        assert_eq!(process(0), None);
    }
}
