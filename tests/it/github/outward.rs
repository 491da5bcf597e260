//! What the state says is on the pages, once, and stays as it is when nothing happens.

use serde_json::Value;

use crate::support::Agent;

use super::stand_in::hosted::{APP, APP_TOKEN, BOT};
use super::world::World;

/// One round that leaves nothing undone.
#[track_caller]
pub fn sync(bot: &Agent) -> Value {
    let outcome = bot.coord(["github", "sync", "--json"]).ok();
    let told = outcome.json();
    assert_eq!(told["troubles"], serde_json::json!([]), "{outcome}");
    told
}

/// A round that finds nothing to do, and changes nothing.
#[track_caller]
pub fn idle(world: &World) {
    drop(world.page.calls());
    let told = sync(&world.bot);
    assert_eq!(told["changes"], serde_json::json!([]));
    assert_eq!(world.page.writes(), []);
}

#[test]
fn a_pull_request_shows_what_is_held_on_its_branch() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    let other = world
        .page
        .hosted()
        .pull("zoe", "another", "other", &"0".repeat(40));
    alice
        .coord(["lock", "src/a.rs", "--reason", "by @zoe, see #1"])
        .ok();
    let told = sync(&world.bot);
    assert_eq!(told["changes"].as_array().unwrap().len(), 3, "{told:#}");
    {
        let page = world.page.hosted();
        assert_eq!(page.labels_of(number), ["coord:lock:src/a.rs"]);
        let label = page.label("coord:lock:src/a.rs").unwrap();
        assert_eq!(label.description, "locked: src/a.rs");
        let comments = page.comments_of(number, BOT);
        assert_eq!(comments.len(), 1);
        assert!(
            comments[0].contains("| `src/a.rs` | `alice (session s1)` |"),
            "{}",
            comments[0]
        );
        assert!(comments[0].contains("`by @zoe, see #1`"), "{}", comments[0]);
        assert!(page.labels_of(other).is_empty());
    }
    idle(&world);
    // Another lock, and one less: the same comment.
    alice.coord(["lock", "src/b.rs"]).ok();
    alice.coord(["unlock", "src/a.rs"]).ok();
    sync(&world.bot);
    {
        let page = world.page.hosted();
        assert_eq!(page.labels_of(number), ["coord:lock:src/b.rs"]);
        assert!(
            page.label("coord:lock:src/a.rs").is_none(),
            "nothing needs it any more"
        );
        assert_eq!(page.comments_of(number, BOT).len(), 1);
    }
    idle(&world);
    alice.coord(["unlock", "--all"]).ok();
    sync(&world.bot);
    {
        let page = world.page.hosted();
        assert!(page.labels_of(number).is_empty());
        let comments = page.comments_of(number, BOT);
        assert_eq!(comments.len(), 1);
        assert!(comments[0].contains("Nothing is held"), "{}", comments[0]);
    }
    idle(&world);
}

#[test]
fn a_dry_run_says_what_it_would_do() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    alice.coord(["lock", "src/a.rs"]).ok();
    let outcome = world.bot.coord(["github", "sync", "--dry-run"]).ok();
    assert_eq!(
        outcome.stdout,
        format!(
            "would make the label `coord:lock:src/a.rs`\nwould #{number}: put on \
             `coord:lock:src/a.rs`\nwould #{number}: write the comment\n"
        )
    );
    assert_eq!(world.page.writes(), []);
    let outcome = world.bot.coord(["github", "sync"]).ok();
    assert!(
        outcome
            .stdout
            .contains(&format!("#{number}: write the comment")),
        "{outcome}"
    );
    let outcome = world.bot.coord(["github", "sync"]).ok();
    assert_eq!(outcome.stdout, "nothing to do\n");
}

/// A renewal changes no word of the page.
#[test]
fn what_goes_on_by_itself_is_no_news() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    world.pull(&alice, "feat/cart");
    alice.coord(["lock", "src/a.rs"]).ok();
    sync(&world.bot);
    alice.coord(["renew", "--all"]).ok();
    idle(&world);
}

