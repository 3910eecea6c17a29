//! JSON as programs write it, not as it should be.
//!
//! Python writes `NaN`, `Infinity` and single halves of surrogate pairs; hand-made writers leave control
//! characters in strings; older exports are in Latin-1. Each is understood the only way it can be meant, and
//! said in words. What JSON already is, is parsed once and untouched.

use encoding_rs::WINDOWS_1252;
use serde_json::Value;

/// Parses a record; what had to be mended, in words.
///
/// # Errors
/// Where even the mended record is no JSON.
pub(crate) fn parse(bytes: &[u8]) -> Result<(Value, Vec<String>), serde_json::Error> {
    let error = match serde_json::from_slice(bytes) {
        Ok(value) => return Ok((value, Vec::new())),
        Err(error) => error,
    };
    let (text, mut problems) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), Vec::new()),
        Err(_) if is_mostly_utf8(bytes) => {
            (String::from_utf8_lossy(bytes), vec!["the record is not all UTF-8: what is not became U+FFFD".to_owned()])
        }
        Err(_) => (
            WINDOWS_1252.decode_without_bom_handling(bytes).0,
            vec!["the record is not UTF-8: it was read as windows-1252".to_owned()],
        ),
    };
    if let (false, Ok(value)) = (problems.is_empty(), serde_json::from_str(&text)) {
        return Ok((value, problems));
    }
    let mended = mend(&text, &mut problems);
    serde_json::from_str(&mended).map(|value| (value, problems)).map_err(|_| error)
}

/// Whether invalid bytes are the exception among those beyond ASCII.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (valid, invalid) = bytes.utf8_chunks().fold((0, 0), |(valid, invalid), chunk| {
        (
            valid + chunk.valid().chars().filter(|c| !c.is_ascii()).count(),
            invalid + usize::from(!chunk.invalid().is_empty()),
        )
    });
    valid > invalid
}

/// Mends what is no JSON but can only be meant one way.
fn mend(text: &str, problems: &mut Vec<String>) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let (mut numbers, mut halves, mut controls) = (0_u64, 0_u64, 0_u64);
    let mut rest = text;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        if !in_string {
            let literal = ["NaN", "-Infinity", "Infinity"].into_iter().find(|literal| rest.starts_with(literal));
            if let Some(literal) = literal {
                numbers += 1;
                taken = literal.len();
                out.push_str("null");
            } else {
                in_string = c == '"';
                out.push(c);
            }
        } else if c == '\\' {
            match escaped_unit(rest) {
                Some(0xd800..=0xdbff) if matches!(rest.get(6..).and_then(escaped_unit), Some(0xdc00..=0xdfff)) => {
                    taken = 12;
                    out.push_str(&rest[..12]);
                }
                Some(0xd800..=0xdfff) => {
                    halves += 1;
                    taken = 6;
                    out.push_str("\\ufffd");
                }
                _ => {
                    taken += rest[1..].chars().next().map_or(0, char::len_utf8);
                    out.push_str(&rest[..taken]);
                }
            }
        } else if c < ' ' {
            controls += 1;
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            in_string = c != '"';
            out.push(c);
        }
        rest = &rest[taken..];
    }
    for (count, what) in [
        (numbers, "NaN or Infinity, which JSON has not: taken as null"),
        (halves, "half a surrogate pair: taken as U+FFFD"),
        (controls, "control characters inside strings, not escaped: kept"),
    ] {
        if count > 0 {
            problems.push(format!("the JSON holds {what} ({count} times)"));
        }
    }
    out
}

/// The UTF-16 unit that a text begins with as an escape.
fn escaped_unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parsed(bytes: &[u8]) -> (Value, usize) {
        let (value, problems) = parse(bytes).expect("JSON");
        (value, problems.len())
    }

    #[test]
    fn what_python_writes() {
        let (value, problems) =
            parsed(br#"{"score": NaN, "n": [Infinity,-Infinity], "text": "a \ud83d b \ude00 \ud83d\ude00 NaN"}"#);
        assert_eq!(value, json!({"score": null, "n": [null, null], "text": "a \u{fffd} b \u{fffd} \u{1f600} NaN"}));
        assert_eq!(problems, 2);
        assert_eq!(parsed(b"{\"text\": \"one\ttwo \\\" \\\\\"}"), (json!({"text": "one\ttwo \" \\"}), 1));
        assert_eq!(parsed(br#"{"text": "\ud83d\ude00"}"#), (json!({"text": "\u{1f600}"}), 0));
    }

    #[test]
    fn other_charsets() {
        assert_eq!(parsed(b"{\"text\": \"caf\xe9 \x93quoted\x94\"}"), (json!({"text": "café “quoted”"}), 1));
        assert_eq!(parsed("{\"text\": \"žluťoučký X\"}".replace('X', "\u{1}").as_bytes()).1, 1);
        let cut = [b"{\"text\": \"\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3".as_slice(), b"\"}"].concat();
        assert_eq!(parsed(&cut), (json!({"text": "žluťoučk\u{fffd}"}), 1), "one cut character is no Latin-1");
    }

    #[test]
    fn the_first_error_is_the_one_told() {
        let error = parse(b"{\"text\": }").expect_err("no JSON").to_string();
        assert!(error.contains("expected value"), "{error}");
        assert!(parse(b"\xff").is_err());
    }

    proptest! {
        #[test]
        fn json_is_left_alone(text in "\\PC{0,40}", number in any::<i64>()) {
            let value = json!({"text": text, "n": number});
            let mut problems = Vec::new();
            let written = value.to_string();
            prop_assert_eq!(mend(&written, &mut problems), written);
            prop_assert!(problems.is_empty());
        }

        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = parse(&bytes);
        }
    }
}
