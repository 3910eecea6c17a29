//! Copies, forms and versions as they come in, through the public functions.

use copydesk_article::{ArticleId, Measure, Sequence};
use copydesk_dedup::{
    Article, Fingerprint, Horizon, Judgement, MemoryIndex, Options, Recent, Store, UrlRules, Window, candidates, judge,
};

const STORY: [&str; 6] = [
    "The ferry to the island of Marn sailed again on Monday after a week of storms that had cut off its 412 people.",
    "Captain Ida Holm said the sea had been calmer than on any day since the start of November, and that all 96 \
     passengers had been glad to see the harbour wall of Port Elin.",
    "“We had bread for two more days,” said Jonas Varga, who keeps the only shop on the island. “Nobody was afraid, \
     but nobody was cheerful either.”",
    "The county had asked the coast guard to fly in medicine on Thursday; the helicopter turned back twice because of \
     gusts of more than 110 kilometres an hour.",
    "Marn Lines, which runs the ferry, wants to replace the boat in 2031 with one that can sail in waves of four \
     metres. The county council votes on its share of 38 million crowns in March.",
    "Until then, the company said, the crossing will go on being cancelled about 20 days a year, as it always was.",
];

/// A desk without a ledger.
#[derive(Default)]
struct Desk {
    store: MemoryIndex,
    recent: Recent,
    next: u64,
}

impl Desk {
    fn take(&mut self, text: &str) -> Judgement {
        self.take_from(None, 0, text)
    }

    fn take_from(&mut self, url: Option<&str>, fetched: i64, text: &str) -> Judgement {
        self.next += 1;
        let address = url.and_then(|url| UrlRules::default().normalise(url));
        let text = Fingerprint::of(text, address.as_deref());
        let article = Article {
            id: id(self.next),
            sequence: Sequence(self.next),
            window: Window(0),
            fetched: Some(fetched),
            text: &text,
        };
        let outcome =
            judge(&self.recent.over(&self.store, Horizon::default()), &article, &Options::default()).expect("no I/O");
        // Every third verdict a group is committed.
        self.recent.push(outcome.changes.clone());
        self.store.apply(&[outcome.changes]).expect("no I/O");
        if self.next.is_multiple_of(3) {
            self.recent.settle(Sequence(self.next));
        }
        outcome.judgement
    }
}

fn id(sequence: u64) -> ArticleId {
    ArticleId::of("test", None, &sequence.to_be_bytes())
}

fn story() -> String {
    STORY.join("\n\n")
}

/// What an editor or a machine does to a copy.
fn edits() -> Vec<(&'static str, String)> {
    let mut moved = STORY;
    moved.swap(1, 4);
    let misread = story().replace("the ", "tbe ").replace("m", "rn").replace("crossing", "cros sing");
    let menu = "Home\n\nSubscribe to our newsletter\n\nMost read\n\nWeather on the coast this weekend\n\n";
    let mut with_another = STORY.to_vec();
    with_another.insert(
        2,
        "The price of herring fell for the third month running as the boats of the southern ports came home full, \
         the fishermen's union said in its letter to members on Wednesday.",
    );
    vec![
        ("dateline", format!("PORT ELIN, Nov 24 (KNA) - {}", story())),
        ("trimmed tail", STORY[..3].join("\n\n")),
        ("new lede", format!("An island can shop again, KNA reported.\n\n{}", STORY[1..].join("\n\n"))),
        ("furniture", format!("{menu}{}\n\n{menu}", story())),
        ("misread", misread),
        ("reordered", moved.join("\n\n")),
        ("another's paragraph", with_another.join("\n\n")),
        ("twice", format!("{}\n\n{}", story(), story())),
        ("mojibake", story().replace('“', "â€œ").replace('”', "â€\u{9d}")),
        ("a corrected number", story().replace("412", "421")),
        ("a corrected name", story().replace("Ida Holm", "Ida Holmen")),
    ]
}

