//! Our table at the end of somebody's TOML file, between marks.

use toml_edit::{DocumentMut, Item};

use super::block::Style;
use super::form::{ByHand, Put, Taken};
use super::server::{NAME, Standing, standing};

/// A table of servers that has ours.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The table of all servers.
    pub(super) below: &'static str,
    /// Ours, with its head.
    pub(super) body: String,
}

impl Table {
    pub(super) fn put(&self, before: &str) -> Put {
        match self.merged(before) {
            Ok(text) => Put {
                text,
                by_hand: Vec::new(),
            },
            Err(why) => Put::left(
                before,
                ByHand {
                    why,
                    add: self.body.clone(),
                },
            ),
        }
    }

    fn merged(&self, before: &str) -> Result<String, String> {
        let rest = Style::Hash.take(before)?;
        let other = read(&rest)?;
        if let Some(there) = other.get(self.below).and_then(|all| all.get(NAME)) {
            // Somebody wrote one by hand: ours would be a second.
            return match standing(&words(there)) {
                Standing::Current => Ok(rest),
                _ => Err(format!("its server `{NAME}` runs something else")),
            };
        }
        let with = Style::Hash.put(before, &self.body)?;
        let after = read(&with)?;
        let there = after.get(self.below).and_then(|all| all.get(NAME));
        match there.map(|there| standing(&words(there))) {
            Some(Standing::Current) => Ok(with),
            _ => Err(format!("`{}` cannot have another table there", self.below)),
        }
    }

    pub(super) fn take(&self, before: &str) -> Taken {
        match Style::Hash
            .take(before)
            .and_then(|rest| read(&rest).map(|_| rest))
        {
            Ok(rest) => Taken::rest(rest),
            Err(why) => Taken::left(before, why),
        }
    }
}

/// Reads a text; a mark at its beginning that some editors write is passed over.
pub(super) fn read(text: &str) -> Result<DocumentMut, String> {
    let parsed = text.trim_start_matches('\u{feff}').parse::<DocumentMut>();
    parsed.map_err(|why| {
        let why = why.to_string();
        let first = why.lines().find(|line| !line.trim().is_empty());
        format!("it cannot be read: {}", first.unwrap_or_default())
    })
}

fn words(entry: &Item) -> Vec<String> {
    let program = entry.get("command").and_then(Item::as_str);
    let args = entry
        .get("args")
        .and_then(Item::as_array)
        .into_iter()
        .flatten();
    let args = args.filter_map(|word| word.as_str());
    program.into_iter().chain(args).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::Table;

    fn table() -> Table {
        Table {
            below: "mcp_servers",
            body: "[mcp_servers.git-coord]\ncommand = \"git-coord\"\nargs = [\"mcp\"]\n".into(),
        }
    }

    #[test]
    fn a_table_comes_and_goes_and_the_rest_stays() {
        for before in [
            "",
            "model = \"o4\" # mine",
            "# mine\r\nmodel = \"o4\"\r\n\r\n[mcp_servers.other]\r\ncommand = \"x\"\r\n",
            "[profiles.a]\nx = 1\n",
            "\u{feff}a = 1\n",
        ] {
            let put = table().put(before);
            assert_eq!(put.by_hand, [], "{before:?}");
            assert!(put.text.contains("[mcp_servers.git-coord]"));
            assert_eq!(table().put(&put.text).text, put.text);
            assert_eq!(table().take(&put.text).text.unwrap_or_default(), before);
        }
    }

    #[test]
    fn a_table_of_somebodys_own_is_enough_or_left_alone() {
        let own = "[mcp_servers.git-coord]\ncommand = \"/opt/git-coord\"\nargs = [\"mcp\", \"--tools\", \"all\"]\n";
        assert_eq!(table().put(own).text, own);
        for other in [
            "[mcp_servers.git-coord]\ncommand = \"docker\"\n",
            "mcp_servers = { a = 1 }\n",
            "mcp_servers = 3\n",
            "a = \n",
            "a = 1\na = 2\n",
        ] {
            let put = table().put(other);
            assert_eq!((put.text.as_str(), put.by_hand.len()), (other, 1));
        }
        // Ours is not needed beside one that came later.
        let both = table().put("x = 1\n").text;
        let both = format!("{own}{both}");
        assert!(!table().put(&both).text.contains("git-coord:begin"));
    }
}
