//! Where hooks belong in this repository: a pure decision.

use super::manager::Manager;

/// How hooks are installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As settings, beside the hooks of everybody else (git 2.54 and newer).
    Config,
    /// As scripts in the repository's hooks folder, which run what was there before.
    Scripts,
    /// Another tool owns the hooks: its own file has to name them.
    Manager(Manager),
}

/// Settings come first: they disturb nobody, whoever owns the hooks folder.
pub(super) fn choose(git_version: &str, manager: Option<Manager>) -> Way {
    if has_config_hooks(git_version) {
        return Way::Config;
    }
    manager.map_or(Way::Scripts, Way::Manager)
}

/// Whether the git that answered `git version` with this text runs hooks from its config.
///
/// A release candidate counts as its release; what cannot be read does not have them.
pub(super) fn has_config_hooks(git_version: &str) -> bool {
    const FIRST: (u32, u32) = (2, 54);
    let numbers = git_version
        .trim()
        .strip_prefix("git version ")
        .unwrap_or_default();
    let mut numbers = numbers.split(['.', '-', ' ']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= FIRST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::manager::Manager;
    use super::{Way, choose, has_config_hooks};

    #[test]
    fn versions() {
        for (text, has) in [
            ("git version 2.54.0", true),
            ("git version 2.54.0\n", true),
            ("git version 2.54.0-rc1", true),
            ("git version 2.54", true),
            ("git version 2.55.0.windows.1", true),
            ("git version 2.100.1", true),
            ("git version 3.0.0", true),
            ("git version 2.53.9", false),
            ("git version 2.47.3", false),
            ("git version 2.9.5", false),
            ("git version 2.39.5 (Apple Git-154)", false),
            ("git version 1.99.0", false),
            ("git version 2", false),
            ("git version v2.60", false),
            ("2.60.0", false),
            ("", false),
        ] {
            assert_eq!(has_config_hooks(text), has, "{text:?}");
        }
    }

    #[test]
    fn settings_disturb_no_manager() {
        let (old, new) = ("git version 2.53.0", "git version 2.54.0");
        for manager in [None, Some(Manager::Husky), Some(Manager::Lefthook)] {
            assert_eq!(choose(new, manager.clone()), Way::Config);
            let expected = manager.clone().map_or(Way::Scripts, Way::Manager);
            assert_eq!(choose(old, manager), expected);
        }
    }
}
