//! Articles cleaned with what was learned of their site, and the crate's promises with it.

use std::sync::Arc;

use copydesk_article::{ArticleId, RemovalReason, Sequence, Supplied};
use copydesk_boilerplate::{Learning, Observation, Rules};
use copydesk_clean::{Cleaned, Guide, Input, Mode, Pattern, Source, SourceRules, clean_with};
use proptest::prelude::*;

const MENU: [&str; 3] = ["Town and country", "Tide tables", "House and garden"];
const FOOT: [&str; 3] = ["From the boats of Lindvik", "12 readers were here today", "Harbour life"];
const STOCK: &str = "The Lindvik Post has followed the dispute over the harbour since the spring of 1998.";

fn paragraph(number: usize) -> String {
    format!(
        "The harbour board of Lindvik voted on case {number} on Monday evening, and the fishermen of boat {number} said they would appeal."
    )
}

fn supplied(site: Option<&str>) -> Supplied {
    Supplied { site: site.map(str::to_owned), ..Supplied::default() }
}

fn with(source: Source<'_>, site: Option<&str>, rules: &Rules, source_rules: Option<&SourceRules>) -> Cleaned {
    with_supplied(source, supplied(site), rules, source_rules)
}

fn with_supplied(source: Source<'_>, supplied: Supplied, rules: &Rules, source_rules: Option<&SourceRules>) -> Cleaned {
    let guide = Guide { learned: Some(rules), source_name: "wire", source: source_rules, received_at: None };
    clean_with(&Input { source, supplied: &supplied, mode: Mode::Cut }, &guide)
}

fn text(source: &str, rules: &Rules) -> Cleaned {
    with(Source::Text(source), Some("lindvik.example"), rules, None)
}

fn article(number: usize) -> String {
    let stock = if number.is_multiple_of(2) { format!("\n\n{STOCK}") } else { String::new() };
    let foot = FOOT.join("\n").replace("12", &number.to_string());
    format!(
        "{}\n\nA new ruling in case {number} of the harbour\n\n{}\n\n{}{stock}\n\n{foot}\n\n",
        MENU.join("\n"),
        paragraph(number),
        paragraph(number + 100_000),
    )
}

/// The rules after so many articles of the site on a day each.
fn learned(articles: usize) -> Arc<Rules> {
    let mut learning = Learning::default();
    let mut newest = Arc::default();
    for number in 1..=articles {
        let sequence = Sequence(number as u64);
        let rules: Arc<Rules> = learning.rules_for(sequence).expect("the rules of its epoch");
        let observed = text(&article(number), &rules).observed.expect("there are rules to learn for");
        let story = ArticleId::from_bytes((number as u128).to_le_bytes());
        learning.learn(sequence, Some(&Observation::new(&observed, number as i32, story)));
        newest = Arc::clone(&learning.newest()[0]);
    }
    newest
}

fn reasons(cleaned: &Cleaned) -> Vec<(RemovalReason, &str)> {
    cleaned.removed.iter().map(|cut| (cut.reason, cut.text.as_str())).collect()
}

#[test]
fn a_template_goes_and_what_the_house_says_stays() {
    let rules = learned(100);
    let cleaned = text(&article(1_000), &rules);
    assert_eq!(cleaned.text, format!("{}\n\n{}\n\n{STOCK}", paragraph(1_000), paragraph(101_000)));
    assert_eq!(cleaned.title.as_deref(), Some("A new ruling in case 1000 of the harbour"));
    let cut = reasons(&cleaned);
    for line in MENU.iter().chain(&[FOOT[0], "1000 readers were here today", FOOT[2]]) {
        assert!(cut.contains(&(RemovalReason::Learned, line)), "{line}: {cut:?}");
    }
    assert_eq!(cleaned.marked.len(), 1);
    assert_eq!((cleaned.marked[0].text.as_str(), cleaned.marked[0].reason), (STOCK, RemovalReason::Learned));
    let evidence = cleaned.removed[0].evidence.as_deref().expect("evidence");
    assert!(evidence.starts_with("in ") && evidence.contains(" stories, on "), "{evidence}");
}

#[test]
fn another_site_and_an_article_without_prose_are_left_alone() {
    let rules = learned(100);
    let other = with(Source::Text(&article(1_000)), Some("other.example"), &rules, None);
    assert!(!reasons(&other).iter().any(|(reason, _)| *reason == RemovalReason::Learned));
    // A site is told by its template, but only what stands around the body goes.
    let unknown = with(Source::Text(&article(1_000)), None, &rules, None);
    assert!(!unknown.text.contains(FOOT[0]) && unknown.text.contains(STOCK), "{}", unknown.text);
    let inside = article(1_000).replace(STOCK, &format!("{}\n\n{}", MENU[1], paragraph(7)));
    assert!(with(Source::Text(&inside), None, &rules, None).text.contains(MENU[1]));
}

