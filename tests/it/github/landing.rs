//! Landing on a branch in which GitHub has a word: with a status first, or by merging pull requests.

use super::outward::sync;
use super::stand_in::fault::{Cut, Fault};
use super::stand_in::hosted::{APP_TOKEN, BOT_TOKEN, Status};
use super::world::World;
use crate::support::{Agent, Outcome};

/// A repository whose queue has a check, and lands in this way.
fn world(mode: &str) -> World {
    let world = World::new();
    let bot = &world.bot;
    bot.write(
        ".coordconfig",
        &format!("[coord]\n\tcheck = true\n\tlandMode = {mode}\n\tlandWait = 0s\n"),
    );
    bot.git(["add", "."]).ok();
    bot.git(["commit", "--quiet", "-m", "set up"]).ok();
    bot.git(["push", "--quiet", "origin", "main"]).ok();
    let mut hosted = world.page.hosted();
    hosted.repository = Some(world.hub.path().to_owned());
    hosted.required = vec!["coord/queue".into()];
    drop(hosted);
    world
}

/// Lets `main` be pushed only to commits on which the page has the queue's status.
fn protect(world: &World) {
    let port = world.page.url().rsplit_once(':').unwrap().1.to_owned();
    let hook = format!(
        "#!/bin/bash\n[ \"$1\" = refs/heads/main ] || exit 0\nexec 3<>/dev/tcp/127.0.0.1/{port}\nprintf \
         'GET /repos/octo/shop/commits/%s/status HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer \
         {BOT_TOKEN}\\r\\nConnection: close\\r\\n\\r\\n' \"$3\" >&3\nbody=$(cat <&3)\n\
         [[ $body == *coord/queue* && $body == *'\"state\":\"success\"'* ]] && exit 0\necho \
         'GH006: Protected branch update failed'\nexit 1\n"
    );
    world.hub.write_program("hooks/update", &hook);
}

/// Somebody whose branch `<name>/work` changes a file of its own, holds that, and is in line; with a pull
/// request if wanted. Returns the sealed commit.
fn queued(world: &World, name: &str, has_pull: bool) -> (Agent, String, Option<u64>) {
    let agent = world.person(name);
    let branch = format!("{name}/work");
    agent.git(["switch", "--quiet", "-c", &branch]).ok();
    let file = format!("src/{name}.rs");
    agent.coord(["lock", &file]).ok();
    let sealed = agent.commit(&file, "new\n");
    agent.git(["push", "--quiet", "origin", &branch]).ok();
    agent.coord(["queue", "add"]).ok();
    let pull = has_pull.then(|| world.page.hosted().pull(name, "work", &branch, &sealed));
    (agent, sealed, pull)
}

fn run(world: &World) -> Outcome {
    world.bot.coord(["queue", "run", "--jobs", "1"])
}

fn is_on_main(world: &World, file: &str) -> bool {
    let name = format!("main:{file}");
    world.hub.git(["cat-file", "-e", &name]).is_ok()
}

/// Whether nobody holds anything any more.
fn is_free(agent: &Agent) -> bool {
    agent.coord(["locks"]).ok().stdout == "no locks\n"
}

fn status(state: &str, context: &str) -> Status {
    Status {
        context: context.into(),
        state: state.into(),
        description: String::new(),
    }
}

#[test]
fn a_status_opens_a_protected_branch() {
    let world = world("status-then-push");
    protect(&world);
    let (alice, _, _) = queued(&world, "alice", false);
    // Nobody else gets in.
    alice.git(["push", "origin", "HEAD:main"]).failed();
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed"), "{ran}");
    assert!(is_on_main(&world, "src/alice.rs") && is_free(&alice));
    let tip = world.hub.ask_git(["rev-parse", "main"]);
    let statuses = world.page.hosted().statuses[&tip].clone();
    assert_eq!(statuses.len(), 1);
    assert_eq!(statuses[0].description, "certified: alice-work");
    world.page.writes();
    run(&world).ok();
    assert_eq!(world.page.writes(), []);
    // What was only shown to the host goes with the next that is.
    let (_, _, _) = queued(&world, "bob", false);
    run(&world).ok();
    let name = format!("refs/coord/heads/{tip}");
    world
        .hub
        .git(["rev-parse", "--verify", "--quiet", &name])
        .failed();
}

