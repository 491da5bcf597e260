//! A day on the page with everything that can be on it. By itself against the stand-in; through
//! `tests/github-contract/run` with a proxy between that holds every call and every answer to GitHub's own
//! description, and answers what is not as described with a failure.

use super::outward::sync;
use super::stand_in::StandIn;
use super::stand_in::hosted::{APP_TOKEN, BOT};
use super::world::World;

fn world() -> World {
    let proxy = std::env::var("GITHUB_CONTRACT_PROXY").ok();
    let page = match std::env::var("GITHUB_CONTRACT_UPSTREAM") {
        Ok(address) => StandIn::start_at(&address, proxy),
        Err(_) => StandIn::start(),
    };
    World::with(page)
}

#[test]
fn all_calls_and_answers_are_as_described() {
    let world = world();
    let bot = &world.bot;
    let app = bot.with_var("GITHUB_TOKEN", APP_TOKEN);
    bot.git(["config", "coord.githubIssues", "agent-task"]).ok();
    bot.coord(["github", "status"]).ok();
    let alice = world.on_branch("alice", "feat/cart");
    let number = world.pull(&alice, "feat/cart");
    let issue = {
        let mut page = world.page.hosted();
        page.page_max = 2;
        page.roles.insert("ada".into(), "write".into());
        page.pull("zoe", "more", "more", &"0".repeat(40));
        page.pull("zoe", "even more", "even-more", &"0".repeat(40));
        page.comment(number, "zoe", "a remark");
        page.issue("zoe", "Make a cart", &["agent-task", "good first issue"])
    };
    let id = format!("gh-{issue}");
    alice
        .coord(["lock", "src/a.rs", "docs/Größe, and more/*.md"])
        .ok();
    alice
        .coord(["task", "add", "t", "--id", &id, "--assignee", "gh-ada"])
        .ok();
    alice.coord(["queue", "add"]).ok();
    alice
        .coord([
            "feature",
            "register",
            "cart",
            "--claim",
            "src/",
            "--branch",
            "feat/cart",
        ])
        .ok();
    // What people do there, of each sort.
    {
        let mut page = world.page.hosted();
        page.comment(number, "ada", "/coord lock src/b.rs");
        page.comment(number, "zoe", "/coord queue");
        page.wear_as("ada", number, "coord:lock:docs/guide.md");
        page.rename_as("zoe", issue, "Make a good cart");
    }
    // Both kinds of tokens, each with a comment of its own: one may make check runs.
    for bot in [&app, bot] {
        sync(bot);
        drop(world.page.calls());
        sync(bot);
        assert_eq!(world.page.writes(), []);
    }
    let held = alice.coord(["locks"]).ok().stdout;
    assert!(held.contains("src/b.rs  gh-ada"), "{held}");
    assert!(held.contains("docs/guide.md  gh-ada"), "{held}");
    world
        .page
        .hosted()
        .label_says("coord:queue:queued", "by hand");
    alice.coord(["unlock", "--all"]).ok();
    alice.coord(["queue", "rm", "feat-cart"]).ok();
    alice.coord(["feature", "cancel", "cart"]).ok();
    let ada = alice.beside("gh-ada");
    ada.coord(["task", "claim", &id]).ok();
    ada.coord(["task", "done", &id]).ok();
    let text = world.page.hosted().comments_of(number, BOT)[0].clone();
    world.page.hosted().comment(number, BOT, &text);
    for bot in [&app, bot] {
        sync(bot);
        sync(bot);
    }
    world.page.hosted().close(number, "completed");
    sync(bot);
    bot.coord(["github", "labels", "--clean"]).ok();
    let page = world.page.hosted();
    assert!(page.labels_of(number).is_empty());
    assert!(!page.threads[&issue].is_open);
    assert_eq!(page.comments_of(number, BOT).len(), 1);
}
