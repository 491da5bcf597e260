//! Deliveries of GitHub's webhooks: which are taken, and what they lead to.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::world::World;
use crate::support::wait::{DEADLINE, until};
use crate::support::{Agent, Running};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// Bodies that GitHub has sent; where they are from stands beside them.
const PUBLISHED: [(&str, &str, u16); 5] = [
    ("ping", include_str!("deliveries/ping.json"), 200),
    (
        "issue_comment",
        include_str!("deliveries/issue_comment.json"),
        202,
    ),
    ("issues", include_str!("deliveries/issues.json"), 202),
    ("push", include_str!("deliveries/push.json"), 202),
    ("star", include_str!("deliveries/star.json"), 200),
];

fn signed(body: &str, secret: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let digest = mac.finalize().into_bytes();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={digits}")
}

/// The file of the secret, which only its owner can read.
fn secret_file(agent: &Agent) -> PathBuf {
    let file = agent.path().join(".git/webhook-secret");
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    file
}

/// A server that takes deliveries.
struct Site {
    running: Running,
    address: String,
}

impl Site {
    #[track_caller]
    fn open(bot: &Agent) -> Self {
        let file = secret_file(bot);
        let file = file.to_str().unwrap();
        let args = [
            "github",
            "webhook",
            "--listen",
            "127.0.0.1:0",
            "--every",
            "1h",
            "--secret-file",
            file,
        ];
        Self::of(bot.prepared(args).spawn(), "deliveries are taken")
    }

    #[track_caller]
    fn of(running: Running, ready: &str) -> Self {
        assert!(running.prints(ready), "{}", running.stderr());
        let said = running.stdout() + &running.stderr();
        let address = said.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        Self { running, address }
    }

    fn send(&self, head: &str, headers: &[&str], body: &str) -> u16 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let length = body.len();
        let headers = headers.join("\r\n");
        let request =
            format!("{head} HTTP/1.1\r\n{headers}\r\nContent-Length: {length}\r\n\r\n{body}");
        // One that is refused early is not read to its end.
        let _ = stream.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        status.unwrap_or_default()
    }

    /// Sends a delivery as GitHub does.
    fn deliver(&self, id: &str, event: &str, body: &str, signature: &str) -> u16 {
        let headers = [
            // A proxy passes on by which name it was reached.
            "Host: hooks.example",
            "User-Agent: GitHub-Hookshot/044aadd",
            "Content-Type: application/json",
            &format!("X-GitHub-Delivery: {id}"),
            &format!("X-GitHub-Event: {event}"),
            &format!("X-Hub-Signature-256: {signature}"),
        ];
        self.send("POST /github/webhook", &headers, body)
    }
}

/// A published body, about the repository of these tests.
fn about_ours(body: &str) -> String {
    body.replace("Codertocat/Hello-World", "octo/shop")
}

#[test]
fn published_deliveries_are_taken_once_and_only_as_they_were_signed() {
    let world = World::new();
    let site = Site::open(&world.bot);
    for (event, body, status) in PUBLISHED {
        let body = about_ours(body);
        let signature = signed(&body, SECRET);
        let again: Value = serde_json::from_str(&body).unwrap();
        // The same data in other bytes.
        assert_eq!(
            site.deliver(event, event, &again.to_string(), &signature),
            401
        );
        assert_eq!(site.deliver(event, event, body.trim_end(), &signature), 401);
        assert_eq!(
            site.deliver(event, event, &body, &signed(&body, "another")),
            401
        );
        assert_eq!(site.deliver(event, event, &body, ""), 401);
        assert_eq!(
            site.deliver(event, event, &body, &signature),
            status,
            "{event}"
        );
        // Whoever saw it sends it again: as it was, and under another id.
        assert_eq!(site.deliver(event, event, &body, &signature), 409);
        assert_eq!(site.deliver("other", event, &body, &signature), 409);
    }
    let json = "Content-Type: application/json";
    assert_eq!(site.send("GET /github/webhook", &[json], ""), 405);
    assert_eq!(site.send("POST /other", &[json], "{}"), 404);
    let long = format!("X-Long: {}", "x".repeat(100_000));
    assert_eq!(site.send("POST /github/webhook", &[json, &long], "{}"), 431);
    assert!(
        !site.running.stderr().contains(SECRET),
        "{}",
        site.running.stderr()
    );
}

