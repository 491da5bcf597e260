//! Settings: each `coord.*` key read by itself, so that one that is wrong hides no other.

use crate::coord::settings::{KNOWN, Settings};
use crate::coord::{Coord, Failure};
use crate::model::key::Here;
use crate::model::time::span;
use crate::store::{Config, TARGET_KEYS, TEAM_FILE, TEAM_KEYS};

use super::finding::Judged;

/// Booleans, which are read leniently: a word that is none is the default.
const BOOLEANS: &[&str] = &[
    "coord.autolock",
    "coord.failclosed",
    "coord.fsync",
    "coord.sign",
];
/// Longest deadline and oldest view that make sense, in seconds.
const SECS_SENSIBLE_MAX: u64 = 3600;
/// Most letters by which a mistyped name may differ.
const TYPO_MAX: usize = 3;

/// What reading the settings brought to light.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// How many `coord.*` settings there are.
    count: usize,
    /// Those that stop every command: what is wrong, and what to do.
    wrong: Vec<(String, String)>,
    /// Those that have no effect, or one that is hardly meant.
    doubtful: Vec<String>,
}

/// Reads all settings that can be understood, and says which cannot.
///
/// # Errors
/// Never in practice: what is wrong is left out before.
pub(super) fn read(config: &Config) -> Result<(Settings, Read), Failure> {
    let mut read = Read::default();
    let mut left_out: Vec<&str> = Vec::new();
    let mut keys: Vec<(&str, &str)> = config
        .iter()
        .filter(|(key, _)| key.starts_with("coord."))
        .collect();
    keys.sort_unstable();
    for (key, value) in keys {
        read.count += 1;
        let alone = config.only(|other| other == key || !other.starts_with("coord."));
        let settings = Settings::read(&alone);
        let checked = settings.and_then(|read| read.check_remote(&alone).map(|()| read));
        match checked {
            Err(why) => {
                left_out.push(key);
                read.wrong
                    .push((why.to_string(), why.hint(&Here::Top).unwrap_or_default()));
            }
            Ok(settings) => read.doubtful.extend(doubt(key, value, &settings)),
        }
    }
    let rest = config.only(|key| !left_out.contains(&key));
    Ok((Settings::read(&rest)?, read))
}

/// What is odd about a setting that can be read.
fn doubt(key: &str, value: &str, settings: &Settings) -> Option<String> {
    let value = value.escape_debug();
    if !KNOWN.iter().any(|known| known.eq_ignore_ascii_case(key)) && !is_pusher(key) {
        let meant = nearest(key).map(|known| format!("; did you mean `{known}`?"));
        return Some(format!(
            "`{key}` is unknown and has no effect{}",
            meant.unwrap_or_default()
        ));
    }
    if key == "coord.check" {
        return Some(format!(
            "`coord.check` has no effect in a clone: it counts in `{TEAM_FILE}` of the branch that \
             something lands on"
        ));
    }
    let word = value.to_string().to_ascii_lowercase();
    let is_bool = ["true", "yes", "on", "1", "false", "no", "off", "0", ""].contains(&&*word);
    if BOOLEANS.contains(&key) && !is_bool {
        return Some(format!(
            "`{key}` is `{value}`, which is neither true nor false"
        ));
    }
    let is_long = |secs: u64| secs > SECS_SENSIBLE_MAX;
    match key {
        "coord.fsync" if ["false", "no", "off", "0", ""].contains(&&*word) => Some(
            "`coord.fsync` is off: what was acknowledged just before a power cut may be lost"
                .into(),
        ),
        "coord.backend" if word != "git" && word != "auto" => Some(format!(
            "`coord.backend` is `{value}`, and only `git` and `auto` are known"
        )),
        "coord.epochevery" if word.parse::<u64>().is_err() => Some(format!(
            "`coord.epochEvery` is `{value}`, which is no number"
        )),
        "coord.timeout" if settings.timeout.is_zero() => {
            Some("`coord.timeout` is 0: no remote can answer in that time".into())
        }
        "coord.timeout" if is_long(settings.timeout.as_secs()) => Some(format!(
            "`coord.timeout` is {}: a remote that hangs stops a command for so long",
            span(settings.timeout.as_secs())
        )),
        "coord.maxage" if is_long(settings.age_max.as_secs()) => Some(format!(
            "`coord.maxAge` is {}: refusals may be that old",
            span(settings.age_max.as_secs())
        )),
        _ => None,
    }
}

/// What a server's config says about who may act as whom; the name in the middle is anybody's.
fn is_pusher(key: &str) -> bool {
    let middle = key.strip_prefix("coord.pusher.");
    middle.is_some_and(|rest| rest.len() > ".agent".len() && rest.ends_with(".agent"))
}

