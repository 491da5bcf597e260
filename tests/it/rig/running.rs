//! Running programs and what is said about them.

use std::fs;
use std::time::Duration;

use crate::support::{Outcome, Sandbox, race};

/// Runs a line of shell script in a sandbox of its own.
fn script(line: &str) -> Outcome {
    Sandbox::new().command("sh", ["-c", line]).run()
}

#[test]
fn exit_codes_and_json_are_read() {
    assert!(script("exit 0").is_ok());
    assert_eq!(script("exit 1").refused().stdout, "");
    assert_eq!(script("exit 5").code(5).stderr, "");
    assert_eq!(script("kill -9 $$").failed().code, 128 + 9);
    assert_eq!(script("echo '{\"held\": true}'").json()["held"], true);
}

#[test]
fn a_snapshot_holds_no_passing_thing() {
    let outcome = script(
        "echo in $PWD/src at 2026-11-20T04:35:30.123456Z or 2026-11-20 04:35:30+01:00
         echo 01ARZ3NDEKTSV4RRFFQ69G5FAV on 83ba101, ends in 29m 59s
         echo $(git hash-object -t tree /dev/null) at git://127.0.0.1:9418/hub.git >&2
         exit 1",
    );
    insta::assert_snapshot!(outcome, @r"
    exit 1
    --- stdout
    in [sandbox]/src at [time] or [time]
    [ulid] on [oid], ends in [duration]
    --- stderr
    [oid] at git://127.0.0.1:[port]/hub.git
    ");
}

#[test]
fn input_reaches_the_program_and_ends() {
    let sandbox = Sandbox::new();
    let long = "a line of input\n".repeat(20_000);
    let outcome = sandbox
        .command("cat", None::<&str>)
        .input(long.as_str())
        .run()
        .ok();
    assert_eq!(outcome.stdout, long);
    // Without input there is an end at once, and nobody waits for a person.
    assert_eq!(sandbox.command("cat", None::<&str>).run().ok().stdout, "");
}

#[test]
fn a_variable_is_set_for_one_run() {
    let sandbox = Sandbox::new();
    let printed = sandbox
        .command("printenv", ["WORD"])
        .env("WORD", "x")
        .run()
        .ok();
    assert_eq!(printed.stdout, "x\n");
    assert_eq!(
        sandbox.command("printenv", ["WORD"]).run().refused().stdout,
        ""
    );
}

#[test]
#[should_panic(expected = "did not end and close its output within 50ms")]
fn a_program_that_hangs_fails_the_test() {
    let program = Sandbox::new().command("sleep", ["600"]);
    program.within(Duration::from_millis(50)).run().ok();
}

#[test]
#[should_panic(expected = "did not end and close its output within 50ms")]
fn a_program_that_leaves_its_output_open_fails_the_test() {
    let program = Sandbox::new().command("sh", ["-c", "sleep 600 & exit 0"]);
    program.within(Duration::from_millis(50)).run().ok();
}

#[test]
fn killing_a_program_kills_what_it_started() {
    let sandbox = Sandbox::new();
    let line = "sleep 600 & echo child $!; wait";
    let mut running = sandbox.command("sh", ["-c", line]).spawn();
    assert!(running.prints("child "));
    running.kill();
    // The child has the output open as well, so that it closes only when both are gone.
    assert!(!running.prints("a word from the dead"));
}

#[test]
fn a_program_that_ends_without_the_awaited_text_is_noticed() {
    let sandbox = Sandbox::new();
    let running = sandbox.command("sh", ["-c", "echo said >&2"]).spawn();
    assert!(!running.prints("unsaid"));
    assert!(running.prints("said"));
    assert_eq!(running.wait().ok().stderr, "said\n");
}

#[test]
fn one_racer_of_many_creates_a_ref() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("project");
    let tip = repo.ask_git(["rev-parse", "HEAD"]);
    let absent = "0".repeat(40);
    let outcomes = race(8, |_| {
        repo.command("git", ["update-ref", "refs/won", &tip, &absent])
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(fs::exists(repo.path().join(".git/refs/won")).unwrap());
}
