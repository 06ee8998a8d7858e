//! Finding and reading the files of a project, and writing files back.
//!
//! The rules themselves are understood by [`crate::rule`]; this module brings their bytes and keeps the texts
//! that findings point into. A file that cannot be read is a finding, so that the others are still seen; only a
//! path that does not exist at all is an error.
//! Start at [`load::load`].

pub(crate) mod config;
pub(crate) mod discover;
pub(crate) mod load;
pub(crate) mod merge;
pub(crate) mod target;
pub(crate) mod text;
pub(crate) mod write;

pub(crate) use load::{Loaded, load};

use std::path::PathBuf;

/// Why a project could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A path that was named does not exist.
    #[error("there is no file or folder `{}`", path.display())]
    NotFound {
        /// The path as given.
        path: PathBuf,
    },
    /// A folder could not be walked.
    #[error("cannot look into `{}`", path.display())]
    Walk {
        /// The folder as given.
        path: PathBuf,
        /// Why.
        #[source]
        source: ignore::Error,
    },
}