#[test]
fn a_check_of_others_is_waited_for() {
    let world = world("status-then-push");
    protect(&world);
    world.page.hosted().required_by_rules = vec!["ci".into()];
    let (alice, _, _) = queued(&world, "alice", false);
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("0 landed, 0 put out"), "{ran}");
    assert!(ran.stderr.contains("`main` wants to see ci on "), "{ran}");
    assert!(!is_on_main(&world, "src/alice.rs") && !is_free(&alice));
    let refused = world.bot.coord(["queue", "land"]).refused();
    assert!(refused.stderr.contains("wants to see ci"), "{refused}");
    // It comes on the very commit that was shown.
    let mut hosted = world.page.hosted();
    assert_eq!(hosted.statuses.len(), 1, "a plan is the same each time");
    let all = hosted.statuses.values_mut().next().unwrap();
    all.push(status("success", "ci"));
    drop(hosted);
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed"), "{ran}");
    assert!(is_on_main(&world, "src/alice.rs") && is_free(&alice));
}

#[test]
fn pull_requests_are_merged_one_after_the_other() {
    let world = world("pr");
    let (alice, sealed, first) = queued(&world, "alice", true);
    let (_, _, second) = queued(&world, "bob", true);
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("2 landed"), "{ran}");
    assert!(is_on_main(&world, "src/alice.rs") && is_on_main(&world, "src/bob.rs"));
    assert!(is_free(&alice));
    let hosted = world.page.hosted();
    for number in [first, second] {
        let thread = &hosted.threads[&number.unwrap()];
        assert!(!thread.is_open && thread.pull.as_ref().unwrap().merged_as.is_some());
    }
    assert_eq!(hosted.statuses[&sealed].len(), 1);
    drop(hosted);
    let shown = alice.coord(["queue", "show", "alice-work"]).ok().stdout;
    assert!(shown.contains("landed"), "{shown}");
    world.page.writes();
    run(&world).ok();
    assert_eq!(world.page.writes(), []);
}

#[test]
fn one_that_github_does_not_take_holds_up_no_other() {
    let world = world("pr");
    let (alice, sealed, first) = queued(&world, "alice", true);
    let first = first.unwrap();
    let (_, _, _) = queued(&world, "bob", true);
    // It is a draft; it has moved on; there is none.
    let pull = |change: &dyn Fn(&mut super::stand_in::hosted::Pull)| {
        let mut hosted = world.page.hosted();
        change(
            hosted
                .threads
                .get_mut(&first)
                .unwrap()
                .pull
                .as_mut()
                .unwrap(),
        );
    };
    pull(&|pull| pull.is_draft = true);
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed, 0 put out"), "{ran}");
    assert!(
        ran.stderr.contains("alice-work: pull request 1 is a draft"),
        "{ran}"
    );
    assert!(is_on_main(&world, "src/bob.rs") && !is_on_main(&world, "src/alice.rs"));
    pull(&|pull| (pull.is_draft, pull.sha) = (false, "1".repeat(40)));
    let ran = run(&world).ok();
    assert!(
        ran.stderr.contains("has another commit than the sealed"),
        "{ran}"
    );
    pull(&|pull| pull.branch = "elsewhere".into());
    let ran = run(&world).ok();
    assert!(
        ran.stderr.contains("no open pull request of `alice/work`"),
        "{ran}"
    );
    // A fork's branch of that name is no branch of ours.
    pull(&|pull| {
        (pull.branch, pull.sha) = ("alice/work".into(), sealed.clone());
        pull.fork = Some("eve/shop".into());
    });
    let ran = run(&world).ok();
    assert!(ran.stderr.contains("no open pull request"), "{ran}");
    assert!(!is_free(&alice));
    pull(&|pull| pull.fork = None);
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed"), "{ran}");
    assert!(is_free(&alice));
}

