//! JSON that is not a line each: an array of articles, one inside an object, or objects after one another
//! (mostly just one).
//!
//! Values are found by a small state machine over strings, escapes and depth, and understood one at a time: a
//! file of any size streams, and one broken value costs itself. Only a value that never ends takes the rest of
//! the file with it.

use copydesk_article::QuarantineReason;

use crate::input::{Input, is_white};
use crate::json_list::has_another;
use crate::piece::{Flaw, PAST_END, Piece};
use crate::trouble::ReadError;

/// Cuts a file into JSON values.
#[derive(Debug)]
pub(crate) struct Values {
    kind: Kind,
    expect: Expect,
}

/// What stands around the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An array.
    Array,
    /// An array that stands inside an object.
    Inner {
        /// Where its bracket is.
        at: u64,
        /// How many objects are around it.
        depth: u64,
    },
    /// Nothing but white space.
    Objects,
}

/// What comes next; in a row of objects always a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// A value, or the end of the array.
    Value,
    /// A comma, or the end of the array. A value too: a missing comma costs nothing.
    Comma,
    /// The ends of the objects around an array, and whatever else they hold.
    Outer,
    /// Nothing but white space.
    Nothing,
    /// The end of the file has been reported as broken.
    Broken,
}

impl Values {
    /// Puts the window at byte `from`: right after a value, or at the beginning of the file.
    pub fn resume(input: &mut Input, kind: Kind, from: u64) -> Result<Self, ReadError> {
        let mut expect = if kind == Kind::Objects { Expect::Value } else { Expect::Comma };
        if from > 0 {
            input.seek(from)?;
            return Ok(Self { kind, expect });
        }
        if let Kind::Inner { at, .. } = kind {
            input.seek(at)?;
        } else {
            input.seek(0)?;
            input.skip_mark()?;
        }
        if kind != Kind::Objects && input.skip_white()? == Some(b'[') {
            input.consume(1);
            expect = Expect::Value;
        }
        Ok(Self { kind, expect })
    }

    /// The next value.
    pub fn next(&mut self, input: &mut Input, max_record_bytes: u64) -> Result<Option<Piece>, ReadError> {
        loop {
            let byte = input.skip_white()?;
            let offset = input.offset();
            if byte.is_none() || self.kind == Kind::Objects {
                input.verify()?;
            }
            match (self.kind, self.expect, byte) {
                (Kind::Objects, _, None) | (_, Expect::Nothing, None) | (_, Expect::Broken, _) => return Ok(None),
                (Kind::Objects, _, Some(b'{')) => return self.value(input, b'{', max_record_bytes).map(Some),
                (Kind::Objects, _, Some(_)) => return rest(input, max_record_bytes).map(Some),
                (_, _, None) => return self.broken(input, offset, "the file ends inside the list").map(Some),
                (_, Expect::Nothing, Some(_)) => {
                    return self.broken(input, offset, "more follows after the list; drop one list a file").map(Some);
                }
                (Kind::Inner { depth, .. }, Expect::Outer, Some(_)) => {
                    let most = usize::try_from(max_record_bytes).unwrap_or(usize::MAX);
                    if has_another(input.fill_to(most)?, depth) {
                        let detail = "a second list of articles stands in the same object; drop one list a file";
                        return self.broken(input, offset, detail).map(Some);
                    }
                    let mut scanner = Scanner { depth, ..Scanner::new(b' ') };
                    if !step_over(input, &mut scanner)? {
                        return self.broken(input, offset, "the file ends inside the object around the list").map(Some);
                    }
                    self.expect = Expect::Nothing;
                }
                (kind, _, Some(b']')) => {
                    input.consume(1);
                    self.expect = if kind == Kind::Array { Expect::Nothing } else { Expect::Outer };
                }
                (_, Expect::Comma, Some(b',')) => {
                    input.consume(1);
                    self.expect = Expect::Value;
                }
                (_, Expect::Value, Some(b',')) => {
                    self.expect = Expect::Comma;
                    let held = Err(Flaw::new(QuarantineReason::InvalidJson, "nothing stands between two commas"));
                    return Ok(Some(Piece { bytes: offset..offset, line: None, end: offset, whole: true, held }));
                }
                (_, _, Some(first)) => {
                    let piece = self.value(input, first, max_record_bytes)?;
                    self.expect = if piece.end == PAST_END { Expect::Broken } else { Expect::Comma };
                    return Ok(Some(piece));
                }
            }
        }
    }

    /// What is left of a broken list. Reading resumes nowhere, so that it is not reported again.
    fn broken(&mut self, input: &mut Input, offset: u64, detail: &str) -> Result<Piece, ReadError> {
        self.expect = Expect::Broken;
        input.skip_rest()?;
        input.verify()?;
        let held = Err(Flaw::new(QuarantineReason::InvalidJson, detail));
        Ok(Piece { bytes: offset..input.offset(), line: None, end: PAST_END, whole: false, held })
    }

