//! The one TLS stack: rustls with ring, certificates checked against the system's roots and, where the
//! configuration names a file, against those in it too. There is no switch that turns the check off.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

use crate::SinkError;

/// A client's settings. `ca_file`: further roots, PEM.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, SinkError> {
    let provider = provider();
    let roots = ca_file.map(read_roots).transpose()?.unwrap_or_default();
    let failed = |error: rustls::Error| SinkError::setup(format!("can't set up TLS: {error}"));
    let verifier = Verifier::new_with_extra_roots(roots, Arc::clone(&provider)).map_err(failed)?;
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(failed)?;
    let verified = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(verified.with_no_client_auth())
}

/// Settings for a client that speaks no TLS: whatever it met, it would trust nobody. They can be had on a machine without
/// any certificates, too.
#[cfg(feature = "http")]
pub(crate) fn no_tls() -> Result<ClientConfig, SinkError> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| SinkError::setup(format!("can't set up TLS: {error}")))?;
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

/// The provider of all cryptography; also made the process's default, for libraries that ask for that.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    // Fails only where there is one already, which is this one.
    rustls::crypto::ring::default_provider().install_default().ok();
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The certificates in a PEM file.
pub(crate) fn read_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, SinkError> {
    let failed = |why: String| SinkError::setup(format!("can't read the certificates in {}: {why}", path.display()));
    let read = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let roots = read.collect::<Result<Vec<_>, _>>().map_err(|error| failed(error.to_string()))?;
    if roots.is_empty() { Err(failed("there is none".to_owned())) } else { Ok(roots) }
}