#[test]
fn the_no_of_github_is_an_answer_and_no_crash() {
    for (status, words) in [
        (405, "Pull Request is not mergeable"),
        (
            409,
            "Head branch was modified. Review and try the merge again.",
        ),
        (422, "Validation Failed"),
    ] {
        let world = world("pr");
        let (alice, _, _) = queued(&world, "alice", true);
        let fault = Fault::status(status)
            .method("PUT")
            .path("/merge")
            .message(words);
        world.page.fault(fault);
        let ran = run(&world).ok();
        assert!(ran.stdout.starts_with("0 landed, 0 put out"), "{ran}");
        assert!(ran.stderr.contains("pull request 1 is not merged"), "{ran}");
        assert!(ran.stderr.contains(words), "{ran}");
        assert!(!is_free(&alice));
        let ran = run(&world).ok();
        assert!(ran.stdout.starts_with("1 landed"), "{ran}");
        assert!(is_free(&alice));
    }
}

#[test]
fn an_answer_that_got_lost_is_looked_for() {
    for (cut, landed) in [(Cut::After, "1 landed"), (Cut::Before, "")] {
        let world = world("pr");
        let (alice, _, _) = queued(&world, "alice", true);
        world
            .page
            .fault(Fault::cut(cut).method("PUT").path("/merge"));
        let ran = run(&world);
        match cut {
            Cut::After => drop(ran.ok()),
            Cut::Before => drop(ran.code(3)),
        }
        if landed.is_empty() {
            assert!(!is_free(&alice));
            let ran = run(&world).ok();
            assert!(ran.stdout.starts_with("1 landed"), "{ran}");
        }
        assert!(is_on_main(&world, "src/alice.rs") && is_free(&alice));
        let merges = world.page.writes();
        let merges = merges
            .iter()
            .filter(|call| call.status == 200 && call.method == "PUT");
        assert!(merges.count() <= 1);
    }
}

/// A runner that is killed between the merge and the state: GitHub has merged, and nobody said so. A
/// squashed commit has not even the branch in its past.
#[test]
fn a_lander_that_died_after_the_merge_is_caught_up_with() {
    for method in ["merge", "squash"] {
        let world = world("pr");
        world.bot.git(["config", "coord.landMethod", method]).ok();
        let (alice, _, first) = queued(&world, "alice", true);
        // From the merge on, nobody can push the state.
        world.hub.write_program(
            "hooks/pre-receive",
            "#!/bin/sh\ngit cat-file -e main:src/alice.rs 2>/dev/null && exit 1\nexit 0\n",
        );
        run(&world).failed();
        assert!(is_on_main(&world, "src/alice.rs"));
        assert!(!world.page.hosted().threads[&first.unwrap()].is_open);
        std::fs::remove_file(world.hub.path().join("hooks/pre-receive")).unwrap();
        assert!(!is_free(&alice));
        world.page.writes();
        let ran = run(&world).ok();
        assert!(ran.stdout.starts_with("1 landed"), "{method}: {ran}");
        assert!(is_free(&alice), "{method}");
        assert_eq!(world.page.writes(), [], "{method}");
        let verified = world.bot.coord(["log", "--verify"]).ok().stdout;
        assert!(!verified.contains("wrong"), "{verified}");
    }
}

#[test]
fn how_to_land_is_said_in_words_that_are_known() {
    let world = world("pr");
    queued(&world, "alice", true);
    world.bot.git(["config", "coord.landMode", "ask"]).ok();
    let refused = run(&world).code(2);
    assert!(
        refused.stderr.contains("`status-then-push` or `pr`"),
        "{refused}"
    );
    // A clone's own setting wins over the team's.
    world.bot.git(["config", "coord.landMode", "push"]).ok();
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed"), "{ran}");
    assert_eq!(world.page.calls(), []);
}

/// The mirror's check run is not over before the entry has landed: when it has the name of the status that is
/// required, nothing ever lands.
#[test]
fn the_check_run_of_the_mirror_is_nothing_that_a_merge_waits_for() {
    let world = world("pr");
    let (alice, sealed, _) = queued(&world, "alice", true);
    sync(&world.bot.with_var("GITHUB_TOKEN", APP_TOKEN));
    let shown = world.page.hosted().checks.clone();
    assert_eq!((shown.len(), &shown[0].sha), (1, &sealed));
    assert_eq!(shown[0].conclusion, None);
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed"), "{ran}");
    assert!(is_free(&alice));
}

/// The states of the queue's status on a commit, in the order in which they were set.
fn said_on(world: &World, sha: &str) -> Vec<String> {
    let hosted = world.page.hosted();
    let all = hosted.statuses.get(sha).into_iter().flatten();
    let all = all.filter(|one| one.context == "coord/queue");
    all.map(|one| one.state.clone()).collect()
}