#[test]
fn a_delivery_is_a_hint_to_look_and_is_known_after_a_restart() {
    let world = World::new();
    let (_, body, _) = PUBLISHED[1];
    let body = about_ours(body);
    let signature = signed(&body, SECRET);
    let is_looked_at = || (!world.page.calls().is_empty()).then_some(());
    {
        let site = Site::open(&world.bot);
        // The round that it begins with.
        until("it looks", is_looked_at);
        assert_eq!(site.deliver("d-1", "issue_comment", &body, &signature), 202);
        until("it looks again", is_looked_at);
    }
    let site = Site::open(&world.bot);
    assert_eq!(site.deliver("d-1", "issue_comment", &body, &signature), 409);
    assert_eq!(site.deliver("d-2", "issue_comment", &body, &signature), 409);
}

#[test]
fn the_server_of_tools_takes_deliveries_at_a_path_of_their_own() {
    let world = World::new();
    let file = secret_file(&world.bot);
    let args = [
        "mcp",
        "--http",
        "127.0.0.1:0",
        "--webhook-secret-file",
        file.to_str().unwrap(),
    ];
    let running = world.bot.prepared(args).spawn();
    let site = Site::of(running, "; tokens are in");
    until("it looks", || {
        (!world.page.calls().is_empty()).then_some(())
    });
    let (_, body, _) = PUBLISHED[2];
    let body = about_ours(body);
    let signature = signed(&body, SECRET);
    assert_eq!(
        site.deliver("d-1", "issues", &body, &signed(&body, "another")),
        401
    );
    assert_eq!(site.deliver("d-1", "issues", &body, &signature), 202);
    until("it looks again", || {
        (!world.page.calls().is_empty()).then_some(())
    });
    // A signature opens nothing else, and a token is still needed for that.
    let signed = format!("X-Hub-Signature-256: {signature}");
    let json = "Content-Type: application/json";
    assert_eq!(
        site.send("POST /mcp", &["Host: hooks.example", json, &signed], &body),
        403
    );
    assert_eq!(
        site.send("POST /mcp", &["Host: localhost", json, &signed], &body),
        401
    );
    drop(site);
    let without = world.bot.prepared(["mcp", "--http", "127.0.0.1:0"]).spawn();
    let site = Site::of(without, "; tokens are in");
    assert_eq!(site.deliver("d-2", "issues", &body, &signature), 403);
}

#[test]
fn the_secret_is_kept_from_others_and_is_no_argument() {
    let world = World::new();
    let file = secret_file(&world.bot);
    let webhook = |more: &[&str]| {
        let args = [
            &[
                "github",
                "webhook",
                "--listen",
                "127.0.0.1:0",
                "--for",
                "1s",
            ],
            more,
        ]
        .concat();
        world.bot.prepared(args)
    };
    let none = webhook(&[]).run();
    assert_eq!(
        (
            none.code,
            none.stderr.contains("COORD_GITHUB_WEBHOOK_SECRET")
        ),
        (2, true)
    );
    let short = webhook(&[])
        .env("COORD_GITHUB_WEBHOOK_SECRET", "hunter2")
        .run();
    assert_eq!((short.code, short.stderr.contains("hunter2")), (2, false));
    let set = webhook(&[])
        .env("COORD_GITHUB_WEBHOOK_SECRET", SECRET)
        .run();
    assert_eq!(set.code, 0, "{}", set.stderr);
    let named = ["--secret-file", file.to_str().unwrap()];
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    let open = webhook(&named).run();
    assert_eq!(
        (open.code, open.stderr.contains("others can read it")),
        (2, true)
    );
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(webhook(&named).run().code, 0);
    let anywhere = [
        "github",
        "webhook",
        "--listen",
        "0.0.0.0:0",
        named[0],
        named[1],
    ];
    let anywhere = world.bot.prepared(anywhere).run();
    assert_eq!(
        (anywhere.code, anywhere.stderr.contains("loopback")),
        (2, true)
    );
}
