//! The figures of `/metrics`, read back: what the page shows is what Prometheus sees.

use std::collections::HashMap;

/// Samples by name, and by the value of their label where they have one.
#[derive(Debug, Default)]
pub struct Figures(HashMap<(String, String), f64>);

impl Figures {
    /// Reads the text format that our recorder writes. A sample with several labels counts towards its first.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut figures = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<f64>() else { continue };
            let (name, label) = match series.split_once('{') {
                Some((name, labels)) => (name, labels.split('"').nth(1).unwrap_or_default()),
                None => (series, ""),
            };
            *figures.0.entry((name.to_owned(), label.to_owned())).or_default() += value;
        }
        figures
    }

    /// One sample; none where nothing was measured yet.
    #[must_use]
    pub fn get(&self, name: &str, label: &str) -> Option<f64> {
        self.0.get(&(name.to_owned(), label.to_owned())).copied()
    }

    /// One sample, 0 where nothing was measured yet.
    #[must_use]
    pub fn value(&self, name: &str, label: &str) -> f64 {
        self.get(name, label).unwrap_or(0.0)
    }

    /// The same as a count.
    #[must_use]
    pub fn count(&self, name: &str, label: &str) -> u64 {
        // Counters and sizes: never negative, and far from where a double rounds.
        self.value(name, label) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_by_their_label() {
        let text = "# HELP a b\n# TYPE a counter\na{stage=\"read\"} 3\na{stage=\"dedup\",reason=\"x\"} 4\n\
                    a{stage=\"dedup\",reason=\"y\"} 1\nb 2.5\n\nbroken\n";
        let figures = Figures::parse(text);
        assert_eq!((figures.count("a", "read"), figures.count("a", "dedup"), figures.value("b", "")), (3, 5, 2.5));
        assert_eq!((figures.get("a", "none"), figures.count("c", "")), (None, 0));
    }
}
