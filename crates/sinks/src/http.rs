//! HTTP as the sinks speak it: one client a sink, one stack of TLS, every answer within its time and bounded.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, StatusCode, Url, redirect};

use crate::within::{causes, within, words};
use crate::{Failure, SinkError, tls};

/// Most bytes of an answer that are read.
const MOST_BYTES: usize = 64 << 20;

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// How long the server asked us to wait.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// What the server said, for people.
    pub(crate) fn words(&self) -> String {
        let text = words(&String::from_utf8_lossy(&self.body[..self.body.len().min(4096)]));
        let code = self.status.as_u16();
        if text.is_empty() { format!("HTTP {}", self.status) } else { format!("HTTP {code}: {text}") }
    }

    /// An answer that is no success, as an error of the batch.
    pub(crate) fn error(&self, target: &str) -> SinkError {
        let advice = match self.status.as_u16() {
            401 | 403 => "; check the secrets that the sink is given",
            404 | 405 => "; check the address",
            300..=399 => "; give the address that this leads to, redirections are not followed",
            _ => "",
        };
        let kind = match self.status.as_u16() {
            401 | 403 | 407 => Failure::Access,
            408 | 504 => Failure::Timeout,
            429 | 503 => Failure::Busy,
            507 => Failure::Disk,
            _ => Failure::Store,
        };
        SinkError::of(kind, format!("{target} answered {}{advice}", self.words())).with_retry_after(self.retry_after)
    }
}

/// A client for one address.
pub(crate) fn client(url: &Url, timeout: Duration, ca_file: Option<&Path>) -> Result<Client, SinkError> {
    let tls = if url.scheme() == "https" { tls::client_config(ca_file)? } else { tls::no_tls()? };
    Client::builder()
        .tls_backend_preconfigured(tls)
        // What is signed or secret goes where the configuration says, and nowhere else.
        .redirect(redirect::Policy::none())
        .connect_timeout(timeout)
        .user_agent(concat!("copydesk/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| SinkError::setup(format!("can't make an HTTP client: {}", causes(&error))))
}

/// Sends a request and reads the answer, within `timeout` in all.
pub(crate) async fn send(request: RequestBuilder, timeout: Duration, target: &str) -> Result<Answer, SinkError> {
    let failed = |error: reqwest::Error| {
        let kind = if error.is_timeout() { Failure::Timeout } else { Failure::Connection };
        SinkError::of(kind, format!("could not reach {target}: {}", causes(&error.without_url())))
    };
    let exchange = async {
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        let wish = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = wish.and_then(|wish| parse_retry_after(wish, Timestamp::now()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(SinkError::new(format!("{target} answered with more than {MOST_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, retry_after, body })
    };
    within(timeout, target, exchange).await
}

/// Reads `Retry-After`: seconds, or a date.
fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::from_secs(u64::try_from(at.as_second() - now.as_second()).unwrap_or(0)))
}

/// Where an address leads to, as HOST:PORT.
pub(crate) fn servers(url: &str) -> Vec<String> {
    let place = |url: Url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?));
    Url::parse(url).ok().and_then(place).into_iter().collect()
}

/// An address that a sink may be given: `http` or `https`, without a password.
pub(crate) fn parse_url(key: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{key}` is no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("`{key}` must begin with http:// or https://"));
    }
    if url.password().is_some() {
        return Err(format!("`{key}` holds a password: take it out, a secret has a key of its own"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now: Timestamp = "2024-05-01T12:00:00Z".parse().expect("time");
        let read = |text| parse_retry_after(text, now).map(|wish| wish.as_secs());
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("Wed, 01 May 2024 12:01:30 GMT"), Some(90));
        assert_eq!(read("Wed, 01 May 2024 11:00:00 GMT"), Some(0));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-3"), None);
    }

    #[test]
    fn what_a_status_means_is_counted_by_kind() {
        for (status, kind) in [
            (401, Failure::Access),
            (429, Failure::Busy),
            (503, Failure::Busy),
            (504, Failure::Timeout),
            (507, Failure::Disk),
            (500, Failure::Store),
            (301, Failure::Store),
        ] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(Answer { status, retry_after: None, body: Vec::new() }.error("it").kind, kind, "{status}");
        }
    }

    #[test]
    fn addresses_that_cannot_work_are_said_without_their_password() {
        assert!(parse_url("url", "https://hook.example/a?b=c").is_ok());
        for (text, words) in [
            ("hook.example", "no address"),
            ("ftp://hook.example", "http://"),
            ("https://me:hunter2@hook.example", "holds a password"),
        ] {
            let error = parse_url("url", text).expect_err(text);
            assert!(error.contains(words) && !error.contains("hunter2"), "{error}");
        }
    }
}