/// A yes that is left behind lets anybody merge, also when the target has gone on.
#[test]
fn a_yes_is_said_last_and_taken_back_when_it_does_not_land() {
    let world = world("pr");
    world.page.hosted().required_by_rules = vec!["ci".into()];
    let (_, sealed, _) = queued(&world, "alice", true);
    let ran = run(&world).ok();
    assert!(ran.stderr.contains("`main` wants to see ci on "), "{ran}");
    assert_eq!(said_on(&world, &sealed), [""; 0]);
    let ci = status("success", "ci");
    let mut hosted = world.page.hosted();
    let statuses = &mut hosted.statuses;
    statuses.entry(sealed.clone()).or_default().push(ci);
    drop(hosted);
    let fault = Fault::status(405).method("PUT").path("/merge");
    world
        .page
        .fault(fault.message("At least 1 approving review"));
    let ran = run(&world).ok();
    assert!(ran.stderr.contains("approving review"), "{ran}");
    assert_eq!(said_on(&world, &sealed), ["success", "pending"]);
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed"), "{ran}");
    assert_eq!(said_on(&world, &sealed), ["success", "pending", "success"]);
}

#[test]
fn a_yes_that_a_dead_runner_left_is_taken_back_by_the_mirror() {
    let world = world("pr");
    let (_, sealed, _) = queued(&world, "alice", true);
    let yes = status("success", "coord/queue");
    let mut hosted = world.page.hosted();
    let statuses = &mut hosted.statuses;
    statuses.entry(sealed.clone()).or_default().push(yes);
    drop(hosted);
    sync(&world.bot);
    assert_eq!(said_on(&world, &sealed), ["success", "pending"]);
}

/// A commit onto `main` that nobody has pushed there yet.
fn pushed_beside(world: &World) -> String {
    let eve = world.person("eve");
    eve.git(["switch", "--quiet", "-c", "eve/side", "origin/main"])
        .ok();
    let commit = eve.commit("eve.txt", "by hand\n");
    eve.git(["push", "--quiet", "origin", "eve/side"]).ok();
    commit
}

#[test]
fn a_target_that_moves_right_before_the_merge_is_planned_on_anew() {
    let world = world("pr");
    let (alice, sealed, _) = queued(&world, "alice", true);
    let beside = pushed_beside(&world);
    world.page.hosted().pushed_at = Some(("POST".into(), beside));
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed"), "{ran}");
    assert!(!ran.stderr.contains("NOT CERTIFIED"), "{ran}");
    assert_eq!(said_on(&world, &sealed), ["success", "pending", "success"]);
    // What landed was checked as it is.
    let tree = world.hub.ask_git(["rev-parse", "main^{tree}"]);
    assert!(is_on_main(&world, "eve.txt") && is_free(&alice));
    let log = alice.coord(["queue", "log"]).ok().stdout;
    assert!(log.contains(&tree[..10]), "{log}");
}

#[test]
fn a_merge_onto_something_else_than_was_planned_on_is_said() {
    let world = world("pr");
    let (alice, _, _) = queued(&world, "alice", true);
    let beside = pushed_beside(&world);
    world.page.hosted().pushed_at = Some(("PUT".into(), beside));
    let ran = run(&world).ok();
    assert!(ran.stderr.contains("alice-work: NOT CERTIFIED"), "{ran}");
    assert!(!ran.stderr.contains("alice-work: landed on"), "{ran}");
    // It is on the target all the same.
    assert!(is_on_main(&world, "eve.txt") && is_on_main(&world, "src/alice.rs"));
    assert!(is_free(&alice));
    let note = world
        .bot
        .git(["notes", "--ref=coord/checks", "show", "origin/main"]);
    assert_ne!(note.code, 0, "{note}");
}

