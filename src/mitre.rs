//! MITRE ATT&CK as the service knows it: tactics under the API's names, techniques and sub-techniques.
//!
//! The table is ATT&CK Enterprise, [`VERSION`], in `mitre/attack-enterprise-v18.1.tsv`.
//! The two ICS tactics of the API have no techniques in it; ids of the form `T0###` are known by form only.
//! Beside it stands Microsoft's threat matrix for storage services, [`storage_techniques`].
//! Start at [`technique()`] and [`Tactic`].

mod storage;
mod tactic;
mod technique;

pub(crate) use storage::{StorageTechnique, storage_techniques};
pub(crate) use tactic::Tactic;
pub(crate) use technique::{Status, TechniqueId, technique, techniques};

/// The release of ATT&CK Enterprise the table was made from.
pub(crate) const VERSION: &str = "18.1";
