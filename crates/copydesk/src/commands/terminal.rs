//! Text of strangers on a terminal: nothing in it moves the cursor, changes colours or turns the line around.

use std::fmt::Write as _;

/// Colours of the terminal, or none.
#[derive(Clone, Copy)]
pub struct Terminal {
    /// Whether to colour.
    pub colours: bool,
}

/// What a stretch of text is.
#[derive(Clone, Copy)]
pub enum Style {
    /// A heading of ours.
    Heading,
    /// Something beside the point.
    Dim,
    /// Cut.
    Removed,
    /// Mended.
    Repaired,
    /// A name.
    Name,
    /// Something the reader should know.
    Warning,
}

impl Terminal {
    /// The text in its style, made harmless.
    pub fn paint(self, style: Style, text: &str) -> String {
        let text = harmless(text);
        if !self.colours {
            return text;
        }
        let code = match style {
            Style::Heading => "1",
            Style::Dim => "2",
            Style::Removed => "9;31",
            Style::Repaired => "7;33",
            Style::Name => "36",
            Style::Warning => "1;33",
        };
        // A style must not run over the end of a line: pagers forget it there.
        let lines: Vec<String> = text
            .split('\n')
            .map(|line| if line.is_empty() { String::new() } else { format!("\u{1b}[{code}m{line}\u{1b}[0m") })
            .collect();
        lines.join("\n")
    }
}

/// The text with control characters, and those that turn the direction of writing, shown rather than obeyed.
pub fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let turns = matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if (c.is_control() && c != '\n' && c != '\t') || turns {
            write!(shown, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default();
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_reaches_the_terminal_as_a_command() {
        let hostile = "a\u{1b}]0;owned\u{7}b\u{9b}31mc\u{202E}d\r\ne\tf";
        let shown = harmless(hostile);
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{shown:?}");
        assert_eq!(shown, "a\\u{1b}]0;owned\\u{7}b\\u{9b}31mc\\u{202e}d\\u{d}\ne\tf");
        let painted = Terminal { colours: true }.paint(Style::Removed, "one\n\ntwo");
        assert_eq!(painted, "\u{1b}[9;31mone\u{1b}[0m\n\n\u{1b}[9;31mtwo\u{1b}[0m");
    }
}
