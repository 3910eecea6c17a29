//! A metrics page, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

/// The series of one page.
pub struct Metrics {
    series: BTreeMap<String, f64>,
    /// Families with a `# TYPE`.
    pub families: BTreeSet<String>,
}

impl Metrics {
    /// Reads a page; every line must be a comment or a series with a number.
    pub fn parse(page: &str) -> Self {
        let (mut series, mut families) = (BTreeMap::new(), BTreeSet::new());
        for line in page.lines().filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix('#') {
                let mut words = comment.split_whitespace();
                if words.next() == Some("TYPE") {
                    let name = words.next().expect("a name").to_owned();
                    assert!(families.insert(name), "a family twice: {line}");
                }
                continue;
            }
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
            assert!(series.insert(name.to_owned(), value).is_none(), "a series twice: {line}");
        }
        Self { series, families }
    }

    /// The value of one series, `name{label="…"}`; 0 where there is none.
    pub fn get(&self, series: &str) -> f64 {
        self.series.get(series).copied().unwrap_or(0.0)
    }

    /// The sum over all labels of a family.
    pub fn sum(&self, family: &str) -> f64 {
        let of = |name: &str| name == family || name.strip_prefix(family).is_some_and(|rest| rest.starts_with('{'));
        self.series.iter().filter(|(name, _)| of(name)).map(|(_, value)| value).sum()
    }

    /// Names of all series.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.series.keys().map(String::as_str)
    }
}
