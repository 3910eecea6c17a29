//! The page, in a real browser on a real daemon. Pictures of what it looked like go to `target/page/`.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::articles::{Input, body, line};
use crate::support::browser::{Browser, DARK, LIGHT, PHONE};
use crate::support::desk::{Daemon, Desk, files_below};
use crate::support::dice::Dice;

/// Text and place of every name that is highlighted, counted in scalars as the record does: what the page shows of
/// the title and the text is put together again and counted through.
const HIGHLIGHTED: &str = "(() => {
    const found = [];
    const look = (field, element, before) => {
        for (const mark of element.querySelectorAll('mark.entity')) {
            const range = document.createRange();
            range.setStart(element, 0);
            range.setEndBefore(mark);
            const start = before + [...range.toString()].length;
            found.push({ field, start, end: start + [...mark.textContent].length, text: mark.textContent });
        }
    };
    look('title', document.querySelector('.story h1'), 0);
    let before = 0;
    for (const paragraph of document.querySelectorAll('.body p')) {
        look('text', paragraph, before);
        before += [...paragraph.textContent].length + 2;
    }
    return found;
})()";

/// A daemon and a browser that shows its page.
struct Reader {
    desk: Desk,
    daemon: Daemon,
    browser: Browser,
    home: String,
}

impl Reader {
    fn of(desk: Desk) -> Self {
        let mut daemon = desk.start();
        daemon.wait_until_ready();
        let home = format!("http://{}/", daemon.address());
        let mut browser = Browser::start();
        browser.open(&home);
        browser.wait_for("the first word", "document.querySelector('#state.good')");
        Self { desk, daemon, browser, home }
    }

    fn go(&mut self, route: &str) {
        self.browser.get(&format!("location.hash = {}", json!(route)));
    }

    /// Drops a file and waits until it is dealt with.
    fn drop_file(&mut self, name: &str, content: &str) {
        let mut input = Input::default();
        input.add(name, content, 1);
        input.drop_into(&self.desk.inbox(), &self.desk.path("scratch"));
        self.desk.wait_until_taken(&mut self.daemon);
    }

    /// What the desk answers.
    fn ask(&self, page: &str) -> Value {
        let (status, answer) = self.daemon.get(page);
        assert_eq!(status, 200, "{page}: {answer}");
        serde_json::from_str(&answer).expect("JSON")
    }

    /// The page had nothing to complain of, and asked nobody but the desk.
    fn assert_well_behaved(&mut self) {
        assert_eq!(self.browser.complaints(), Vec::<String>::new());
        self.assert_at_home();
    }

    fn assert_at_home(&mut self) {
        let asked = self.browser.asked_for();
        assert!(asked.iter().any(|address| address.ends_with("/api/events")), "{asked:?}");
        for address in asked {
            let is_home = address.starts_with(&self.home);
            assert!(is_home || address.starts_with("data:") || address == "about:blank", "asked for {address}");
        }
    }
}

fn number_in(selector: &str) -> String {
    format!("Number.parseFloat(document.querySelector({}).textContent.replaceAll(',', ''))", json!(selector))
}

