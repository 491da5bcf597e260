//! What is to be done about one commit: a pure judgement over the rules and the state.

use crate::domain::State;
use crate::domain::relay::{answer, turned_down};
use crate::model::branch::Branch;
use crate::model::id::AgentName;
use crate::model::record::Damage;
use crate::model::relay::{FromCommit, HORIZON_SECS, Rule};
use crate::model::text::Text;
use crate::model::time::Timestamp;

use super::find::Found;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: it has its answer, was turned down, or is so old that it may have had one.
    Over,
    /// It is to be turned down.
    No(String),
    /// It is to be decided.
    Apply(Box<FromCommit>),
}

pub(super) fn judge(
    found: &Found,
    rules: &[Rule],
    state: &dyn State,
    now: Timestamp,
) -> Result<Verdict, Damage> {
    if turned_down(state, &found.commit)?.is_some() {
        return Ok(Verdict::Over);
    }
    let (asked, commit) = match (&found.carried.asked, &found.carried.commit) {
        (Ok(asked), Some(commit)) => (asked, commit),
        (Err(why), _) => return Ok(Verdict::No(why.to_string())),
        (Ok(_), None) => return Ok(Verdict::Over),
    };
    let agent = &asked.by.agent;
    if answer(state, agent, asked.id)?.is_some() || asked.at.plus_secs(HORIZON_SECS) < now {
        return Ok(Verdict::Over);
    }
    let branch = match speaker(found, rules, agent) {
        Ok(branch) => branch.clone(),
        Err(why) => return Ok(Verdict::No(why)),
    };
    let email: Result<Text, _> = commit.committer.email.parse();
    let Ok(committer) = email else {
        return Ok(Verdict::No("its committer's address is too long".into()));
    };
    Ok(Verdict::Apply(Box::new(FromCommit {
        branch,
        commit: found.commit,
        committer,
        key: found.key.clone(),
    })))
}

/// The first of the commit's branches that may speak for the agent, with the key that this takes.
fn speaker<'f>(found: &'f Found, rules: &[Rule], agent: &AgentName) -> Result<&'f Branch, String> {
    let mut missing = None;
    for branch in &found.branches {
        for rule in rules
            .iter()
            .filter(|rule| rule.lets(branch.as_str(), agent))
        {
            match rule.key() {
                None => return Ok(branch),
                Some(key) if found.key.as_ref().is_some_and(|own| own.as_str() == key) => {
                    return Ok(branch);
                }
                Some(key) => missing = Some(key),
            }
        }
    }
    let branches: Vec<String> = found
        .branches
        .iter()
        .map(|branch| format!("`{}`", branch.as_str()))
        .collect();
    Err(match missing {
        Some(key) => {
            format!("{agent} is spoken for with the key {key} only, and it has not signed")
        }
        None => format!("{} may not speak for {agent}", branches.join(", ")),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::super::super::request::Carried;
    use super::{Found, Verdict, judge};
    use crate::domain::State;
    use crate::domain::staged::Found as Stands;
    use crate::model::bytes::Bytes;
    use crate::model::place::Place;
    use crate::model::record::Damage;
    use crate::model::relay::{Asked, HORIZON_SECS, Rule, Unreadable};
    use crate::model::request::{Leave, Request};
    use crate::model::time::Timestamp;
    use crate::store::{Commit, Person};

    struct Nothing;

    impl State for Nothing {
        fn rev(&self) -> u64 {
            0
        }

        fn get(&self, _: &Place) -> Result<Option<Bytes>, Damage> {
            Ok(None)
        }

        fn under(&self, _: &str) -> Result<Vec<Stands>, Damage> {
            Ok(Vec::new())
        }
    }

    fn now() -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000, 0)
            .unwrap()
            .into()
    }

    fn found(branches: &[&str], agent: &str, key: Option<&str>) -> Found {
        let person = Person::new("Claude", "claude@example.org");
        let id = "1".repeat(40).parse().unwrap();
        Found {
            commit: id,
            branches: branches.iter().map(|name| name.parse().unwrap()).collect(),
            carried: Carried {
                commit: Some(Commit {
                    tree: id,
                    parent: None,
                    author: person.clone(),
                    committer: person,
                    at: now().utc(),
                    signed: key.is_some(),
                    message: String::new(),
                }),
                asked: Ok(Asked {
                    v: 1,
                    id: "01M7VP83VN4T64QMBXD8QME0XF".to_owned().try_into().unwrap(),
                    at: now(),
                    by: serde_json::from_value(
                        serde_json::json!({"agent": agent, "session": "s1"}),
                    )
                    .unwrap(),
                    base: None,
                    request: Request::Leave(Leave {}),
                    also: Vec::new(),
                    here: None,
                }),
            },
            key: key.map(|key| key.parse().unwrap()),
        }
    }

    fn said(found: &Found, rules: &[&str], now: Timestamp) -> String {
        let rules: Vec<Rule> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        match judge(found, &rules, &Nothing, now).unwrap() {
            Verdict::Over => "over".into(),
            Verdict::No(why) => why,
            Verdict::Apply(source) => format!("apply {}", source.branch.as_str()),
        }
    }

    #[test]
    fn only_a_branch_that_a_rule_lets_speaks_for_an_agent() {
        let plain = "claude/* claude-*";
        let own = "coord/requests/* {1}";
        let signed = "claude/* claude-* SHA256:k";
        for (branches, agent, key, rules, is) in [
            (
                &["claude/x"][..],
                "claude-1",
                None,
                &[plain][..],
                "apply claude/x",
            ),
            (
                &["claude/x"],
                "alice",
                None,
                &[plain],
                "`claude/x` may not speak for alice",
            ),
            // A branch that was made on top of another one has its requests too.
            (
                &["bob/x", "claude/x"],
                "claude-1",
                None,
                &["bob/* bob", plain],
                "apply claude/x",
            ),
            (
                &["coord/requests/alice"],
                "alice",
                None,
                &[plain, own],
                "apply coord/requests/alice",
            ),
            (
                &["coord/requests/bob"],
                "alice",
                None,
                &[own],
                "`coord/requests/bob` may not speak for alice",
            ),
            (
                &["claude/x"],
                "claude-1",
                Some("SHA256:k"),
                &[signed],
                "apply claude/x",
            ),
            (
                &["claude/x"],
                "claude-1",
                Some("SHA256:other"),
                &[signed],
                "claude-1 is spoken for with the key SHA256:k only, and it has not signed",
            ),
            (
                &["claude/x"],
                "claude-1",
                None,
                &[signed],
                "claude-1 is spoken for with the key SHA256:k only, and it has not signed",
            ),
            // Any rule is enough.
            (
                &["claude/x"],
                "claude-1",
                None,
                &[signed, plain],
                "apply claude/x",
            ),
        ] {
            assert_eq!(said(&found(branches, agent, key), rules, now()), is);
        }
    }

    #[test]
    fn what_is_older_than_answers_are_kept_is_left_alone() {
        let found = found(&["claude/x"], "claude-1", None);
        let rules = ["claude/* *"];
        assert_eq!(
            said(&found, &rules, now().plus_secs(HORIZON_SECS)),
            "apply claude/x"
        );
        assert_eq!(
            said(&found, &rules, now().plus_secs(HORIZON_SECS + 1)),
            "over"
        );
    }

    #[test]
    fn what_cannot_be_read_is_turned_down_with_the_reason() {
        let mut found = found(&["claude/x"], "claude-1", None);
        found.carried.asked = Err(Unreadable::Contradictory);
        assert_eq!(
            said(&found, &["claude/* *"], now()),
            "its trailer names another request"
        );
    }
}