#[test]
fn a_page_is_cut_by_the_same_lines() {
    let rules = learned(100);
    let page = format!(
        "<html><body><article><h1>A new ruling</h1><p>{}</p><p>{}</p><p>{STOCK}</p><p>{}</p><p>{}</p></article></body></html>",
        paragraph(1),
        paragraph(2),
        FOOT[0],
        FOOT[2]
    );
    let cleaned = with(Source::Html(page.as_bytes()), Some("lindvik.example"), &rules, None);
    assert_eq!(cleaned.text, format!("{}\n\n{}\n\n{STOCK}", paragraph(1), paragraph(2)));
    let learned: Vec<_> = cleaned.removed.iter().filter(|cut| cut.reason == RemovalReason::Learned).collect();
    let chars: Vec<char> = page.chars().collect();
    for cut in &learned {
        let source: String = chars[cut.start..cut.end].iter().collect();
        assert!(source.contains(cut.text.lines().next().expect("a line")) && cut.evidence.is_some(), "{cut:?}");
    }
    assert!(!learned.is_empty());
    assert_eq!(cleaned.marked.iter().map(|mark| mark.text.as_str()).collect::<Vec<_>>(), [STOCK]);
}

#[test]
fn a_headline_that_recurs_is_found_all_the_same() {
    let rules = learned(100);
    let daily =
        article(1_000).replace("A new ruling in case 1000 of the harbour", "A new ruling in case 7 of the harbour");
    assert_eq!(text(&daily, &rules).title.as_deref(), Some("A new ruling in case 7 of the harbour"));
}

#[test]
fn the_users_patterns_have_the_last_word() {
    let rules = learned(100);
    let patterns = |list: &[&str]| list.iter().map(|one| Pattern::new(one).expect("a pattern")).collect();
    let source_rules = SourceRules {
        keep: patterns(&["^Tide", "^From the"]),
        cut: patterns(&["(?i)has FOLLOWED"]),
        ..SourceRules::default()
    };
    let source = article(1_000);
    let cleaned = with(Source::Text(&source), Some("lindvik.example"), &rules, Some(&source_rules));
    for line in [MENU[1], FOOT[0]] {
        assert!(cleaned.text.contains(line), "{line}");
    }
    assert!(!cleaned.text.contains(STOCK) && !cleaned.text.contains(MENU[0]));
    let named: Vec<_> = cleaned.removed.iter().filter(|cut| cut.reason == RemovalReason::Pattern).collect();
    assert_eq!((named.len(), named[0].evidence.as_deref()), (1, Some("(?i)has FOLLOWED")));
    for wrong in ["", ".*", "(", "a|"] {
        assert!(Pattern::new(wrong).is_err(), "{wrong}");
    }
}

/// The letters and digits of a text.
fn ink(text: &str) -> Vec<char> {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(MENU.iter().chain(&FOOT).copied().chain([STOCK]).collect::<Vec<_>>()).prop_map(str::to_owned),
        3 => (0_usize..50).prop_map(paragraph),
        1 => "[A-Za-z]{1,9}( [a-z0-9]{1,9}){0,6}[.?:]?",
        1 => Just(String::new()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn kept_and_removed_make_up_the_source_and_cleaning_again_changes_nothing(lines in prop::collection::vec((line(), any::<bool>()), 0..24)) {
        static RULES: std::sync::OnceLock<Arc<Rules>> = std::sync::OnceLock::new();
        let rules = RULES.get_or_init(|| learned(100));
        let source: String = lines.iter().map(|(line, apart)| format!("{line}\n{}", if *apart { "\n" } else { "" })).collect();
        let cleaned = text(&source, rules);
        let chars: Vec<char> = source.chars().collect();
        let mut pieces: Vec<char> = ink(&cleaned.text);
        let mut end = 0;
        for cut in &cleaned.removed {
            prop_assert!(cut.start >= end && cut.end > cut.start);
            end = cut.end;
            let there: String = chars[cut.start..cut.end].iter().collect();
            prop_assert_eq!(&there, &cut.text);
            pieces.extend(ink(&cut.text));
            prop_assert_eq!(cut.evidence.is_some(), cut.reason == RemovalReason::Learned, "{:?}", cut);
            prop_assert!(cut.reason != RemovalReason::Learned || cut.text != STOCK);
        }
        let mut whole = ink(&source);
        whole.sort_unstable();
        pieces.sort_unstable();
        prop_assert_eq!(whole, pieces);
        for mark in &cleaned.marked {
            let there: String = chars[mark.start..mark.end].iter().collect();
            prop_assert_eq!(&there, &mark.text);
            prop_assert!(cleaned.text.contains(&mark.text));
        }
        // A headline that was cut is known.
        let has_title = cleaned.removed.iter().any(|cut| cut.reason == RemovalReason::Title);
        let title = cleaned.title.filter(|_| has_title);
        let known = Supplied { title, ..supplied(Some("lindvik.example")) };
        let again = with_supplied(Source::Text(&cleaned.text), known, rules, None);
        prop_assert_eq!(&again.text, &cleaned.text, "{:?}", again.removed);
    }
}
