//! Hooks that are settings (git 2.54), switched off for our own calls.
//!
//! `core.hooksPath` hides the hooks folder and says nothing about settings. Without this a hook of
//! the user's on `reference-transaction` would run at each step of our bookkeeping, and could
//! refuse it. There are two switches, because neither is enough:
//!
//! 1. One for each event, which also finds what is set where only git itself looks, such as the
//!    config of another installation prefix. Git 2.54 does not know it, git 2.55 does.
//! 2. One for each hook that our own look at the config found, which 2.54 knows too.

use super::config::Config;

/// The events at which one of our calls could run a hook.
pub(super) const EVENTS: [&str; 5] = [
    "hook.pre-auto-gc.enabled=false",
    "hook.pre-push.enabled=false",
    "hook.post-index-change.enabled=false",
    "hook.reference-transaction.enabled=false",
    "hook.post-checkout.enabled=false",
];

/// A switch for each hook that the config binds to an event.
pub(super) fn hooks_of(config: &Config) -> impl Iterator<Item = String> {
    config.iter().filter_map(|(key, _)| {
        let name = key.strip_prefix("hook.")?.strip_suffix(".event")?;
        // On the command line an equals sign would end the key.
        (!name.contains('=')).then(|| format!("hook.{name}.enabled=false"))
    })
}

#[cfg(test)]
mod tests {
    use super::super::config::Config;
    use super::hooks_of;

    #[test]
    fn each_bound_hook_once_whatever_its_name() {
        let config = Config::of(&[
            ("hook.lint.event", "pre-commit"),
            ("hook.lint.event", "pre-push"),
            ("hook.lint.command", "lint"),
            ("hook.A b.c.event", "pre-push"),
            ("hook.x=y.event", "pre-push"),
            ("hook.idle.command", "true"),
            ("hook.jobs", "4"),
            ("hook.pre-push.enabled", "true"),
            ("webhook.x.event", "y"),
        ]);
        let expected = ["hook.A b.c.enabled=false", "hook.lint.enabled=false"];
        let mut switches: Vec<String> = hooks_of(&config).collect();
        switches.sort();
        assert_eq!(switches, expected);
    }
}
