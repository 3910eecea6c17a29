//! Parts in an S3 bucket, or in a store that speaks like one ([`crate::Class::FencedAppend`], `parts.rs`).
//!
//! One PUT a part, so that a part is there whole or not at all. Without `access_key` and `secret_key` the credentials
//! come from where AWS's own tools find them: the environment (`AWS_ACCESS_KEY_ID`, …), the container or the machine.
//! An `endpoint` of `http://` is taken for this machine only, unless `dangerously_plaintext` says otherwise.

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{HttpError, HttpErrorKind};
use object_store::path::Path as ObjectPath;
use object_store::{Certificate, ClientOptions, ObjectStoreExt, RetryConfig};
use serde::Deserialize;

use crate::parts::{PartFormat, PartSink, PartStore};
use crate::within::{causes, within};
use crate::{Compression, Failure, Secret, Sink, SinkError, named, tls};

/// Options of the `s3` sink.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct S3Options {
    /// The bucket.
    pub bucket: String,
    /// In front of every part's name. Default: nothing.
    #[serde(default)]
    pub prefix: String,
    /// Region. Default `us-east-1`.
    #[serde(default = "default_region")]
    pub region: String,
    /// Address of a store other than AWS's.
    pub endpoint: Option<String>,
    /// Id of the access key.
    pub access_key: Option<Secret>,
    /// The access key.
    pub secret_key: Option<Secret>,
    /// How parts are written: `jsonl` (default), `parquet`.
    #[serde(default)]
    pub format: PartFormat,
    /// How parts are kept. Default `zstd`.
    #[serde(default)]
    pub compression: Compression,
    /// How long the store may take over a part, in seconds. Default 120.
    #[serde(default = "default_timeout_secs")]
    pub timeout_secs: u64,
    /// Certificates, PEM, that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether to speak to another machine without TLS: whoever is on the way can read everything. Default false.
    #[serde(default)]
    pub dangerously_plaintext: bool,
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

const fn default_timeout_secs() -> u64 {
    120
}

impl S3Options {
    /// The defaults for a bucket.
    #[must_use]
    pub fn at(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            prefix: String::new(),
            region: default_region(),
            endpoint: None,
            access_key: None,
            secret_key: None,
            format: PartFormat::default(),
            compression: Compression::default(),
            timeout_secs: default_timeout_secs(),
            ca_file: None,
            dangerously_plaintext: false,
        }
    }

    /// What is wrong with the options, as far as this machine can tell.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.bucket.is_empty() || self.bucket.contains(|c: char| c == '/' || c.is_whitespace()) {
            problems.push("`bucket` is no name of a bucket".to_owned());
        }
        if let Some(endpoint) = &self.endpoint {
            let secure = endpoint.starts_with("https://");
            if !secure && !endpoint.starts_with("http://") {
                problems.push("`endpoint` must begin with https:// or http://".to_owned());
            } else if !secure && !self.dangerously_plaintext && !is_here(endpoint) {
                problems.push(
                    "`endpoint` is another machine and not https://; `dangerously_plaintext = true` allows that"
                        .to_owned(),
                );
            }
            if endpoint.contains('@') {
                problems.push(
                    "`endpoint` holds a user: take it out, `access_key` and `secret_key` are for that".to_owned(),
                );
            }
        }
        if self.access_key.is_some() != self.secret_key.is_some() {
            problems.push("`access_key` and `secret_key` belong together".to_owned());
        }
        problems.extend(self.format.problem());
        problems.extend(named::problems([&self.access_key, &self.secret_key], self.ca_file.as_deref()));
        problems
    }

    /// Makes relative paths count from `base`.
    pub(crate) fn resolve_paths(&mut self, base: &Path) {
        named::resolve_paths(base, [&mut self.access_key, &mut self.secret_key], &mut self.ca_file);
    }

    /// Where the store is to be reached, as HOST:PORT; nothing of what the cloud's own tools would find.
    pub(crate) fn servers(&self) -> Vec<String> {
        let Some(endpoint) = &self.endpoint else { return vec![format!("s3.{}.amazonaws.com:443", self.region)] };
        let (scheme, place) = scheme_and_place(endpoint);
        let has_port = place.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let port = if scheme == "http" { 80 } else { 443 };
        vec![if has_port { place.to_owned() } else { format!("{place}:{port}") }]
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_secs.max(1))
    }
}

/// The scheme of an address, https where it says none, and its host with the port where it names one.
fn scheme_and_place(endpoint: &str) -> (&str, &str) {
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("https", endpoint));
    (scheme, rest.split('/').next().unwrap_or_default())
}

/// Whether an address is on this machine.
fn is_here(endpoint: &str) -> bool {
    let (_, host) = scheme_and_place(endpoint);
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next() == Some("::1");
    }
    let host = host.split(':').next().unwrap_or_default();
    host == "localhost" || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// What kind of error it is: the client's, where the request did not come through, or the store's.
