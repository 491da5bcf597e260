//! Programs that do not end are ended, so that one of them does not keep all from their figures.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a program, or an answer on a connection, may take.
pub const MOST: Duration = Duration::from_secs(120);

/// The programs that run, and since when.
static RUNNING: Mutex<BTreeMap<u32, Instant>> = Mutex::new(BTreeMap::new());

/// Runs a command to its end.
pub fn run(mut command: Command) -> Result<Output, String> {
    static WATCH: Once = Once::new();
    WATCH.call_once(|| drop(std::thread::spawn(watch)));
    let program = format!("{:?}", command.get_program());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(|why| format!("{program}: {why}"))?;
    let id = child.id();
    let running = || RUNNING.lock().expect("nobody panics");
    running().insert(id, Instant::now());
    let output = child.wait_with_output();
    running().remove(&id);
    output.map_err(|why| format!("{program}: {why}"))
}

fn watch() {
    loop {
        std::thread::sleep(Duration::from_secs(1));
        for (id, since) in RUNNING.lock().expect("nobody panics").iter() {
            let is_late = since.elapsed() > MOST;
            if let Some(id) = Pid::from_raw(*id as i32).filter(|_| is_late) {
                let _ = kill_process(id, Signal::KILL);
            }
        }
    }
}
