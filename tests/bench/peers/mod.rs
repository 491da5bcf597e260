//! git-coord beside what people would take instead, measured in one run: `tests/bench/peers/run`.
//!
//! `cargo bench --bench coord -- peers [--quick] [--only SECTION]... [--into DIRECTORY]` does it with
//! what is there. Tables go into `performance.md` of that directory between two marks, and to standard
//! output; pictures go beside it.

mod paper;
mod patience;
mod rival;
mod rivals;
mod sections;
mod servers;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use paper::{Table, splice};
use rival::Turns;
use rivals::Hall;

/// What marks the part of the document that is made here.
const MARK: &str = "beside the peers";

/// How much is done.
struct Size {
    name: &'static str,
    turns: Turns,
    /// Clients at once, how often, and for how long each time.
    clients: &'static [usize],
    passes: usize,
    pass: Duration,
    /// Locks and unlocks that fill the disk, at most, and for how long at most.
    kept: usize,
    kept_for: Duration,
    /// Live records in a repository that people push to and fetch from.
    live: &'static [usize],
    bystander_rounds: usize,
    /// Records in a repository of ours, and runs of each command.
    growth: &'static [usize],
    growth_rounds: usize,
}

const FULL: Size = Size {
    name: "the whole run",
    turns: Turns {
        rounds: 40,
        budget: Duration::from_secs(20),
    },
    clients: &[1, 8, 64],
    passes: 3,
    pass: Duration::from_millis(1_000),
    kept: 50_000,
    kept_for: Duration::from_secs(75),
    live: &[0, 1_000, 10_000],
    bystander_rounds: 30,
    growth: &[100, 1_000, 10_000, 100_000],
    growth_rounds: 11,
};

const QUICK: Size = Size {
    name: "a quick look (`--quick`), which says less than the whole run",
    turns: Turns {
        rounds: 8,
        budget: Duration::from_secs(4),
    },
    clients: &[1, 8],
    passes: 1,
    pass: Duration::from_millis(300),
    kept: 500,
    kept_for: Duration::from_secs(5),
    live: &[0, 1_000],
    bystander_rounds: 8,
    growth: &[100, 1_000, 10_000],
    growth_rounds: 5,
};

/// What a section found out.
#[derive(Default)]
struct Found {
    tables: Vec<Table>,
    /// The name of a file, what it shows, and the picture.
    pictures: Vec<(&'static str, &'static str, String)>,
}

type Section = (&'static str, fn(&Hall, &Size) -> Found);

const SECTIONS: &[Section] = &[
    ("locks", sections::turns::local),
    ("served", sections::turns::served),
    ("open", sections::turns::open),
    ("tasks", sections::turns::tasks),
    ("crowds", sections::crowds::crowds),
    ("memory", sections::space::memory),
    ("disk", sections::space::disk),
    ("bystanders", sections::bystanders::bystanders),
    ("growth", sections::growth::growth),
];

pub fn run(args: &[String]) {
    let size = if args.iter().any(|arg| arg == "--quick") {
        &QUICK
    } else {
        &FULL
    };
    let values = |name: &str| {
        let pairs = args.windows(2).filter(move |pair| pair[0] == name);
        pairs.map(|pair| pair[1].clone()).collect::<Vec<_>>()
    };
    let only = values("--only");
    let begun = Instant::now();
    let (mut body, mut pictures) = (machine(size), Vec::new());
    println!("{body}");
    for (name, section) in SECTIONS {
        if !only.is_empty() && !only.iter().any(|wanted| wanted == name) {
            continue;
        }
        eprintln!("{name} ({} s so far)", begun.elapsed().as_secs());
        // Each with servers and repositories of its own: nothing is left over from the one before.
        let found = section(&Hall::open(tools()), size);
        let mut text = String::new();
        for table in &found.tables {
            text += &format!("{}\n", table.markdown());
        }
        for (file, shows, _) in &found.pictures {
            text += &format!("![{shows}]({file})\n\n");
        }
        println!("{text}");
        body += &format!("\n{text}");
        pictures.extend(found.pictures);
    }
    body += &format!(
        "The whole took {} minutes.\n",
        begun.elapsed().as_secs().div_ceil(60)
    );
    if let Some(into) = values("--into").last() {
        write(Path::new(into), &body, &pictures);
    }
}

/// Where `tests/bench/peers/install` puts what it installs.
fn tools() -> PathBuf {
    match std::env::var_os("COORD_BENCH_PEERS") {
        Some(dir) => dir.into(),
        None => {
            let home = std::env::var_os("HOME").unwrap_or_default();
            Path::new(&home).join(".cache/git-coord-bench")
        }
    }
}

fn write(into: &Path, body: &str, pictures: &[(&str, &str, String)]) {
    let page = into.join("performance.md");
    let marks = format!("<!-- {MARK}: begin -->\n<!-- {MARK}: end -->\n");
    let text = std::fs::read_to_string(&page).unwrap_or(marks);
    let text = splice(&text, MARK, body)
        .unwrap_or_else(|| panic!("{} has no marks of `{MARK}`", page.display()));
    std::fs::create_dir_all(into).expect("the directory can be made");
    std::fs::write(&page, text).expect("the page can be written");
    for (file, _, svg) in pictures {
        std::fs::write(into.join(file), svg).expect("a picture can be written");
    }
    eprintln!(
        "written: {} and {} pictures",
        page.display(),
        pictures.len()
    );
}

/// What was measured where, in a few lines.
fn machine(size: &Size) -> String {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let first = |program: &str, args: &[&str]| {
        let output = std::process::Command::new(program).args(args).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        text.unwrap_or_default()
            .lines()
            .next()
            .unwrap_or("not there")
            .trim()
            .to_owned()
    };
    let temporary = std::env::temp_dir().display().to_string();
    let kind = std::process::Command::new("df")
        .args(["--output=fstype", &temporary])
        .output();
    let kind = kind.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let kind = kind
        .unwrap_or_default()
        .lines()
        .last()
        .unwrap_or("unknown")
        .to_owned();
    let programs: Vec<String> = [
        ("git", &["--version"][..]),
        ("git-lfs", &["--version"]),
        ("psql", &["--version"]),
        ("redis-server", &["--version"]),
        ("flock", &["--version"]),
    ]
    .map(|(program, args)| first(program, args))
    .into();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let load = read("/proc/loadavg");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "Measured on {} by {}, with git-coord {} ({} build); {cores} cores ({}), load {} before, \
         Linux {}, files on {}. Others: {}.\n",
        first("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        size.name,
        env!("CARGO_PKG_VERSION"),
        if cfg!(debug_assertions) {
            "**slow debug**"
        } else {
            "release"
        },
        model.unwrap_or("unknown"),
        load.split(' ').next().unwrap_or("unknown"),
        read("/proc/sys/kernel/osrelease").trim(),
        kind,
        programs.join("; "),
    )
}
