//! What is wrong with a configuration, where, and what to do about it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One mistake, at its place in the file.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Line and column, from 1, in characters; none where the whole file is meant.
    pub place: Option<(usize, usize)>,
    /// The line.
    pub line: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl ConfigError {
    /// A mistake at a span of the text, in bytes.
    pub fn at(path: &Path, text: &str, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        let message = message.into();
        let place = span.and_then(|span| {
            let before = text.get(..span.start)?;
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            Some((before.matches('\n').count() + 1, before[start..].chars().count() + 1))
        });
        let line = place.and_then(|(line, _)| text.lines().nth(line - 1)).map(without_secret);
        let help = suggestion(&message);
        Self { path: path.to_owned(), place, line, message, help }
    }

    /// The same with other help.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.message)?;
        if let (Some(text), Some((line, column))) = (&self.line, self.place) {
            let gutter = line.to_string();
            let pad = " ".repeat(gutter.len());
            write!(f, "\n {pad} |\n {gutter} | {text}\n {pad} | {}^", " ".repeat(column - 1))?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// A line as it may be shown: a secret has no place in a configuration, but that is a mistake people make.
fn without_secret(line: &str) -> String {
    const KEYS: [&str; 4] = ["password", "secret", "token", "key"];
    match line.split_once('=') {
        Some((key, _)) if KEYS.iter().any(|secret| key.to_ascii_lowercase().contains(secret)) => format!("{key}= …"),
        _ => line.to_owned(),
    }
}

/// The nearest of some names, if one is near enough to have been meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = candidates.into_iter().map(|candidate| (strsim::jaro_winkler(name, candidate), candidate));
    scored.filter(|(score, _)| *score > 0.8).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, candidate)| candidate)
}

/// Reads the names out of serde's "unknown field `x`, expected one of `a`, `b`" and suggests the nearest.
fn suggestion(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("unknown field ").or_else(|| message.split_once("unknown variant "))?;
    let mut names = rest.split('`').skip(1).step_by(2);
    let name = names.next()?;
    nearest(name, names).map(|nearest| format!("did you mean `{nearest}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_that_stands_in_the_file_is_not_shown() {
        let text = "[sinks.a]\npassword = hunter2\n";
        let error = ConfigError::at(Path::new("c.toml"), text, Some(21..22), "a secret stands elsewhere");
        let shown = error.to_string();
        assert!(shown.contains("password = …") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_mistake_is_shown_where_it_stands() {
        let text = "[intake]\n  foldr = \"ä\"\n";
        let error = ConfigError::at(
            Path::new("c.toml"),
            text,
            Some(11..16),
            "unknown field `foldr`, expected one of `folder`, `done`",
        );
        assert_eq!(error.place, Some((2, 3)));
        let shown = error.to_string();
        assert!(shown.starts_with("c.toml:2:3: unknown field `foldr`"), "{shown}");
        assert!(shown.ends_with("help: did you mean `folder`?"), "{shown}");
    }
}