fn kind_of(error: &object_store::Error) -> Failure {
    if matches!(error, object_store::Error::Unauthenticated { .. } | object_store::Error::PermissionDenied { .. }) {
        return Failure::Access;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(http) = error.downcast_ref::<HttpError>() {
            return match http.kind() {
                HttpErrorKind::Timeout => Failure::Timeout,
                HttpErrorKind::Connect | HttpErrorKind::Request | HttpErrorKind::Interrupted => Failure::Connection,
                _ => Failure::Store,
            };
        }
        cause = error.source();
    }
    Failure::Store
}

/// The sink, not yet open. See the module's documentation.
#[must_use]
pub fn s3_sink(options: &S3Options) -> Box<dyn Sink> {
    Box::new(PartSink::new(Bucket { options: options.clone(), store: None }, options.format, options.compression))
}

struct Bucket {
    options: S3Options,
    store: Option<AmazonS3>,
}

impl Bucket {
    fn connect(&self) -> Result<AmazonS3, SinkError> {
        let options = &self.options;
        if let Some(problem) = options.problems().into_iter().next() {
            return Err(SinkError::setup(problem));
        }
        tls::provider();
        let timeout = options.timeout();
        let mut client = ClientOptions::new().with_allow_http(true).with_timeout(timeout).with_connect_timeout(timeout);
        if let Some(file) = &options.ca_file {
            let failed =
                |why: String| SinkError::setup(format!("can't read the certificates in {}: {why}", file.display()));
            let pem = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
            for root in Certificate::from_pem_bundle(&pem).map_err(|error| failed(causes(&error)))? {
                client = client.with_root_certificate(root);
            }
        }
        // The runner tries again, with pauses of its own.
        let retry = RetryConfig { max_retries: 0, retry_timeout: timeout, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&options.bucket)
            .with_region(&options.region)
            .with_client_options(client)
            .with_retry(retry)
            .with_disable_bulk_delete(true);
        if let Some(endpoint) = &options.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let (Some(id), Some(key)) = (&options.access_key, &options.secret_key) {
            builder = builder.with_access_key_id(id.read()?.expose()).with_secret_access_key(key.read()?.expose());
        }
        builder.build().map_err(|error| self.failed("open", "", &error))
    }

    fn store(&self) -> Result<&AmazonS3, SinkError> {
        self.store.as_ref().ok_or_else(|| SinkError::new(format!("{} is not open", self.target())))
    }

    fn path(&self, name: &str) -> ObjectPath {
        let prefix = self.options.prefix.trim_matches('/');
        ObjectPath::from(if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") })
    }

    fn failed(&self, action: &str, name: &str, error: &object_store::Error) -> SinkError {
        let advice = match error {
            object_store::Error::Unauthenticated { .. } | object_store::Error::PermissionDenied { .. } => {
                "; check `access_key`, `secret_key` and the rights on the bucket"
            }
            object_store::Error::NotFound { .. } => "; check that the bucket is there",
            _ => "",
        };
        let message = format!("could not {action} {name} in {}: {}{advice}", self.target(), causes(error));
        SinkError::of(kind_of(error), message)
    }
}

#[async_trait]
impl PartStore for Bucket {
    fn target(&self) -> String {
        let endpoint = self.options.endpoint.as_deref().unwrap_or("aws").trim_end_matches('/');
        let prefix = self.options.prefix.trim_matches('/');
        format!("s3:{endpoint}/{}/{prefix}", self.options.bucket)
    }

    async fn open(&mut self) -> Result<(), SinkError> {
        self.store = None;
        self.store = Some(self.connect()?);
        Ok(())
    }

    async fn put(&self, name: &str, bytes: Vec<u8>) -> Result<(), SinkError> {
        let (store, path) = (self.store()?, self.path(name));
        let put = async { store.put(&path, bytes.into()).await.map_err(|error| self.failed("write", name, &error)) };
        within(self.options.timeout(), &format!("{name} for {}", self.target()), put).await?;
        Ok(())
    }

    async fn delete(&self, name: &str) -> Result<(), SinkError> {
        let (store, path) = (self.store()?, self.path(name));
        let delete = async {
            match store.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.failed("delete", name, &error)),
            }
        };
        within(self.options.timeout(), &format!("{name} for {}", self.target()), delete).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_work_are_said() {
        let said = |options: S3Options| options.problems().join("; ");
        assert_eq!(said(S3Options::at("news")), "");
        assert!(said(S3Options::at("a/b")).contains("`bucket`"));
        let at = |endpoint: &str| S3Options { endpoint: Some(endpoint.to_owned()), ..S3Options::at("news") };
        for good in ["https://store.example", "http://127.0.0.1:9000", "http://localhost", "http://[::1]:9000/"] {
            assert_eq!(said(at(good)), "", "{good}");
        }
        assert!(said(at("http://store.example:9000")).contains("dangerously_plaintext"));
        assert!(said(at("http://127.0.0.1.example")).contains("dangerously_plaintext"));
        let key = Some(Secret::Environment("PATH".to_owned()));
        assert!(said(S3Options { access_key: key, ..S3Options::at("news") }).contains("belong together"));
    }
}
