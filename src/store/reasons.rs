//! Why a remote refused a push, for people: git's summary of each ref, and what the server said.

/// Most lines of the server that are kept.
const LINES_MAX: usize = 8;
/// Longest such line, in characters.
const LINE_CHARS_MAX: usize = 200;

/// The reasons in one line, and below it the server's own words, each line of them once.
pub(super) fn of(porcelain: &str, stderr: &str) -> String {
    let mut lines = vec![in_short(porcelain)];
    lines.extend(words_of_server(stderr));
    lines.join("\n")
}

/// Why the refs were refused: once, where it is the same for all of them.
fn in_short(porcelain: &str) -> String {
    let mut all: Vec<(&str, &str)> = porcelain.lines().filter_map(refused).collect();
    // What only says that another ref of the same push was refused.
    let is_own = |(_, why): &(&str, &str)| !why.starts_with("atomic ");
    if all.iter().any(is_own) {
        all.retain(is_own);
    }
    let is_same = all.iter().all(|(_, why)| *why == all[0].1);
    match all.first() {
        Some((_, why)) if is_same => (*why).to_owned(),
        _ => {
            let each = all.iter().map(|(name, why)| format!("{name}: {why}"));
            each.collect::<Vec<_>>().join("; ")
        }
    }
}

/// The ref and the reason of `! TAB <from>:<to> TAB [remote rejected] (<reason>)`.
fn refused(line: &str) -> Option<(&str, &str)> {
    let (refs, summary) = line.strip_prefix("!\t")?.split_once('\t')?;
    let name = refs.rsplit_once(':').map_or(refs, |(_, to)| to);
    let reason = summary
        .split_once(" (")
        .map_or(summary, |(_, rest)| rest.strip_suffix(')').unwrap_or(rest));
    Some((name, reason))
}

/// The lines that git marks as the server's, without those that only fill a screen.
fn words_of_server(stderr: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in stderr.lines() {
        let Some(said) = line.strip_prefix("remote:").map(str::trim) else {
            continue;
        };
        let is_drawn = !said.contains(char::is_alphanumeric);
        if is_drawn || is_progress(said) {
            continue;
        }
        let mut kept = format!("  remote: {}", bounded(said));
        kept.truncate(kept.trim_end().len());
        if !lines.contains(&kept) {
            lines.push(kept);
        }
    }
    let more = lines.len().saturating_sub(LINES_MAX);
    if more > 0 {
        lines.truncate(LINES_MAX);
        lines.push(format!("  and {more} more lines"));
    }
    lines
}

fn bounded(line: &str) -> String {
    match line.char_indices().nth(LINE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// Whether a line counts, as `Resolving deltas: 100% (2/2), done.` does.
fn is_progress(line: &str) -> bool {
    let Some((_, rest)) = line.split_once("% (") else {
        return false;
    };
    let count = rest.split_once(')').map_or("", |(count, _)| count);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    count
        .split_once('/')
        .is_some_and(|(done, all)| is_number(done) && is_number(all))
}

#[cfg(test)]
mod tests {
    use super::{LINE_CHARS_MAX, LINES_MAX, of};

    #[test]
    fn the_servers_words_are_quoted_once_and_cleaned_of_what_is_no_reason() {
        let two = "To ../hub\n\
            !\tabc:refs/coord/state\t[remote rejected] (pre-receive hook declined)\n\
            !\tdef:refs/heads/main\t[remote rejected] (pre-receive hook declined)\nDone\n";
        let stderr = "remote: Resolving deltas: 100% (2/2), done.        \n\
            remote: error: GH006: main is protected        \n\
            remote: \n\
            remote: ========\n\
            remote: error: GH006: main is protected        \n\
            remote: 95% (19 GB) of the quota is used\n\
            error: failed to push some refs to '../hub'\n";
        let text = "pre-receive hook declined\n  \
            remote: error: GH006: main is protected\n  \
            remote: 95% (19 GB) of the quota is used";
        assert_eq!(of(two, stderr), text);
    }

    #[test]
    fn the_ref_that_was_refused_is_told_from_those_beside_it() {
        let line = |name: &str, why: &str| format!("!\tabc:refs/{name}\t[rejected] ({why})\n");
        let beside = line("coord/state", "atomic push failed");
        let stale = line("heads/main", "stale info");
        assert_eq!(of(&format!("{beside}{stale}"), ""), "stale info");
        assert_eq!(of(&beside, ""), "atomic push failed");
        let other = line("coord/state", "hook declined");
        assert_eq!(
            of(&format!("{stale}{other}"), ""),
            "refs/heads/main: stale info; refs/coord/state: hook declined"
        );
        assert_eq!(of("!\tabc:refs/x\t[rejected]\n", ""), "[rejected]");
        assert_eq!(of("", ""), "");
    }

    #[test]
    fn a_talkative_server_is_cut_short() {
        let line = |n: usize| format!("remote: {n} {}\n", "é".repeat(LINE_CHARS_MAX));
        let stderr: String = (0..LINES_MAX + 3).map(line).collect();
        let text = of("!\tabc:refs/x\t[remote rejected] (no)\n", &stderr);
        assert_eq!(text.lines().count(), 1 + LINES_MAX + 1);
        assert!(text.ends_with("and 3 more lines"), "{text}");
        assert!(
            text.lines()
                .all(|line| line.chars().count() < LINE_CHARS_MAX + 20)
        );
    }
}
