//! When the hooks of coding agents last fired in this clone, for `doctor`: hooks that an agent
//! skips without a word look like hooks that have nothing to say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::env;
use crate::model::time::Timestamp;

use super::{local, noted};

/// How seldom the same is written again, in seconds.
const PAUSE_SECS: i64 = 60;

/// For each agent, when each event of its hooks was last heard.
pub type Fired = BTreeMap<String, BTreeMap<String, Timestamp>>;

fn file(coord_dir: &Path) -> PathBuf {
    coord_dir.join(noted::DIR).join("fired.json")
}

/// Notes that an event was heard just now, at most once a minute. The caller knows the names of
/// agents and events: nothing else may make the file grow.
pub fn note(coord_dir: &Path, agent: &str, event: &str) {
    let now = env::now();
    let is_known = |fired: &Fired| {
        let last = fired.get(agent).and_then(|events| events.get(event));
        last.is_some_and(|last| (0..PAUSE_SECS).contains(&now.secs_since(*last)))
    };
    let file = file(coord_dir);
    if is_known(&local::load(&file)) {
        return;
    }
    let _ = local::update(&file, |fired: &mut Fired| {
        let events = fired.entry(agent.to_owned()).or_default();
        events.insert(event.to_owned(), now);
    });
}

/// Whether a view may be refreshed beside, which is then taken to be under way for as long as
/// `pause`: many calls find the same view too old.
pub fn may_refresh(coord_dir: &Path, pause: Duration) -> bool {
    let file = coord_dir.join(noted::DIR).join("refreshing");
    let age = std::fs::metadata(&file).and_then(|meta| meta.modified());
    let is_under_way = age.ok().and_then(env::since).is_some_and(|age| age < pause);
    if !is_under_way {
        let _ = local::replace(&file, b"");
    }
    !is_under_way
}

/// What was heard, as far as it was noted.
pub fn fired(coord_dir: &Path) -> Fired {
    local::load(&file(coord_dir))
}
