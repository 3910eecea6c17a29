//! Any text at all: no panic, and mentions that are what the record promises.

use std::sync::Arc;

use copydesk_article::{Entity, Field, LanguagePart};
use copydesk_entities::{Input, Recogniser, Shipped, WatchFormat, Watchlist, recognise};
use proptest::prelude::*;

/// Pieces that the rules look for, so that random texts reach them.
fn piece() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "Sergei",
        "Sergey",
        "Halvorsen",
        "Halvrosen",
        "Mr.",
        "Minister",
        "foreign",
        "said",
        "who",
        "al-",
        "bin",
        "Xi",
        "Ki-moon",
        "Ministry",
        "of",
        "for",
        "the",
        "and",
        "Bank",
        "Holdings",
        "Norvik",
        "(CRS)",
        "(",
        ")",
        "Coastal",
        "Rescue",
        "Service",
        "CRS",
        "U.S.",
        "UN",
        "Kabul",
        "Russia",
        "Russian",
        "Northern",
        "Lake",
        "province",
        "in",
        "May",
        "March",
        "18",
        "2017",
        "2017-02-07",
        "mid-",
        "Tuesday",
        "$5",
        "million",
        "euros",
        "€",
        "bn",
        "’s",
        "'",
        "-",
        "–",
        ",",
        ".",
        ". ",
        "\n",
        "\n\n",
        "“",
        "”",
        "J.",
        "İ",
        "ß",
        "é",
        "🦊",
        "\u{301}",
        "新华社",
        "D'",
        "l’",
        "O'Brien",
        "https://a.example/B",
        "anna@blom.example",
        "Springfield",
        "Illinois",
        "وبالقاهرة",
        "לישראל",
        "Москве",
        "İstanbul’da",
        "莫斯科",
        "ロシア",
        "ประเทศไทย",
    ]);
    prop_oneof![4 => words.prop_map(str::to_owned), 1 => "\\PC{0,6}", 1 => any::<String>()]
}

fn text() -> impl Strategy<Value = String> {
    let spaced = prop::collection::vec((piece(), prop::sample::select(vec!["", " ", " "])), 0..60);
    spaced.prop_map(|pieces| pieces.into_iter().map(|(word, space)| word + space).collect())
}

/// Names that meet those of the pieces, as parts, wholes and more.
fn watchlist() -> Arc<Watchlist> {
    let list = "1,Halvorsen,,PER\n2,Kabul,,ORG\n3,新华社\n4,said who\n5,Coastal Rescue,Service CRS,ORG\n6,é\n";
    Arc::new(Watchlist::parse(list, WatchFormat::Csv).expect("a list"))
}

fn slice(field: &str, start: usize, end: usize) -> String {
    field.chars().skip(start).take(end.saturating_sub(start)).collect()
}

fn check(entities: &[Entity], title: &str, text: &str) -> Result<(), TestCaseError> {
    let mut all = Vec::new();
    let mut last_first = None;
    for entity in entities {
        let places: Vec<_> = entity.mentions.iter().map(|m| (m.field != Field::Title, m.start, m.end)).collect();
        prop_assert!(!places.is_empty(), "{} has no mention", entity.name);
        prop_assert!(places.is_sorted(), "mentions of {} out of order", entity.name);
        prop_assert!(last_first < Some(places[0]), "{} out of order", entity.name);
        last_first = Some(places[0]);
        prop_assert!(entity.mentions.iter().any(|m| m.text == entity.name), "{} is nowhere", entity.name);
        for mention in &entity.mentions {
            let field = if mention.field == Field::Title { title } else { text };
            prop_assert!(mention.start < mention.end && mention.end <= field.chars().count());
            prop_assert_eq!(&slice(field, mention.start, mention.end), &mention.text);
        }
        all.extend(places);
    }
    all.sort_unstable();
    for pair in all.windows(2) {
        let same_field = pair[0].0 == pair[1].0;
        prop_assert!(!same_field || pair[0].2 <= pair[1].1, "{:?} overlaps {:?}", pair[0], pair[1]);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mentions_keep_their_promises(
        title in text(),
        text in text(),
        language in prop::sample::select(vec!["en", "fr", "de", "ru", "ar", "zh", "und", ""]),
    ) {
        let input = Input { title: Some(&title), text: &text, language, parts: &[], published: Some("2017-03-17") };
        let entities = recognise(&input);
        check(&entities, &title, &text)?;
        prop_assert_eq!(recognise(&input), entities);
        let watching = Recogniser::default().watching(watchlist()).recognise(&input);
        check(&watching.entities, &title, &text)?;
        prop_assert_eq!(watching.engine.evaluated, language == "en");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a caller says the parts are, in order or not.
    #[test]
    fn parts_keep_the_promises_and_the_engine_covers_the_text(
        title in text(),
        text in text(),
        language in prop::sample::select(vec!["en", "de", "und"]),
        parts in prop::collection::vec(
            (prop::sample::select(vec!["en", "fr", "de", "ru", "ar", "zh", "und"]), 0..150_usize, 0..150_usize), 0..5,
        ),
    ) {
        let part = |(code, start, length): (&str, usize, usize)| {
            LanguagePart { code: code.to_owned(), start, end: start + length }
        };
        let parts: Vec<_> = parts.into_iter().map(part).collect();
        let input = Input { title: Some(&title), text: &text, language, parts: &parts, published: None };
        let found = Recogniser::default().watching(watchlist()).recognise(&input);
        check(&found.entities, &title, &text)?;
        let mut at = 0;
        for part in &found.engine.parts {
            prop_assert_eq!(part.start, at);
            prop_assert!(part.end > part.start);
            prop_assert!(!part.evaluated || part.language == "en");
            at = part.end;
        }
        prop_assert!(found.engine.parts.is_empty() || at == text.chars().count());
        prop_assert!(!found.engine.evaluated || found.engine.parts.iter().all(|part| part.evaluated));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// A thread remembers words for both models; one that remembers nothing gives the same answers.
    #[test]
    fn what_was_read_before_changes_nothing(texts in prop::collection::vec(text(), 1..6)) {
        for text in texts.iter().chain(&texts) {
            for shipped in [Shipped::News, Shipped::Open] {
                let read = || {
                    let input = Input { title: None, text, language: "en", parts: &[], published: None };
                    Recogniser::shipped(shipped).recognise(&input)
                };
                let afresh = std::thread::scope(|scope| scope.spawn(read).join()).expect("no panic");
                prop_assert_eq!(read(), afresh);
            }
        }
    }
}
