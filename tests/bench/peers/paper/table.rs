//! Tables in Markdown, and their place in a document.

/// A table with what is said before it.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub title: String,
    pub said: String,
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, said: &str, head: &[&str]) -> Self {
        Self {
            title: title.into(),
            said: said.into(),
            head: head.iter().copied().map(str::to_owned).collect(),
            rows: Vec::new(),
        }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let mut out = format!("### {}\n\n", self.title);
        if !self.said.is_empty() {
            out += &format!("{}\n\n", self.said);
        }
        out += &line(&self.head);
        out += &format!("|{}\n", "---|".repeat(self.head.len()));
        for row in &self.rows {
            let empty = String::new();
            let cells = (0..self.head.len()).map(|at| row.get(at).unwrap_or(&empty).clone());
            out += &line(&cells.collect::<Vec<_>>());
        }
        out
    }
}

/// Puts `new` between the two lines that mark a part of a document, which stay; `None` when they
/// are not there once each, in this order.
pub fn splice(text: &str, name: &str, new: &str) -> Option<String> {
    let marks = [
        format!("<!-- {name}: begin -->\n"),
        format!("<!-- {name}: end -->\n"),
    ];
    let (before, rest) = text.split_once(marks[0].as_str())?;
    let (_, after) = rest.split_once(marks[1].as_str())?;
    let is_twice = [before, after]
        .iter()
        .any(|part| marks.iter().any(|mark| part.contains(mark)));
    let [begin, end] = marks;
    (!is_twice).then(|| format!("{before}{begin}\n{}\n\n{end}{after}", new.trim()))
}