    /// Cuts the value that begins with the window, at byte `first`.
    fn value(&self, input: &mut Input, first: u8, max_record_bytes: u64) -> Result<Piece, ReadError> {
        let start = input.offset();
        let mut scanner = Scanner::new(first);
        let (mut at, mut dropped) = (1, false);
        let closed = loop {
            match input.window()[at..].iter().position(|byte| scanner.step(*byte) != Step::Inside) {
                Some(last) => {
                    at += last + usize::from(scanner.ended_with_last);
                    break true;
                }
                None => at = input.window().len(),
            }
            if at as u64 > max_record_bytes {
                dropped = true;
            }
            if dropped {
                input.consume(at);
                at = 0;
            }
            if !input.fill()? {
                break false;
            }
        };
        if !closed {
            input.verify()?;
        }
        dropped |= at as u64 > max_record_bytes;
        let bytes = input.window()[..at].to_vec();
        input.consume(at);
        let end = input.offset();
        let held = if dropped {
            Err(Flaw::too_large(end - start, max_record_bytes))
        } else if closed {
            Ok(bytes)
        } else {
            Err(Flaw::new(QuarantineReason::InvalidJson, "the file ends inside the value that begins here"))
        };
        // A list that breaks off has been reported with this value.
        let resume = if !closed && self.kind != Kind::Objects { PAST_END } else { end };
        Ok(Piece { bytes: start..end, line: None, end: resume, whole: closed, held })
    }
}

/// What does not begin like an object ends the row of them: everything left is one piece.
fn rest(input: &mut Input, max_record_bytes: u64) -> Result<Piece, ReadError> {
    let start = input.offset();
    while input.window().len() as u64 <= max_record_bytes && input.fill()? {}
    let held = if input.window().len() as u64 > max_record_bytes {
        input.skip_rest()?;
        Err(Flaw::too_large(input.offset() - start, max_record_bytes))
    } else {
        let bytes = input.window().to_vec();
        input.consume(bytes.len());
        Ok(bytes)
    };
    let end = input.offset();
    Ok(Piece { bytes: start..end, line: None, end, whole: false, held })
}

