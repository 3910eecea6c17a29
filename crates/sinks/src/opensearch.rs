//! An index of OpenSearch 1 or newer, or Elasticsearch 7.8 or newer ([`Class::Keyed`]): one document an article, the
//! highest sequence wins.
//!
//! Rows go through `_bulk` with the article's id as `_id` and the sequence as external version, so that a batch that
//! comes again changes nothing: a conflict means that the index has as new a state or a newer one, which is what we
//! want. The server remembers the version of a delete for `index.gc_deletes` (seven days by our template): an older
//! state that comes again within that time stays gone.
//!
//! At opening the sink writes an index template, `copydesk-INDEX` (`opensearch/template.json`; not with
//! `manage_template = false`), and makes the index where it is missing. Fields of the record that are not in the
//! template are kept and not indexed. `index` must not be a data stream: those take no versions.
//!
//! **Item by item.** The answer says what became of each row. Rows that could not be parsed or indexed (400) are
//! rejected with the server's words; rows that met an overloaded node (429, 5xx) are sent again by themselves, a few
//! times with growing pauses; anything else (a read-only index on a full disk, a missing right) fails the batch.
//! Bodies go compressed; one that is too large for the server (413) is halved.
//!
//! Tested against a strict mock of `_bulk`, not against a real cluster.

mod bulk;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde::Deserialize;
use serde_json::Value;

use crate::http::Answer;
use crate::{Class, Report, Row, Secret, Sink, SinkError, http, named};

/// The index template, but for its patterns.
const TEMPLATE: &str = include_str!("opensearch/template.json");

/// Options of the `opensearch` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct OpensearchOptions {
    /// Address of the cluster, with the path in front of its API where there is one.
    pub url: String,
    /// Index, or alias of one. Default `articles`.
    #[serde(default = "default_index")]
    pub index: String,
    /// User, with `password`.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// An API key (Elasticsearch), instead of a user.
    pub api_key: Option<Secret>,
    /// Whether the sink writes its index template and makes the index. Default true.
    #[serde(default = "yes")]
    pub manage_template: bool,
    /// Whether bodies go compressed (gzip). Default true.
    #[serde(default = "yes")]
    pub gzip: bool,
    /// How long the server may take over an answer, in seconds. Default 60.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: u64,
    /// Certificates, PEM, that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
}

fn default_index() -> String {
    "articles".to_owned()
}

const fn default_timeout_secs() -> u64 {
    60
}

const fn yes() -> bool {
    true
}

impl OpensearchOptions {
    /// The defaults for a cluster.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            index: default_index(),
            user: None,
            password: None,
            api_key: None,
            manage_template: true,
            gzip: true,
            timeout_secs: default_timeout_secs(),
            ca_file: None,
        }
    }

    /// What is wrong with the options, as far as this machine can tell.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = http::parse_url("url", &self.url).err().into_iter().collect();
        let odd = |c: char| c.is_uppercase() || c.is_whitespace() || c.is_control() || "\\/*?\"<>|,#:%".contains(c);
        if self.index.is_empty() || self.index.contains(odd) || self.index.starts_with(['-', '_', '+', '.']) {
            problems.push("`index` is no name of an index: small letters, digits, `-` and `_`".to_owned());
        }
        if self.user.is_some() != self.password.is_some() {
            problems.push("`user` and `password` belong together".to_owned());
        }
        if self.user.is_some() && self.api_key.is_some() {
            problems.push("give `user` or `api_key`, not both".to_owned());
        }
        problems.extend(named::problems([&self.password, &self.api_key], self.ca_file.as_deref()));
        problems
    }

    /// Makes relative paths count from `base`.
    pub(crate) fn resolve_paths(&mut self, base: &Path) {
        named::resolve_paths(base, [&mut self.password, &mut self.api_key], &mut self.ca_file);
    }
}

/// The sink. See the module's documentation.
pub struct OpensearchSink {
    options: OpensearchOptions,
    cluster: Option<Cluster>,
}

/// A cluster that can be spoken to.
struct Cluster {
    client: Client,
    /// Without a slash at the end.
    url: String,
    index: String,
    headers: HeaderMap,
    gzip: bool,
    timeout: Duration,
    target: String,
}

impl OpensearchSink {
    /// A sink that is not yet open.
    #[must_use]
    pub const fn new(options: OpensearchOptions) -> Self {
        Self { options, cluster: None }
    }

