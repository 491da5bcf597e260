//! Which memories answer a question best.
//!
//! The score of a memory is `relevance × weight × freshness`:
//!
//! - relevance, 0 to 1: the mean over what is asked for. Words count by BM25, as the share of the
//!   most that any memory could reach; tags and paths by the share of those asked for that fit, a
//!   path that only contains another, or is in it, by half. Without a question it is 1. A memory
//!   that fits a question's words, tags or paths nowhere is no answer.
//! - weight: `importance / 3`, raised by use up to the double: `1 + uses / (uses + 5)`.
//! - freshness: one half for each half-life since it was remembered.
//!
//! The least score that is wanted is compared with the final one. Ties go to the newest.

use crate::model::key::Key;
use crate::model::memory::Sort;

use super::terms::{Counts, Term};

/// BM25's parameters, as most use them.
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// How much less a path counts that is only above or below the one that is asked for.
const NEAR: f64 = 0.5;
/// So many uses raise the weight half-way.
const USES_HALF: f64 = 5.0;
/// The importance of what nobody said to be important.
const PLAIN: f64 = 3.0;

/// A memory as ranking sees it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Its words.
    pub counts: Counts<'a>,
    /// The number of its words by weight.
    pub length: u32,
    /// What it is about.
    pub sort: Sort,
    /// Its tags.
    pub tags: Vec<&'a str>,
    /// Its files, canonical.
    pub files: Vec<&'a str>,
    /// How much it matters.
    pub importance: u8,
    /// How often it was recalled.
    pub uses: u32,
    /// When it was remembered, in seconds.
    pub since_secs: i64,
    /// The number of the state that it was last written in.
    pub rev: u64,
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Words, each once.
    pub terms: Vec<Term>,
    /// Tags, any of them.
    pub tags: Vec<String>,
    /// Paths, any of them.
    pub paths: Vec<Key>,
    /// Only of this sort.
    pub sort: Option<Sort>,
    /// When it is asked, in seconds.
    pub now_secs: i64,
    /// After how many seconds a memory counts half.
    pub half_life_secs: u64,
}

/// The answers, best first: where each stands in the list, and its score.
pub fn rank(
    entries: &[Entry<'_>],
    question: &Question,
    min: f64,
    limit: usize,
) -> Vec<(usize, f64)> {
    let words = Words::of(entries, &question.terms);
    let mut ranked: Vec<(usize, f64)> = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| question.sort.is_none_or(|sort| sort == entry.sort))
        .filter_map(|(at, entry)| {
            let relevance = relevance(entry, question, words.share(entry))?;
            let fresh = freshness(entry, question);
            let score = relevance * weight(entry) * fresh;
            (score >= min).then_some((at, score))
        })
        .collect();
    ranked.sort_by(|(one, score), (other, than)| {
        let newest = entries[*other].rev.cmp(&entries[*one].rev);
        than.total_cmp(score).then(newest).then(one.cmp(other))
    });
    ranked.truncate(limit);
    ranked
}

/// The mean of what is asked for; none when one of it fits nowhere.
fn relevance(entry: &Entry<'_>, question: &Question, words: f64) -> Option<f64> {
    let tags = share(&question.tags, |tag| {
        f64::from(u8::from(entry.tags.contains(&tag.as_str())))
    });
    let paths = share(&question.paths, |path| nearness(entry, path));
    let words = (!question.terms.is_empty()).then_some(words);
    let asked: Vec<f64> = [words, tags, paths].into_iter().flatten().collect();
    if asked.is_empty() {
        return Some(1.0);
    }
    let fits = asked.iter().all(|part| *part > 0.0);
    fits.then(|| asked.iter().sum::<f64>() / asked.len() as f64)
}

/// How much of a list fits; none when nothing is asked.
fn share<T>(asked: &[T], fits: impl Fn(&T) -> f64) -> Option<f64> {
    let all = asked.len() as f64;
    (!asked.is_empty()).then(|| asked.iter().map(fits).sum::<f64>() / all)
}

/// How well the best of a memory's files fits a path.
fn nearness(entry: &Entry<'_>, path: &Key) -> f64 {
    let text = path.to_string();
    let near = entry.files.iter().map(|file| {
        if *file == text {
            1.0
        } else if could_overlap(file, &text)
            && file.parse::<Key>().is_ok_and(|file| file.overlaps(path))
        {
            NEAR
        } else {
            0.0
        }
    });
    near.fold(0.0, f64::max)
}

/// Most paths are told apart by their first bytes, without being read.
fn could_overlap(one: &str, other: &str) -> bool {
    let is_wild = |byte: &u8| b"*?[".contains(byte);
    let is_alike = |(one, other): (&u8, &u8)| one == other || is_wild(one) || is_wild(other);
    let (one, other) = (one.as_bytes(), other.as_bytes());
    // A pattern matches by more than its first bytes; so does the whole repository.
    if one.iter().chain(other).any(is_wild) || one == b"." || other == b"." {
        return true;
    }
    one.iter().zip(other).all(is_alike)
}

