//! Encodings that are no superset of ASCII: UTF-16, UTF-32 and whatever an XML declaration names.
//!
//! Formats with a syntax are cut by ASCII bytes, so these are turned into UTF-8 below them, as one more layer.
//! Plain text and web pages in UTF-16 are handed on as they are: their charset is the cleaner's. UTF-32 is no
//! charset of the web, so that is always turned into UTF-8.

use std::io::{self, Read};

use copydesk_mojibake::utf_16;
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_16BE, UTF_16LE};

/// Bytes asked of the layer below at a time.
const CHUNK: usize = 16 << 10;

/// An encoding to be turned into UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wide {
    /// One that encoding_rs knows.
    Known(&'static Encoding),
    /// UTF-32, little-endian.
    Utf32Le,
    /// UTF-32, big-endian.
    Utf32Be,
}

impl Wide {
    /// UTF-16 or UTF-32 by its byte order mark, or by where NULs stand in the first bytes; UTF-16 also by what it
    /// reads like, since only Latin letters leave a NUL in each unit.
    pub fn of_head(head: &[u8]) -> Option<Self> {
        match head {
            [0xff, 0xfe, 0, 0, ..] => return Some(Self::Utf32Le),
            [0, 0, 0xfe, 0xff, ..] => return Some(Self::Utf32Be),
            [0xff, 0xfe, _, _, ..] => return Some(Self::Known(UTF_16LE)),
            [0xfe, 0xff, _, _, ..] => return Some(Self::Known(UTF_16BE)),
            _ => {}
        }
        if head.len() < 8 {
            return None;
        }
        // Share of NULs by the byte's place in its group of four: text in Latin letters has one byte that is
        // not NUL in each unit.
        let nul = |place: usize| {
            let bytes = head.iter().skip(place).step_by(4);
            let (all, nuls) = bytes.fold((0, 0), |(all, nuls), byte| (all + 1, nuls + usize::from(*byte == 0)));
            nuls * 100 / all
        };
        match [nul(0), nul(1), nul(2), nul(3)] {
            [0..=4, 50..=100, 95..=100, 95..=100] => Some(Self::Utf32Le),
            [95..=100, 95..=100, 50..=100, 0..=4] => Some(Self::Utf32Be),
            [0..=4, 50..=100, 0..=4, 50..=100] => Some(Self::Known(UTF_16LE)),
            [50..=100, 0..=4, 50..=100, 0..=4] => Some(Self::Known(UTF_16BE)),
            _ => utf_16(head).map(|order| Self::Known(order.encoding())),
        }
    }

    /// A beginning of a file as UTF-8, with its last character lost where it is cut.
    pub fn decode_head(self, head: &[u8]) -> Vec<u8> {
        let mut decoded = Vec::new();
        // Reading from memory can't fail.
        let _ = Transcode::new(head, self).read_to_end(&mut decoded);
        decoded
    }
}

/// Turns a stream into UTF-8. What is invalid becomes U+FFFD; a byte order mark is dropped.
#[derive(Debug)]
pub(crate) struct Transcode<R> {
    below: R,
    decoder: Unit,
    input: Vec<u8>,
    ended: bool,
    output: Vec<u8>,
    given: usize,
}

enum Unit {
    Known(Box<Decoder>),
    Utf32 { big: bool, first: bool },
}

impl std::fmt::Debug for Unit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Known(decoder) => decoder.encoding().name(),
            Self::Utf32 { .. } => "UTF-32",
        })
    }
}

impl<R: Read> Transcode<R> {
    pub fn new(below: R, wide: Wide) -> Self {
        let decoder = match wide {
            Wide::Known(encoding) => Unit::Known(Box::new(encoding.new_decoder_with_bom_removal())),
            Wide::Utf32Le => Unit::Utf32 { big: false, first: true },
            Wide::Utf32Be => Unit::Utf32 { big: true, first: true },
        };
        Self { below, decoder, input: Vec::new(), ended: false, output: Vec::new(), given: 0 }
    }

    /// Decodes what is held of the layer below.
    fn decode(&mut self) {
        self.output.clear();
        self.given = 0;
        match &mut self.decoder {
            Unit::Known(decoder) => {
                let room = decoder.max_utf8_buffer_length(self.input.len()).unwrap_or(self.input.len() * 3 + 16);
                self.output.resize(room, 0);
                let (result, read, written, _) = decoder.decode_to_utf8(&self.input, &mut self.output, self.ended);
                self.output.truncate(written);
                self.input.drain(..read);
                debug_assert_eq!(result, CoderResult::InputEmpty, "there is room for all");
            }
            Unit::Utf32 { big, first } => {
                let whole = if self.ended { self.input.len() } else { self.input.len() / 4 * 4 };
                for unit in self.input[..whole].chunks(4) {
                    let c = match <[u8; 4]>::try_from(unit) {
                        Ok(unit) => {
                            char::from_u32(if *big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) })
                        }
                        Err(_) => None,
                    };
                    let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
                    if !(std::mem::take(first) && c == '\u{feff}') {
                        self.output.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                }
                self.input.drain(..whole);
            }
        }
    }
}

impl<R: Read> Read for Transcode<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.output.len() {
            if self.ended {
                return Ok(0);
            }
            let held = self.input.len();
            self.input.resize(held + CHUNK, 0);
            let read = self.below.read(&mut self.input[held..]);
            self.input.truncate(held + *read.as_ref().unwrap_or(&0));
            self.ended = read? == 0;
            self.decode();
        }
        let count = buffer.len().min(self.output.len() - self.given);
        buffer[..count].copy_from_slice(&self.output[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(text: &str, wide: Wide) -> Vec<u8> {
        match wide {
            Wide::Known(encoding) if encoding == UTF_16LE => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Wide::Known(_) => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Wide::Utf32Le => text.chars().flat_map(|c| (c as u32).to_le_bytes()).collect(),
            Wide::Utf32Be => text.chars().flat_map(|c| (c as u32).to_be_bytes()).collect(),
        }
    }

    const ALL: [Wide; 4] = [Wide::Known(UTF_16LE), Wide::Known(UTF_16BE), Wide::Utf32Le, Wide::Utf32Be];

    #[test]
    fn told_with_and_without_a_mark() {
        for wide in ALL {
            assert_eq!(Wide::of_head(&encode("{\"title\": \"Harbour\"}", wide)), Some(wide), "{wide:?}");
            assert_eq!(Wide::of_head(&encode("\u{feff}港が開く", wide)), Some(wide), "{wide:?}");
        }
        assert_eq!(Wide::of_head(b"The harbour opens."), None);
        assert_eq!(Wide::of_head(&[0; 64]), None);
    }

    #[test]
    fn utf_16_of_any_script_is_told_without_a_mark() {
        for text in [
            "Паром вернулся на остров вечером.\nПассажиры сошли на берег.",
            "渡轮晚上回到岛上。\n船长说，船上有一百二十名乘客，没有人受伤。",
            "여객선은 저녁에 섬으로 돌아왔다.\n승객들은 모두 무사히 내렸다.",
        ] {
            for wide in &ALL[..2] {
                assert_eq!(Wide::of_head(&encode(text, *wide)), Some(*wide), "{text}");
            }
            assert_eq!(Wide::of_head(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC{0,300}", wide in 0..4_usize) {
            let encoded = encode(&format!("\u{feff}{text}"), ALL[wide]);
            prop_assert_eq!(String::from_utf8(ALL[wide].decode_head(&encoded)).expect("UTF-8"), text);
        }
    }
}
