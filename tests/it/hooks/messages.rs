//! Messages reach who reads what hooks print: once each, quoted, as their senders meant it.

use crate::support::{Agent, Sandbox};

fn send(from: &Agent, text: &str, how: &[&str]) -> String {
    let args = [&["--json", "msg", "send", "bob", text], how].concat();
    let sent = from.coord(args).ok().json();
    sent["messages"][0]["id"].as_str().unwrap().to_owned()
}

/// What git says on the way of a commit, and of a push.
fn commits(bob: &Agent) -> Vec<String> {
    let made = bob
        .git(["commit", "--quiet", "--allow-empty", "-m", "x"])
        .ok();
    made.stderr.lines().map(str::to_owned).collect()
}

fn pushes(bob: &Agent) -> Vec<String> {
    let made = bob.git(["push", "--quiet", "origin", "HEAD:work"]).ok();
    made.stderr.lines().map(str::to_owned).collect()
}

#[test]
fn messages_are_told_after_a_commit_and_before_a_push() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let bob = hub.clone_as("bob");
    let alice = bob.beside("alice");
    bob.coord(["hooks", "install"]).ok();
    assert_eq!(commits(&bob), Vec::<String>::new());
    let context = send(
        &alice,
        "look at\n\x1b[31mthis",
        &["--kind", "question", "--needs-ack"],
    );
    send(&alice, "just so", &["--delivery", "notification"]);
    let deferred = send(&alice, "when you are done", &["--delivery", "deferred"]);
    let told = commits(&bob);
    assert_eq!(told.len(), 2, "{told:?}");
    let quoted = format!(
        "git-coord: question {context} from alice (session s1), quoted: > look at \\u{{1b}}[31mthis (git coord msg ack {context})"
    );
    assert_eq!(told, [&quoted, "git-coord: 1 message: git coord msg read"]);
    // Once, and others are not told what is for bob.
    assert_eq!(commits(&bob), Vec::<String>::new());
    let told = pushes(&bob);
    let quoted =
        format!("git-coord: info {deferred} from alice (session s1), quoted: > when you are done");
    assert_eq!(told, [quoted]);
    commits(&bob);
    assert_eq!(pushes(&bob), Vec::<String>::new());
    // To be told is not to have read.
    let inbox = bob
        .coord(["--json", "msg", "inbox", "--unread"])
        .ok()
        .json();
    assert_eq!(inbox["messages"].as_array().unwrap().len(), 3);
    // What was read is not told, an alert waits for nothing, and of many only a few are quoted.
    send(&alice, "read", &[]);
    bob.coord(["msg", "read"]).ok();
    send(
        &alice,
        "fire",
        &["--kind", "alert", "--delivery", "deferred"],
    );
    for n in 0..6 {
        send(&alice, &format!("{n}: {}", "long ".repeat(200)), &[]);
    }
    let told = commits(&bob);
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(
        told[0].contains("alert") && told[0].ends_with("> fire"),
        "{told:?}"
    );
    assert!(told[1].ends_with(" …") && told[1].len() < 500, "{told:?}");
    assert_eq!(told[5], "git-coord: 2 messages: git coord msg read");
}

#[test]
fn a_refused_push_tells_no_message() {
    let sandbox = Sandbox::new();
    let hub = sandbox.bare("hub");
    let bob = hub.clone_as("bob");
    let alice = bob.beside("alice");
    bob.coord(["hooks", "install"]).ok();
    bob.write("src/a.rs", "fn mine() {}\n");
    bob.git(["add", "."]).ok();
    bob.git(["commit", "--quiet", "-m", "x"]).ok();
    send(&alice, "when you are done", &["--delivery", "deferred"]);
    alice.coord(["lock", "src/a.rs"]).ok();
    let refused = bob.git(["push", "--quiet", "origin", "HEAD:work"]).failed();
    assert!(!refused.stderr.contains("when you are done"), "{refused}");
    alice.coord(["unlock", "src/a.rs"]).ok();
    assert_eq!(pushes(&bob).len(), 1);
}
