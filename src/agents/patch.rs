//! The files of a patch, by its text.

/// Most files of one patch.
const FILES_MAX: usize = 1_000;

/// The files that a patch changes, in both of the forms that there are: that of `apply_patch`, and
/// that of `diff`, of whose paths so many directories are left out.
pub(super) fn patched(text: &str, strip: usize) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let mut add = |path: &str, strip: usize| {
        let path = match path.starts_with('"') {
            true => path.trim_matches('"'),
            false => path,
        };
        let mut path = path.trim_end_matches('\r');
        if path == "/dev/null" {
            return;
        }
        for _ in 0..strip {
            path = path.split_once('/').map_or(path, |(_, rest)| rest);
        }
        let is_new = !path.trim().is_empty() && !paths.iter().any(|known| known == path);
        if is_new && paths.len() < FILES_MAX {
            paths.push(path.to_owned());
        }
    };
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let marks = [
            "*** Add File: ",
            "*** Update File: ",
            "*** Delete File: ",
            "*** Move to: ",
        ];
        let marked = marks
            .iter()
            .find_map(|mark| line.trim_start().strip_prefix(mark));
        if let Some(path) = marked {
            add(path.trim(), 0);
            continue;
        }
        for mark in ["rename from ", "rename to ", "copy to "] {
            if let Some(path) = line.strip_prefix(mark) {
                add(path, 0);
            }
        }
        // A line that was taken away may begin in the same way; the next one tells.
        if let Some(before) = line.strip_prefix("--- ")
            && let Some(after) = lines.peek().and_then(|next| next.strip_prefix("+++ "))
        {
            for path in [before, after] {
                add(path.split('\t').next().unwrap_or_default(), strip);
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::patched;

    #[test]
    fn patches() {
        let cases: &[(&str, usize, &[&str])] = &[
            (
                "--- a/src/a.rs\n+++ b/src/a.rs\n@@ -1 +1 @@\n-x\n+y\n",
                1,
                &["src/a.rs"],
            ),
            ("--- a/x\t2026-01-01\n+++ b/y\t2026-01-01\n", 1, &["x", "y"]),
            ("--- /dev/null\n+++ b/new\n", 1, &["new"]),
            ("--- x/a\n+++ x/a\n", 0, &["x/a"]),
            ("--- x/y/a\r\n+++ x/y/a\r\n", 2, &["a"]),
            (
                "rename from old/name\nrename to new/name\n",
                1,
                &["old/name", "new/name"],
            ),
            ("--- not a head\n-x\n", 1, &[]),
            ("  *** Update File: a b \n", 1, &["a b"]),
            ("*** Update File: \n*** Update File:", 1, &[]),
            ("+++ b/x\n", 1, &[]),
            ("", 1, &[]),
        ];
        for (text, strip, paths) in cases {
            assert_eq!(patched(text, *strip), *paths, "{text}");
        }
    }
}
