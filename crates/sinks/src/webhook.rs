//! An HTTP endpoint of the user's ([`Class::Append`]): each batch, or each article, as a POST of JSON.
//!
//! With `mode = "batch"` the body is an array of records, with `"single"` one record. A delete is
//! `{"id":"…","deleted":true,"sequence":N}`. Any answer of 200 to 299 means that everything in the body was taken and
//! is durable; the endpoint should recognise a repeat by `id` and `sequence`.
//!
//! **Signature** (with `secret`), after the Standard Webhooks specification 1.0: the header `webhook-signature` is
//! `v1,` and the base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`, with `webhook-id` and `webhook-timestamp` (seconds)
//! as ID and TIMESTAMP. A secret that begins with `whsec_` is base64, any other is taken as it is. The id names the
//! rows of the body, so a repeat of them carries it again.
//!
//! **Refusals**: 400, 413 and 422 are about the body. A batch that gets one is halved until the articles to blame are
//! alone, and those are rejected with the endpoint's words. Anything else is another try, after `Retry-After` where
//! there is one. What was taken of a batch before it failed is not sent again while the process lives.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use copydesk_article::{ArticleId, Sequence};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use serde::Deserialize;

use crate::{Change, Class, Rejection, Report, Row, Secret, Sink, SinkError, envelope, http, named};

/// Options of the `webhook` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct WebhookOptions {
    /// Where to POST to.
    pub url: String,
    /// What one POST holds. Default `batch`.
    #[serde(default)]
    pub mode: WebhookMode,
    /// Signs every body.
    pub secret: Option<Secret>,
    /// Goes along as `Authorization: Bearer …`.
    pub token: Option<Secret>,
    /// Further headers, for all to read.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How long the endpoint may take over an answer, in seconds. Default 30.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: u64,
    /// Certificates, PEM, that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// What one POST holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookMode {
    /// All articles of a batch.
    #[default]
    Batch,
    /// One article.
    Single,
}

const fn default_timeout_secs() -> u64 {
    30
}

impl WebhookOptions {
    /// The defaults for an address.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            mode: WebhookMode::default(),
            secret: None,
            token: None,
            headers: BTreeMap::new(),
            timeout_secs: default_timeout_secs(),
            ca_file: None,
        }
    }

    fn header_map(&self) -> Result<HeaderMap, String> {
        let mut map = HeaderMap::new();
        for (name, value) in &self.headers {
            let wrong = || format!("`headers`: {name} is no header that can be sent");
            let key = HeaderName::try_from(name.as_str()).map_err(|_| wrong())?;
            map.insert(key, HeaderValue::from_str(value).map_err(|_| wrong())?);
        }
        Ok(map)
    }

    /// What is wrong with the options, as far as this machine can tell.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = http::parse_url("url", &self.url).err().into_iter().collect();
        problems.extend(self.header_map().err());
        problems.extend(named::problems([&self.secret, &self.token], self.ca_file.as_deref()));
        problems
    }

    /// Makes relative paths count from `base`.
    pub(crate) fn resolve_paths(&mut self, base: &Path) {
        named::resolve_paths(base, [&mut self.secret, &mut self.token], &mut self.ca_file);
    }
}

/// The sink. See the module's documentation.
pub struct WebhookSink {
    options: WebhookOptions,
    endpoint: Option<Endpoint>,
    /// Rows of a batch that failed which the endpoint has taken.
    taken: HashSet<(Sequence, ArticleId)>,
}

/// An endpoint that can be spoken to.
struct Endpoint {
    client: Client,
    url: Url,
    headers: HeaderMap,
    key: Option<ring::hmac::Key>,
    timeout: Duration,
    target: String,
}

/// A row as it is sent.
struct Item<'a> {
    /// Position in the batch.
    position: usize,
    row: &'a Row,
    json: String,
}

impl WebhookSink {
    /// A sink that is not yet open.
    #[must_use]
    pub fn new(options: WebhookOptions) -> Self {
        Self { options, endpoint: None, taken: HashSet::new() }
    }

    fn endpoint(&self) -> Result<Endpoint, SinkError> {
        let url = http::parse_url("url", &self.options.url).map_err(SinkError::setup)?;
        let mut headers = self.options.header_map().map_err(SinkError::setup)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(token) = &self.options.token {
            let bearer = HeaderValue::from_str(&format!("Bearer {}", token.read()?.expose()));
            let mut bearer = bearer.map_err(|_| SinkError::setup(format!("the secret in {token} is no token")))?;
            bearer.set_sensitive(true);
            headers.insert(reqwest::header::AUTHORIZATION, bearer);
        }
        let key = self.options.secret.as_ref().map(|secret| signing_key(secret.read()?.expose())).transpose()?;
        let timeout = Duration::from_secs(self.options.timeout_secs.max(1));
        let client = http::client(&url, timeout, self.options.ca_file.as_deref())?;
        Ok(Endpoint { client, url, headers, key, timeout, target: self.target() })
    }
}

/// The key that a secret stands for.
fn signing_key(secret: &str) -> Result<ring::hmac::Key, SinkError> {
    let bytes = match secret.strip_prefix("whsec_") {
        None => secret.as_bytes().to_vec(),
        Some(coded) => STANDARD
            .decode(coded)
            .map_err(|_| SinkError::setup("`secret` begins with whsec_, but what follows is no base64"))?,
    };
    Ok(ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &bytes))
}

