//! What people ask for on the pages: decided once, as them, by what GitHub lets them do.

use crate::support::race::race;
use crate::support::wait::until;
use crate::support::{Agent, Outcome};

use super::outward::{idle, sync};
use super::stand_in::hosted::BOT;
use super::world::World;

/// What the mirror's one comment says of what was asked on a page.
#[track_caller]
fn told(world: &World, number: u64) -> String {
    let comments = world.page.hosted().comments_of(number, BOT);
    assert_eq!(comments.len(), 1, "{comments:#?}");
    let (_, told) = comments[0].split_once("**Asked here**").unwrap_or_default();
    told.to_owned()
}

fn role(world: &World, login: &str, role: &str) {
    let mut page = world.page.hosted();
    page.roles.insert(login.into(), role.into());
}

fn say(world: &World, number: u64, login: &str, body: &str) -> u64 {
    world.page.hosted().comment(number, login, body)
}

#[track_caller]
fn locks(agent: &Agent) -> String {
    agent.coord(["sync"]).ok();
    agent.coord(["locks"]).ok().stdout
}

/// How often the log has this line.
#[track_caller]
fn logged(agent: &Agent, line: &str) -> usize {
    let log: Outcome = agent.coord(["log", "-n", "1000"]).ok();
    log.stdout.matches(line).count()
}

#[test]
fn a_comment_locks_and_unlocks_as_whoever_wrote_it() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    role(&world, "ada", "write");
    say(
        &world,
        number,
        "Ada",
        "Hands off, please.\n\n/coord lock src/a.rs --reason 'by | hand'\n",
    );
    sync(&world.bot);
    let held = locks(&alice);
    assert!(held.contains("src/a.rs  gh-ada (session pr-1)"), "{held}");
    assert!(
        told(&world, number).contains("**done**"),
        "{}",
        told(&world, number)
    );
    assert_eq!(
        world.page.hosted().labels_of(number),
        ["coord:lock:src/a.rs"]
    );
    idle(&world);
    alice.coord(["lock", "src/a.rs"]).refused();
    // Who quotes a command asks for nothing.
    say(
        &world,
        number,
        "ada",
        "> /coord unlock src/a.rs\n\n```\n/coord unlock src/a.rs\n```",
    );
    sync(&world.bot);
    idle(&world);
    say(
        &world,
        number,
        "ada",
        "/coord unlock src/a.rs\n/coord frobnicate\n/coord why src/a.rs",
    );
    sync(&world.bot);
    assert_eq!(locks(&alice), "no locks\n");
    let said = told(&world, number);
    assert!(said.contains("gave back src/a.rs"), "{said}");
    assert!(said.contains("there is no command `frobnicate`"), "{said}");
    assert!(said.contains("src/a.rs is free"), "{said}");
    idle(&world);
    alice.coord(["log", "--verify"]).ok();
}

#[test]
fn who_may_do_what_is_as_github_says_of_that_person() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    for (login, role_name, command, verdict) in [
        // The author of the pull request, too.
        ("alice", "read", "lock src/1.rs", "refused"),
        ("nina", "none", "lock src/2.rs", "refused"),
        ("tom", "triage", "lock src/3.rs", "refused"),
        ("wes", "write", "lock src/4.rs", "done"),
        ("wes", "write", "pause --all x", "refused"),
        ("may", "maintain", "pause --all x", "done"),
        ("abe", "admin", "resume --all", "done"),
        ("wes", "write", "queue main", "not understood"),
        ("nina", "none", "help", "told"),
    ] {
        role(&world, login, role_name);
        say(&world, number, login, &format!("/coord {command}"));
        sync(&world.bot);
        let said = told(&world, number);
        let line = said.lines().last().unwrap();
        let line = said
            .lines()
            .rfind(|line| line.contains(command))
            .unwrap_or(line);
        assert!(
            line.contains(&format!("**{verdict}**")),
            "{login} {command}: {said}"
        );
    }
    assert!(!locks(&alice).contains("src/1.rs"), "{}", locks(&alice));
    // What was refused is not done when rights are given later.
    role(&world, "alice", "admin");
    sync(&world.bot);
    assert!(!locks(&alice).contains("src/1.rs"), "{}", locks(&alice));
    idle(&world);
}

