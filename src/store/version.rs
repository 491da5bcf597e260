//! Which git it is, where that decides something.

use super::error::Result;
use super::git::Git;

/// A version of git: the two numbers that tell what it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// Oldest that git-coord is tried with.
    pub const OLDEST: Self = Self(2, 39);
    /// The first that merges without a working tree, many times in one process.
    pub const MERGES: Self = Self(2, 39);
    /// The first that is told on its command line where attributes are.
    pub const ATTR_SOURCE: Self = Self(2, 41);
    /// The first that knows reftables.
    pub const REFTABLE: Self = Self(2, 45);
    /// The first that runs hooks which are settings.
    pub const CONFIG_HOOKS: Self = Self(2, 54);
    /// The first in which a setting switches all hooks of an event off.
    pub const EVENT_SWITCHES: Self = Self(2, 55);

    /// Reads what `git version` prints. A release candidate counts as its release.
    pub fn parse(printed: &str) -> Option<Self> {
        let numbers = printed.trim().strip_prefix("git version ")?;
        let mut numbers = numbers.split(['.', '-', ' ']).map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Some(Self(major, minor)),
            _ => None,
        }
    }

    /// Asks a git; `None` when its answer cannot be read.
    ///
    /// # Errors
    /// When git cannot be run.
    pub fn of(git: &Git) -> Result<Option<Self>> {
        let printed = git.expect(&["version"], None)?;
        Ok(Self::parse(&String::from_utf8_lossy(&printed)))
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn what_git_prints() {
        for (text, version) in [
            ("git version 2.54.0", Some((2, 54))),
            ("git version 2.54.0\n", Some((2, 54))),
            ("git version 2.54.0-rc1", Some((2, 54))),
            ("git version 2.54-rc1", Some((2, 54))),
            ("git version 2.54", Some((2, 54))),
            ("git version 2.55.GIT", Some((2, 55))),
            ("git version 2.55.0.windows.1", Some((2, 55))),
            ("git version 2.100.1", Some((2, 100))),
            ("git version 3.0.0", Some((3, 0))),
            ("git version 2.9.5", Some((2, 9))),
            ("git version 2.39.5 (Apple Git-154)", Some((2, 39))),
            ("git version 2", None),
            ("git version v2.60", None),
            ("2.60.0", None),
            ("", None),
        ] {
            let version = version.map(|(major, minor)| Version(major, minor));
            assert_eq!(Version::parse(text), version, "{text:?}");
        }
        assert!(Version(2, 9) < Version::OLDEST);
        assert!(Version(2, 100) > Version::CONFIG_HOOKS);
        assert!(Version(3, 0) > Version::CONFIG_HOOKS);
    }
}
