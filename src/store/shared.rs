//! Repositories that several people of one machine share (`core.sharedRepository`).
//!
//! Git opens each file that it makes to the others. Ours are made in many places, so the mask of
//! this process is opened instead: without it the first to lock a path would be the only one, and
//! git itself could not write into the object directories that we make.

#[cfg(unix)]
mod unix {
    use std::sync::OnceLock;

    use rustix::fs::Mode;
    use rustix::process::umask;

    /// The person's own mask, once another is in force.
    static OWN: OnceLock<Mode> = OnceLock::new();

    /// Lets others of the machine use what this process makes, as far as the setting says.
    pub(in crate::store) fn open_up(setting: Option<&str>) {
        let Some(setting) = setting else { return };
        // The mask can only be read by setting one.
        let own = *OWN.get_or_init(|| umask(Mode::empty()));
        umask(mask(setting, own));
    }

    /// Does something for the person rather than for the repository.
    pub fn with_own_mask<T>(act: impl FnOnce() -> T) -> T {
        let Some(own) = OWN.get() else { return act() };
        let opened = umask(*own);
        let done = act();
        umask(opened);
        done
    }

    /// The mask under which files come out as git would make them.
    fn mask(setting: &str, own: Mode) -> Mode {
        let others = match setting.to_ascii_lowercase().as_str() {
            "group" | "true" | "yes" | "on" | "1" => 0o070,
            "all" | "world" | "everybody" | "2" => 0o075,
            octal => {
                // Whole modes of files, in place of the person's mask.
                let mode = octal.strip_prefix('0').filter(|digits| !digits.is_empty());
                let mode = mode.and_then(|digits| u32::from_str_radix(digits, 8).ok());
                let Some(mode) = mode.filter(|mode| mode & 0o600 == 0o600) else {
                    return own;
                };
                // Who may read a file may enter a directory.
                return Mode::from_raw_mode(0o777 & !(mode | (mode & 0o444) >> 2));
            }
        };
        own - Mode::from_raw_mode(others)
    }

    #[cfg(test)]
    mod tests {
        use rustix::fs::Mode;

        use super::mask;

        #[test]
        fn masks_let_through_what_git_would() {
            for (setting, own, wanted) in [
                ("group", 0o022, 0o002),
                ("true", 0o077, 0o007),
                ("1", 0o027, 0o007),
                ("all", 0o077, 0o002),
                ("Everybody", 0o027, 0o002),
                ("0660", 0o022, 0o007),
                ("0640", 0o002, 0o027),
                ("0664", 0o077, 0o002),
                ("umask", 0o022, 0o022),
                ("false", 0o077, 0o077),
                ("0", 0o022, 0o022),
                // Git refuses what the owner could not use.
                ("0440", 0o022, 0o022),
                ("0999", 0o022, 0o022),
                ("", 0o022, 0o022),
            ] {
                let mask = mask(setting, Mode::from_raw_mode(own));
                assert_eq!(mask, Mode::from_raw_mode(wanted), "{setting}, {own:o}");
            }
        }
    }
}

#[cfg(unix)]
pub(super) use unix::open_up;
#[cfg(unix)]
pub use unix::with_own_mask;

#[cfg(not(unix))]
pub(super) fn open_up(_: Option<&str>) {}

/// Does something for the person rather than for the repository.
#[cfg(not(unix))]
pub fn with_own_mask<T>(act: impl FnOnce() -> T) -> T {
    act()
}