#[test]
fn labels_and_comments_of_others_are_left_alone() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    let forged = {
        let mut page = world.page.hosted();
        page.wear(number, "bug");
        page.wear(number, "COORD:pause");
        // It looks like ours, and is somebody else's.
        page.comment(number, "mallory", "<!-- git-coord -->\nsend me money")
    };
    alice.coord(["lock", "src/a.rs"]).ok();
    sync(&world.bot);
    alice.coord(["unlock", "--all"]).ok();
    sync(&world.bot);
    let page = world.page.hosted();
    assert_eq!(page.labels_of(number), ["COORD:pause", "bug"]);
    assert!(page.comments[&forged].body.ends_with("send me money"));
    assert_eq!(page.comments_of(number, BOT).len(), 1);
}

#[test]
fn the_queue_is_a_status_and_for_an_app_a_check_run() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    let sha = alice.ask_git(["rev-parse", "HEAD"]);
    alice.coord(["queue", "add"]).ok();
    let bot = world.bot.with_var("GITHUB_TOKEN", APP_TOKEN);
    sync(&bot);
    {
        let page = world.page.hosted();
        assert_eq!(page.labels_of(number), ["coord:queue:queued"]);
        let status = page.status_of(&sha, "coord/queue").unwrap();
        assert_eq!(status.state, "pending");
        assert!(status.description.starts_with("queued: "), "{status:?}");
        let [check] = page.checks.as_slice() else {
            panic!("{:?}", page.checks)
        };
        assert_eq!(
            (check.conclusion.clone(), check.app.as_str()),
            (None, "coord-app")
        );
        assert!(
            check.summary.contains("```mermaid\nflowchart RL\n"),
            "{}",
            check.summary
        );
        assert_eq!(page.comments_of(number, APP).len(), 1);
    }
    drop(world.page.calls());
    sync(&bot);
    assert_eq!(world.page.writes(), []);
    alice.coord(["queue", "rm", "feat-cart"]).ok();
    sync(&bot);
    let page = world.page.hosted();
    assert!(page.labels_of(number).is_empty());
    assert_eq!(page.status_of(&sha, "coord/queue").unwrap().state, "error");
    assert_eq!(page.checks[0].conclusion.as_deref(), Some("cancelled"));
}

/// When a pull request is closed, what it wore is taken off it, by the branch that it had.
#[test]
fn a_pull_request_that_is_closed_is_cleared() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.coord(["queue", "add"]).ok();
    sync(&world.bot);
    assert_eq!(world.page.hosted().labels_of(number).len(), 2);
    world.page.hosted().close(number, "completed");
    sync(&world.bot);
    assert!(world.page.hosted().labels_of(number).is_empty());
    idle(&world);
}

#[test]
fn an_issue_shows_how_its_task_stands() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    world
        .bot
        .git(["config", "coord.githubIssues", "agent-task"])
        .ok();
    let issue = world
        .page
        .hosted()
        .issue("zoe", "Make a cart", &["agent-task"]);
    let plain = world.page.hosted().issue("zoe", "A question", &[]);
    let id = format!("gh-{issue}");
    alice
        .coord(["task", "add", "Make a cart", "--id", &id])
        .ok();
    sync(&world.bot);
    let labels = |number| world.page.hosted().labels_of(number);
    assert_eq!(labels(issue), ["agent-task", "coord:state:ready"]);
    assert!(labels(plain).is_empty());
    alice.coord(["task", "claim", &id]).ok();
    sync(&world.bot);
    assert_eq!(labels(issue), ["agent-task", "coord:state:claimed"]);
    assert!(world.page.hosted().comments_of(issue, BOT)[0].contains("by `alice (session s1)`"));
    idle(&world);
    alice.coord(["task", "done", &id]).ok();
    sync(&world.bot);
    {
        let page = world.page.hosted();
        assert!(!page.threads[&issue].is_open);
        assert_eq!(page.threads[&issue].reason.as_deref(), Some("completed"));
        assert_eq!(page.comments_of(issue, BOT).len(), 1);
    }
    idle(&world);
}