#[test]
fn labels_that_people_add_and_take_off_are_requests() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    role(&world, "ada", "write");
    world
        .page
        .hosted()
        .wear_as("ada", number, "coord:lock:src/");
    sync(&world.bot);
    assert!(
        locks(&alice).contains("src/  gh-ada (session pr-1)"),
        "{}",
        locks(&alice)
    );
    assert_eq!(world.page.hosted().labels_of(number), ["coord:lock:src/"]);
    idle(&world);
    assert!(
        world
            .page
            .hosted()
            .doff_as("ada", number, "coord:lock:src/")
    );
    sync(&world.bot);
    assert_eq!(locks(&alice), "no locks\n");
    idle(&world);
    // Of somebody else's lock the label comes back, and the comment says why.
    alice.coord(["lock", "doc/x.md"]).ok();
    sync(&world.bot);
    assert!(
        world
            .page
            .hosted()
            .doff_as("ada", number, "coord:lock:doc/x.md")
    );
    sync(&world.bot);
    assert!(locks(&alice).contains("doc/x.md"), "{}", locks(&alice));
    assert_eq!(
        world.page.hosted().labels_of(number),
        ["coord:lock:doc/x.md"]
    );
    assert!(
        told(&world, number).contains("**refused**"),
        "{}",
        told(&world, number)
    );
    idle(&world);
    // Who runs the repository takes it; the holder is told.
    role(&world, "may", "maintain");
    assert!(
        world
            .page
            .hosted()
            .doff_as("may", number, "coord:lock:doc/x.md")
    );
    sync(&world.bot);
    assert_eq!(locks(&alice), "no locks\n");
    idle(&world);
    // A label of somebody without rights is taken off, with the reason.
    world
        .page
        .hosted()
        .wear_as("eve", number, "coord:lock:secret/");
    sync(&world.bot);
    assert!(world.page.hosted().labels_of(number).is_empty());
    assert!(
        told(&world, number).contains("takes the right to write"),
        "{}",
        told(&world, number)
    );
    idle(&world);
}

#[test]
fn a_pull_request_gets_in_line_and_out_of_it_by_comments() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    role(&world, "ada", "write");
    say(&world, number, "ada", "/coord queue");
    sync(&world.bot);
    let said = told(&world, number);
    assert!(said.contains("**done**"), "{said}");
    alice.coord(["sync"]).ok();
    let listed = alice.coord(["queue", "list"]).ok().stdout;
    assert!(listed.contains("feat-cart"), "{listed}");
    assert_eq!(
        world.page.hosted().labels_of(number),
        ["coord:queue:queued"]
    );
    idle(&world);
    say(&world, number, "ada", "/coord unqueue not yet");
    sync(&world.bot);
    let listed = alice.coord(["sync"]).ok();
    let listed = (listed, alice.coord(["queue", "list"]).ok().stdout).1;
    assert!(!listed.contains("feat-cart"), "{listed}");
    say(&world, number, "ada", "/coord retry");
    sync(&world.bot);
    assert_eq!(
        world.page.hosted().labels_of(number),
        ["coord:queue:queued"]
    );
    idle(&world);
}

