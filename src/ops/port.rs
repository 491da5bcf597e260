//! `port`: ports for parallel test stacks on one machine.

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::coord::Failure;
use crate::env;
use crate::model::id::Id;
use crate::model::refusal::Refusal;
use crate::ports::{Block, Book, COUNT_MAX, FIRST, is_free};

use super::{Context, length};

/// Take ports of this machine for a test stack, so that agents side by side do not collide.
///
/// A block belongs to this session in this clone; asked again it is the same block. It ends after
/// its time, when it is given back, or when the session is known to be dead. Every port was free
/// when the block was made. All clones of this user on this machine share one book.
#[derive(Clone, Debug, Args, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// What to do
    #[command(subcommand)]
    pub what: What,
}

/// What to do with ports.
#[derive(Clone, Debug, Subcommand, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Take a block and print `export` lines: `eval "$(git coord port take DB WEB)"`
    Take {
        /// Names for the ports, such as `DB WEB`: each becomes a variable `DB_PORT`, `WEB_PORT`
        #[arg(value_name = "NAME")]
        #[serde(default)]
        names: Vec<String>,
        /// How many ports [default: one for each name, or 4]
        #[arg(long, short = 'n', value_name = "N")]
        #[serde(default)]
        count: Option<u16>,
        /// Not below this one [default: 10000]
        #[arg(long, value_name = "PORT")]
        #[serde(default)]
        from: Option<u16>,
        /// For how long [default: 2h]
        #[arg(long, value_name = "TIME")]
        #[serde(default)]
        ttl: Option<String>,
    },
    /// Give the block of this session back
    Release {
        /// Those of all sessions in this clone
        #[arg(long)]
        #[serde(default)]
        all: bool,
    },
    /// List all blocks of this machine
    List,
}

/// The answer of `port`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Ports {
    /// What was asked for: the block that was taken, those that were given back, or all.
    pub blocks: Vec<Block>,
    /// Variables for a shell, of a block that was taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<Export>,
}

/// A variable for a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Port {
    pub(super) fn run(&self, context: &Context<'_>) -> Result<Ports, Failure> {
        let now = env::now();
        let path = env::user_state_dir()
            .ok_or_else(|| {
                let what = "there is no home directory to keep the book of ports in";
                Failure::usage(what, "set HOME or XDG_STATE_HOME")
            })?
            .join("git-coord/ports.json");
        let failed = |why: std::io::Error| {
            let what = format!("the book of ports {}: {why}", path.display());
            Failure::usage(
                what,
                "look at that file; without it all ports count as free",
            )
        };
        let mut book = Book::open(&path, now).map_err(failed)?;
        let coord = &context.coord;
        let repository = coord.repo().layout().common_dir.clone();
        let me = coord.actor();
        match &self.what {
            What::Take {
                names,
                count,
                from,
                ttl,
            } => {
                let names = names.iter().map(|name| variable(name));
                let names: Vec<String> = names.collect::<Result<_, _>>()?;
                let ttl = length::wait(ttl.as_deref().unwrap_or("2h"), "--ttl")?;
                let wanted = Block {
                    repository: repository.clone(),
                    by: me.clone(),
                    first: 0,
                    count: count_of(&names, *count)?,
                    until: now.plus_secs(ttl.as_secs()),
                };
                // Those of a session of this clone that was killed are nobody's.
                let dead = coord.sessions().dead();
                book.release(|block| block.repository == repository && dead.contains(&block.by))
                    .map_err(failed)?;
                let from = from.unwrap_or(FIRST).max(1024);
                let block = book.take(wanted, from, is_free).map_err(failed)?;
                let block = block.ok_or(Refusal::Limit {
                    what: "ports of this machine: none are left".into(),
                    most: 0,
                })?;
                let exports = exports(&block, &names);
                Ok(Ports {
                    blocks: vec![block],
                    exports,
                })
            }
            What::Release { all } => {
                let is_mine = |block: &Block| {
                    block.is_of(&repository, me) || (*all && block.repository == repository)
                };
                Ok(Ports {
                    blocks: book.release(is_mine).map_err(failed)?,
                    exports: Vec::new(),
                })
            }
            What::List => Ok(Ports {
                blocks: book.blocks().to_vec(),
                exports: Vec::new(),
            }),
        }
    }
}

/// A name as the variable of a shell.
fn variable(name: &str) -> Result<String, Failure> {
    let upper = name.to_ascii_uppercase().replace('-', "_");
    let is_name = upper.len() <= 32
        && upper.starts_with(|c: char| c.is_ascii_alphabetic())
        && upper.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        Ok(upper)
    } else {
        let what = format!("`{}` is no name for a port", name.escape_debug());
        Err(Failure::usage(
            what,
            "use letters, digits and `_`, such as `DB`",
        ))
    }
}

fn count_of(names: &[String], count: Option<u16>) -> Result<u16, Failure> {
    let named = u16::try_from(names.len()).unwrap_or(u16::MAX);
    let count = count.unwrap_or(if named == 0 { 4 } else { named });
    if count >= named.max(1) && count <= COUNT_MAX {
        Ok(count)
    } else {
        let what = format!("{count} ports for {named} names");
        Err(Failure::usage(
            what,
            format!("ask for 1 to {COUNT_MAX}, and for as many as names"),
        ))
    }
}

fn exports(block: &Block, names: &[String]) -> Vec<Export> {
    let project = format!(
        "{}/{}/{}",
        block.repository.display(),
        block.by.agent,
        block.by.session
    );
    let project = format!("coord-{}", &Id::of_text(&project).as_str()[..8]);
    let mut exports = vec![Export {
        name: "COORD_PORT".into(),
        value: block.first.to_string(),
    }];
    exports.extend(block.ports().zip(names).map(|(port, name)| Export {
        name: format!("{name}_PORT"),
        value: port.to_string(),
    }));
    exports.push(Export {
        name: "COMPOSE_PROJECT_NAME".into(),
        value: project,
    });
    exports
}
