//! Secrets: the configuration says where one stands, never what it is.
//!
//! Every key that takes a secret takes `"file:PATH"` or `"env:NAME"`. It is read each time the sink opens, so a
//! changed password is taken up without a restart; a line break at the end of a file is no part of it. What was
//! read lives in a [`Revealed`], which prints as `…`, and no error quotes it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};

use crate::SinkError;

/// Longest file that is taken for a secret, in bytes.
const MOST_BYTES: u64 = 64 << 10;

/// Where a secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Environment(String),
}

/// A secret that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed(String);

impl Secret {
    /// Makes a relative path count from `base`.
    pub fn resolve_path(&mut self, base: &Path) {
        if let Self::File(path) = self {
            *path = base.join(&*path);
        }
    }

    /// Reads it.
    ///
    /// # Errors
    /// Where it is not there, is empty, or is no text.
    pub fn read(&self) -> Result<Revealed, SinkError> {
        let text = match self {
            Self::File(path) => {
                let failed =
                    |why: String| SinkError::setup(format!("can't read the secret in {}: {why}", path.display()));
                let bytes = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
                if bytes > MOST_BYTES {
                    return Err(failed(format!("it has {bytes} bytes, so it is none")));
                }
                let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
                text.trim_end_matches(['\r', '\n']).to_owned()
            }
            Self::Environment(name) => std::env::var(name).map_err(|error| {
                let why = match error {
                    std::env::VarError::NotPresent => "is not set",
                    std::env::VarError::NotUnicode(_) => "is no text",
                };
                SinkError::setup(format!("can't read a secret: the environment's variable {name} {why}"))
            })?,
        };
        if text.is_empty() {
            return Err(SinkError::setup(format!("the secret in {self} is empty")));
        }
        Ok(Revealed(text))
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Environment(name) => write!(f, "env:{name}"),
        }
    }
}

impl Revealed {
    /// The secret itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Place)
    }
}

/// Reads a place; says nothing of what stood there instead, which may be the secret itself.
struct Place;

impl Place {
    fn refuse<E: de::Error>() -> E {
        E::custom("a secret stands elsewhere: give \"file:PATH\" or \"env:NAME\"")
    }
}

impl de::Visitor<'_> for Place {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"file:PATH\" or \"env:NAME\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Secret::File(path.into())),
            Some(("env", name)) if !name.is_empty() && !name.contains(['=', '\0']) => {
                Ok(Secret::Environment(name.to_owned()))
            }
            _ => Err(Self::refuse()),
        }
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
        Err(Self::refuse())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Secret, E> {
        Err(Self::refuse())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Secret, E> {
        Err(Self::refuse())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Secret, E> {
        Err(Self::refuse())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[test]
    fn a_secret_is_named_and_never_shown() {
        let folder = tempfile::tempdir().expect("temp");
        std::fs::write(folder.path().join("pw"), "hunter two\r\n").expect("write");
        let mut secret: Secret = from_value(json!("file:pw")).expect("a place");
        secret.resolve_path(folder.path());
        let revealed = secret.read().expect("read");
        assert_eq!(revealed.expose(), "hunter two");
        assert!(!format!("{revealed:?} {secret:?} {secret}").contains("hunter"));
        for literal in [json!("hunter2"), json!(471_147), json!(4.5), json!("s3:hunter2"), json!("env:")] {
            let error = from_value::<Secret>(literal).expect_err("refused").to_string();
            assert!(error.contains("env:NAME") && !error.contains("hunter") && !error.contains("471"), "{error}");
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        let folder = tempfile::tempdir().expect("temp");
        let path = folder.path().join("pw");
        let read = || Secret::File(path.clone()).read().expect_err("refused").message;
        assert!(read().contains("pw"), "{}", read());
        std::fs::write(&path, "\n").expect("write");
        assert!(read().contains("empty"), "{}", read());
        std::fs::write(&path, [0xFF]).expect("write");
        assert!(read().contains("pw"), "{}", read());
        let error = Secret::Environment("COPYDESK_NO_SUCH".to_owned()).read().expect_err("refused").message;
        assert!(error.contains("COPYDESK_NO_SUCH") && error.contains("not set"), "{error}");
    }
}