/// It was squashed, taken back, and put in line again.
#[test]
fn an_earlier_merge_of_the_same_head_is_not_this_landing() {
    let world = world("pr");
    world.bot.git(["config", "coord.landMethod", "squash"]).ok();
    let (alice, sealed, first) = queued(&world, "alice", true);
    run(&world).ok();
    let bot = &world.bot;
    bot.git(["pull", "--quiet", "origin", "main"]).ok();
    bot.git(["revert", "--no-edit", "HEAD"]).ok();
    bot.git(["push", "--quiet", "origin", "HEAD:main"]).ok();
    assert!(!is_on_main(&world, "src/alice.rs"));
    {
        let mut hosted = world.page.hosted();
        let first = hosted.threads.get_mut(&first.unwrap()).unwrap();
        let pull = first.pull.as_mut().unwrap();
        pull.merged_at = Some(chrono::Utc::now() - chrono::TimeDelta::hours(1));
    }
    alice.coord(["queue", "add"]).ok();
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("0 landed"), "{ran}");
    assert!(ran.stderr.contains("no open pull request"), "{ran}");
    let second = world
        .page
        .hosted()
        .pull("alice", "again", "alice/work", &sealed);
    let ran = run(&world).ok();
    assert!(ran.stdout.starts_with("1 landed"), "{ran}");
    assert!(is_on_main(&world, "src/alice.rs"));
    assert!(!world.page.hosted().threads[&second].is_open);
}

#[test]
fn one_that_the_token_may_not_merge_holds_up_no_other() {
    for (code, words) in [(403, "Resource not accessible"), (404, "Not Found")] {
        let world = world("pr");
        let (alice, _, _) = queued(&world, "alice", true);
        let (_, _, _) = queued(&world, "bob", true);
        let fault = Fault::status(code).method("PUT").path("/pulls/1/merge");
        world.page.fault(fault.message(words));
        let ran = run(&world).ok();
        assert!(ran.stdout.starts_with("1 landed, 0 put out"), "{ran}");
        assert!(ran.stderr.contains("somebody else has to"), "{ran}");
        assert!(is_on_main(&world, "src/bob.rs") && !is_on_main(&world, "src/alice.rs"));
        assert!(!is_free(&alice));
    }
}

/// An agent that may push nothing but its own branch asks by commits on it: what it puts in line has at
/// least one on top.
#[test]
fn a_branch_with_requests_on_top_lands() {
    for (mode, method) in [("pr", "squash"), ("status-then-push", "merge")] {
        let world = world(mode);
        let bot = &world.bot;
        for (key, value) in [("relayRule", "claude/* claude-*"), ("landMethod", "merge")] {
            bot.git(["config", &format!("coord.{key}"), value]).ok();
        }
        bot.coord(["lock", "src/b.rs"]).ok();
        bot.coord(["relay", "--once"]).ok();
        // The server takes no branches for requests: they are on the agent's own one.
        let hook = "#!/bin/sh\nwhile read old new ref; do\n  case $ref in refs/heads/coord/requests/*) echo \
                    \"deny updating $ref\"; exit 1 ;; esac\ndone\nexit 0\n";
        world.hub.write_program("hooks/pre-receive", hook);
        let claude = world.person("claude-1");
        for (key, value) in [("transport", "branch"), ("requestWait", "0s")] {
            claude.git(["config", &format!("coord.{key}"), value]).ok();
        }
        let branch = "claude/claude-1";
        claude.git(["switch", "--quiet", "-c", branch]).ok();
        let sealed = claude.commit("src/a.rs", "fn better() {}\n");
        claude.git(["push", "--quiet", "-u", "origin", branch]).ok();
        claude.coord(["queue", "add"]).code(6);
        claude.git(["push", "--quiet"]).ok();
        let round = bot.coord(["relay", "--once"]).ok();
        assert!(round.stdout.contains("granted"), "{round}");
        let head = world.hub.ask_git(["rev-parse", branch]);
        assert_ne!(head, sealed);
        world.page.hosted().pull("claude-1", "work", branch, &head);
        if mode == "pr" {
            let ran = run(&world).ok();
            assert!(ran.stderr.contains("to `status-then-push`"), "{ran}");
            assert_eq!(said_on(&world, &head), [""; 0]);
        }
        bot.git(["config", "coord.landMethod", method]).ok();
        let ran = run(&world).ok();
        assert!(ran.stdout.starts_with("1 landed"), "{mode}: {ran}");
        let landed = world.hub.ask_git(["show", "main:src/a.rs"]);
        assert_eq!(landed, "fn better() {}");
        let requests = ["log", "--format=%s", "--grep=^Coord-Request: ", "main"];
        assert_eq!(world.hub.ask_git(requests), "", "{mode}");
    }
}
