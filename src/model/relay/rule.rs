//! Rules that say which branch may speak for which agent.
//!
//! `claude/* claude-*` lets every branch below `claude/` speak for every agent whose name begins with
//! `claude-`. A star stands for any text; `{1}` in the agent stands for what the first star of the
//! branch stood for, so that `coord/requests/* {1}` gives each agent a branch of its own. A third word
//! is the fingerprint of the key that has to sign.

use std::str::FromStr;

use super::super::branch::Branch;
use super::super::id::AgentName;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    branch: String,
    agent: String,
    key: Option<String>,
}

/// A text that is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no rule: a pattern of branches, a pattern of agents and perhaps the fingerprint of a \
     key, such as `claude/* claude-*`"
)]
pub struct BadRule(String);

impl FromStr for Rule {
    type Err = BadRule;

    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = || BadRule(text.escape_debug().take(120).collect());
        let words: Vec<&str> = text.split_whitespace().collect();
        let (branch, agent, key) = match words.as_slice() {
            [branch, agent] => (branch, agent, None),
            [branch, agent, key] => (branch, agent, Some((*key).to_owned())),
            _ => return Err(bad()),
        };
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        // It becomes part of a refspec, so it is a branch but for the stars.
        branch
            .replace('*', "x")
            .parse::<Branch>()
            .map_err(|_| bad())?;
        let is_of_names = |c: char| c.is_ascii_alphanumeric() || "._-@+*{}".contains(c);
        if !agent.chars().all(is_of_names) {
            return Err(bad());
        }
        Ok(Self {
            branch: branch.to_owned(),
            agent: (*agent).to_owned(),
            key,
        })
    }
}

impl Rule {
    /// Whether it is about this branch, and lets it speak for this agent.
    pub fn lets(&self, branch: &str, agent: &AgentName) -> bool {
        let Some(stars) = matched(&self.branch, branch) else {
            return false;
        };
        let wanted = filled(&self.agent, &stars);
        matched(&wanted, agent.as_str()).is_some()
    }

    /// Whether it is about this branch.
    pub fn is_about(&self, branch: &str) -> bool {
        matched(&self.branch, branch).is_some()
    }

    /// The fingerprint of the key that has to sign.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The beginning that all its branches have, and whether it is the whole name of the only one.
    pub fn beginning(&self) -> (&str, bool) {
        match self.branch.split_once('*') {
            Some((beginning, _)) => (beginning, false),
            None => (&self.branch, true),
        }
    }
}

/// A text with what the stars of a pattern stood for.
pub(super) fn filled(text: &str, stars: &[&str]) -> String {
    let mut filled = text.to_owned();
    for (index, star) in stars.iter().enumerate() {
        filled = filled.replace(&format!("{{{}}}", index + 1), star);
    }
    filled
}

/// What the stars of a pattern stand for, each for as little as possible but the last.
pub(super) fn matched<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let Some((before, after)) = pattern.split_once('*') else {
        return (pattern == text).then(Vec::new);
    };
    let rest = text.strip_prefix(before)?;
    let ends = rest
        .char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        // A star stands for something.
        .filter(|at| *at > 0);
    for end in ends {
        let (star, rest) = rest.split_at(end);
        if let Some(more) = matched(after, rest) {
            let mut stars = vec![star];
            stars.extend(more);
            return Some(stars);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn which_branch_may_speak_for_whom() {
        for (rule, branch, agent, is) in [
            ("claude/* claude-*", "claude/x", "claude-1", true),
            ("claude/* claude-*", "claude/a/b", "claude-1", true),
            ("claude/* claude-*", "claude/", "claude-1", false),
            ("claude/* claude-*", "claude/x", "alice", false),
            ("claude/* claude-*", "main", "claude-1", false),
            ("claude/* claude-*", "xclaude/x", "claude-1", false),
            ("coord/requests/* {1}", "coord/requests/bob", "bob", true),
            ("coord/requests/* {1}", "coord/requests/bob", "alice", false),
            ("coord/requests/* {1}", "coord/requests/bobby", "bob", false),
            ("agent/*/* {1}", "agent/bob/t/1", "bob", true),
            ("agent/*/* {2}", "agent/bob/t", "t", true),
            ("refs/heads/dev *", "dev", "anybody", true),
            ("dev bob", "dev", "bob", true),
            ("dev bob", "dev2", "bob", false),
            ("* *", "x/y", "z", true),
            // What a star stood for is a text, and no pattern.
            ("x/* {2}", "x/y", "y", false),
        ] {
            let parsed: Rule = rule.parse().expect("it is a rule");
            let agent = agent.parse().expect("it is a name");
            assert_eq!(parsed.lets(branch, &agent), is, "{rule}: {branch} {agent}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "", "a", "a b c d", "a:b c", "-x y", "a..b c", "a b/c", "a? b",
        ] {
            assert!(text.parse::<Rule>().is_err(), "{text}");
        }
        let rule: Rule = "a/* b SHA256:x".parse().expect("it is a rule");
        assert_eq!(
            (rule.key(), rule.beginning()),
            (Some("SHA256:x"), ("a/", false))
        );
    }
}
