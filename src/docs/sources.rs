//! What must be on for a table to have rows. Only tables this project knows are described.
//!
//! Sources: the Azure Monitor table reference and the diagnostic settings of Azure Storage.

/// How a table is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Source {
    /// The table.
    pub(crate) table: &'static str,
    /// What to switch on; one sentence each.
    pub(crate) setting: &'static str,
}

const SOURCES: &[Source] = &[
    Source {
        table: "StorageBlobLogs",
        setting: "a diagnostic setting of the storage account's blob service \
                  (`…/storageAccounts/NAME/blobServices/default`) that sends the categories `StorageRead`, \
                  `StorageWrite` and `StorageDelete` to the workspace. Which of the three carries SFTP logins is \
                  not documented, so all three must be on. The table must be on the Analytics plan.",
    },
    Source {
        table: "AzureActivity",
        setting: "a diagnostic setting of the subscription that sends the category `Administrative` of the \
                  activity log to the workspace, as the Azure Activity data connector sets up.",
    },
    Source {
        table: "ThreatIntelIndicators",
        setting: "a threat intelligence connector, or indicators that were added by hand.",
    },
];

/// How the table is filled, if it is known.
pub(crate) fn source(table: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|source| source.table == table)
}
