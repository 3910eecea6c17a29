//! Three articles as scrapers leave them, through `ingest`: what has to go is gone, what has to stay is there, once.

use std::fs;
use std::path::Path;

use crate::support::desk::{Desk, copydesk};
use serde_json::Value;

/// A date glued to the first sentence, and a quotation mark that lost its words.
const DATED: &str = " date 2019-05-14 Port Minister Elena Varga and her Latvian counterpart, Juris Ozols on Tuesday \
opened a joint customs post on the eastern quay of the free port.

The two ministers called the post overdue and said that lorries would no longer wait for two days at the gate.

Ozols said that both countries had trained forty officers for the post, and that the first shift would begin work \
before the end of the week. He added that a second post on the western quay was being planned.

Varga thanked her counterpart for his patience, and said that the port handled twice as many containers as it did \
ten years ago while its gates had stayed the same.

” We have spent long enough talking about this gate and far too long standing in front of it,” Varga said.

She also said that fees at the new post would be the same as at the old one, and that hauliers could book their \
turn from next month on.";

const PARAGRAPHS: [&str; 6] = [
    "At a meeting with river engineers in Bratislava on Monday, Mayor Tomas Kral said that the city would rebuild \
     the flood wall along the whole of the left bank before the spring.",
    "\"We can have this wall or we can have another year of sandbags, and I am tired of sandbags,\" Kral said.",
    "The engineers told the council that the old wall had settled by thirty centimetres since it was built, and that \
     two of its gates could no longer be closed.",
    "According to the river board, the work will be done from barges so that the road behind the wall can stay open.",
    "Residents of the lower streets, who were flooded twice in the last four years, asked for the gates to be mended \
     first, and the mayor agreed to that.",
    "The council is to vote on the contract in March, and the river board expects three bids from builders in the \
     region and one from abroad.",
];

/// A menu, placeholders, and the whole story a second time.
fn doubled() -> String {
    let title = "City to Rebuild Flood Wall Before Spring";
    let story = PARAGRAPHS.join("\n\n");
    format!(
        "Skip to main content\nLatest news\nThumbnail\n\n{title}\n\n{story}\n \n\n{title}\n\n{}\n\nThumbnail\n\n{story}\n \
         \n\nShare this post",
        PARAGRAPHS[1]
    )
}

/// A ticker, a line that says when the page was changed, a byline at the end, and teasers after it.
const TEASED: &str = "Breaking News

Island Ferry Line Names Hamar Its Main Harbour

(Last Updated On: June 3, 2018)

The managing director of the island ferry line, Sigrid Holm, on Friday met the harbour master of Hamar to sign a \
lease for the northern pier.

Both sides talked about longer opening hours, a new waiting room and a crane for the winter season.

At the meeting, Holm said that the line considered Hamar its main harbour from now on, adding that the pier would be \
dredged before the autumn so that the larger ships could call there as well.

“Our passengers have asked for this pier for as long as I have worked here,” said Holm, “and now they will have it.”

The harbour master said that the town had set aside money for the road to the pier, and that work on it would begin \
as soon as the ground was dry.

The line runs four ships between the islands and the mainland, and carried half a million passengers in the last \
year alone.

By: Astrid Nygaard

About Harbour News

Check Also

Strike Closes Mainland Terminals for a Day

(Last Updated On: August 9, 2020)If the talks between the ferry workers and the line do not …";

fn ingest(path: &Path) -> Vec<Value> {
    let output = copydesk().arg("ingest").arg(path).output().expect("run ingest");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a record")).collect()
}

/// The record of one text.
fn record_of(text: &str) -> Value {
    let desk = Desk::new();
    let path = desk.path("article.txt");
    fs::write(&path, text).expect("write");
    let mut records = ingest(&path);
    assert_eq!(records.len(), 1);
    records.remove(0)
}

fn assert_text(record: &Value, gone: &[&str], stay: &[&str], once: &[&str]) {
    let text = record["text"].as_str().expect("a text");
    for phrase in gone {
        assert!(!text.contains(phrase), "`{phrase}` is still there:\n{text}");
    }
    for phrase in stay {
        assert!(text.contains(phrase), "`{phrase}` is missing:\n{text}");
    }
    for phrase in once {
        assert_eq!(text.matches(phrase).count(), 1, "`{phrase}`:\n{text}");
    }
}

/// Every cut stands in the record with its place: cutting it again from the source gives the same words.
fn assert_cuts_are_told(record: &Value, source: &str) {
    let characters: Vec<char> = source.chars().collect();
    for removal in record["removed"].as_array().expect("a list") {
        let at = |field: &str| removal[field].as_u64().expect("a position") as usize;
        let cut: String = characters[at("start")..at("end")].iter().collect();
        assert_eq!(removal["text"].as_str(), Some(cut.as_str()));
    }
}

#[test]
fn a_date_glued_to_the_first_sentence_dates_the_article() {
    let record = record_of(DATED);
    assert_text(
        &record,
        &["date 2019-05-14", "” We have"],
        &["Port Minister Elena Varga and her Latvian counterpart", "book their turn from next month on"],
        &["We have spent long enough talking"],
    );
    assert_eq!(record["published"]["value"], "2019-05-14");
    assert_eq!(record["published"]["precision"], "day");
    assert_eq!(record["language"]["code"], "en");
    assert_cuts_are_told(&record, DATED);
}

#[test]
fn a_story_that_stands_twice_is_delivered_once() {
    let source = doubled();
    let record = record_of(&source);
    assert_text(
        &record,
        &["Skip to main content", "Latest news", "Thumbnail", "Share this post"],
        &["At a meeting with river engineers", "three bids from builders in the region and one from abroad"],
        &["I am tired of sandbags", "done from barges", "asked for the gates to be mended"],
    );
    assert_eq!(record["title"], "City to Rebuild Flood Wall Before Spring");
    assert_cuts_are_told(&record, &source);
}

#[test]
fn byline_and_change_date_are_read_and_teasers_are_not() {
    let record = record_of(TEASED);
    assert_text(
        &record,
        &[
            "Breaking News",
            "(Last Updated On: June 3, 2018)",
            "About Harbour News",
            "Check Also",
            "Strike Closes Mainland Terminals",
            "August 9, 2020",
            "By: Astrid Nygaard",
        ],
        &["The managing director of the island ferry line", "half a million passengers in the last year alone"],
        &["considered Hamar its main harbour"],
    );
    assert_eq!(record["title"], "Island Ferry Line Names Hamar Its Main Harbour");
    assert_eq!(record["authors"][0]["name"], "Astrid Nygaard");
    assert_eq!(record["modified"]["value"], "2018-06-03");
    assert_eq!(record["published"], Value::Null, "a change is no publication");
    assert_cuts_are_told(&record, TEASED);
}

#[test]
fn the_three_together_are_three_originals() {
    let desk = Desk::new();
    let folder = desk.path("samples");
    fs::create_dir(&folder).expect("make a folder");
    for (name, text) in [("1.txt", DATED), ("2.txt", doubled().as_str()), ("3.txt", TEASED)] {
        fs::write(folder.join(name), text).expect("write");
    }
    let records = ingest(&folder);
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record["verdict"]["kind"] == "original"));
    let named = |name: &str| {
        let mut entities = records.iter().flat_map(|record| record["entities"].as_array().into_iter().flatten());
        entities.any(|entity| entity["name"].as_str().is_some_and(|found| found.contains(name)))
    };
    for name in ["Varga", "Bratislava"] {
        assert!(named(name), "{name} is not found");
    }
}