    fn cluster(&self) -> Result<Cluster, SinkError> {
        let options = &self.options;
        let url = http::parse_url("url", &options.url).map_err(SinkError::setup)?;
        let mut headers = HeaderMap::new();
        if let Some(key) = &options.api_key {
            let value = HeaderValue::from_str(&format!("ApiKey {}", key.read()?.expose()));
            let mut value = value.map_err(|_| SinkError::setup(format!("the secret in {key} is no API key")))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let timeout = Duration::from_secs(options.timeout_secs.max(1));
        Ok(Cluster {
            client: http::client(&url, timeout, options.ca_file.as_deref())?,
            url: url.as_str().trim_end_matches('/').to_owned(),
            index: options.index.clone(),
            headers,
            gzip: options.gzip,
            timeout,
            target: self.target(),
        })
    }

    async fn call(&self, cluster: &Cluster, request: RequestBuilder) -> Result<Answer, SinkError> {
        http::send(self.authorised(request)?, cluster.timeout, &cluster.target).await
    }

    fn authorised(&self, request: RequestBuilder) -> Result<RequestBuilder, SinkError> {
        match (&self.options.user, &self.options.password) {
            (Some(user), Some(password)) => Ok(request.basic_auth(user, Some(password.read()?.expose()))),
            _ => Ok(request),
        }
    }

    /// Writes the template, and makes the index where it is missing.
    async fn prepare_index(&self, cluster: &Cluster) -> Result<(), SinkError> {
        let mut template: Value = serde_json::from_str(TEMPLATE)
            .map_err(|error| SinkError::new(format!("the index template is broken, please report it: {error}")))?;
        template["index_patterns"] = Value::from(vec![cluster.index.clone()]);
        let path = format!("_index_template/copydesk-{}", cluster.index);
        let request = cluster.request(Method::PUT, &path).header(CONTENT_TYPE, "application/json");
        let written = self.call(cluster, request.body(template.to_string())).await?;
        if !written.status.is_success() {
            let error = written.error(&cluster.target);
            let message = format!("{}; or set `manage_template = false` and make the index yourself", error.message);
            return Err(SinkError { message, ..error });
        }
        let there = self.call(cluster, cluster.request(Method::HEAD, &cluster.index)).await?;
        if there.status.as_u16() != 404 {
            return if there.status.is_success() { Ok(()) } else { Err(there.error(&cluster.target)) };
        }
        let made = self.call(cluster, cluster.request(Method::PUT, &cluster.index)).await?;
        // Somebody else may have been faster.
        let exists = made.status.as_u16() == 400 && made.words().contains("resource_already_exists");
        if made.status.is_success() || exists { Ok(()) } else { Err(made.error(&cluster.target)) }
    }
}

impl Cluster {
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/{path}", self.url)).headers(self.headers.clone())
    }
}

#[async_trait]
impl Sink for OpensearchSink {
    fn class(&self) -> Class {
        Class::Keyed
    }

    fn target(&self) -> String {
        match http::parse_url("url", &self.options.url) {
            Ok(url) => {
                let port = url.port_or_known_default().unwrap_or_default();
                let path = url.path().trim_end_matches('/');
                format!("opensearch:{}:{port}{path}/{}", url.host_str().unwrap_or_default(), self.options.index)
            }
            Err(_) => format!("opensearch:{}", self.options.index),
        }
    }

    async fn open(&mut self, _state: Option<&[u8]>) -> Result<(), SinkError> {
        self.cluster = None;
        let cluster = self.cluster()?;
        if self.options.manage_template {
            self.prepare_index(&cluster).await?;
        }
        self.cluster = Some(cluster);
        Ok(())
    }

    async fn deliver(&mut self, batch: &[Row]) -> Result<Report, SinkError> {
        let Some(cluster) = self.cluster.take() else {
            let target = self.target();
            return Err(SinkError::new(format!("{target} is not open after an error before; it will be opened again")));
        };
        let report = bulk::write(self, &cluster, batch).await?;
        self.cluster = Some(cluster);
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_work_are_said() {
        let said = |options: OpensearchOptions| options.problems().join("; ");
        let good = || OpensearchOptions::at("https://search.example:9200");
        assert_eq!(said(good()), "");
        assert!(said(OpensearchOptions::at("search")).contains("`url`"));
        for index in ["", "Articles", "a,b", "_all", "a*"] {
            assert!(said(OpensearchOptions { index: index.to_owned(), ..good() }).contains("`index`"), "{index}");
        }
        assert!(said(OpensearchOptions { user: Some("desk".to_owned()), ..good() }).contains("belong together"));
    }

    #[test]
    fn the_template_is_json() {
        let template: Value = serde_json::from_str(TEMPLATE).expect("JSON");
        assert_eq!(template["template"]["mappings"]["dynamic"], false);
    }
}