fn weight(entry: &Entry<'_>) -> f64 {
    let uses = f64::from(entry.uses);
    f64::from(entry.importance) / PLAIN * (1.0 + uses / (uses + USES_HALF))
}

/// What a clock that is ahead wrote is as fresh as can be.
fn freshness(entry: &Entry<'_>, question: &Question) -> f64 {
    let age = question.now_secs.saturating_sub(entry.since_secs).max(0) as f64;
    let half_life = question.half_life_secs.max(1) as f64;
    0.5_f64.powf(age / half_life)
}

/// How rare the words of a question are among all memories.
struct Words {
    /// Each with what it is worth.
    terms: Vec<(Term, f64)>,
    /// The most that a memory could reach.
    most: f64,
    /// The mean number of words.
    mean: f64,
}

impl Words {
    fn of(entries: &[Entry<'_>], terms: &[Term]) -> Self {
        let all = entries.len() as f64;
        let length: f64 = entries.iter().map(|entry| f64::from(entry.length)).sum();
        let terms: Vec<(Term, f64)> = terms
            .iter()
            .map(|term| {
                let having = entries.iter().filter(|entry| entry.counts.of(*term) > 0);
                let having = having.count() as f64;
                (*term, (1.0 + (all - having + 0.5) / (having + 0.5)).ln())
            })
            .collect();
        Self {
            most: terms.iter().map(|(_, worth)| worth * (K1 + 1.0)).sum(),
            mean: (length / all.max(1.0)).max(1.0),
            terms,
        }
    }

    /// BM25, as the share of the most that could be reached.
    fn share(&self, entry: &Entry<'_>) -> f64 {
        if self.terms.is_empty() {
            return 0.0;
        }
        let length = K1 * (1.0 - B + B * f64::from(entry.length) / self.mean);
        let parts = self.terms.iter().map(|(term, worth)| {
            let count = f64::from(entry.counts.of(*term));
            worth * count * (K1 + 1.0) / (count + length)
        });
        parts.sum::<f64>() / self.most
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a panic is how a test says no
mod tests {
    use super::super::terms;
    use super::*;

    const DAY: i64 = 24 * 60 * 60;
    const NOW: i64 = 1_700_000_000;

    /// One memory in a test: what its text is, and what else counts.
    #[derive(Clone)]
    struct Case {
        bytes: Vec<u8>,
        length: u32,
        tags: &'static [&'static str],
        files: &'static [&'static str],
        importance: u8,
        uses: u32,
        days: i64,
        rev: u64,
    }

    /// A memory in which each of these words stands so often.
    fn of(words: &[(&str, u8)]) -> Case {
        let mut rows: Vec<(Term, u8)> = words
            .iter()
            .map(|(word, count)| (terms::of_query(word)[0], *count))
            .collect();
        rows.sort();
        let mut bytes = Vec::new();
        for (term, count) in &rows {
            bytes.extend(term.to_be_bytes());
            bytes.push(*count);
        }
        Case {
            bytes,
            length: words.iter().map(|(_, count)| u32::from(*count)).sum(),
            tags: &[],
            files: &[],
            importance: 3,
            uses: 0,
            days: 0,
            rev: 1,
        }
    }

    fn entries(cases: &[Case]) -> Vec<Entry<'_>> {
        cases
            .iter()
            .map(|case| Entry {
                counts: Counts::over(&case.bytes).unwrap(),
                length: case.length,
                sort: Sort::Error,
                tags: case.tags.to_vec(),
                files: case.files.to_vec(),
                importance: case.importance,
                uses: case.uses,
                since_secs: NOW - case.days * DAY,
                rev: case.rev,
            })
            .collect()
    }

    fn question(words: &str) -> Question {
        Question {
            terms: terms::of_query(words),
            now_secs: NOW,
            half_life_secs: 30 * DAY as u64,
            ..Question::default()
        }
    }

    fn ranked(cases: &[Case], question: &Question) -> Vec<(usize, String)> {
        rank(&entries(cases), question, 0.0, 100)
            .into_iter()
            .map(|(at, score)| (at, format!("{score:.4}")))
            .collect()
    }

