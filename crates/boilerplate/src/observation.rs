//! What a learner is told of one cleaned article.

use copydesk_article::ArticleId;
use xxhash_rust::xxh3::xxh3_64;

use crate::bytes::{Reader, put, put_hash, put_signed};

/// Most lines observed of one article: the first and the last half of so many.
pub const MOST_OBSERVED: usize = 96;

/// Whose template an article wears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Site {
    /// XXH3-64 of its name.
    pub key: u64,
    /// Whether it is a site; else the pool of articles of one source whose sites are unknown.
    pub is_known: bool,
}

impl Site {
    /// A site by its name, its domain or an address of it; none for a name that says nothing.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        let name = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(&name);
        let name = name.split(['/', '?', '#']).next().unwrap_or(name);
        let name = name.strip_prefix("www.").unwrap_or(name).trim_end_matches('.');
        name.contains(char::is_alphanumeric).then(|| Self { key: xxh3_64(name.as_bytes()), is_known: true })
    }

    /// The pool of a source.
    #[must_use]
    pub fn unknown(source: &str) -> Self {
        Self { key: xxh3_64(format!("\0{source}").as_bytes()), is_known: false }
    }
}

/// A line that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeenLine {
    /// [`crate::line_hash`] for the place it stood in.
    pub hash: u64,
    /// Whether it stood at an edge of the body.
    pub at_edge: bool,
}

/// What the cleaner saw of an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// Its site.
    pub site: Site,
    /// Its lines, in any order.
    pub lines: Vec<SeenLine>,
}

/// The same with what the desk knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its site.
    pub site: Site,
    /// Its day, counted from any day.
    pub day: i32,
    /// The first article of its cluster of copies and versions, the first bytes of its id.
    pub story: u64,
    /// Its lines, by hash, each hash once.
    pub lines: Vec<SeenLine>,
}

impl Observation {
    /// What was seen of a story on a day. `story` is the first article of its cluster of copies and versions.
    #[must_use]
    pub fn new(observed: &Observed, day: i32, story: ArticleId) -> Self {
        let story = story.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        let mut lines = observed.lines.clone();
        if lines.len() > MOST_OBSERVED {
            lines.drain(MOST_OBSERVED / 2..lines.len() - MOST_OBSERVED / 2);
        }
        // Of a line that stood in two places the one at the edge counts.
        lines.sort_unstable_by_key(|line| (line.hash, !line.at_edge));
        lines.dedup_by_key(|line| line.hash);
        Self { site: observed.site, day, story, lines }
    }

    /// Adds it to a row for the ledger.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        put_hash(bytes, self.site.key);
        put(bytes, u64::from(self.site.is_known));
        put_signed(bytes, i64::from(self.day));
        put_hash(bytes, self.story);
        put(bytes, self.lines.len() as u64);
        for line in &self.lines {
            put_hash(bytes, line.hash);
            put(bytes, u64::from(line.at_edge));
        }
    }

    /// Reads all observations of a row; none of them where it is damaged.
    #[must_use]
    pub fn read_all(bytes: &[u8]) -> Option<Vec<Self>> {
        let mut reader = Reader(bytes);
        let mut all = Vec::new();
        while !reader.0.is_empty() {
            all.push(Self::read(&mut reader)?);
        }
        Some(all)
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let site = Site { key: reader.hash()?, is_known: reader.number()? == 1 };
        let (day, story) = (reader.day()?, reader.hash()?);
        let count: usize = reader.narrow()?;
        let mut lines = Vec::with_capacity(count.min(MOST_OBSERVED));
        for _ in 0..count {
            lines.push(SeenLine { hash: reader.hash()?, at_edge: reader.number()? == 1 });
        }
        Some(Self { site, day, story, lines })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_site_is_known_by_any_of_its_names() {
        let lindvik = Site::named("lindvik.example");
        for name in [" Lindvik.example", "https://www.lindvik.example/news/1?a", "www.lindvik.example."] {
            assert_eq!(Site::named(name), lindvik, "{name}");
        }
        assert_ne!(Site::named("Lindvik Post"), lindvik);
        assert_eq!((Site::named(" "), Site::named("—")), (None, None));
        assert_ne!(Some(Site::unknown("lindvik.example")), lindvik);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(days in prop::collection::vec((any::<i32>(), any::<u64>(), prop::collection::vec((any::<u64>(), any::<bool>()), 0..120)), 0..4)) {
            let observations: Vec<_> = days.into_iter().map(|(day, story, lines)| {
                let lines = lines.into_iter().map(|(hash, at_edge)| SeenLine { hash, at_edge }).collect();
                let story = ArticleId::from_bytes(u128::from(story).to_le_bytes());
                Observation::new(&Observed { site: Site::unknown("a"), lines }, day, story)
            }).collect();
            let mut bytes = Vec::new();
            observations.iter().for_each(|one| one.write(&mut bytes));
            prop_assert!(observations.iter().all(|one| one.lines.len() <= MOST_OBSERVED));
            prop_assert_eq!(Observation::read_all(&bytes), Some(observations));
            if let Some((_, shorter)) = bytes.split_last() {
                prop_assert_eq!(Observation::read_all(shorter), None);
            }
        }

        #[test]
        fn damaged_rows_are_refused_not_followed(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let read = Observation::read_all(&bytes);
            prop_assert!(read.is_none_or(|all| all.len() <= bytes.len()));
        }
    }
}
