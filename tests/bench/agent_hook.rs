//! What the hooks of a coding agent cost: each tool that writes waits for them.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::measure::{Row, Times, ms, once};
use crate::world::{World, file};

const ROUNDS: usize = 60;
/// The one that changes the state.
const BEGINNING: &str = "hook at the beginning of a session, 1,000 locks";

/// One event of an agent, from its input to its answer.
fn fired(world: &World, dir: &Path, input: &Path) -> std::time::Duration {
    let mut command: Command = world.coord(dir, &["hook", "claude"]);
    let input = File::open(input).expect("it was written");
    command.stdin(input).stdout(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("the program starts");
    let time = start.elapsed();
    assert!(status.success(), "{command:?}");
    time
}

/// A thousand locks of others, nobody asked over the network.
pub fn hook(world: &World) -> Vec<Row> {
    let dir = world.repo("hook", 1_000);
    world.fill(&dir, 1_000);
    let input = |name: &str, event: &str, tool: &str, input: &str| {
        let path = world.path(name);
        let cwd = dir.display();
        let text = format!(
            "{{\"session_id\":\"x\",\"cwd\":\"{cwd}\",\"hook_event_name\":\"{event}\",\"tool_name\":\"{tool}\",\"tool_input\":{input}}}"
        );
        std::fs::write(&path, text).expect("the directory is writable");
        path
    };
    let at = |path: &str| format!("{{\"file_path\":\"{}/{path}\"}}", dir.display());
    let script = format!(
        "{{\"command\":\"cd src && sed -i s/a/b/ d000/f01.rs && git diff > {}\"}}",
        file(7)
    );
    let locked = format!("locked/{}", file(7));
    let cases = [
        (
            "hook before an edit, free",
            input("free", "PreToolUse", "Edit", &at(&file(7))),
        ),
        (
            "hook before an edit, refused",
            input("held", "PreToolUse", "Edit", &at(&locked)),
        ),
        (
            "hook before a command, free",
            input("shell", "PreToolUse", "Bash", &script),
        ),
        (
            "hook before reading",
            input("read", "PreToolUse", "Read", &at(&file(7))),
        ),
        (
            "hook after an edit",
            input("after", "PostToolUse", "Edit", &at(&file(7))),
        ),
        (
            "hook with a prompt, nothing new",
            input("prompt", "UserPromptSubmit", "", "{}"),
        ),
        (BEGINNING, input("start", "SessionStart", "", "{}")),
    ];
    let mut rows = Vec::new();
    for (case, input) in cases {
        let (mut ours, mut gits) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let one = fired(world, &dir, &input);
            let git = once(&mut world.git(&dir, &["--version"]));
            if round > 0 {
                ours.push(one);
                gits.push(git);
            }
        }
        let (ours, git) = (Times::of(ours), Times::of(gits));
        if case == BEGINNING {
            // It writes that the session is here, and flushes that.
            let figure = format!("{} ms", ms(ours.median()));
            let is_reached = Some(ours.median().as_millis() <= 20);
            rows.push(Row::figure(case, figure, "≤ 20 ms", is_reached));
            continue;
        }
        let case = format!("{case}, 1,000 locks, against `git --version`");
        rows.push(Row::ratio(&case, &ours, &git, 4.0));
    }
    rows
}
