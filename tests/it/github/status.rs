//! `github status`: which repository, as whom, and what is said when it cannot be told.

use super::stand_in::fault::{Cut, Fault};
use super::stand_in::hosted::{APP_TOKEN, BOT_TOKEN};
use super::world::World;

#[test]
fn status_says_as_whom_and_with_which_rights() {
    let world = World::new();
    let outcome = world.bot.coord(["github", "status", "--json"]).ok();
    let told = outcome.json();
    assert_eq!(told["repo"], "octo/shop");
    assert_eq!(told["login"], "coord-bot");
    assert_eq!(told["rights"]["permission"], "admin");
    assert_eq!(told["token"], "GITHUB_TOKEN");
    assert!(!outcome.stdout.contains(BOT_TOKEN));
    // A workflow's token is no user's.
    let app = world.bot.with_var("GITHUB_TOKEN", APP_TOKEN);
    let told = app.coord(["github", "status", "--json"]).ok().json();
    assert_eq!(told["login"], "coord-app[bot]");
}

#[test]
fn what_is_wrong_with_the_token_is_said_without_it() {
    let world = World::new();
    let wrong = world.bot.with_var("GITHUB_TOKEN", "ghp_wrong");
    let outcome = wrong.coord(["github", "status"]).code(2);
    assert!(outcome.stderr.contains("Bad credentials"), "{outcome}");
    assert!(!outcome.stderr.contains("ghp_wrong"), "{outcome}");
    let none = world.bot.with_var("GITHUB_TOKEN", "");
    let outcome = none.coord(["github", "status"]).code(2);
    assert!(outcome.stderr.contains("there is no token"), "{outcome}");
}

/// A remote's URL may be anybody's: a token for GitHub is not for that host.
#[test]
fn a_token_for_github_goes_to_no_other_host() {
    let world = World::new();
    let bot = &world.bot;
    bot.git(["config", "--unset", "coord.githubUrl"]).ok();
    bot.git([
        "config",
        "remote.origin.url",
        "https://evil.example/octo/shop.git",
    ])
    .ok();
    let outcome = bot.coord(["github", "status"]).code(2);
    assert!(
        outcome
            .stderr
            .contains("there is no token for evil.example"),
        "{outcome}"
    );
}

#[test]
fn looks_are_tried_again_and_then_given_up() {
    let world = World::new();
    world.page.fault(Fault::status(502).path("/user"));
    world.page.fault(Fault::cut(Cut::Before).path("/user"));
    world.bot.coord(["github", "status"]).ok();
    let tried = world.page.calls();
    let of_user = tried.iter().filter(|call| call.path == "/user").count();
    assert_eq!(of_user, 3, "{tried:?}");
    world.page.fault(Fault::status(500).path("/user").times(3));
    let outcome = world.bot.coord(["github", "status"]).code(3);
    assert!(outcome.stderr.contains("GitHub failed (500)"), "{outcome}");
}

#[test]
fn a_limit_that_ends_late_is_not_waited_for() {
    let world = World::new();
    world.page.hosted().remaining = 0;
    let outcome = world.bot.coord(["github", "status"]).code(3);
    assert!(
        outcome.stderr.contains("takes no more calls for"),
        "{outcome}"
    );
}
