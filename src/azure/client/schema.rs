//! What a workspace has for queries: tables with their columns, saved functions, watchlists. Nothing here changes
//! anything.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::api::page::Page;
use crate::api::path::WorkspaceId;
use crate::api::version;
use crate::azure::client::Client;
use crate::azure::error::{Error, Operation};

/// A table as the service lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListedTable {
    /// Its name.
    pub(crate) name: String,
    /// Columns with their types as the service spells them (`dateTime`, `boolean`), standard and custom ones; columns
    /// whose name begins with `_` are not listed by the service.
    pub(crate) columns: BTreeMap<String, String>,
}

/// A saved search that can be called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SavedFunction {
    /// The name it is called by; empty for a search that is none.
    #[serde(rename = "functionAlias", deserialize_with = "text")]
    pub(crate) name: String,
    /// `name:type = default, …` without parentheses.
    #[serde(rename = "functionParameters", deserialize_with = "text")]
    pub(crate) parameters: String,
    /// Its query.
    #[serde(deserialize_with = "text")]
    pub(crate) query: String,
}

/// A watchlist with the columns of its first items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ListedWatchlist {
    /// The alias that `_GetWatchlist` takes.
    pub(crate) alias: String,
    /// The columns, in the order of the first item.
    pub(crate) columns: Vec<String>,
}

/// A text, null being the empty one.
fn text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Client {
    /// The tables of a workspace.
    pub(crate) async fn list_tables(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<ListedTable>, Error> {
        let operation = Operation::ListTables(Box::new(workspace.clone()));
        let path = workspace.tables();
        let url = self.url(&path, version::WORKSPACES);
        self.list(&operation, url, |item| table(&item)).await
    }

    /// The saved searches of a workspace that have a function's name.
    pub(crate) async fn list_functions(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<SavedFunction>, Error> {
        let operation = Operation::ListSavedSearches(Box::new(workspace.clone()));
        let path = workspace.saved_searches();
        let url = self.url(&path, version::WORKSPACES);
        let read = |item: Value| {
            let function = SavedFunction::deserialize(item.get("properties")?).ok()?;
            (!function.name.is_empty()).then_some(function)
        };
        self.list(&operation, url, read).await
    }

    /// The watchlists of a workspace. The service does not list their columns, so the first page of the items of each
    /// is read; the items themselves are not kept.
    pub(crate) async fn list_watchlists(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<ListedWatchlist>, Error> {
        let operation = Operation::ListWatchlists(Box::new(workspace.clone()));
        let url = self.url(&workspace.watchlists(), &self.inner.api_version);
        let mut found = Vec::new();
        for item in self.list(&operation, url, Some).await? {
            let properties = item.get("properties");
            let given = |name: &str| properties?.get(name)?.as_str().map(str::to_owned);
            let deleted = properties.and_then(|p| p.get("isDeleted")) == Some(&Value::Bool(true));
            let Some(alias) = given("watchlistAlias").filter(|_| !deleted) else {
                continue;
            };
            let mut columns = self.watchlist_columns(workspace, &alias).await?;
            if let Some(key) = given("itemsSearchKey").filter(|key| !columns.contains(key)) {
                columns.push(key);
            }
            found.push(ListedWatchlist { alias, columns });
        }
        Ok(found)
    }

    async fn watchlist_columns(
        &self,
        workspace: &WorkspaceId,
        alias: &str,
    ) -> Result<Vec<String>, Error> {
        let operation = Operation::ReadWatchlist(Box::new(workspace.clone()), alias.to_owned());
        let url = self.url(&workspace.watchlist_items(alias), &self.inner.api_version);
        let page: Page = self.get(&operation, url).await?.read(&operation)?;
        let mut columns: Vec<String> = Vec::new();
        for item in &page.value {
            let values = item.pointer("/properties/itemsKeyValue");
            for name in values
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::keys)
            {
                if !columns.contains(name) {
                    columns.push(name.clone());
                }
            }
        }
        Ok(columns)
    }
}

/// A table of the list; an item without a name is none.
fn table(item: &Value) -> Option<ListedTable> {
    let name = item.get("name")?.as_str()?.to_owned();
    let schema = item.pointer("/properties/schema");
    let listed = |key: &str| {
        let list = schema
            .and_then(|schema| schema.get(key))
            .and_then(Value::as_array);
        list.into_iter().flatten()
    };
    let column = |column: &Value| {
        let text = |key: &str| column.get(key)?.as_str().map(str::to_owned);
        Some((text("name")?, text("type")?))
    };
    let columns = listed("standardColumns").chain(listed("columns"));
    Some(ListedTable {
        name,
        columns: columns.filter_map(column).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_its_standard_and_its_custom_columns() {
        let item = json!({
            "name": "Contoso_CL",
            "properties": {"schema": {
                "name": "Contoso_CL",
                "standardColumns": [{"name": "TenantId", "type": "guid"}],
                "columns": [{"name": "User_s", "type": "string", "isHidden": false}],
            }},
        });
        let table = table(&item).expect("it has a name");
        assert_eq!(table.columns.len(), 2);
        assert_eq!(table.columns["TenantId"], "guid");
        let bare = super::table(&json!({"name": "T"})).expect("it has a name");
        assert!(bare.columns.is_empty());
        assert_eq!(super::table(&json!({"id": "x"})), None);
    }

    #[test]
    fn a_search_without_a_function_s_name_is_read_as_none() {
        let read = |value: Value| SavedFunction::deserialize(value).expect("it is read");
        let search = json!({"displayName": "x", "query": "T", "functionAlias": null});
        assert_eq!(read(search).name, "");
        let function = json!({"functionAlias": "F", "query": "T", "functionParameters": "a:long"});
        assert_eq!(read(function).parameters, "a:long");
    }
}
