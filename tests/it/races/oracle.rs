//! Which locks exclude each other, written down by hand and not computed by the program under test.

/// What one racer asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// The key as it is typed, and as it is listed.
    pub key: &'static str,
    /// Whether it is to be shared.
    pub is_shared: bool,
    /// The files of the sandbox that it covers, one bit each.
    covers: u8,
}

const A: u8 = 1;
const B: u8 = 2;
const AUTH: u8 = 4;
const GUIDE: u8 = 8;
const README: u8 = 16;
const SRC: u8 = A | B | AUTH;

/// Every kind of key and mode, so that most pairs exclude each other and some do not.
pub const WISHES: [Wish; 12] = [
    wish("src/", false, SRC),
    wish("src/a.rs", false, A),
    wish("src/a.rs", true, A),
    wish("src/b.rs", false, B),
    wish("src/b.rs", true, B),
    wish("src/*.rs", false, SRC),
    wish("src/", true, SRC),
    wish("src/auth.rs", true, AUTH),
    wish("docs/", true, GUIDE),
    wish("docs/guide.md", true, GUIDE),
    wish("docs/guide.md", false, GUIDE),
    wish("README.md", false, README),
];

const fn wish(key: &'static str, is_shared: bool, covers: u8) -> Wish {
    Wish {
        key,
        is_shared,
        covers,
    }
}

impl Wish {
    /// Whether two holders may not have both at once.
    pub fn excludes(self, other: Self) -> bool {
        self.covers & other.covers != 0 && !(self.is_shared && other.is_shared)
    }
}
