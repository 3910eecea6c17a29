//! Repeats: a body that stands twice on the page.
//!
//! Scrapers that join a page's parts paste the body a second time, whole or nearly, with pull quotes and
//! headlines in between. Paragraphs are compared by what they say (`lines::key`):
//!
//! - a paragraph of eight words or more that stood before is a copy, wherever it is;
//! - a shorter one (a refrain, a one-word answer, a subheading) is a copy only inside a run: the paragraph
//!   beside it is a copy, and the original of that one stands beside an equal short paragraph, too.
//!
//! The first copy stays. A copy with other words stays: what differs may be a correction.

use std::collections::HashMap;

use copydesk_article::RemovalReason;

use crate::lines::{Page, key};

/// Fewest words of a paragraph that nobody writes twice.
const COPY_WORDS: usize = 8;

/// Cuts the second and later copies of paragraphs.
pub(crate) fn cut(page: &mut Page<'_>) {
    let kept = page.kept();
    let is_long = |&index: &usize| page.lines[index].size.words >= COPY_WORDS;
    if kept.iter().filter(|index| is_long(index)).nth(1).is_none() {
        return;
    }
    let mut first: HashMap<u64, usize> = HashMap::with_capacity(kept.len());
    // For each kept line the position of the paragraph it copies.
    let mut original: Vec<Option<usize>> = vec![None; kept.len()];
    for (at, &index) in kept.iter().enumerate() {
        if !is_long(&index) {
            continue;
        }
        let earlier = *first.entry(page.hash(index)).or_insert(at);
        if earlier != at && key(page.line(index)) == key(page.line(kept[earlier])) {
            original[at] = Some(earlier);
        }
    }
    if original.iter().all(Option::is_none) {
        return;
    }
    let same = |a: usize, b: usize| page.hash(kept[a]) == page.hash(kept[b]);
    // Runs grow from long copies over the short lines after and before them. A line is never its own original.
    for at in 1..kept.len() {
        if original[at].is_none()
            && let Some(candidate) = original[at - 1].map(|earlier| earlier + 1)
            && candidate < at
            && same(at, candidate)
        {
            original[at] = Some(candidate);
        }
    }
    for at in (1..kept.len()).rev() {
        if original[at - 1].is_none()
            && let Some(candidate) = original[at].and_then(|earlier| earlier.checked_sub(1))
            && candidate < at - 1
            && same(at - 1, candidate)
        {
            original[at - 1] = Some(candidate);
        }
    }
    for (at, &index) in kept.iter().enumerate() {
        if original[at].is_some() {
            page.cut(index, RemovalReason::Repeated);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str) -> Vec<String> {
        let mut page = Page::new(text);
        cut(&mut page);
        page.kept().into_iter().map(|i| page.line(i).to_owned()).collect()
    }

    const A: &str = "The harbour board voted on Monday to close the old ferry pier for good.";
    const B: &str = "Fishermen who have used the pier since the war said they would appeal.";

    #[test]
    fn a_second_body_goes_with_its_short_lines() {
        let text = format!("{A}\n\n“No.”\n\n{B}\n\n{A}\n\n“No.”\n\n{B}\n\nAnother end.");
        assert_eq!(kept(&text), [A, "“No.”", B, "Another end."]);
    }

    #[test]
    fn a_refrain_stays() {
        let text = format!("And the sea was calm.\n\n{A}\n\nAnd the sea was calm.\n\n{B}\n\nAnd the sea was calm.");
        assert_eq!(kept(&text).len(), 5);
    }

    #[test]
    fn copies_are_known_by_their_words_not_by_their_marks() {
        assert_eq!(kept(&format!("\"{A}\"\n\n{B}\n\n“{}”", A.to_uppercase())).len(), 2);
        assert_eq!(kept(&format!("{A}\n\n{}", A.replace("Monday", "Tuesday"))).len(), 2);
    }
}
