//! `score-meta`: title, author and date of pages, with what is answered where the labels say there is none.
//!
//! Titles and authors are compared after folding case, spaces and marks (authors as sets), dates by their day. A page
//! whose labels leave a field empty may have been labelled carelessly: the last column is an upper bound of false answers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::Value;

use crate::predict::read_json;

/// Options of `score-meta`.
#[derive(Args, Debug)]
pub struct Options {
    /// Labels: `{id: {title, author, date}}`; null where a page has none.
    #[arg(long, value_name = "FILE")]
    pub truth: PathBuf,
    /// What `predict meta` wrote.
    #[arg(long, value_name = "FILE")]
    pub pred: PathBuf,
}

/// Counts of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Score {
    /// Pages that have it, those of them with an answer, and those with the right one.
    has: usize,
    answered: usize,
    right: usize,
    /// Pages that are labelled as having none, and those of them with an answer.
    none: usize,
    unasked: usize,
}

/// Scores and prints.
///
/// # Errors
/// Where a file can't be read.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let failed = || format!("can't read the labels in {}", options.truth.display());
    // Python writes a missing number so, which is no JSON.
    let labels = std::fs::read_to_string(&options.truth).with_context(failed)?.replace(": NaN", ": null");
    let truth: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(&labels).with_context(failed)?;
    let predicted: BTreeMap<String, BTreeMap<String, Value>> = read_json(&options.pred)?;
    println!("field   right of those that have it  precision of answers  answered of those labelled as without");
    for field in ["title", "author", "date"] {
        let mut score = Score::default();
        for (id, labels) in &truth {
            let Some(label) = labels.get(field) else { continue };
            let answer = predicted.get(id).and_then(|page| page.get(field)).unwrap_or(&Value::Null);
            score.add(&folded(label, field), &folded(answer, field));
        }
        let Score { has, answered, right, none, unasked } = score;
        let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
        println!(
            "{field:6}  {right} of {has} = {:.3}           {right} of {answered} = {:.3}   {unasked} of {none}",
            share(right, has),
            share(right, answered)
        );
    }
    Ok(())
}

impl Score {
    fn add(&mut self, label: &BTreeSet<String>, answer: &BTreeSet<String>) {
        if label.is_empty() {
            self.none += 1;
            self.unasked += usize::from(!answer.is_empty());
            return;
        }
        self.has += 1;
        self.answered += usize::from(!answer.is_empty());
        self.right += usize::from(answer == label);
    }
}

/// What a field says, apart from how it is set.
fn folded(value: &Value, field: &str) -> BTreeSet<String> {
    let texts: Vec<&str> = match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    let fold = |text: &str| {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
    };
    let parts = texts.into_iter().flat_map(|text| {
        let joined = if field == "author" { text.replace(" and ", ",").replace(" und ", ",") } else { text.to_owned() };
        let by: &[char] = if field == "author" { &[',', ';'] } else { &[] };
        joined.split(by).map(fold).collect::<Vec<_>>()
    });
    parts.filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_counted_by_whether_there_is_one_to_give() {
        let mut score = Score::default();
        for (label, answer) in [
            (json!("Ada Lund and Omar Haddad"), json!(["omar haddad", "Ada Lund"])),
            (json!("Ada Lund"), json!([])),
            (json!("Ada Lund"), json!(["Desk"])),
            (json!(null), json!(["Desk"])),
            (json!(null), json!(null)),
        ] {
            score.add(&folded(&label, "author"), &folded(&answer, "author"));
        }
        assert_eq!(score, Score { has: 3, answered: 2, right: 1, none: 2, unasked: 1 });
        assert_eq!(folded(&json!("Pier, closed!"), "title"), folded(&json!("pier closed"), "title"));
    }
}
