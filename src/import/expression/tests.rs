//! Expressions as templates write them, and hostile ones.

use serde_json::json;

use super::*;

fn evaluate(template: &Json, expression: &str) -> Evaluated {
    let template = template.as_object().expect("a map").clone();
    let scope = Scope::of(&template, &Map::new());
    scope.evaluate(&json!(expression))
}

fn value(expression: &str) -> Json {
    let evaluated = evaluate(&json!({}), expression);
    assert_eq!(evaluated.missing, Vec::<String>::new(), "{expression}");
    evaluated.value
}

#[test]
fn functions_give_what_the_documentation_says() {
    let cases = [
        ("[concat('a', 'b', 1, true())]", json!("ab1True")),
        ("[concat(createArray(1), createArray(2))]", json!([1, 2])),
        ("[format('{0}/{1}: {{x}}', 'a', 2)]", json!("a/2: {x}")),
        ("[toLower('AbC')]", json!("abc")),
        ("[replace('a-b', '-', '')]", json!("ab")),
        ("[substring('abcdef', 2, 3)]", json!("cde")),
        ("[last(split('a/b/c', '/'))]", json!("c")),
        (
            "[if(equals('A', 'a'), 'yes', parameters('none'))]",
            json!("yes"),
        ),
        ("[createObject('a', createArray(1, 2)).a[1]]", json!(2)),
        ("[json('{\"x\": [1]}').X[0]]", json!(1)),
        ("[int('5')]", json!(5)),
        ("[union(createArray(1), createArray(1, 2))]", json!([1, 2])),
        ("[coalesce(null(), 'x')]", json!("x")),
        ("[add(2, mul(3, 4))]", json!(14)),
        ("[ concat ( 'it''s' , '!' ) ]", json!("it's!")),
    ];
    for (expression, wanted) in cases {
        assert_eq!(value(expression), wanted, "{expression}");
    }
}

#[test]
fn guid_is_name_based() {
    // uuid5(11fb06fb-712d-4ddd-98c7-e71bbd588830, "a-b"), calculated with Python's uuid module.
    assert_eq!(
        value("[guid('a', 'b')]"),
        json!("2d796349-8c7e-55ec-9624-54ece82ed031")
    );
}

#[test]
fn brackets_are_escaped_by_doubling_and_names_in_brackets_are_names() {
    assert_eq!(value("[[concat('a')]"), json!("[concat('a')]"));
    assert_eq!(
        value("[Deprecated] Explicit MFA Deny"),
        json!("[Deprecated] Explicit MFA Deny")
    );
    assert_eq!(value("[Deprecated]"), json!("[Deprecated]"));
    assert_eq!(
        value("[T] | where a[0] == 1"),
        json!("[T] | where a[0] == 1")
    );
}

#[test]
fn what_is_missing_is_named_and_the_rest_of_a_joined_text_is_kept() {
    let template =
        json!({"parameters": {"Workspace": {"type": "string"}}, "variables": {"name": "x/[[y]"}});
    let evaluated = evaluate(
        &template,
        "[concat(parameters('workspace'), '/Microsoft.SecurityInsights/', 'id')]",
    );
    assert_eq!(
        evaluated.value,
        json!(format!("{HOLE}/Microsoft.SecurityInsights/id"))
    );
    assert_eq!(evaluated.missing, ["parameter `workspace` has no value"]);
    let evaluated = evaluate(&template, "[resourceGroup().location]");
    assert_eq!(
        evaluated.missing,
        ["`resourceGroup()` is known to Azure only"]
    );
}

#[test]
fn defaults_and_variables_are_expressions_too() {
    let template = json!({
        "parameters": {"prefix": {"defaultValue": "[concat('a', 'b')]"}},
        "variables": {"name": "[concat(parameters('prefix'), variables('Other').x)]", "other": {"x": "[toUpper('c')]"}},
    });
    assert_eq!(
        evaluate(&template, "[variables('name')]").value,
        json!("abC")
    );
}

#[test]
fn a_hostile_template_ends() {
    let circle = json!({"variables": {"a": "[variables('b')]", "b": "[variables('a')]"}});
    assert_eq!(
        evaluate(&circle, "[variables('a')]").missing,
        ["variables refer to each other without end"]
    );
    let deep = format!("[{}'a'{}]", "toLower(".repeat(5_000), ")".repeat(5_000));
    assert_eq!(
        evaluate(&json!({}), &deep).value,
        json!(deep),
        "no expression that Azure would take"
    );
    let mut doubling = Map::new();
    doubling.insert("v0".to_owned(), json!("0123456789abcdef0123456789abcdef"));
    for level in 1..40 {
        let text = format!("[concat(variables('v{0}'), variables('v{0}'))]", level - 1);
        doubling.insert(format!("v{level}"), json!(text));
    }
    let evaluated = evaluate(&json!({"variables": doubling}), "[variables('v39')]");
    assert!(
        evaluated.missing.iter().any(|what| what.contains("64 MiB")),
        "{:?}",
        evaluated.missing
    );
    let mut nested = json!("0123456789abcdef");
    for level in 0..20 {
        nested =
            json!({"copy": [{"name": format!("c{level}"), "count": 1_000_000, "input": nested}]});
    }
    let evaluated = evaluate(&json!({"variables": {"v": nested}}), "[variables('v')]");
    assert_eq!(
        evaluated.missing,
        ["the template evaluates to more than 64 MiB"]
    );
}