/// Steps to the end of what the scanner is in; false where the file ends first.
fn step_over(input: &mut Input, scanner: &mut Scanner) -> Result<bool, ReadError> {
    loop {
        if let Some(last) = input.window().iter().position(|byte| scanner.step(*byte) == Step::End) {
            input.consume(last + 1);
            return Ok(true);
        }
        input.consume(input.window().len());
        if !input.fill()? {
            return Ok(false);
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The value goes on.
    Inside,
    /// The value ends with this byte, or before it.
    End,
}

/// Finds the end of one value, byte by byte.
#[derive(Debug)]
pub(crate) struct Scanner {
    depth: u64,
    in_string: bool,
    escaped: bool,
    /// Whether the byte that ended the value belongs to it.
    pub ended_with_last: bool,
}

impl Scanner {
    /// Begins with the first byte of a value.
    pub const fn new(first: u8) -> Self {
        let depth = matches!(first, b'{' | b'[') as u64;
        Self { depth, in_string: first == b'"', escaped: false, ended_with_last: false }
    }

    /// Takes one more byte.
    pub fn step(&mut self, byte: u8) -> Step {
        if self.in_string {
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.in_string = false;
                return self.end_if_outside();
            }
            return Step::Inside;
        }
        if self.depth == 0 {
            return if matches!(byte, b',' | b']') || is_white(byte) { Step::End } else { Step::Inside };
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth -= 1;
                return self.end_if_outside();
            }
            _ => {}
        }
        Step::Inside
    }

    const fn end_if_outside(&mut self) -> Step {
        self.ended_with_last = self.depth == 0;
        if self.ended_with_last { Step::End } else { Step::Inside }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    const MAX: u64 = 1 << 20;

    fn cut(kind: Kind, bytes: &[u8], from: u64, max: u64) -> Vec<Piece> {
        if from == PAST_END {
            return Vec::new();
        }
        let mut input = Input::of_bytes(Path::new("a.json"), bytes.to_vec());
        let mut values = Values::resume(&mut input, kind, from).expect("resume");
        std::iter::from_fn(|| values.next(&mut input, max).expect("next")).collect()
    }

    /// Each piece as it was cut, or the reason it is bad.
    fn told(kind: Kind, text: &str) -> Vec<String> {
        cut(kind, text.as_bytes(), 0, MAX)
            .into_iter()
            .map(|piece| match piece.held {
                Ok(bytes) => {
                    let (start, end) = (usize::try_from(piece.bytes.start), usize::try_from(piece.bytes.end));
                    assert_eq!(bytes, text.as_bytes()[start.expect("small")..end.expect("small")]);
                    String::from_utf8(bytes).expect("text")
                }
                Err(flaw) => flaw.reason.to_string(),
            })
            .collect()
    }

    #[test]
    fn one_bad_element_costs_itself() {
        for (text, expected) in [
            (r#"[{"a":1}, {"b":}, {"c":3}]"#, vec![r#"{"a":1}"#, r#"{"b":}"#, r#"{"c":3}"#]),
            (r#"[{"a":"]},{"},nul,"x,]",{"c":3},]"#, vec![r#"{"a":"]},{"}"#, "nul", r#""x,]""#, r#"{"c":3}"#]),
            (r#"[{"a":1},,{"b":2}]"#, vec![r#"{"a":1}"#, "invalid_json", r#"{"b":2}"#]),
            (r#"[{"a":1} {"b":2}]"#, vec![r#"{"a":1}"#, r#"{"b":2}"#]),
            (r#"[{"a":[1,2]},"#, vec![r#"{"a":[1,2]}"#, "invalid_json"]),
            (r#"[{"a":"\\"},{"b":"\"}"}, {"c": "#, vec![r#"{"a":"\\"}"#, r#"{"b":"\"}"}"#, "invalid_json"]),
            (r#"[{"a":1}] more"#, vec![r#"{"a":1}"#, "invalid_json"]),
            ("[]", vec![]),
            (" [ ", vec!["invalid_json"]),
            ("[{\"a\":1}][{\"b\":2}]", vec!["{\"a\":1}", "invalid_json"]),
        ] {
            assert_eq!(told(Kind::Array, text), expected, "{text}");
        }
    }

    #[test]
    fn objects_stand_after_one_another_until_something_else_does() {
        assert_eq!(told(Kind::Objects, "{\n\"a\":1}\n{\"b\":2}\n"), ["{\n\"a\":1}", "{\"b\":2}"]);
        assert_eq!(told(Kind::Objects, "{\"a\":1} and more\nof it"), ["{\"a\":1}", "and more\nof it"]);
        assert_eq!(told(Kind::Objects, "{\"a\":"), ["invalid_json"]);
        assert_eq!(told(Kind::Objects, "null"), ["null"]);
    }

    #[test]
    fn a_value_too_large_is_stepped_over_without_being_held() {
        let text = format!("[{{\"a\":\"{}\"}},{{\"b\":2}}]", "x".repeat(300_000));
        let pieces = cut(Kind::Array, text.as_bytes(), 0, 1000);
        let reasons: Vec<_> = pieces.iter().map(|piece| piece.held.as_ref().map_err(|flaw| flaw.reason)).collect();
        assert_eq!(reasons, [Err(QuarantineReason::TooLarge), Ok(&b"{\"b\":2}".to_vec())]);
        assert_eq!(pieces[0].bytes, 1..300_009);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(|number| json!(number)),
            any::<bool>().prop_map(|flag| json!(flag)),
            Just(Value::Null),
            "[\\PC\\[\\]{}\",\\\\\n]{0,12}".prop_map(|text| json!(text)),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::vec(("[a-z\"\\\\{]{0,3}", inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Any array, with any white space around its values, comes apart into the same values; and from the end of
        /// each value the rest does.
        #[test]
        fn arrays_come_apart_into_their_values(
            values in proptest::collection::vec((value(), "[ \t\r\n]{0,3}", "[ \t\r\n]{0,3}"), 0..8),
            pretty in any::<bool>(),
        ) {
            let write = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
            let elements: Vec<String> = values
                .iter()
                .map(|(value, before, after)| format!("{before}{}{after}", write(value).expect("json")))
                .collect();
            let text = format!(" [{}]\n", elements.join(","));
            let pieces = cut(Kind::Array, text.as_bytes(), 0, MAX);
            let found: Vec<Value> = pieces
                .iter()
                .map(|piece| serde_json::from_slice(piece.held.as_ref().expect("whole")).expect("json"))
                .collect();
            let expected: Vec<Value> = values.into_iter().map(|(value, ..)| value).collect();
            prop_assert_eq!(found, expected);
            for (index, piece) in pieces.iter().enumerate() {
                prop_assert_eq!(&cut(Kind::Array, text.as_bytes(), piece.end, MAX)[..], &pieces[index + 1..]);
            }
        }

        /// Whatever the bytes, cutting ends, and pieces stand in order without overlap.
        #[test]
        fn anything_is_cut_in_order(bytes in "[\\[\\]{}\",:\\\\ a1\n]{0,40}", array in any::<bool>()) {
            let (kind, text) = if array { (Kind::Array, format!("[{bytes}")) } else { (Kind::Objects, bytes) };
            let pieces = cut(kind, text.as_bytes(), 0, MAX);
            let mut before = 0;
            for (index, piece) in pieces.iter().enumerate() {
                prop_assert!(piece.bytes.start >= before && piece.end >= piece.bytes.end);
                before = piece.bytes.end;
                prop_assert_eq!(&cut(kind, text.as_bytes(), piece.end, MAX)[..], &pieces[index + 1..]);
            }
        }
    }
}
