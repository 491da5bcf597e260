//! A run is over when it is over: what it started, printed and saw has an end.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use super::{Check, Pulse, alice, log_of};
use crate::support::Sandbox;

/// The most that a log has, in bytes.
const LOG_MAX: usize = 1200 * 1024;
/// Most memory that a runner may need, in KiB.
const PEAK_MAX: u64 = 96 * 1024;

#[test]
fn commands_run_one_after_the_other_until_one_fails() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let told = Check::of(&alice, &["echo out; echo err >&2", "test -f src/a.rs"]).ends("passed");
    assert_eq!(told["exit"], 0);
    assert_eq!(told["tail"], serde_json::Value::Null);
    let log = log_of(&told);
    let order = [
        "one and two for main: ",
        "$ echo out",
        "\nout\nerr\n",
        "$ test -f",
        "passed after",
    ];
    let mut rest = log.as_str();
    for text in order {
        rest = rest
            .split_once(text)
            .unwrap_or_else(|| panic!("{text} in {log}"))
            .1;
    }
    let told = Check::of(&alice, &["echo so; exit 7", "echo never"]).ends("failed");
    assert_eq!((&told["exit"], &told["tail"]), (&7.into(), &"so".into()));
    assert_eq!(
        told["events"].to_string(),
        r#"["preparing","1/2 echo so; exit 7","Failed"]"#
    );
    assert!(!log_of(&told).contains("never"));
    let told = Check::of(&alice, &["kill -ABRT $$"]).ends("failed");
    assert!(told["exit"].is_null());
}

#[test]
fn at_its_limit_a_whole_tree_of_processes_ends() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    alice.git(["config", "coord.checkTimeout", "3s"]).ok();
    let mut pulse = Pulse::new(&alice, "pulse");
    // One in the foreground, one that nobody waits for, one that wants to stay, one far from all.
    let script = format!(
        "exec 9>{}
         (echo child >&9; exec sleep 1000) &
         (trap '' TERM INT HUP; echo deaf >&9; while :; do sleep 1000; done) &
         setsid sh -c 'echo far >&9; exec sleep 1000' &
         echo top >&9; sleep 1000",
        pulse.path()
    );
    let told = Check::of(&alice, &[&script, "echo never"]).ends("timed-out");
    assert!(pulse.is_dead());
    for who in ["child", "deaf", "far", "top"] {
        assert!(
            pulse.heard.contains(who),
            "{who} did not live before the limit"
        );
    }
    assert!(log_of(&told).contains("ended after its limit of 3 s"));
}

#[test]
fn what_a_check_leaves_behind_ends_with_it() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let mut pulse = Pulse::new(&alice, "pulse");
    let ready = Pulse::new(&alice, "ready");
    // Its output is that of the check, in its group and out of it, twice removed.
    let script = format!(
        "exec 9>{}
         (echo near >&9; exec sleep 1000) &
         (setsid sh -c '(cd /; echo daemon >&9; echo up > {}; exec sleep 1000) &' &)
         read -r up < {}; echo $up",
        pulse.path(),
        ready.path(),
        ready.path(),
    );
    drop(ready.file);
    let told = Check::of(&alice, &[&script]).ends("passed");
    assert!(pulse.is_dead());
    assert!(
        pulse.heard.contains("near") && pulse.heard.contains("daemon"),
        "{}",
        pulse.heard
    );
    assert!(log_of(&told).contains("\nup\n"));
}

#[test]
fn one_that_cannot_be_found_does_not_hold_up_the_run() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let pid = sandbox.path().join("pid");
    let ready = Pulse::new(&alice, "ready");
    // It has given its mark away, and writes for ever.
    let script = format!(
        "env -i setsid sh -c 'echo $$ > {}; echo up > {}; while echo y; do :; done' &
         read -r up < {}; exit 3",
        pid.display(),
        ready.path(),
        ready.path(),
    );
    drop(ready.file);
    let told = Check::of(&alice, &[&script]).ends("failed");
    assert_eq!(told["exit"], 3);
    // What it writes to has no reader any more. Should it live all the same, it does not outlive
    // this test.
    let pid: i32 = fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

#[test]
fn a_flood_is_cut_in_memory_and_on_disk() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let flood =
        "echo first; head -c 100000000 /dev/zero | tr '\\0' x | fold -w 99; echo; echo last; false";
    let told = Check::of(&alice, &[flood]).ends("failed");
    let log = log_of(&told);
    assert!(log.len() < LOG_MAX, "{}", log.len());
    assert!(log.contains("\nfirst\nxxx") && log.contains("\nlast\n"));
    assert!(log.contains(" bytes are left out here\n"));
    let tail = told["tail"].as_str().unwrap();
    assert!(tail.len() <= 2048 && tail.ends_with("\nlast"), "{tail}");
    if let Some(peak) = told["peak"].as_u64() {
        assert!(peak < PEAK_MAX, "{peak} KiB");
    }
}

#[test]
fn a_run_that_is_given_up_is_no_verdict_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let mut pulse = Pulse::new(&alice, "pulse");
    let stop = sandbox.path().join("stop");
    let script = format!("exec 9>{}; echo up >&9; sleep 1000", pulse.path());
    let running = Check::of(&alice, &[&script]).until(&stop).spawn();
    pulse.hears("up");
    fs::write(&stop, "").unwrap();
    let told = super::told(&running.wait().ok());
    assert!(pulse.is_dead());
    assert!(told["outcome"].is_null());
    assert!(
        told["events"].to_string().ends_with(r#""given up"]"#),
        "{told:#}"
    );
}

#[test]
fn a_runner_that_is_killed_takes_its_run_along() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let mut pulse = Pulse::new(&alice, "pulse");
    let script = format!(
        "exec 9>{}; trap '' TERM; echo up >&9; sleep 1000",
        pulse.path()
    );
    let mut running = Check::of(&alice, &[&script]).spawn();
    pulse.hears("up");
    running.kill_alone();
    pulse.dies();
}

#[test]
fn a_check_reads_nothing_and_is_no_terminal() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let script = "cat; test ! -t 0; test ! -t 1; echo read all";
    let running = Check::of(&alice, &[script]).prepared().open_input().spawn();
    let told = super::told(&running.wait().ok());
    assert_eq!(told["outcome"], "passed");
    assert!(log_of(&told).contains("\nread all\n"));
}

#[test]
fn secrets_stay_in_the_log() {
    let sandbox = Sandbox::new();
    let alice = alice(&sandbox);
    let script = "printf 'key AKIA%s\\n' QYLPMN5HFIQR7XYA; exit 1";
    let told = Check::of(&alice, &[script]).ends("failed");
    assert!(told["tail"].is_null(), "{told:#}");
    assert!(log_of(&told).contains("key AKIAQYLP"));
}
