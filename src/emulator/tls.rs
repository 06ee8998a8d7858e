//! TLS with a self-signed certificate, kept in the data folder as `certificate.pem` and `key.pem`.
//!
//! The certificate is its own root: clients are told to trust that one file. It names the loopback interface in
//! its three spellings and the address that is listened on.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::emulator::error::Error;
use crate::emulator::store::replace;

/// What makes a connection one over TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    /// Shakes hands.
    pub(crate) acceptor: TlsAcceptor,
    /// The certificate that clients must trust.
    pub(crate) certificate: PathBuf,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// The certificate of a data folder, made when there is none for this address.
    pub(crate) fn open(folder: &Path, address: SocketAddr) -> Result<Self, Error> {
        let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
        // One certificate serves every start, so that a client needs to trust it once. The names are in a file
        // of their own, as the certificate cannot be asked without a parser for it.
        let names = names(address).join("\n");
        let known = folder.join("certificate.names");
        if std::fs::read_to_string(&known).ok().as_deref() != Some(&names) || !key.exists() {
            let made = make(address)?;
            replace(&key, made.key.as_bytes())?;
            hide(&key).map_err(|source| file_error(&key, source))?;
            replace(&certificate, made.certificate.as_bytes())?;
            replace(&known, names.as_bytes())?;
        }
        let read = |path: &Path| std::fs::read(path).map_err(|source| file_error(path, source));
        let unreadable = |path: &Path| Error::Certificate {
            path: path.to_owned(),
        };
        let chain = CertificateDer::from_pem_slice(&read(&certificate)?)
            .map_err(|_no_pem| unreadable(&certificate))?;
        let secret =
            PrivateKeyDer::from_pem_slice(&read(&key)?).map_err(|_no_pem| unreadable(&key))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder
                    .with_no_client_auth()
                    .with_single_cert(vec![chain], secret)
            })
            .map_err(Error::Tls)?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate,
        })
    }
}

/// A certificate and its key, as PEM.
struct Made {
    certificate: String,
    key: String,
}

/// The names a certificate is for.
fn names(address: SocketAddr) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    let own = address.ip().to_string();
    if !address.ip().is_unspecified() && !names.contains(&own) {
        names.push(own);
    }
    names
}

fn make(address: SocketAddr) -> Result<Made, Error> {
    let mut params = rcgen::CertificateParams::new(names(address)).map_err(Error::Make)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, "rulepost emulator");
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2046, 1, 1);
    let key = rcgen::KeyPair::generate().map_err(Error::Make)?;
    let certificate = params.self_signed(&key).map_err(Error::Make)?;
    Ok(Made {
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}

/// Lets nobody but the owner read a file.
#[cfg(unix)]
fn hide(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

/// Elsewhere the folder's own permissions decide.
#[cfg(not(unix))]
fn hide(_path: &Path) -> io::Result<()> {
    Ok(())
}

fn file_error(path: &Path, source: io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        source,
    }
}