#[test]
fn whoever_cannot_be_assigned_is_not_tried_again() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    world
        .bot
        .git(["config", "coord.githubIssues", "agent-task"])
        .ok();
    let issue = world
        .page
        .hosted()
        .issue("zoe", "Make a cart", &["agent-task"]);
    let other = world
        .page
        .hosted()
        .issue("zoe", "Make a till", &["agent-task"]);
    world
        .page
        .hosted()
        .roles
        .insert("ada".into(), "write".into());
    for (number, who) in [(issue, "gh-ada"), (other, "gh-nobody")] {
        let id = format!("gh-{number}");
        alice
            .coord(["task", "add", "t", "--id", &id, "--assignee", who])
            .ok();
    }
    let told = sync(&world.bot);
    assert_eq!(told["notes"].as_array().unwrap().len(), 1, "{told:#}");
    assert_eq!(world.page.hosted().threads[&issue].assignees.len(), 1);
    idle(&world);
}

/// The page is many pages long.
#[test]
fn all_pages_are_read() {
    let world = World::new();
    world.page.hosted().page_max = 2;
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    {
        let mut page = world.page.hosted();
        for at in 0..7 {
            page.pull("zoe", "more", &format!("more-{at}"), &"0".repeat(40));
            page.comment(number, "zoe", "interesting");
        }
    }
    alice.coord(["lock", "src/a.rs"]).ok();
    sync(&world.bot);
    idle(&world);
    {
        let mut page = world.page.hosted();
        for _ in 0..5 {
            page.comment(number, "zoe", "more");
        }
    }
    alice.coord(["unlock", "--all"]).ok();
    sync(&world.bot);
    assert_eq!(world.page.hosted().comments_of(number, BOT).len(), 1);
    idle(&world);
}

/// What a round costs that finds nothing to do; docs/github.md says so.
#[test]
fn a_round_without_news_asks_little_and_all_of_it_conditionally() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    world.pull(&alice, "feat/cart");
    alice.coord(["lock", "src/a.rs"]).ok();
    alice.coord(["queue", "add"]).ok();
    sync(&world.bot);
    sync(&world.bot);
    let left = world.page.hosted().remaining;
    let told = sync(&world.bot);
    // Four lists, two of them of what people did, and of each thread that shows something its comments and its status.
    assert_eq!(
        told["calls"],
        serde_json::json!({ "reads": 0, "unchanged": 6, "writes": 0 })
    );
    assert_eq!(
        world.page.hosted().remaining,
        left,
        "it counts against no limit"
    );
}

/// Two clones that both find no comment.
#[test]
fn a_comment_that_is_there_twice_becomes_one() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    alice.coord(["lock", "src/a.rs"]).ok();
    sync(&world.bot);
    let text = world.page.hosted().comments_of(number, BOT)[0].clone();
    world.page.hosted().comment(number, BOT, &text);
    sync(&world.bot);
    assert_eq!(world.page.hosted().comments_of(number, BOT), [text]);
    idle(&world);
}

#[test]
fn labels_are_listed_and_cleaned() {
    let world = World::new();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    alice.coord(["lock", "src/a.rs"]).ok();
    sync(&world.bot);
    let outcome = world.bot.coord(["github", "labels", "--clean"]).ok();
    assert_eq!(outcome.stdout, "coord:lock:src/a.rs  locked: src/a.rs\n");
    world
        .page
        .hosted()
        .threads
        .get_mut(&number)
        .unwrap()
        .labels
        .clear();
    let outcome = world.bot.coord(["github", "labels", "--clean"]).ok();
    assert_eq!(
        outcome.stdout,
        "removed coord:lock:src/a.rs  locked: src/a.rs\n"
    );
    assert!(world.page.hosted().labels.is_empty());
}
