//! Names for the commands of the agent's shell, where the agent reads a file of settings for it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::coord::identity::{OF, digest_of_session};
use crate::env;
use crate::model::id::Actor;
use crate::model::text::shell_word;

/// The variable that names the file.
const VARIABLE: &str = "CLAUDE_ENV_FILE";
/// Largest such file that is added to, in bytes.
const BYTES_MAX: u64 = 1024 * 1024;

/// Tells the commands of this session who they are, and of which session of the agent that is, for
/// other agents that they start. Best effort: they find out by themselves, too.
pub(super) fn tell(actor: &Actor, session: &str) {
    if let Some(file) = env::var(VARIABLE).map(PathBuf::from) {
        let _ = add(&file, actor, session);
    }
}

fn add(file: &Path, actor: &Actor, session: &str) -> std::io::Result<()> {
    let lines = format!(
        "export COORD_AGENT={}\nexport COORD_SESSION={}\nexport {OF}={}\n",
        shell_word(actor.agent.as_str()),
        shell_word(actor.session.as_str()),
        digest_of_session(session)
    );
    let before = match File::open(file) {
        Ok(open) => {
            let meta = open.metadata()?;
            if !meta.is_file() || meta.len() > BYTES_MAX {
                return Ok(());
            }
            let mut bytes = Vec::new();
            open.take(BYTES_MAX).read_to_end(&mut bytes)?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(why) => return Err(why),
    };
    // What was said last counts; said again it would only be longer.
    let last = before.rfind("export COORD_AGENT=");
    if last.is_some_and(|last| {
        before
            .get(last..)
            .is_some_and(|end| end.starts_with(&lines))
    }) {
        return Ok(());
    }
    let gap = match before.is_empty() || before.ends_with('\n') {
        true => "",
        false => "\n",
    };
    let mut open = OpenOptions::new().create(true).append(true).open(file)?;
    open.write_all(format!("{gap}{lines}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{add, digest_of_session};
    use crate::model::id::Actor;

    #[test]
    fn it_is_said_once_and_again_when_it_changes() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let file = dir.path().join("env.sh");
        std::fs::write(&file, "export OTHER=1").expect("it is writable");
        let actor = |session: &str| Actor {
            agent: "claude.x@h".parse().expect("it is a name"),
            session: session.parse().expect("it is a name"),
        };
        for session in ["s-1", "s-1", "s-2", "s-2", "s-1"] {
            add(&file, &actor(session), session).expect("it is writable");
        }
        let text = std::fs::read_to_string(&file).expect("it is there");
        let said = |session: &str| {
            let of = digest_of_session(session);
            format!(
                "export COORD_AGENT=claude.x@h\nexport COORD_SESSION={session}\nexport COORD_SESSION_OF={of}\n"
            )
        };
        assert_eq!(
            text,
            format!(
                "export OTHER=1\n{}{}{}",
                said("s-1"),
                said("s-2"),
                said("s-1")
            )
        );
        assert!(
            add(dir.path(), &actor("s-1"), "s-1").is_ok(),
            "a directory is left alone"
        );
    }
}