pub(super) fn judge(read: &Read) -> Judged {
    let Read {
        count,
        wrong,
        doubtful,
    } = read;
    if let Some((first, advice)) = wrong.first() {
        let more = wrong[1..].iter().map(|(what, _)| what.clone());
        return Judged::problem(format!("{first}; every command stops at it"))
            .details(more.chain(doubtful.iter().cloned()))
            .advice(advice.clone());
    }
    match doubtful.as_slice() {
        [] if *count == 0 => Judged::ok("none set, all at their defaults"),
        [] => Judged::ok(format!("{count} set, all understood")),
        [one] => Judged::warning(one.clone()).advice("see `git config --show-origin --list`"),
        several => Judged::warning(format!("{} settings are doubtful", several.len()))
            .details(several.iter().cloned())
            .advice("see `git config --show-origin --list`"),
    }
}

/// The keys of `.coordconfig` that are not taken from it.
pub(super) fn team_file(coord: &Coord) -> Judged {
    let Some(file) = coord
        .repo()
        .layout()
        .work_dir
        .as_deref()
        .map(|dir| dir.join(TEAM_FILE))
    else {
        return Judged::ok("a bare repository has none");
    };
    match std::fs::symlink_metadata(&file) {
        Err(_) => return Judged::ok(format!("there is no `{TEAM_FILE}`")),
        Ok(meta) if !meta.is_file() => {
            return Judged::warning(format!("`{TEAM_FILE}` is no plain file and is ignored"));
        }
        Ok(_) => {}
    }
    let name = file.to_string_lossy().into_owned();
    let args = ["config", "--null", "--name-only", "--list", "--file", &name];
    match coord.repo().git().expect(&args, None) {
        Err(why) => Judged::problem(why.to_string()).advice(format!("correct `{TEAM_FILE}`")),
        Ok(listed) => judge_team(
            String::from_utf8_lossy(&listed)
                .split('\0')
                .filter(|key| !key.is_empty()),
        ),
    }
}

fn judge_team<'k>(keys: impl Iterator<Item = &'k str>) -> Judged {
    let (taken, ignored): (Vec<&str>, Vec<&str>) =
        keys.partition(|key| TEAM_KEYS.contains(key) || TARGET_KEYS.contains(key));
    let Some(first) = ignored.first() else {
        return Judged::ok(format!("{} settings of the team are in force", taken.len()));
    };
    let judged = Judged::warning(format!(
        "{} keys of `{TEAM_FILE}` are ignored: anybody who can push could change them",
        ignored.len()
    ));
    let why = |key: &&str| match nearest(key) {
        Some(known) if !TEAM_KEYS.contains(&&*known.to_ascii_lowercase()) => {
            format!("`{key}` is taken only from a clone's own config")
        }
        Some(known) => format!("`{key}` is unknown; did you mean `{known}`?"),
        None => format!("`{key}` is no setting of git-coord"),
    };
    let details: Vec<String> = ignored.iter().map(why).collect();
    judged
        .details(details)
        .advice(format!("set it in the clone: git config {first} VALUE"))
}

/// The known setting that a name is, or that it may have been meant to be.
fn nearest(key: &str) -> Option<&'static str> {
    let lower = |known: &str| known.to_ascii_lowercase();
    let far = |known: &&&str| distance(key, &lower(known));
    KNOWN
        .iter()
        .min_by_key(far)
        .filter(|known| key.starts_with("coord.") && far(known) <= TYPO_MAX)
        .copied()
}

/// How many letters have to be put in, left out or changed.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = corner + usize::from(a != *b);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::{Read, distance, judge, judge_team, nearest};
    use crate::coord::doctor::finding::{Judged, State};
    use crate::coord::settings::KNOWN;
    use crate::store::{TARGET_KEYS, TEAM_KEYS};

    fn is_ok(judged: &Judged) -> bool {
        judged.state == State::Ok
    }

    #[test]
    fn typos_are_recognised_and_strangers_are_not() {
        for (typed, meant) in [
            ("remot", Some("coord.remote")),
            ("maxaeg", Some("coord.maxAge")),
            ("requirelocks", Some("coord.requireLock")),
            ("timeout", Some("coord.timeout")),
            ("something", None),
        ] {
            assert_eq!(nearest(&format!("coord.{typed}")), meant, "{typed}");
        }
        assert_eq!(nearest("user.name"), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn what_the_team_may_set_is_known() {
        for key in TEAM_KEYS.iter().chain(TARGET_KEYS) {
            assert!(
                KNOWN.iter().any(|known| known.eq_ignore_ascii_case(key)),
                "{key}"
            );
        }
        assert!(is_ok(&judge_team(["coord.remote"].into_iter())));
        assert!(is_ok(&judge_team(["coord.check"].into_iter())));
        let judged = judge_team(["coord.remote", "coord.fsync", "core.pager"].into_iter());
        assert_eq!(judged.state, State::Warning);
        assert_eq!(judged.details.len(), 2);
    }

    #[test]
    fn a_wrong_setting_outweighs_doubtful_ones() {
        let mut read = Read {
            count: 2,
            doubtful: vec!["odd".into()],
            ..Read::default()
        };
        assert_eq!(judge(&read).state, State::Warning);
        read.wrong.push(("bad".into(), "do".into()));
        assert_eq!(judge(&read).state, State::Problem);
        assert!(is_ok(&judge(&Read::default())));
    }
}