#[test]
fn real_browser_shows_the_desk_at_work() {
    let mut reader = Reader::of(Desk::new());
    let browser = &mut reader.browser;
    let stages = browser.get("[...document.querySelectorAll('.pipeline .cell')].map((cell) => cell.dataset.name)");
    assert_eq!(stages, json!(["inbox", "read", "dedup", "clean", "near_dedup", "entities", "commit", "outbox"]));
    let sinks = browser.get("[...document.querySelectorAll('.sinks .cell')].map((cell) => cell.dataset.name)");
    assert_eq!(sinks, json!(["lines", "store"]));
    assert_eq!(browser.get(&number_in("[data-figure=committed]")), 0);

    let input = Input::of(0x9A6E, 600);
    input.drop_into(&reader.desk.inbox(), &reader.desk.path("scratch"));
    for cell in ["read", "dedup", "clean", "near_dedup", "entities", "commit", "store"] {
        let figure = number_in(&format!(".cell[data-name={cell}] .figure"));
        browser.wait_for("a rate above nought", &format!("{figure} > 0"));
    }
    browser.wait_for(
        "work that takes time",
        "/[1-9]/.test(document.querySelector('[data-name=clean] .line:nth-child(2)').textContent)",
    );
    browser.wait_for("an article that arrives", "document.querySelector('.desk .list a.row[href^=\"#/article/\"]')");
    browser.wait_for("a line drawn", "document.querySelector('.plot path.committed').getAttribute('d').length > 10");
    reader.desk.wait_until_taken(&mut reader.daemon);
    let browser = &mut reader.browser;
    let all = input.records;
    browser.wait_for("every article counted", &format!("{} === {all}", number_in("[data-figure=committed]")));
    let verdicts = browser.get(
        "[...document.querySelectorAll('[data-verdict]')].map((one) => Number(one.textContent.replaceAll(',', '')))",
    );
    let verdicts: u64 = verdicts.as_array().expect("figures").iter().filter_map(Value::as_u64).sum();
    assert_eq!(verdicts, all, "verdicts add up");
    browser.wait_for("the bad ones counted", &format!("{} === {}", number_in("#bad"), input.broken));
    browser.photograph("desk-light");
    browser.see_on(DARK);
    browser.photograph("desk-dark");
    browser.see_on(PHONE);
    browser.photograph("desk-phone");
    assert_eq!(browser.get("document.documentElement.scrollWidth"), 390, "nothing hangs over on a phone");
    browser.see_on(LIGHT);

    fs::remove_dir_all(reader.desk.inbox()).expect("remove the inbox");
    browser.wait_for(
        "the reason",
        "document.querySelector('.notice.warn')?.textContent.includes('the inbox is not watched')",
    );
    assert_eq!(browser.text("document.querySelector('#state').textContent"), "not ready");
    browser.photograph("desk-not-ready");
    fs::create_dir(reader.desk.inbox()).expect("make it again");
    browser.wait_for("readiness", "document.querySelector('#state.good')");
    reader.assert_well_behaved();

    reader.daemon.stop();
    reader.browser.wait_for(
        "the silence to be seen",
        "document.querySelector('#state.bad') && document.querySelector('body.stale')",
    );
}

#[test]
fn real_browser_finds_an_article_and_marks_its_names_at_their_characters() {
    let mut reader = Reader::of(Desk::new());
    let text = "Skip to main content\n\n\u{1F6A7}\u{1F6A7} The old harbour bridge in Oslo will be closed to all traffic for \
                six weeks from Monday, Transport Minister Jon Vik said on 3 March 2025. \u{1F926}\u{1F3FD}\u{200D}\u{2642}\u{FE0F} \
                Drivers will take the road through Drammen.\n\n“We would rather close it now than have it closed for \
                us,” Vik said. The work costs $4.5 million \u{20BB7} and is paid by the European Union.\n\nAda Lindqvist, who \
                lives in Bergen, said the quagga ferries would run every ten minutes until the work in Oslo is done.\n\n\
                Share this post\n";
    let story = json!({
        "source": "harbour-post", "url": "https://harbour-post.example/bridge", "date_publish": "2025-03-03",
        "title": "\u{1F309}\u{1F309} Harbour bridge in Oslo to close, Jon Vik says", "text": text,
        "authors": ["Ada Lindqvist"],
    });
    reader.drop_file("bridge.json", &story.to_string());
    for number in 1..=30 {
        let other = line("city-desk", number, &body(&mut Dice::new(number), number, 3));
        let mut input = Input::default();
        input.add(&format!("other-{number}.json"), other, 1);
        input.drop_into(&reader.desk.inbox(), &reader.desk.path("scratch"));
    }
    reader.desk.wait_until_taken(&mut reader.daemon);

    let browser = &mut reader.browser;
    browser.press("/");
    browser.wait_for("the search to have the focus", "document.activeElement.id === 'words'");
    browser.type_text("\"quagga ferries\" oslo");
    browser.press("Enter");
    browser.wait_for("what was found", "document.querySelectorAll('.articles .row').length === 1");
    assert!(browser.text("location.hash").starts_with("#/articles?q="));
    let hits = browser.get("[...document.querySelectorAll('.articles .hit')].map((hit) => hit.textContent)");
    assert!(hits.as_array().expect("marks").contains(&json!("quagga ferries")), "{hits}");
    browser.photograph("search-light");
    browser.press("j");
    browser.wait_for("the row to have the focus", "document.activeElement.matches('.articles a.row')");
    browser.press("Enter");
    browser.wait_for(
        "the article",
        "document.querySelector('.story') && document.querySelectorAll('.receipts li').length === 2",
    );

    let id = browser.text("location.hash").trim_start_matches("#/article/").to_owned();
    let shown = browser.get(HIGHLIGHTED);
    let cuts =
        browser.get("[...document.querySelectorAll('.cuts li')].map((cut) => cut.querySelector('s').textContent)");
    let receipts = browser.get("[...document.querySelectorAll('.receipts li')].map((one) => one.className)");
    let whole = browser.text("[...document.querySelectorAll('.body p')].map((one) => one.textContent).join('\\n\\n')");
    browser.photograph("article-light");
    browser.see_on(DARK);
    browser.photograph("article-dark");
    browser.see_on(PHONE);
    browser.photograph("article-phone");
    assert_eq!(browser.get("document.documentElement.scrollWidth"), 390, "nothing hangs over on a phone");
    browser.see_on(LIGHT);

    let record = reader.ask(&format!("/api/articles/{id}"));
    assert_eq!(whole, record["text"].as_str().expect("a text"));
    let mut mentions: Vec<Value> = record["entities"]
        .as_array()
        .expect("entities")
        .iter()
        .flat_map(|entity| entity["mentions"].as_array().expect("mentions").clone())
        .collect();
    let place = |mention: &Value| (mention["field"] == "text", mention["start"].as_u64());
    mentions.sort_by_key(place);
    assert!(mentions.len() >= 6 && mentions[0]["field"] == "title", "{mentions:?}");
    assert_eq!(shown, Value::Array(mentions));
    assert!(shown.as_array().expect("marks").iter().any(|mark| mark["text"] == "Oslo" && mark["field"] == "text"));
    let removed: Vec<&Value> = record["removed"].as_array().expect("cuts").iter().map(|cut| &cut["text"]).collect();
    assert!(removed.len() >= 2, "{removed:?}");
    assert_eq!(cuts, json!(removed));
    assert_eq!(receipts, json!(["delivered", "delivered"]));

    let browser = &mut reader.browser;
    browser.press("Escape");
    browser.wait_for("the way back", "document.activeElement.matches('.articles a.row')");
    browser.press("Escape");
    browser.wait_for("the desk", "document.querySelector('.pipeline')");
    reader.assert_well_behaved();
}