#[test]
fn every_edit_is_a_copy_of_the_original() {
    for (edit, copy) in edits() {
        let mut desk = Desk::default();
        assert_eq!(desk.take(&story()), Judgement::Original);
        let judgement = desk.take(&copy);
        let Judgement::NearDuplicate { of, likeness } = judgement else { panic!("{edit}: {judgement:?}") };
        assert_eq!(of.sequence, Sequence(1), "{edit}");
        assert!((0.45..=1.0).contains(&likeness.similarity), "{edit}: {likeness:?}");
    }
}

#[test]
fn copies_point_at_the_first_of_the_cluster_and_do_not_drift() {
    let mut desk = Desk::default();
    desk.take(&story());
    for (edit, copy) in edits() {
        let first = desk.take(&copy);
        let again = desk.take(&copy);
        let Judgement::NearDuplicate { of, .. } = first else { panic!("{edit}: {first:?}") };
        assert_eq!((of.sequence, again), (Sequence(1), first), "{edit}");
    }
    assert_eq!(desk.take(&story().to_uppercase()), Judgement::Duplicate { of: of(1), measure: Measure::Text });
}

fn of(sequence: u64) -> copydesk_dedup::Holder {
    copydesk_dedup::Holder { id: id(sequence), sequence: Sequence(sequence) }
}

#[test]
fn a_trimmed_copy_is_known_by_containment_whichever_came_first() {
    for (first, second) in [(story(), STORY[..3].join("\n\n")), (STORY[..3].join("\n\n"), story())] {
        let mut desk = Desk::default();
        desk.take(&first);
        let Judgement::NearDuplicate { likeness, .. } = desk.take(&second) else { panic!("not matched") };
        assert!(likeness.measure == Measure::Containment && likeness.similarity > 0.99, "{likeness:?}");
    }
}

/// A notice as an agency fills it in every day.
fn notice(day: u32) -> String {
    format!(
        "The central bank said it had bought {} million crowns of bills in the money market this morning. The bank bought \
         {} million of band one bills at {} percent and {} million of band two bills at {} percent. It had estimated a \
         shortage of about {} million crowns. Dealers said the bank was expected to act again in the afternoon.",
        100 + 7 * day,
        40 + 3 * day,
        5 + day % 3,
        60 + 4 * day,
        6 + day % 4,
        300 + 11 * day,
    )
}

#[test]
fn forms_with_other_numbers_are_stories_of_their_own() {
    let mut desk = Desk::default();
    for day in 1..40 {
        assert_eq!(desk.take(&notice(day)), Judgement::Original, "day {day}");
    }
}

#[test]
fn one_shared_paragraph_is_no_copy() {
    let mut desk = Desk::default();
    desk.take(&story());
    let other = "Voters of three northern counties elect their councils on Sunday, and for the first time in a century no \
                 party stands in all of them. The reasons are as many as the counties. In Elin the old coalition broke \
                 over a road; in Vard nobody wanted to be mayor; in Holt a list of farmers leads in every survey. Turnout \
                 was under half four years ago. The counting starts at eight in the evening.";
    assert_eq!(desk.take(&format!("{other}\n\n{}", STORY[2])), Judgement::Original);
}

#[test]
fn furniture_of_a_site_is_learned() {
    let furniture: String = (0..50).map(|word| format!("menu{word} item ")).collect();
    let body = |story: usize| (0..85).map(|word| format!("story{story}word{word} ")).collect::<String>();
    let mut desk = Desk::default();
    let judgements: Vec<_> = (0..30).map(|story| desk.take(&format!("{furniture}\n\n{}", body(story)))).collect();
    let late = &judgements[20..];
    assert!(late.iter().all(|judgement| *judgement == Judgement::Original), "{judgements:?}");
    let Judgement::NearDuplicate { of, .. } = desk.take(&body(25)) else {
        panic!("a body without furniture is a copy")
    };
    assert_eq!(of.sequence, Sequence(26));
}

