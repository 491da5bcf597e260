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
pub(super) fn choose(has_config_hooks: bool, manager: Option<Manager>) -> Way {
    if has_config_hooks {
        return Way::Config;
    }
    manager.map_or(Way::Scripts, Way::Manager)
}

#[cfg(test)]
mod tests {
    use super::super::manager::Manager;
    use super::{Way, choose};

    #[test]
    fn settings_disturb_no_manager() {
        for manager in [None, Some(Manager::Husky), Some(Manager::Lefthook)] {
            assert_eq!(choose(true, manager.clone()), Way::Config);
            let expected = manager.clone().map_or(Way::Scripts, Way::Manager);
            assert_eq!(choose(false, manager), expected);
        }
    }
}