#[test]
fn real_browser_tries_a_quarantined_file_again_and_drops_another() {
    let mut reader = Reader::of(Desk::new());
    reader.drop_file("city/bad.json", "{\"text\": \"cut in the mid");
    reader.drop_file("city/worse.json", "{\"no text\": 1}");
    reader.go("#/quarantine");
    let browser = &mut reader.browser;
    browser.wait_for("both files", "document.querySelectorAll('.quarantine a.row').length === 2");
    browser.press("j");
    browser.press("ArrowDown");
    browser.press("ArrowUp");
    browser.press("Enter");
    browser.wait_for("its head", "document.querySelector('.detail .head')");
    assert_eq!(browser.text("document.querySelector('.detail .head').textContent"), "{\"text\": \"cut in the mid");
    assert!(browser.text("document.querySelector('.detail').textContent").contains("invalid json"));
    browser.photograph("quarantine-light");
    browser.see_on(PHONE);
    browser.photograph("quarantine-phone");
    browser.see_on(LIGHT);

    // Mended by hand, then tried again.
    let name = browser.text("document.querySelector('.detail code').textContent");
    let mended = line("city-desk", 7, &body(&mut Dice::new(7), 7, 3));
    fs::write(reader.desk.path("quarantine").join(&name), mended).expect("mend the file");
    browser.click("#retry");
    browser.wait_for("it to leave the list", "document.querySelectorAll('.quarantine a.row').length === 1");
    browser.wait_for("the figure to fall", "document.querySelector('#bad').textContent === '1'");
    assert!(!reader.desk.path("quarantine").join(format!("{name}.json")).exists());
    reader.desk.wait_until_taken(&mut reader.daemon);
    reader.daemon.wait_for("its delivery", |daemon| {
        daemon.get("/api/articles?q=%22report+7%22").1.contains("Report 7 from city-desk")
    });

    // Dropped only when confirmed.
    let browser = &mut reader.browser;
    browser.click(".quarantine .list input");
    browser.click(".toolbar .danger");
    browser.wait_for("the question", "document.querySelector('#confirm[open]')");
    browser.photograph("quarantine-confirm");
    browser.click("#confirm [data-close]");
    browser.wait_for("the end of the question", "!document.querySelector('#confirm[open]')");
    assert_eq!(files_below(&reader.desk.path("quarantine")).len(), 2);
    browser.click(".toolbar .danger");
    browser.click("#confirm-yes");
    browser.wait_for("it to leave", "document.querySelectorAll('.quarantine a.row').length === 0");
    assert_eq!(files_below(&reader.desk.path("quarantine")).len(), 0);
    browser.wait_for("the badge to go", "document.querySelector('#bad').hidden");
    reader.assert_well_behaved();
}

