//! A page written out as scrapers write pages: all of it or parts, with bullets or without, in any script.

use crate::body::foreign::Foreign;
use crate::body::pages::{Line, Page};
use crate::random::Random;

/// Shares of what is no article that a scraper lets through.
const LEAKS: [f64; 8] = [1.0, 1.0, 0.5, 0.2, 0.08, 0.04, 0.02, 0.0];
/// Most lines of no article that come through, or stay away, together.
const TOGETHER: usize = 8;
/// Most lines of an article that was cut short.
const SHORT: usize = 6;

/// A text, with what is known of its lines, blank ones aside.
pub(super) struct Text {
    pub text: String,
    /// Whether each line is of the article.
    pub body: Vec<bool>,
    /// How many words each line has; two ideographs count as one.
    pub words: Vec<f32>,
}

/// Writes a page, or parts of it, with what is no article from the `other` page in a text of four.
pub(super) fn write(page: &Page, other: &Page, variant: usize, random: &mut Random) -> Text {
    // Of the texts of a page, the first is all of it and the last nothing but the article.
    let leak = match variant {
        0 => 1.0,
        1 => 0.0,
        _ => LEAKS[random.below(LEAKS.len())],
    };
    let strangers: Vec<&Line> = other.lines.iter().filter(|line| !line.body).collect();
    let strange = leak < 1.0 && random.below(4) == 0 && !strangers.is_empty();
    let short = if random.below(4) == 0 { 1 + random.below(SHORT) } else { usize::MAX };
    let mut lines: Vec<Line> = Vec::new();
    let (mut left, mut through, mut articles) = (0, true, 0);
    for line in &page.lines {
        if line.body {
            articles += 1;
            if articles <= short {
                lines.push(line.clone());
            }
            continue;
        }
        if left == 0 {
            left = 1 + random.below(TOGETHER);
            through = random.fraction() < leak;
        }
        left -= 1;
        if through {
            let line = if strange { strangers[random.below(strangers.len())] } else { line };
            lines.push(line.clone());
        }
    }
    let foreign = Foreign::draw(random);
    let (bullets, gaps) = (random.below(2) == 0, random.below(4));
    let mut written = Text { text: String::new(), body: Vec::new(), words: Vec::new() };
    for (at, line) in lines.iter().enumerate() {
        let text = foreign.write(&line.text);
        if text.trim().is_empty() {
            continue;
        }
        let joined = match gaps {
            0 => false,
            1 => true,
            _ => line.joined,
        };
        written.text.push_str(if joined { "\n" } else { "\n\n" });
        let item = line.joined || lines.get(at + 1).is_some_and(|next| next.joined);
        if bullets && item && (!line.body || gaps > 1) {
            written.text.push_str("* ");
        }
        written.text.push_str(text.trim());
        written.body.push(line.body);
        written.words.push(line.text.split_whitespace().count() as f32);
    }
    written
}
