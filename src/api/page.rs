//! Pages of a list.

use serde::Deserialize;
use serde_json::Value;

/// One page: items as they came, and where the next page is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    /// The items.
    pub(crate) value: Vec<Value>,
    /// Absolute URL of the next page; absent, null or empty on the last.
    #[serde(default)]
    pub(crate) next_link: Option<String>,
}