/// Markup that would be seen: it runs a script, opens a dialog, asks another host, or leaves an element.
fn attack(field: &str) -> String {
    format!(
        "<img src=x onerror=\"hacked('{field}')\" data-attack>\"'><script>hacked('{field}')</script>\
         <svg onload=alert(1) data-attack><iframe srcdoc='<script>parent.hacked()</script>' data-attack></iframe>\
         <a href=\"javascript:hacked()\" data-attack>x</a><style data-attack>*{{background:url(//evil.example/{field})}}</style>"
    )
}

#[test]
fn real_browser_lets_no_article_do_anything() {
    let mut reader = Reader::of(Desk::new());
    let prose = body(&mut Dice::new(5), 5, 3);
    let story = json!({
        "source": "wire\"><img src=x onerror=alert(2) data-attack>",
        "url": "javascript:hacked('url')//",
        "title": attack("title"), "subtitle": attack("subtitle"), "site": attack("site"),
        "authors": [attack("author")], "tags": [attack("tag")], "sections": [attack("section")],
        "language": "en", "image": "javascript:hacked('image')",
        "date_publish": "2025-03-03", "kind": attack("kind"),
        "text": format!("{prose}\n\n{}\n\nJon Vik said in Oslo: {}", attack("text"), attack("end")),
        "extra": { attack("key"): attack("value") },
    });
    reader.drop_file("<img src=x onerror=alert(3) data-attack>.json", &story.to_string());
    reader.drop_file("<svg onload=alert(4) data-attack>.jsonl", &format!("{}\n", attack("line")));
    reader.browser.get("window.hacked = () => { window.isHacked = true; }");

    reader.browser.wait_for("its arrival", "document.querySelector('.desk .list a.row')");
    reader.assert_unharmed("the desk");
    reader.browser.photograph("attack-desk");
    reader.go("#/articles?q=onerror");
    reader.browser.wait_for("what was found", "document.querySelector('.articles a.row')");
    assert!(
        reader.browser.text("document.querySelector('.articles .row').textContent").contains("<img src=x onerror=")
    );
    reader.assert_unharmed("the articles");
    reader.browser.click(".articles a.row");
    reader
        .browser
        .wait_for("the article", "document.querySelector('.story') && document.querySelector('.receipts li')");
    // The very text, and no address that runs.
    assert!(
        reader.browser.text("document.querySelector('.body').textContent").contains("<script>hacked('text')</script>")
    );
    let links = reader.browser.get("[...document.querySelectorAll('main a')].map((one) => one.protocol)");
    let links = links.as_array().expect("links");
    assert!(
        links.iter().all(|protocol| ["http:", "https:"].contains(&protocol.as_str().unwrap_or_default())),
        "{links:?}"
    );
    reader.assert_unharmed("the article");
    reader.browser.photograph("attack-article");
    reader.go("#/quarantine");
    reader.browser.click(".quarantine a.row");
    reader.browser.wait_for("its head", "document.querySelector('.detail .head')");
    assert!(
        reader.browser.text("document.querySelector('.detail .head').textContent").contains("<script>hacked('line')")
    );
    reader.assert_unharmed("the quarantine");
    reader.browser.photograph("attack-quarantine");
    reader.assert_well_behaved();

    // Nor the address: what names nothing is refused by the desk, which the browser logs, and said as text.
    for route in ["#/article/", "#/articles?q=", "#/quarantine?file=", "#/"] {
        reader.go(&format!("{route}<img src=x onerror=hacked() data-attack>"));
        reader.browser.wait_for(
            "the view",
            "document.querySelector('main > *') && !document.querySelector('main').textContent.includes('Asking')",
        );
        reader.assert_unharmed(route);
    }
    reader.assert_at_home();
    let complaints = reader.browser.complaints();
    assert!(complaints.iter().all(|one| one.contains("\"source\":\"network\"")), "{complaints:?}");
}