/// The value of `webhook-signature`.
fn sign(key: &ring::hmac::Key, id: &str, timestamp: i64, body: &str) -> String {
    let tag = ring::hmac::sign(key, format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag.as_ref()))
}

impl Endpoint {
    /// Sends one body; the endpoint's words where it refuses it.
    async fn post(&self, id: &str, body: String) -> Result<Result<(), String>, SinkError> {
        let timestamp = Timestamp::now().as_second();
        let mut request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string());
        if let Some(key) = &self.key {
            request = request.header("webhook-signature", sign(key, id, timestamp, &body));
        }
        let answer = http::send(request.body(body), self.timeout, &self.target).await?;
        match answer.status.as_u16() {
            200..=299 => Ok(Ok(())),
            400 | 413 | 422 => Ok(Err(answer.words())),
            _ => Err(answer.error(&self.target)),
        }
    }

    /// Sends some rows, as few bodies as the endpoint will have; says which it refuses.
    async fn post_batch(
        &self,
        items: &[Item<'_>],
        taken: &mut HashSet<(Sequence, ArticleId)>,
        report: &mut Report,
    ) -> Result<(), SinkError> {
        let mut parts = vec![items];
        while let Some(part) = parts.pop() {
            let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
            let id = format!("{}-{}-{}", first.row.sequence, last.row.sequence, part.len());
            let joined: Vec<&str> = part.iter().map(|item| item.json.as_str()).collect();
            match self.post(&id, format!("[{}]", joined.join(","))).await? {
                Ok(()) => taken.extend(part.iter().map(Item::key)),
                Err(reason) if part.len() == 1 => report.rejected.push(Rejection { row: first.position, reason }),
                Err(_) => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            }
        }
        Ok(())
    }

    /// Sends each row in a body of its own.
    async fn post_each(
        &self,
        items: &[Item<'_>],
        taken: &mut HashSet<(Sequence, ArticleId)>,
        report: &mut Report,
    ) -> Result<(), SinkError> {
        for item in items {
            let id = format!("{}-{}", item.row.id(), item.row.sequence);
            match self.post(&id, item.json.clone()).await? {
                Ok(()) => {
                    taken.insert(item.key());
                }
                Err(reason) => report.rejected.push(Rejection { row: item.position, reason }),
            }
        }
        Ok(())
    }
}

impl Item<'_> {
    fn key(&self) -> (Sequence, ArticleId) {
        (self.row.sequence, self.row.id())
    }
}

#[async_trait]
impl Sink for WebhookSink {
    fn class(&self) -> Class {
        Class::Append
    }

    fn target(&self) -> String {
        // Query and user may be secrets, and say nothing of where rows go.
        match http::parse_url("url", &self.options.url) {
            Ok(url) => {
                let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
                format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
            }
            Err(_) => "webhook".to_owned(),
        }
    }

    async fn open(&mut self, _state: Option<&[u8]>) -> Result<(), SinkError> {
        self.endpoint = None;
        self.endpoint = Some(self.endpoint()?);
        Ok(())
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        let target = self.target();
        let Some(endpoint) = self.endpoint.take() else {
            return Err(SinkError::new(format!("{target} is not open after an error before; it will be opened again")));
        };
        let mut report = Report::default();
        let mut items = Vec::with_capacity(batch.len());
        for (position, row) in batch.iter().enumerate() {
            if self.taken.contains(&(row.sequence, row.id())) {
                continue;
            }
            match &row.change {
                Change::Put { id, record } => match envelope::check(*id, record) {
                    Ok(json) => items.push(Item { position, row, json: json.to_owned() }),
                    Err(reason) => report.rejected.push(Rejection { row: position, reason }),
                },
                Change::Delete { id } => {
                    let json = format!(r#"{{"id":"{id}","deleted":true,"sequence":{}}}"#, row.sequence);
                    items.push(Item { position, row, json });
                }
            }
        }
        match self.options.mode {
            WebhookMode::Batch => endpoint.post_batch(&items, &mut self.taken, &mut report).await?,
            WebhookMode::Single => endpoint.post_each(&items, &mut self.taken, &mut report).await?,
        }
        self.taken.clear();
        self.endpoint = Some(endpoint);
        report.rejected.sort_by_key(|rejection| rejection.row);
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_specification() {
        // The example of the Standard Webhooks libraries.
        let key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a key");
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(signing_key("whsec_%").is_err());
    }

    #[test]
    fn options_that_cannot_work_are_said() {
        let said = |options: WebhookOptions| options.problems().join("; ");
        assert_eq!(said(WebhookOptions::at("https://hook.example/in")), "");
        assert!(said(WebhookOptions::at("hook")).contains("`url`"));
        let headers = BTreeMap::from([("x y".to_owned(), "z".to_owned())]);
        assert!(said(WebhookOptions { headers, ..WebhookOptions::at("https://h.example") }).contains("x y"));
        let secret = Some(Secret::Environment("COPYDESK_NO_SUCH".to_owned()));
        assert!(
            said(WebhookOptions { secret, ..WebhookOptions::at("https://h.example") }).contains("COPYDESK_NO_SUCH")
        );
    }

    #[test]
    fn the_target_keeps_secrets_in_the_address_to_itself() {
        let sink = WebhookSink::new(WebhookOptions::at("https://me@hook.example:8443/in?key=hunter2"));
        assert_eq!(sink.target(), "https://hook.example:8443/in");
    }
}
