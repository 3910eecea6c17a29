//! The daemon's `/metrics` page, read: the Prometheus text format as far as the desk writes it.

use std::collections::BTreeMap;

/// A page of samples.
#[derive(Debug, Default)]
pub struct Metrics(Vec<Sample>);

#[derive(Debug)]
struct Sample {
    name: String,
    /// What stands between the braces.
    labels: String,
    value: f64,
}

impl Metrics {
    /// Reads a page; lines that are no samples are passed over.
    pub fn parse(page: &str) -> Self {
        Self(page.lines().filter(|line| !line.starts_with('#')).filter_map(sample).collect())
    }

    /// All samples of a name together; 0 where there is none.
    pub fn sum(&self, name: &str) -> f64 {
        self.0.iter().filter(|sample| sample.name == name).fold(0.0, |sum, sample| sum + sample.value)
    }

    /// The samples of a name by the value of one of their labels.
    pub fn by(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let mut by = BTreeMap::new();
        for sample in self.0.iter().filter(|sample| sample.name == name) {
            if let Some(value) = label_value(&sample.labels, label) {
                *by.entry(value.to_owned()).or_default() += sample.value;
            }
        }
        by
    }
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    Some(Sample { name: name.to_owned(), labels: labels.to_owned(), value: value.parse().ok()? })
}

/// Labels of the desk come from bounded vocabularies: no quotation marks or commas inside.
fn label_value<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    labels.split(',').find_map(|label| label.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_and_told_apart_by_label() {
        let page = Metrics::parse(
            "# HELP a_total Things.\n# TYPE a_total counter\na_total{kind=\"x\",stage=\"one\"} 2\n\
             a_total{stage=\"two\"} 0.5\nb 7\na_total_more 9\nbroken{\n\n",
        );
        assert_eq!((page.sum("a_total"), page.sum("b"), page.sum("c")), (2.5, 7.0, 0.0));
        let by: Vec<_> = page.by("a_total", "stage").into_iter().collect();
        assert_eq!(by, [("one".to_owned(), 2.0), ("two".to_owned(), 0.5)]);
        assert_eq!(page.by("a_total", "kind").len(), 1);
    }
}
