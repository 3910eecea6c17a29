//! Which sport an article is about, to tell the teams of one place apart: England's cricketers from its footballers.
//!
//! A team that an article calls by its place alone has a name that all teams of the place share. The sport is the one whose
//! own words stand in the article more often than any other's, and in the headline, or often enough to be what it is about;
//! else there is none. The words are those that a sport does not share with others or with everyday language:
//! no `goal`, no `seed`, no `striker`.

use std::collections::BTreeMap;

/// Fewest words of a sport that tell it without the headline's help, and words of the article to each at most.
const FEWEST: usize = 2;
const SPREAD: usize = 100;
/// Longest of the words, in bytes.
const LONGEST: usize = 14;

/// The sport of an article with this title; without one its first line is the headline.
pub(crate) fn sport(title: Option<&str>, text: &str) -> Option<&'static str> {
    let headline = title.or_else(|| text.lines().next()).unwrap_or("");
    let body = if title.is_some() { text } else { &text[headline.len()..] };
    let said: Vec<&str> = words(headline).filter_map(sport_of).collect();
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut length = 0;
    for word in words(headline).chain(words(body)) {
        length += 1;
        if let Some(sport) = sport_of(word) {
            *counts.entry(sport).or_default() += 1;
        }
    }
    let (&sport, &most) = counts.iter().max_by_key(|(_, count)| **count)?;
    let is_alone = counts.iter().all(|(&other, &count)| other == sport || count < most);
    let is_about = most >= FEWEST && most * SPREAD >= length;
    (is_alone && (is_about || said.contains(&sport))).then_some(sport)
}

/// The words of a text, as far as the words above need them: what stands between ASCII marks, digits and spaces.
fn words(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().split(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic()).filter(|word| !word.is_empty())
}

fn sport_of(word: &[u8]) -> Option<&'static str> {
    let mut letters = [0; LONGEST];
    let small = letters.get_mut(..word.len()).filter(|small| small.len() > 2)?;
    small.copy_from_slice(word);
    small.make_ascii_lowercase();
    Some(match std::str::from_utf8(small).ok()? {
        "football" | "soccer" | "footballer" | "footballers" | "goalkeeper" | "goalkeepers" | "midfielder"
        | "midfielders" | "fifa" | "uefa" => "football",
        "cricket" | "cricketer" | "cricketers" | "wicket" | "wickets" | "batsman" | "batsmen" | "bowler"
        | "bowlers" | "wicketkeeper" | "lbw" => "cricket",
        "rugby" | "scrum" | "scrums" | "scrumhalf" | "flyhalf" | "lineout" | "lineouts" => "rugby",
        "baseball" | "inning" | "homer" | "homers" | "homered" | "pitcher" | "pitchers" | "shortstop"
        | "outfielder" | "infielder" | "bullpen" => "baseball",
        "basketball" | "nba" => "basketball",
        "hockey" | "nhl" | "goaltender" | "goaltenders" | "puck" => "hockey",
        "nfl" | "quarterback" | "quarterbacks" | "touchdown" | "touchdowns" | "linebacker" | "linebackers" => {
            "american-football"
        }
        "tennis" | "tiebreak" | "tiebreaker" | "backhand" | "forehand" => "tennis",
        "volleyball" => "volleyball",
        "handball" => "handball",
        "netball" => "netball",
        "lacrosse" => "lacrosse",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_or_two_words_tell_it() {
        assert_eq!(sport(Some("Soccer: Arlund beat Norvik"), "Nothing else."), Some("football"));
        assert_eq!(sport(None, "RUGBY - ARLUND WIN\nNothing else."), Some("rugby"));
        assert_eq!(sport(Some("Arlund win"), "The batsmen lost a wicket."), Some("cricket"));
        assert_eq!(sport(Some("Arlund win"), "He plays tennis at home."), None, "in passing");
        assert_eq!(
            sport(Some("Arlund win"), "Rugby and cricket, cricket and rugby."),
            None,
            "one as often as the other"
        );
        let long = format!("The batsmen lost a wicket. {}", "They went on and on about it. ".repeat(40));
        assert_eq!(sport(Some("Arlund win"), &long), None, "that is not what it is about");
        assert_eq!(sport(None, ""), None);
    }
}
