//! Whole pages through [`clean`], hostile ones included.

use copydesk_article::{Origin, RemovalReason, Supplied};
use copydesk_clean::{Cleaned, Input, Mode, Source, clean};
use proptest::prelude::*;

fn page(html: &str) -> Cleaned {
    with(Source::Html(html.as_bytes()), &Supplied::default(), Mode::Cut)
}

fn with(source: Source<'_>, supplied: &Supplied, mode: Mode) -> Cleaned {
    clean(&Input { source, supplied, mode })
}

const BODY: [&str; 4] = [
    "The harbour board of Lindvik voted on Monday evening to close the old ferry pier for good.",
    "Fishermen who have used the pier since the war said that they would appeal against the decision.",
    "“We have nowhere else to land our catch,” said Ingrid Solberg, who owns two boats, “and nobody asked us.”",
    "The board will meet again in the spring, when the new terminal across the bay is due to open.",
];

/// A page as outlets make them, with everything around the article that is not the article.
fn lindvik_post() -> String {
    let teaser = |name: &str| {
        format!(
            "<li class=card><h4><a href='/{name}'>{name} prices rise for the third time</a></h4>\
             <p>The third rise in a year has angered many people who live on the island.</p></li>"
        )
    };
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <title>Board closes old ferry pier | Lindvik Post</title>\
         <link rel=canonical href='https://lindvik.example/2024/pier'>\
         <meta property='og:site_name' content='Lindvik Post'><meta property='og:type' content=article>\
         <meta property='article:section' content=Harbour>\
         <script type='application/ld+json'>{{\"@type\": \"NewsArticle\", \"headline\": \"Board closes old ferry pier\",\
         \"author\": {{\"name\": \"Ingrid Solberg\"}}, \"datePublished\": \"2024-05-06T10:00:00+02:00\"}}</script></head>\
         <body class=has-sidebar><nav><ul><li><a href=/>Home</a><li><a href=/sport>Sport</a></ul></nav>\
         <main><article><h1>Board closes old ferry pier</h1><p class=standfirst>Fishermen lose their last berth</p>\
         <div class=byline>By Ingrid Solberg</div><div class='share-buttons'><a href=#>Tweet</a></div>\
         <figure><img src='/pier.jpg'><figcaption>The pier in winter <span class=credit>Omar Haddad</span></figcaption></figure>\
         <div class=article-body><p>{}</p><p>{} <a href='/appeal'>They have until June</a>.</p>\
         <p>Read more: <a href='/fares'>Ferry fares rise for the third time</a></p>\
         <h2>Nobody asked</h2><p>{}</p><p>{}</p></div></article>\
         <section><ul>{}{}{}</ul></section>\
         <section id=comments><p>This is a disgrace, and the board should be ashamed of itself.</p></section></main>\
         <footer><p>© Lindvik Post. All rights reserved.</p></footer><script>var x = '<p>no</p>';</script></body></html>",
        BODY[0],
        BODY[1],
        BODY[2],
        BODY[3],
        teaser("Ferry"),
        teaser("Bread"),
        teaser("Fuel"),
    )
}

#[test]
fn a_body_that_a_page_only_declares_is_taken() {
    let body = "The harbour board voted on Monday evening to close the old ferry pier of Lindvik for good.\n\nFishermen who have used \
                the pier since the war said that they would appeal against the decision, and that nobody had asked them.";
    let html = |shown: &str| {
        let declared = body.replace('\n', "\\n");
        format!(
            "<html><head><title>Board closes old ferry pier</title><script type=\"application/ld+json\">{{\"@type\": \"NewsArticle\", \
             \"headline\": \"Board closes old ferry pier\", \"articleBody\": \"{declared}\"}}</script></head><body>{shown}</body></html>"
        )
    };
    let read = |html: &str| with(Source::Html(html.as_bytes()), &Supplied::default(), Mode::Cut);
    let hidden = read(&html("<div id=root>Please enable JavaScript.</div>"));
    assert_eq!((hidden.text.as_str(), hidden.completeness.as_deref()), (body, Some("full")));
    assert!(hidden.problems[0].detail.contains("articleBody"), "{:?}", hidden.problems);
    assert_eq!(hidden.removed.iter().map(|cut| cut.text.as_str()).collect::<Vec<_>>(), ["Please enable JavaScript."]);
    let shown = read(&html(&format!("<article><p>{}</p></article>", body.replace("\n\n", "</p><p>"))));
    assert_eq!((shown.text.as_str(), shown.problems.len()), (body, 0));
}

#[test]
fn a_page_becomes_its_article() {
    let cleaned = page(&lindvik_post());
    let text =
        format!("{}\n\n{} They have until June.\n\nNobody asked\n\n{}\n\n{}", BODY[0], BODY[1], BODY[2], BODY[3]);
    assert_eq!(cleaned.text, text);
    assert_eq!(cleaned.title.as_deref(), Some("Board closes old ferry pier"));
    assert_eq!(cleaned.subtitle.as_deref(), Some("Fishermen lose their last berth"));
    assert_eq!(cleaned.authors.iter().map(|author| author.name.as_str()).collect::<Vec<_>>(), ["Ingrid Solberg"]);
    let published = cleaned.published.expect("a date");
    assert_eq!((published.value.as_str(), published.from), ("2024-05-06T10:00:00+02:00", Origin::Page));
    assert_eq!(cleaned.canonical_url.as_deref(), Some("https://lindvik.example/2024/pier"));
    assert_eq!((cleaned.site.as_deref(), cleaned.kind.as_deref()), (Some("Lindvik Post"), Some("article")));
    assert_eq!((cleaned.completeness.as_deref(), cleaned.sections), (Some("full"), vec!["Harbour".to_owned()]));
    assert_eq!((cleaned.charset.as_deref(), cleaned.language.code.as_str()), (Some("utf-8"), "en"));
    let image = &cleaned.images[0];
    assert_eq!(
        (image.url.as_str(), image.caption.as_deref(), image.credit.as_deref()),
        ("https://lindvik.example/pier.jpg", Some("The pier in winter"), Some("Omar Haddad"))
    );
    assert_eq!(cleaned.problems, []);
}

#[test]
fn links_count_in_the_text() {
    let cleaned = page(&lindvik_post());
    let anchors: Vec<(String, &str)> = cleaned
        .links
        .iter()
        .map(|link| (cleaned.text.chars().skip(link.start).take(link.end - link.start).collect(), link.url.as_str()))
        .collect();
    assert_eq!(anchors, [("They have until June".to_owned(), "https://lindvik.example/appeal")]);
}

#[test]
fn what_is_missing_is_explained_where_it_stood() {
    let html = lindvik_post();
    let cleaned = page(&html);
    let reason = |text: &str| {
        let found = cleaned.removed.iter().find(|removal| removal.text.contains(text)).expect(text);
        let stood: String = html.chars().skip(found.start).take(found.end - found.start).collect();
        assert!(stood.contains(text), "{stood}");
        found.reason
    };
    assert_eq!(reason("Home"), RemovalReason::Navigation);
    assert_eq!(reason("Ferry prices rise"), RemovalReason::Teaser);
    assert_eq!(reason("This is a disgrace"), RemovalReason::Share);
    assert_eq!(reason("The pier in winter"), RemovalReason::Caption);
    assert_eq!(reason("All rights reserved"), RemovalReason::Notice);
}

#[test]
fn marking_lists_and_keeps_and_off_keeps_without_listing() {
    let html = lindvik_post();
    let marked = with(Source::Html(html.as_bytes()), &Supplied::default(), Mode::Mark);
    assert!(marked.text.contains("This is a disgrace") && !marked.removed.is_empty());
    let off = with(Source::Html(html.as_bytes()), &Supplied::default(), Mode::Off);
    assert_eq!((&off.text, off.removed.len()), (&marked.text, 0));
    assert_eq!(off.title, marked.title);
}

#[test]
fn the_users_word_beats_the_pages() {
    let supplied = Supplied {
        title: Some("Pier closed".into()),
        published: Some("2024-05-06T08:00:00Z".into()),
        site: Some("lindvik post".into()),
        ..Supplied::default()
    };
    let html = lindvik_post();
    let cleaned = with(Source::Html(html.as_bytes()), &supplied, Mode::Cut);
    assert_eq!(cleaned.title.as_deref(), Some("Pier closed"));
    let conflicts: Vec<_> = cleaned.conflicts.iter().map(|c| (c.field.as_str(), c.value.as_str(), c.from)).collect();
    assert_eq!(conflicts, [("title", "Board closes old ferry pier", Origin::Page)]);
}

#[test]
fn a_fragment_is_all_body() {
    let markup = "<p>The ferry sailed again.</p><p>Short one</p><script>x()</script><div class=sharedaddy>Share</div>\
                  <p>The post <a href=x>Ferry</a> appeared first on <a href=y>Lindvik Post</a>.</p>";
    let cleaned = with(Source::Markup(markup), &Supplied::default(), Mode::Cut);
    assert_eq!(cleaned.text, "The ferry sailed again.\n\nShort one");
    let plain =
        with(Source::Markup("Tom &amp; Ada sailed at 5 < 6.\n\nThen they came back."), &Supplied::default(), Mode::Cut);
    assert_eq!(plain.text, "Tom & Ada sailed at 5 < 6.\n\nThen they came back.");
}

#[test]
fn declared_charsets_are_followed_where_they_fit() {
    let html = "<meta charset=windows-1251><p>Паром ушёл в полдень.</p>";
    let bytes: Vec<u8> = html
        .chars()
        .map(|c| match c {
            'а'..='я' => (c as u32 - 'а' as u32) as u8 + 0xE0,
            'А'..='Я' => (c as u32 - 'А' as u32) as u8 + 0xC0,
            'ё' => 0xB8,
            c => c as u8,
        })
        .collect();
    let cleaned = with(Source::Html(&bytes), &Supplied::default(), Mode::Cut);
    assert_eq!((cleaned.charset.as_deref(), cleaned.text.as_str()), (Some("windows-1251"), "Паром ушёл в полдень."));
    // A template that lies.
    let lying = "<meta charset=windows-1252><p>Паром ушёл в полдень.</p>";
    assert_eq!(page(lying).charset.as_deref(), Some("utf-8"));
}

#[test]
fn hostile_pages_end() {
    let deep = format!("{}{}", "<div>".repeat(1_000_000), BODY[0]);
    assert!(page(&deep).text.len() <= deep.len());
    for html in [
        "<b><p>".repeat(100_000),
        "<table><tr><td>".repeat(50_000),
        "<a href=x>".repeat(100_000),
        "<ul><li>".repeat(100_000),
        format!("<p>{}<script>{}", BODY[0], "<p>".repeat(100_000)),
        format!("<p class=\"{}\">{}</p>", "share ".repeat(300_000), BODY[0]),
        format!("<p title=\"{}", BODY[0].repeat(1000)),
        "<!--".repeat(200_000),
        "<".repeat(500_000),
        "</".repeat(300_000),
        "&".repeat(500_000),
        "<p>\0\0\0a\0</p>".repeat(10_000),
        "<h1>x</h1>".repeat(50_000),
        "<time>6 May</time>".repeat(50_000),
        "<div class=author><span class=date>".repeat(50_000),
    ] {
        let cleaned = page(&html);
        assert!(!cleaned.text.contains('\0'));
    }
}

#[test]
fn a_page_beyond_all_bounds_is_read_in_part_and_says_so() {
    let html = format!("<p>{}</p>", BODY[0]).repeat(210_000);
    let cleaned = page(&html);
    assert!(cleaned.problems.iter().any(|problem| problem.detail.contains("too large")));
}

/// Pieces that markup is made of, in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "<(/)?(p|div|li|ul|table|tr|td|a|b|h1|h2|span|script|figure|nav|br|title|time)( (class|id|href)=[\"']?[a-z/ -]{0,12}[\"']?)?>?",
        "[a-zA-ZäéжΩ中あ\u{301}\u{0}\u{200D} .,&<>;\"'\n]{0,24}",
        Just("&amp;&#x301;&#0;&eacute".to_owned()),
        Just("<!-- ".to_owned()),
        Just(BODY[1].to_owned()),
        Just("<script type='application/ld+json'>{\"@type\":\"Article\",\"headline\":\"x\"}</script>".to_owned()),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn check(source: Source<'_>, decoded: Option<&str>) -> Result<(), TestCaseError> {
    for mode in [Mode::Cut, Mode::Mark, Mode::Off] {
        let cleaned = with(source, &Supplied::default(), mode);
        let length = cleaned.text.chars().count();
        for link in &cleaned.links {
            prop_assert!(link.start < link.end && link.end <= length);
        }
        let mut at = 0;
        for removal in &cleaned.removed {
            prop_assert!(removal.start >= at && removal.start <= removal.end);
            at = removal.end;
        }
        if let Some(decoded) = decoded {
            prop_assert!(at <= decoded.chars().count());
        }
        prop_assert!(!cleaned.text.contains("\n\n\n") && cleaned.text.trim() == cleaned.text || mode == Mode::Off);
        prop_assert_eq!(&with(source, &Supplied::default(), mode), &cleaned, "the same again");
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_markup_is_read(html in soup()) {
        check(Source::Html(html.as_bytes()), Some(&html))?;
        check(Source::Markup(&html), Some(&html))?;
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        check(Source::Html(&bytes), None)?;
    }
}
