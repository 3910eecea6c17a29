//! Clean text stays as it is, in twelve languages and as many ways of writing.
//!
//! `paragraphs/` has ten sentences a language, written for this test, with what repairs might take for damage: joiners,
//! spaces that do not break, marks of quotation of every kind, digits and full stops of their own.

use copydesk_article::Supplied;
use copydesk_clean::{Cleaned, Input, Mode, Source, clean};

const LANGUAGES: [(&str, &str); 12] = [
    ("ar", include_str!("paragraphs/ar.txt")),
    ("fa", include_str!("paragraphs/fa.txt")),
    ("fr", include_str!("paragraphs/fr.txt")),
    ("he", include_str!("paragraphs/he.txt")),
    ("hi", include_str!("paragraphs/hi.txt")),
    ("ja", include_str!("paragraphs/ja.txt")),
    ("ko", include_str!("paragraphs/ko.txt")),
    ("ru", include_str!("paragraphs/ru.txt")),
    ("th", include_str!("paragraphs/th.txt")),
    ("ur", include_str!("paragraphs/ur.txt")),
    ("vi", include_str!("paragraphs/vi.txt")),
    ("zh", include_str!("paragraphs/zh.txt")),
];
/// Paragraphs of each language.
const PARAGRAPHS: usize = 100;

fn cleaned(text: &str) -> Cleaned {
    clean(&Input { source: Source::Text(text), supplied: &Supplied::default(), mode: Mode::Cut })
}

/// Paragraphs of one to five sentences, each another choice of them in another order.
fn paragraphs(language: &str, sentences: &str) -> Vec<String> {
    let sentences: Vec<&str> = sentences.lines().collect();
    let gap = if matches!(language, "zh" | "ja") { "" } else { " " };
    (0..PARAGRAPHS)
        .map(|number| {
            let count = 1 + number % 5;
            // Steps of one, three, seven and nine go through all ten sentences.
            let step = [1, 3, 7, 9][number / 5 % 4];
            let chosen = (0..count).map(|at| sentences[(number / 3 + at * step) % sentences.len()]);
            chosen.collect::<Vec<_>>().join(gap)
        })
        .collect()
}

#[test]
fn a_clean_paragraph_is_not_touched() {
    for (language, sentences) in LANGUAGES {
        for paragraph in paragraphs(language, sentences) {
            let Cleaned { text, removed, repairs, .. } = cleaned(&paragraph);
            assert_eq!((text, removed, repairs), (paragraph, vec![], vec![]), "{language}");
        }
    }
}

#[test]
fn a_clean_article_is_not_touched() {
    for (language, sentences) in LANGUAGES {
        for chunk in paragraphs(language, sentences).chunks(5).step_by(2) {
            // No paragraph stands twice.
            let mut article: Vec<&str> = Vec::new();
            for paragraph in chunk {
                if !article.contains(&paragraph.as_str()) {
                    article.push(paragraph);
                }
            }
            let article = article.join("\n\n");
            let Cleaned { text, removed, repairs, problems, .. } = cleaned(&article);
            assert_eq!((text, removed, repairs, problems), (article, vec![], vec![], vec![]), "{language}");
        }
    }
}

#[test]
fn languages_are_told() {
    for (language, sentences) in LANGUAGES {
        assert_eq!(cleaned(sentences).language.code, language);
    }
}