#[test]
fn an_issue_that_is_a_task_takes_people_at_their_word() {
    let world = World::new();
    let alice = world.person("alice");
    for agent in [&world.bot, &alice] {
        agent.git(["config", "coord.githubIssues", "task"]).ok();
    }
    let issue = world.page.hosted().issue("zoe", "Fix it", &["task"]);
    role(&world, "ada", "write");
    alice
        .coord(["task", "add", "Fix it", "--id", &format!("gh-{issue}")])
        .ok();
    sync(&world.bot);
    // The host's clock has no parts of a second.
    std::thread::park_timeout(std::time::Duration::from_millis(1100));
    let stage = |world: &World| {
        world.bot.coord(["sync"]).ok();
        let shown = world
            .bot
            .coord(["task", "show", &format!("gh-{issue}"), "--json"])
            .ok()
            .json();
        shown["task"]["stage"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    say(&world, issue, "ada", "/coord claim");
    sync(&world.bot);
    assert_eq!(stage(&world), "claimed");
    say(&world, issue, "ada", "/coord release");
    sync(&world.bot);
    assert_eq!(stage(&world), "open");
    world.page.hosted().rename_as("ada", issue, "Fix it well");
    sync(&world.bot);
    world
        .page
        .hosted()
        .set_open_as("ada", issue, Some("not_planned"));
    sync(&world.bot);
    assert_eq!(stage(&world), "cancelled");
    idle(&world);
    world.page.hosted().set_open_as("ada", issue, None);
    sync(&world.bot);
    assert_eq!(stage(&world), "open");
    assert!(world.page.hosted().threads[&issue].is_open);
    world
        .page
        .hosted()
        .set_open_as("ada", issue, Some("completed"));
    sync(&world.bot);
    assert_eq!(stage(&world), "done");
    idle(&world);
    let title = world
        .bot
        .coord(["task", "show", &format!("gh-{issue}")])
        .ok()
        .stdout;
    assert!(title.contains("Fix it well"), "{title}");
    // Gone with all that is on it: the task stays.
    world.page.hosted().threads.remove(&issue);
    world.page.hosted().comments.clear();
    world.page.hosted().events.clear();
    sync(&world.bot);
    assert_eq!(stage(&world), "done");
    world.bot.coord(["log", "--verify"]).ok();
}

#[test]
fn what_is_asked_is_done_once_with_the_sync_killed_at_any_call_and_run_twice_at_once() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    let other = world.person("other");
    role(&world, "ada", "write");
    sync(&world.bot);
    let mut kills = 0;
    for call in 1..12_usize {
        say(&world, number, "ada", &format!("/coord lock src/{call}.rs"));
        drop(world.page.calls());
        let mut seen = 0;
        let mut running = world.bot.prepared(["github", "sync"]).spawn();
        until("it makes a call or ends", || {
            seen += world.page.calls().len();
            (seen >= call || running.has_ended()).then_some(())
        });
        if !running.has_ended() {
            kills += 1;
            running.kill();
        }
        drop(running);
        let both = race(2, |index| {
            let agent = if index == 0 { &world.bot } else { &other };
            agent.prepared(["github", "sync"])
        });
        // Who comes too late to write may have to leave it to the next round.
        assert!(both.iter().any(Outcome::is_ok), "{both:#?}");
        sync(&world.bot);
        let line = format!("lock src/{call}.rs by gh-ada");
        assert_eq!(logged(&world.bot, &line), 1, "{call}");
        assert!(told(&world, number).contains(&format!("locked src/{call}.rs ")));
    }
    assert!(kills > 3, "{kills}");
    idle(&world);
    world.bot.coord(["log", "--verify"]).ok();
}

#[test]
fn a_lock_of_somebody_else_is_not_taken_for_a_request_that_has_its_answer() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    role(&world, "may", "maintain");
    say(&world, number, "may", "/coord lock src/a.rs");
    sync(&world.bot);
    say(&world, number, "may", "/coord unlock src/a.rs");
    sync(&world.bot);
    assert_eq!(locks(&alice), "no locks\n");
    alice.coord(["lock", "src/a.rs"]).ok();
    // A clone that has never looked at the state, and knows nothing of the page.
    say(&world, number, "ada", "/coord why src/a.rs");
    let fresh = world.person("fresh");
    sync(&fresh);
    let held = locks(&alice);
    assert!(held.contains("src/a.rs  you"), "{held}");
    let said = told(&world, number);
    assert!(said.contains("src/a.rs is held by alice"), "{said}");
    assert!(said.contains("gave back src/a.rs"), "{said}");
    sync(&world.bot);
    assert!(locks(&alice).contains("src/a.rs  you"));
    idle(&world);
}

#[test]
fn what_happens_on_other_threads_all_day_keeps_no_command_waiting() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    let issue = world.page.hosted().issue("zoe", "No task", &[]);
    role(&world, "ada", "write");
    // Of somebody without any right, on an issue of their own.
    for _ in 0..30 {
        let mut page = world.page.hosted();
        page.set_open_as("zoe", issue, Some("completed"));
        page.rename_as("zoe", issue, "No task at all");
        page.set_open_as("zoe", issue, None);
        page.did(
            "zoe",
            number,
            "head_ref_force_pushed",
            serde_json::json!({}),
        );
    }
    drop(world.page.calls());
    sync(&world.bot);
    // It is about nothing here: nobody is answered, and nobody is asked who that is.
    assert_eq!(world.page.writes(), []);
    let calls = format!("{:?}", world.page.calls());
    assert!(!calls.contains("collaborators"), "{calls}");
    assert!(world.page.hosted().comments_of(issue, BOT).is_empty());
    say(&world, number, "ada", "/coord lock src/a.rs");
    sync(&world.bot);
    assert!(
        locks(&alice).contains("src/a.rs  gh-ada"),
        "{}",
        locks(&alice)
    );
    idle(&world);
}

#[test]
fn something_like_a_secret_is_refused_once_and_kept_nowhere() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    role(&world, "ada", "write");
    let secret = format!("ghp_{}", "a1B2".repeat(9));
    say(&world, number, "ada", &format!("/coord lock {secret}"));
    sync(&world.bot);
    let said = told(&world, number);
    assert!(said.contains("something like a secret"), "{said}");
    assert!(!said.contains(&secret), "{said}");
    drop(world.page.calls());
    idle(&world);
    let calls = format!("{:?}", world.page.calls());
    assert!(!calls.contains("collaborators"), "{calls}");
    let log = world
        .bot
        .git(["log", "--format=%B", "refs/coord/state"])
        .ok();
    assert!(!log.stdout.contains(&secret));
}