impl Reader {
    fn assert_unharmed(&mut self, place: &str) {
        assert_eq!(self.browser.get("window.isHacked === true"), false, "a script ran on {place}");
        assert_eq!(self.browser.get("document.querySelectorAll('[data-attack]').length"), 0, "an element on {place}");
        let foreign =
            "document.querySelectorAll('main :is(img, script, iframe, style, link, base, object, embed)').length";
        assert_eq!(self.browser.get(foreign), 0, "a foreign element on {place}");
    }
}

#[test]
fn real_browser_copes_with_ten_thousand_articles_and_a_thousand_bad_files() {
    let mut reader = Reader::of(Desk::new());
    reader.drop_file("one.json", &line("city-desk", 1, &body(&mut Dice::new(1), 1, 3)));
    reader.drop_file("bad.json", "{\"text\": \"cut in");
    reader.daemon.wait_for("its delivery", |daemon| daemon.get("/api/articles").1.contains("Report 1"));
    multiply(&reader.desk);

    reader.go("#/articles");
    let browser = &mut reader.browser;
    browser.wait_for("the first page", "document.querySelectorAll('.articles .row').length >= 50");
    assert_eq!(browser.text("document.querySelector('.articles .headline').textContent"), "Copy 9999");
    for _ in 0..12 {
        let before = browser.get("document.querySelectorAll('.articles .row').length").as_u64().expect("a number");
        browser.get("window.scrollTo(0, document.body.scrollHeight)");
        browser.wait_for("more", &format!("document.querySelectorAll('.articles .row').length > {before}"));
    }
    browser.click("#words");
    browser.type_text("\"Copy 4321\"");
    browser.press("Enter");
    browser.wait_for("the one", "document.querySelectorAll('.articles .row').length === 1");
    assert_eq!(browser.text("document.querySelector('.articles .headline').textContent"), "Copy 4321");

    browser.get("location.hash = '#/quarantine'");
    browser.wait_for("the first page", "document.querySelectorAll('.quarantine .row').length >= 100");
    browser.wait_for(
        "how many there are",
        "/^\\d00 of 1,000 files$/.test(document.querySelector('.files [role=status]').textContent)",
    );
    browser.photograph("quarantine-thousand");
    browser.wait_for(
        "the rest, scrolled to",
        "(window.scrollTo(0, document.body.scrollHeight), document.querySelectorAll('.quarantine .row').length === 1000)",
    );
    // Select all and drop all but the first.
    browser.click(".toolbar input");
    browser.click(".quarantine .list > li input");
    assert_eq!(browser.text("document.querySelector('.toolbar .danger').textContent"), "Drop 999");
    browser.click(".toolbar .danger");
    browser.click("#confirm-yes");
    browser.wait_for("the one that is left", "document.querySelectorAll('.quarantine .row').length === 1");
    assert_eq!(files_below(&reader.desk.path("quarantine")).len(), 2);
    reader.assert_well_behaved();
}

/// Makes ten thousand of the one article in the store, and a thousand of the one file in quarantine.
fn multiply(desk: &Desk) {
    let store = Connection::open(desk.path("out/articles.db")).expect("open the store");
    store.busy_timeout(std::time::Duration::from_secs(60)).expect("be patient");
    store
        .execute_batch(
            "INSERT INTO articles (id, document, version, is_current, sequence, verdict, source_name, source_path, site, \
                                   title, authors, published, language, text, record, received_at)
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999)
             SELECT printf('%032x', n), printf('%032x', n), 1, 1, 1000 + n, verdict, source_name, source_path, site, \
                    printf('Copy %d', n), authors, published, language, text, record, received_at
             FROM numbers, (SELECT * FROM articles LIMIT 1)",
        )
        .expect("fill the store");
    let files = files_below(&desk.path("quarantine"));
    let slip = files.iter().find(|file| file.to_string_lossy().ends_with(".json.json")).expect("a slip");
    let folder = slip.parent().expect("a folder");
    let slip = fs::read(slip).expect("read the slip");
    for number in 1..1000 {
        fs::write(folder.join(format!("copy-{number:04}.json")), "{").expect("write a file");
        fs::write(folder.join(format!("copy-{number:04}.json.json")), &slip).expect("write a slip");
    }
}