#[test]
fn a_page_of_furniture_does_not_swallow_its_site() {
    let furniture: String = (0..90).map(|word| format!("menu{word} ")).collect();
    let body = |story: usize| (0..85).map(|word| format!("story{story}word{word} ")).collect::<String>();
    let mut desk = Desk::default();
    desk.take(&furniture);
    let judgements: Vec<_> =
        (0..40).map(|story| desk.take(&format!("{furniture}\n\n{}{}", body(story), body(900 + story)))).collect();
    assert!(judgements[10..].iter().all(|judgement| *judgement == Judgement::Original), "{judgements:?}");
}

#[test]
fn a_full_story_stands_for_the_cluster_of_its_trimmed_copy() {
    let rest = "The island’s school had stayed open all week. Its teacher, Vera Lind, read to the children from the \
                logbook of the first ferry, which crossed in 1911 under sail and took five hours with forty sheep aboard. \
                On Friday the children sent a message in a bottle to the mainland, asking for oranges. It came ashore \
                eleven kilometres further south on Sunday, where a walker found it and telephoned the harbour office.\n\n\
                The oranges were on the first boat, four crates of them, paid for by the crew.";
    let full = format!("{}\n\n{rest}", story());
    let mut desk = Desk::default();
    desk.take(&STORY[..3].join("\n\n"));
    assert!(matches!(desk.take(&full), Judgement::NearDuplicate { .. }));
    // Too little of the first text is left in it, but it is the second almost whole.
    let Judgement::NearDuplicate { of, .. } = desk.take(&full.replace(STORY[0], "").replace(STORY[1], "")) else {
        panic!("not matched")
    };
    assert_eq!(of.sequence, Sequence(1));
    // A piece of the second that the first never had is a copy of nothing: clusters do not drift.
    assert_eq!(desk.take(rest), Judgement::Original);
}

#[test]
fn stubs_match_at_their_own_address_only() {
    let stub = "The ferry to Marn sails again. Subscribe to continue reading this story.";
    let mut desk = Desk::default();
    let (a, b) = (Some("https://example.org/ferry"), Some("https://example.net/ferry"));
    assert_eq!(desk.take_from(a, 0, stub), Judgement::Original);
    assert_eq!(desk.take_from(b, 1, stub), Judgement::Original);
    assert_eq!(desk.take(stub), Judgement::Original);
    assert_eq!(
        desk.take_from(Some("http://www.example.org/ferry/?utm_id=1"), 2, stub),
        Judgement::Duplicate { of: of(1), measure: Measure::Url }
    );
}

#[test]
fn scripts_without_spaces_match_too() {
    let body: String = (0..400_u32).filter_map(|n| char::from_u32(0x4E00 + (n * n * 7 + n * 13) % 5000)).collect();
    let copy: String = body.chars().skip(120).collect();
    let mut desk = Desk::default();
    desk.take(&body);
    assert!(matches!(desk.take(&format!("新华社北京电\n\n{copy}")), Judgement::NearDuplicate { .. }));
}

#[test]
fn a_changed_text_at_its_address_is_a_revision_and_elsewhere_a_copy() {
    let mut desk = Desk::default();
    let url = Some("https://example.org/ferry");
    desk.take_from(url, 0, &story());
    let corrected = story().replace("Ida Holm", "Ida Holmen");
    let Judgement::Revision(revision) = desk.take_from(url, 60, &corrected) else { panic!("no revision") };
    assert_eq!((revision.of, revision.version, revision.is_current), (of(1), 2, true));
    assert_eq!(
        desk.take_from(Some("https://example.net/x"), 70, &corrected),
        Judgement::Duplicate { of: of(1), measure: Measure::Text }
    );
    let Judgement::Revision(back) = desk.take_from(url, 120, &story()) else { panic!("a return is a revision") };
    assert_eq!((back.of, back.version, back.returns_to), (of(2), 3, Some(1)));
}

#[test]
fn evidence_says_who_and_why_not() {
    let mut desk = Desk::default();
    desk.take(&notice(1));
    desk.take(&story());
    let found = candidates(&desk.store, &Fingerprint::of(&notice(2), None)).expect("no I/O");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].original, found[0].finding), (of(1), copydesk_dedup::Finding::OtherNumbers));
    assert!(found[0].comparison.other_numbers > 3, "{found:?}");
}