#[test]
fn an_account_with_another_name_does_not_ask_again() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    role(&world, "ada", "write");
    role(&world, "ada2", "write");
    let id = say(&world, number, "ada", "/coord lock src/a.rs");
    sync(&world.bot);
    say(&world, number, "ada", "/coord unlock src/a.rs");
    sync(&world.bot);
    assert_eq!(locks(&alice), "no locks\n");
    for comment in world.page.hosted().comments.values_mut() {
        if comment.author == "ada" {
            comment.author = "ada2".into();
        }
    }
    assert_eq!(world.page.hosted().comments[&id].author, "ada2");
    sync(&world.bot);
    assert_eq!(locks(&alice), "no locks\n");
    idle(&world);
}

#[test]
fn what_was_pushed_after_the_comment_does_not_get_in_line() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    role(&world, "ada", "write");
    let id = say(&world, number, "ada", "/coord queue");
    {
        let mut page = world.page.hosted();
        let comment = page.comments.get_mut(&id).unwrap();
        comment.created_at -= chrono::TimeDelta::minutes(10);
        comment.updated_at = comment.created_at;
    }
    sync(&world.bot);
    let said = told(&world, number);
    let head = alice.ask_git(["rev-parse", "HEAD"]);
    assert!(said.contains("newer than the comment"), "{said}");
    assert!(said.contains(&head[..10]), "{said}");
    assert!(world.page.hosted().labels_of(number).is_empty());
    // Who names a commit that the branch does not have means another one.
    say(&world, number, "ada", "/coord queue 0123456789");
    sync(&world.bot);
    assert!(world.page.hosted().labels_of(number).is_empty());
    say(
        &world,
        number,
        "ada",
        &format!("/coord queue {}", &head[..10]),
    );
    sync(&world.bot);
    assert_eq!(
        world.page.hosted().labels_of(number),
        ["coord:queue:queued"]
    );
    idle(&world);
}

#[test]
fn an_issue_becomes_a_task_once_when_somebody_who_may_labels_it() {
    let world = World::new();
    world.bot.git(["config", "coord.githubIssues", "task"]).ok();
    role(&world, "tom", "triage");
    let (eves, toms) = {
        let mut page = world.page.hosted();
        let eves = page.issue("eve", "Give me all", &[]);
        page.wear_as("eve", eves, "task");
        let toms = page.issue("zoe", "Make a till", &[]);
        page.threads.get_mut(&toms).unwrap().body = "With a drawer.\r\nAnd a bell.".into();
        page.wear_as("tom", toms, "priority: high");
        page.wear_as("tom", toms, "task");
        (eves, toms)
    };
    sync(&world.bot);
    assert!(told(&world, eves).contains("takes the right to triage"));
    world
        .bot
        .coord(["task", "show", &format!("gh-{eves}")])
        .refused();
    let id = format!("gh-{toms}");
    let shown = |world: &World| world.bot.coord(["task", "show", &id, "--json"]).ok().json();
    let task = shown(&world);
    assert_eq!(task["task"]["title"], "Make a till", "{task:#}");
    assert_eq!(task["task"]["body"], "With a drawer.\nAnd a bell.");
    assert_eq!(task["task"]["priority"], 1, "{task:#}");
    let labels = world.page.hosted().labels_of(toms);
    assert_eq!(labels, ["coord:state:ready", "priority: high", "task"]);
    idle(&world);
    // Off and on again, it is that task still; and taken up by somebody, it goes on as any other.
    world.bot.coord(["task", "claim", &id]).ok();
    world.page.hosted().doff_as("tom", toms, "task");
    world.page.hosted().wear_as("tom", toms, "task");
    sync(&world.bot);
    assert_eq!(shown(&world)["task"]["stage"], "claimed");
    idle(&world);
    world.bot.coord(["task", "done", &id]).ok();
    sync(&world.bot);
    assert!(!world.page.hosted().threads[&toms].is_open);
    idle(&world);
    world.bot.coord(["log", "--verify"]).ok();
}

#[test]
fn a_word_on_a_task_closes_nobody_s_issue() {
    let world = World::new();
    world.bot.git(["config", "coord.githubIssues", "task"]).ok();
    let plain = world.page.hosted().issue("zoe", "A question", &[]);
    let chosen = world.page.hosted().issue("zoe", "A task", &["task"]);
    for issue in [plain, chosen] {
        let label = format!("gh-{issue}");
        let id = format!("x{issue}");
        world
            .bot
            .coord(["task", "add", "x", "--id", &id, "--label", &label])
            .ok();
        world.bot.coord(["task", "cancel", &id]).ok();
    }
    sync(&world.bot);
    for issue in [plain, chosen] {
        assert!(world.page.hosted().threads[&issue].is_open, "{issue}");
    }
    idle(&world);
}
