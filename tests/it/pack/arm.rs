//! The template that sends a storage account's logs to the workspace.

use serde_json::Value;

#[test]
fn the_diagnostic_setting_sends_the_three_categories_of_the_blob_service() {
    let template: Value =
        serde_json::from_str(include_str!("../../../arm/sftp-diagnostic-setting.json"))
            .expect("JSON");
    let schema = template["$schema"].as_str().expect("a schema");
    assert!(
        schema.ends_with("/2019-04-01/deploymentTemplate.json#"),
        "{schema}"
    );
    let resources = template["resources"].as_array().expect("resources");
    assert_eq!(resources.len(), 1);
    let setting = &resources[0];
    assert_eq!(setting["type"], "Microsoft.Insights/diagnosticSettings");
    let scope = setting["scope"].as_str().expect("a scope");
    assert!(
        scope.contains("'Microsoft.Storage/storageAccounts/blobServices'"),
        "{scope}"
    );
    assert!(scope.contains("'default'"), "{scope}");
    let logs = setting["properties"]["logs"].as_array().expect("logs");
    let mut categories: Vec<&str> = logs
        .iter()
        .filter(|log| log["enabled"] == true)
        .map(|log| log["category"].as_str().expect("a category"))
        .collect();
    categories.sort_unstable();
    assert_eq!(categories, ["StorageDelete", "StorageRead", "StorageWrite"]);
    // Every parameter is declared, described and used, and nothing else is.
    let text = template["resources"].to_string();
    let declared = template["parameters"].as_object().expect("parameters");
    for (name, parameter) in declared {
        assert!(
            text.contains(&format!("parameters('{name}')")),
            "{name} is not used"
        );
        assert!(parameter["metadata"]["description"].is_string(), "{name}");
    }
    for used in text
        .split("parameters('")
        .skip(1)
        .filter_map(|rest| rest.split('\'').next())
    {
        assert!(declared.contains_key(used), "{used} is not declared");
    }
}