    #[test]
    fn words_count_by_bm25() {
        // Three memories of 2, 2 and 4 words: the mean is 8/3.
        let cases = [
            of(&[("lock", 1), ("timeout", 1)]),
            of(&[("lock", 2)]),
            of(&[("other", 4)]),
        ];
        // Two of three have `lock`: ln(1 + 1.5/2.5) = 0.4700. With length 2 the divisor is
        // count + 1.2 × (0.25 + 0.75 × 2 / (8/3)) = count + 0.975, and the most is 0.4700 × 2.2,
        // so that the shares are 1/1.975 and 2/2.975.
        let answers = ranked(&cases, &question("lock"));
        assert_eq!(answers, [(1, "0.6723".into()), (0, "0.5063".into())]);
        // `timeout` is rarer: ln(1 + 2.5/1.5) = 0.9808. Of 0.4700 + 0.9808 the first has all, at
        // 1/1.975; the second has only `lock`: 0.4700 / 1.4508 × 0.6723.
        let answers = ranked(&cases, &question("lock timeout"));
        assert_eq!(answers, [(0, "0.5063".into()), (1, "0.2178".into())]);
        assert_eq!(ranked(&cases, &question("nothing")), []);
    }

    #[test]
    fn weight_and_age_count_without_a_question() {
        let base = of(&[("a", 1)]);
        let table = [
            (base.clone(), "1.0000"),
            (
                Case {
                    importance: 5,
                    ..base.clone()
                },
                "1.6667",
            ),
            (
                Case {
                    importance: 1,
                    ..base.clone()
                },
                "0.3333",
            ),
            (
                Case {
                    uses: 5,
                    ..base.clone()
                },
                "1.5000",
            ),
            (
                Case {
                    uses: 45,
                    ..base.clone()
                },
                "1.9000",
            ),
            (
                Case {
                    days: 30,
                    ..base.clone()
                },
                "0.5000",
            ),
            (
                Case {
                    days: 60,
                    uses: 5,
                    ..base.clone()
                },
                "0.3750",
            ),
            (Case { days: -9, ..base }, "1.0000"),
        ];
        for (case, score) in table {
            assert_eq!(ranked(&[case], &question("")), [(0, score.into())]);
        }
    }

    #[test]
    fn tags_and_paths_count_by_their_share() {
        let base = of(&[("a", 1)]);
        let tagged = Case {
            tags: &["db", "slow"],
            ..base.clone()
        };
        let ask = |tags: &[&str]| Question {
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..question("")
        };
        for (tags, answers) in [
            (&["db"][..], vec![(0, "1.0000".into())]),
            (&["db", "net"], vec![(0, "0.5000".into())]),
            (&["net"], vec![]),
        ] {
            assert_eq!(
                ranked(std::slice::from_ref(&tagged), &ask(tags)),
                answers,
                "{tags:?}"
            );
        }
        let about = Case {
            files: &["src/auth.rs", "docs/"],
            ..base
        };
        let ask = |path: &str| Question {
            paths: vec![path.parse().unwrap()],
            ..question("")
        };
        for (path, score) in [
            ("src/auth.rs", Some("1.0000")),
            ("src/", Some("0.5000")),
            ("docs/a/b.md", Some("0.5000")),
            ("src/*.rs", Some("0.5000")),
            ("src/auth", None),
            ("src/au", None),
            ("lib/", None),
        ] {
            let answers: Vec<_> = score.map(|score| (0, score.into())).into_iter().collect();
            assert_eq!(
                ranked(std::slice::from_ref(&about), &ask(path)),
                answers,
                "{path}"
            );
        }
    }

    #[test]
    fn all_that_is_asked_has_to_fit_and_counts_alike() {
        let cases = [
            Case {
                tags: &["db"],
                ..of(&[("lock", 1)])
            },
            of(&[("lock", 1)]),
            Case {
                tags: &["db"],
                ..of(&[("other", 1)])
            },
        ];
        let asked = Question {
            tags: vec!["db".into()],
            ..question("lock")
        };
        // One word in a memory of mean length: 1 / (1 + 1.2) × 2.2 / 2.2; with the tag, the mean.
        assert_eq!(ranked(&cases, &asked), [(0, "0.7273".into())]);
    }

    #[test]
    fn the_least_score_is_compared_with_the_final_one_and_ties_go_to_the_newest() {
        let old = Case {
            days: 30,
            rev: 9,
            ..of(&[("a", 1)])
        };
        let cases = [
            Case {
                rev: 3,
                ..of(&[("a", 1)])
            },
            Case {
                rev: 7,
                ..of(&[("a", 1)])
            },
            old,
        ];
        let entries = entries(&cases);
        let at = |min, limit| -> Vec<usize> {
            let ranked = rank(&entries, &question(""), min, limit);
            ranked.into_iter().map(|(at, _)| at).collect()
        };
        assert_eq!(at(0.0, 10), [1, 0, 2]);
        assert_eq!(at(0.6, 10), [1, 0]);
        assert_eq!(at(0.5, 10), [1, 0, 2]);
        assert_eq!(at(0.0, 1), [1]);
    }
}
