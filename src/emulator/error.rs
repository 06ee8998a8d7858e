//! Why the emulator could not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Everything that keeps the emulator from running.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The address is taken or not ours.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the data folder could not be read or written.
    #[error("cannot use `{}` in the data folder of the emulator", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the data folder holds something else than the emulator wrote.
    #[error("`{}` in the data folder of the emulator cannot be understood", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Another emulator works on the folder.
    #[error("the data folder `{}` is used by another emulator", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A certificate or key of the data folder holds something else than the emulator wrote.
    #[error("`{}` holds no PEM; without the file, the emulator makes another", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate")]
    Make(#[source] rcgen::Error),
    /// TLS could not be set up.
    #[error("cannot set up TLS")]
    Tls(#[source] rustls::Error),
    /// A seed names something that cannot be.
    #[error("the seed cannot be used: {reason}")]
    Seed {
        /// What is wrong with it.
        reason: String,
    },
}
