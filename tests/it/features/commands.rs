//! Registering, looking and planning, as a person sees it.

use crate::support::Sandbox;

use super::words::{feature, json, met};

#[test]
fn a_feature_is_registered_seen_by_others_and_ended() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    alice.git(["switch", "--quiet", "-c", "feat/login"]).ok();
    let args = [
        "feature",
        "register",
        "login",
        "--claim",
        "src/",
        "--claim",
        "api:GET /login",
        "--title",
        "Sign in",
        "-p",
        "1",
        "--meta",
        "team=web",
    ];
    insta::assert_snapshot!(alice.coord(args).ok().stdout, @r"
    registered login  p1  Sign in
    FULL: it shares nothing with others
    ");
    bob.coord(["lock", "db:users", "--reason", "migrating"])
        .ok();
    let more = "register users --branch feat/users -c src/users.rs -c db:users -c docs/a.md -c docs/b.md \
                -c x";
    insta::assert_snapshot!(feature(&bob, more).ok().stdout, @r"
    registered users  p2
    PARTIAL: 1 of 5 claims meet claims or locks of others
      feature login  p1 active, alice on `feat/login`  Sign in
        PARTIAL, 1 of 5; the other way PARTIAL, 1 of 2
        src/users.rs meets src/
    ");
    // The lock is in others' way and not in the way of who holds it.
    insta::assert_snapshot!(feature(&alice, "conflicts login").ok().stdout, @r"
    PARTIAL: 1 of 2 claims meet claims or locks of others
      feature users  p2 active, bob on `feat/users`
        PARTIAL, 1 of 2; the other way PARTIAL, 1 of 5
        src/ meets src/users.rs
    ");
    insta::assert_snapshot!(feature(&alice, "conflicts new -c db:users -c docs/").ok().stdout, @r"
    SEQUENTIAL: 2 of 2 claims meet claims or locks of others
      feature users  p2 active, bob on `feat/users`
        SEQUENTIAL, 2 of 2; the other way SEQUENTIAL, 3 of 5
        docs/ meets docs/a.md
        docs/ meets docs/b.md
        db:schema:users
      lock db:schema:users  bob (session s1) on `feat/login`, for 30m: migrating
    ");
    insta::assert_snapshot!(feature(&alice, "list").ok().stdout, @r"
    login  p1 active     alice on `feat/login`, 2 claims  Sign in
    users  p2 active     bob on `feat/users`, 5 claims
    ");
    insta::assert_snapshot!(feature(&alice, "show log").ok(), @r"
    exit 0
    --- stdout
    login  p1  Sign in
    status     active
    owner      alice (session s1), since [time]
    branch     feat/login
    claims     src/, api:GET /login
    meta       team=web
    PARTIAL: 1 of 2 claims meet claims or locks of others
      feature users  p2 active, bob on `feat/users`
        PARTIAL, 1 of 2; the other way PARTIAL, 1 of 5
        src/ meets src/users.rs
    ");
    insta::assert_snapshot!(feature(&bob, "update login --title Mine").refused(), @r"
    exit 1
    --- stderr
    refused[not_yours]: feature `login` belongs to alice (session s1)
    hint: talk to alice, or take it over with `--takeover`
    ");
    insta::assert_snapshot!(feature(&alice, "done login --commit HEAD").ok().stdout, @"landed login  p1  Sign in");
    insta::assert_snapshot!(feature(&alice, "register login").refused(), @r"
    exit 1
    --- stderr
    refused[wrong_state]: feature `login` is landed, and that needs one that is active or queued; register another
    hint: see how it stands with `git coord feature show login`
    ");
    insta::assert_snapshot!(feature(&bob, "cancel users -m unwanted").ok().stdout, @"cancelled users  p2");
    assert_eq!(json(&alice, "list")["features"], serde_json::json!([]));
    let all = json(&alice, "list --all");
    assert_eq!(all["features"].as_array().unwrap().len(), 2);
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn a_plan_has_lanes_steps_and_reasons() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    assert_eq!(feature(&alice, "plan").ok().stdout, "no features\n");
    for words in [
        "register api -c src/api/ -p 0 --title API",
        "register ui -p 2 -c ui/ -c src/api/routes.rs -c a -c b",
        "register schema -p 1 -c src/api/schema.rs",
        "register docs -p 3 -c docs/",
        "register site -p 4 --after docs -c docs/index.md",
    ] {
        feature(&alice, words).ok();
    }
    bob.coord(["lock", "feature:docs:pause", "--reason", "rewriting"])
        .ok();
    insta::assert_snapshot!(feature(&alice, "plan").ok().stdout, @r"
    lane 1
      api  now  p0 active  alice  API
      schema  step 2  p1 active  alice
        waits for api: src/api/schema.rs meets src/api/
      ui  now  p2 active  alice
        lands after api: src/api/routes.rs meets src/api/
    lane 2
      docs  step 1  p3 active  alice
        paused by bob (session s1), for 30m: rewriting
      site  step 2  p4 active  alice
        waits for docs: it depends on it, and docs/index.md meets docs/
    ");
    insta::assert_snapshot!(feature(&alice, "plan --format mermaid").ok().stdout, @r#"
    flowchart LR
      subgraph lane1["lane 1"]
        n0["api p0 API"]:::ready
        n1["schema p1"]:::blocked
        n2["ui p2"]:::ready
      end
      subgraph lane2["lane 2"]
        n3["docs p3"]:::failed
        n4["site p4"]:::blocked
      end
      n0 --> n1
      n0 -.-> n2
      n3 --> n4
      classDef ready fill:#dbeafe,color:#111827
      classDef blocked fill:#e5e7eb,color:#111827
      classDef failed fill:#fecaca,color:#111827
    "#);
    let plan = json(&alice, "plan --format mermaid")["plan"].clone();
    assert_eq!(plan["lanes"].as_array().unwrap().len(), 2);
    assert_eq!(plan["order"][0]["ready"], true);
    insta::assert_snapshot!(alice.coord(["why", "site"]).ok().stdout, @r"
    feature site is blocked:
      it waits for feature docs, active: it depends on it
        until feature docs has landed, or claims less
        and that one waits:
          `feature:docs:pause` is locked by bob (session s1), on branch `main`, for 30m: rewriting
            until bob unlocks `feature:docs:pause`, or their lease ends; if they are gone: `git coord lock --steal --rev 6 --reason … feature:docs:pause`
    ");
    let branchless = feature(&alice, "conflicts ui --merge").failed();
    assert!(branchless.stderr.contains("--branch"), "{branchless}");
}

#[test]
fn what_is_registered_is_seen_in_the_log_the_status_and_the_watch() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    feature(&alice, "register login -c src/ --title Login").ok();
    feature(&bob, "register logout -c lib/").ok();
    bob.coord(["lock", "feature:login:pause"]).ok();
    let status = alice.coord(["status"]).ok().stdout;
    for line in [
        "Your features:",
        "login  active  Login",
        "Features: 2 active, 0 queued; paused: login",
    ] {
        assert!(status.contains(line), "{status}");
    }
    feature(&alice, "update login -c docs/").ok();
    feature(&bob, "cancel login --takeover").ok();
    feature(&bob, "done logout").ok();
    bob.coord(["gc", "--older", "0s"]).ok();
    let log = alice.coord(["log"]).ok().stdout;
    for line in [
        "feature register login by alice: Login",
        "feature update login by alice: Login",
        "feature cancel login by bob: Login",
        "feature done logout by bob",
    ] {
        assert!(log.contains(line), "{log}");
    }
    let watched = alice
        .coord(["watch", "--no-wait", "--since", "1h", "--json"])
        .ok()
        .stdout;
    let kinds: Vec<String> = watched
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|one| {
            format!(
                "{} {}",
                one["kind"].as_str().unwrap(),
                one["about"].as_str().unwrap()
            )
        })
        .filter(|kind| kind.starts_with("feature."))
        .collect();
    assert_eq!(
        kinds,
        [
            "feature.registered login",
            "feature.registered logout",
            "feature.updated login",
            "feature.cancelled login",
            "feature.landed logout",
            "feature.collected login",
            "feature.collected logout",
        ]
    );
    let shown = json(&alice, "show logout");
    assert_eq!(shown["feature"]["status"], "landed");
    assert!(shown["collected"].is_string(), "{shown}");
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn the_threshold_of_sequential_is_a_setting() {
    let sandbox = Sandbox::new();
    let alice = sandbox.repo("repo").agent("alice");
    feature(&alice, "register one -c a -c b").ok();
    let of = |words: &str| json(&alice, words)["overlaps"]["feasibility"].clone();
    let two = "register two -c b -c c -c d";
    assert_eq!(of(two), "PARTIAL");
    alice.git(["config", "coord.sequentialAbove", "33%"]).ok();
    assert_eq!(of(two), "SEQUENTIAL");
    assert_eq!(of("conflicts two"), "SEQUENTIAL");
    alice.git(["config", "coord.sequentialAbove", "34"]).ok();
    assert_eq!(of("conflicts two"), "PARTIAL");
    alice.git(["config", "coord.sequentialAbove", "half"]).ok();
    let wrong = feature(&alice, "list").failed();
    assert!(wrong.stderr.contains("coord.sequentialAbove"), "{wrong}");
}

#[test]
fn texts_of_others_move_no_cursor() {
    let sandbox = Sandbox::new();
    let repo = sandbox.repo("repo");
    let [alice, bob] = ["alice", "bob"].map(|name| repo.agent(name));
    let evil = "x\u{1b}[31m]; %%{init}%%\"";
    let args = [
        "feature", "register", "evil", "-c", "src/", "--title", evil, "--branch", evil, "--meta",
    ];
    let meta = format!("k={evil}");
    alice
        .coord(args.iter().copied().chain([meta.as_str()]))
        .ok();
    feature(&bob, "register good -c src/a.rs").ok();
    for words in [
        "list",
        "show evil",
        "conflicts good",
        "plan",
        "plan --format mermaid",
    ] {
        let text = feature(&bob, words).ok().stdout;
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(!words.contains("mermaid") || !text.contains("%%"), "{text}");
    }
    assert_eq!(met(&json(&bob, "conflicts good")["overlaps"]), ["evil"]);
}
