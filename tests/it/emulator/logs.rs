//! Rows go in through the Logs Ingestion API and come out of the query API, as the service does both.

use std::io::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Emulator;
use crate::support::emulator::{Reply, text};

const INGESTION: &str = "https://monitor.azure.com/.default";
const QUERY: &str = "https://api.loganalytics.io/.default";

/// A token for another service than Azure Resource Manager.
fn token_for(emulator: &Emulator, scope: &str) -> String {
    let mut form = emulator.form();
    form.retain(|(name, _)| *name != "scope");
    form.push(("scope", scope));
    let reply = emulator.token(text(&emulator.ready, "tenant"), &form);
    text(&reply.body, "access_token").to_owned()
}

/// Sends rows, or whatever the body is, to a stream.
fn send(emulator: &Emulator, stream: &str, body: String) -> Reply {
    let rule = text(&emulator.ready, "data_collection_rule").to_owned();
    let path = format!("/dataCollectionRules/{rule}/streams/{stream}?api-version=2023-01-01");
    let bearer = format!("Bearer {}", token_for(emulator, INGESTION));
    let headers = [("authorization", bearer.as_str())];
    emulator
        .try_send(Method::POST, &path, &headers, Some(body))
        .expect("the emulator answers")
}

/// Asks the query API.
fn ask(emulator: &Emulator, body: &Value) -> Reply {
    let path = format!(
        "/v1/workspaces/{}/query",
        text(&emulator.ready, "workspace_id")
    );
    let bearer = format!("Bearer {}", token_for(emulator, QUERY));
    let headers = [("authorization", bearer.as_str())];
    emulator
        .try_send(Method::POST, &path, &headers, Some(body.to_string()))
        .expect("the emulator answers")
}

/// The rows of an answer.
fn rows(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["tables"][0]["rows"].clone()
}

fn answer(emulator: &Emulator, query: &str) -> Value {
    rows(&ask(emulator, &json!({ "query": query })))
}

fn manual() -> Emulator {
    Emulator::with(&["--time", "2026-03-01T12:00:00Z"])
}

#[test]
fn rows_that_go_in_come_out_typed() {
    let emulator = manual();
    let sent = json!([{
        "TimeGenerated": "2026-03-01T11:59:00Z",
        "OperationName": "SftpConnect",
        "StatusCode": 403,
        "DurationMs": "12.5",
        "AuthorizationDetails": [{"action": "read"}],
        "NotAColumn": 1,
    }]);
    let reply = send(&emulator, "Microsoft-StorageBlobLogs", sent.to_string());
    assert_eq!((reply.status, reply.text.as_str()), (204, ""), "{reply:?}");
    let reply = ask(
        &emulator,
        &json!({"query": "StorageBlobLogs | project TimeGenerated, StatusCode, DurationMs, AuthorizationDetails, Type, Uri, Arrived = ingestion_time()"}),
    );
    let table = &reply.body["tables"][0];
    assert_eq!(table["name"], "PrimaryResult");
    let types: Vec<(&str, &str)> = table["columns"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|column| (text(column, "name"), text(column, "type")))
        .collect();
    assert_eq!(
        types,
        [
            ("TimeGenerated", "datetime"),
            ("StatusCode", "string"),
            ("DurationMs", "real"),
            ("AuthorizationDetails", "dynamic"),
            ("Type", "string"),
            ("Uri", "string"),
            ("Arrived", "datetime"),
        ]
    );
    assert_eq!(
        rows(&reply),
        json!([[
            "2026-03-01T11:59:00Z",
            "403",
            12.5,
            "[{\"action\":\"read\"}]",
            "StorageBlobLogs",
            "",
            "2026-03-01T12:00:00Z"
        ]])
    );
}

#[test]
fn gzip_is_unpacked_and_too_much_is_refused_packed_or_not() {
    let emulator = manual();
    let rule = text(&emulator.ready, "data_collection_rule").to_owned();
    let url = format!(
        "{}/dataCollectionRules/{rule}/streams/Custom-StorageBlobLogs?api-version=2023-01-01",
        emulator.endpoint()
    );
    let token = token_for(&emulator, INGESTION);
    let send_packed = |body: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(body).expect("memory can be written");
        let packed = packed.finish().expect("memory can be written");
        let client = reqwest::Client::new();
        let request = client
            .post(&url)
            .bearer_auth(&token)
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .body(packed);
        tokio::runtime::Runtime::new()
            .expect("a runtime can be made")
            .block_on(async { request.send().await.expect("an answer").status().as_u16() })
    };
    assert_eq!(send_packed(b"[{\"StatusCode\": \"200\"}]"), 204);
    assert_eq!(answer(&emulator, "StorageBlobLogs | count"), json!([[1]]));
    let long = format!("[{{\"Uri\": \"{}\"}}]", "x".repeat(1 << 20));
    // What counts is what is sent.
    assert_eq!(send_packed(long.as_bytes()), 204);
    assert_eq!(send_packed(&vec![b' '; 33 << 20]), 413);
    let reply = send(&emulator, "Custom-StorageBlobLogs", long);
    assert_eq!(
        (reply.status, reply.code()),
        (413, "ContentLengthLimitExceeded")
    );
    assert!(
        reply
            .message()
            .starts_with("Maximum allowed content length: 1048576 bytes (1 MB)."),
        "{reply:?}"
    );
}

#[test]
fn what_cannot_be_taken_in_is_refused_with_its_reason() {
    let emulator = manual();
    let refused = |stream: &str, body: &str| {
        let reply = send(&emulator, stream, body.to_owned());
        (reply.status, reply.code().to_owned())
    };
    let bad = |code: &str| (400, code.to_owned());
    assert_eq!(refused("Custom-None_CL", "[]"), bad("InvalidStream"));
    assert_eq!(refused("StorageBlobLogs", "[]"), bad("InvalidStream"));
    let stream = "Custom-StorageBlobLogs";
    for body in ["{}", "[1]", "[", ""] {
        assert_eq!(
            refused(stream, body),
            bad("InvalidRequestContent"),
            "{body}"
        );
    }
    let path = "/dataCollectionRules/dcr-0/streams/Custom-X_CL?api-version=2023-01-01";
    let call = |token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let reply = emulator.try_send(Method::POST, path, &headers, Some("[]".to_owned()));
        let reply = reply.expect("the emulator answers");
        (reply.status, reply.code().to_owned())
    };
    let wrong = (401, "InvalidAuthenticationTokenAudience".to_owned());
    assert_eq!(call(&token_for(&emulator, QUERY)), wrong);
    assert_eq!(
        call(&token_for(&emulator, INGESTION)),
        (404, "NotFound".to_owned())
    );
}

#[test]
fn a_table_made_with_its_columns_takes_rows_and_is_checked() {
    let emulator = manual();
    let path = format!("{}/tables/Orders_CL", emulator.workspace());
    let body = json!({"properties": {"schema": {"name": "Orders_CL", "columns": [
        {"name": "TimeGenerated", "type": "dateTime"},
        {"name": "Amount", "type": "long"},
    ]}}});
    let reply = emulator.call_version(Method::PUT, &path, "2022-10-01", Some(&body));
    assert_eq!(reply.status, 200, "{reply:?}");
    let sent = json!([{"Amount": 5}, {"Amount": "7"}, {"Amount": "many"}]);
    assert_eq!(
        send(&emulator, "Custom-Orders_CL", sent.to_string()).status,
        204
    );
    assert_eq!(
        answer(
            &emulator,
            "Orders_CL | summarize sum(Amount), countif(isnull(Amount))"
        ),
        json!([[12, 1]])
    );
    let reply = ask(&emulator, &json!({"query": "Orders_CL | where Amuont > 1"}));
    let inner = &reply.body["error"]["innererror"]["innererror"];
    assert_eq!(
        inner["message"],
        "'where' operator: Failed to resolve scalar expression named 'Amuont'"
    );
    let mut wrong = body;
    wrong["properties"]["schema"]["columns"][0]["name"] = json!("Time");
    let reply = emulator.call_version(Method::PUT, &path, "2022-10-01", Some(&wrong));
    assert_eq!(reply.status, 400);
}

#[test]
fn queries_that_do_not_run_are_answered_as_the_service_words_it() {
    let emulator = manual();
    let reply = ask(
        &emulator,
        &json!({"query": "NoSuch | order by TimeGenerated"}),
    );
    assert_eq!(reply.status, 400);
    let error = &reply.body["error"];
    assert_eq!(error["message"], "The request had some invalid properties");
    assert_eq!(error["code"], "BadArgumentError");
    assert_eq!(error["innererror"]["code"], "SemanticError");
    assert_eq!(error["innererror"]["message"], "A semantic error occurred.");
    let inner = &error["innererror"]["innererror"];
    assert_eq!(inner["code"], "SEM0100");
    assert_eq!(
        inner["message"],
        "'order' operator: Failed to resolve table or column expression named 'NoSuch'"
    );
    let reply = ask(&emulator, &json!({"query": "StorageBlobLogs | where ("}));
    let inner = &reply.body["error"]["innererror"];
    assert_eq!(inner["code"], "SyntaxError");
    assert_eq!(inner["innererror"]["code"], "SYN0002");
    assert_eq!(inner["innererror"]["line"], 1);
    // What the engine does not know is not called wrong.
    let reply = ask(
        &emulator,
        &json!({"query": "StorageBlobLogs | evaluate basket()"}),
    );
    assert_eq!(
        (reply.status, reply.code()),
        (501, "NotSupportedByEmulator"),
        "{reply:?}"
    );
    let path = "/v1/workspaces/00000000-0000-0000-0000-000000000000/query?query=print%201";
    let bearer = format!("Bearer {}", token_for(&emulator, QUERY));
    let reply = emulator.try_send(Method::GET, path, &[("authorization", &bearer)], None);
    assert_eq!(reply.expect("the emulator answers").status, 404);
}

#[test]
fn a_timespan_and_the_clock_say_what_a_query_sees() {
    let emulator = Emulator::with(&["--time", "2026-03-01T12:00:00Z", "--ingestion-delay", "2m"]);
    let sent = json!([
        {"TimeGenerated": "2026-03-01T11:00:00Z", "Uri": "old"},
        {"TimeGenerated": "2026-03-01T11:59:00Z", "Uri": "new"},
        {"TimeGenerated": "2026-02-01T00:00:00Z", "Uri": "too old to be believed"},
    ]);
    let reply = send(&emulator, "Custom-StorageBlobLogs", sent.to_string());
    assert_eq!(reply.status, 204);
    let uris = "StorageBlobLogs | sort by TimeGenerated asc, Uri asc | project Uri";
    assert_eq!(answer(&emulator, uris), json!([]));
    emulator.advance("PT2M");
    assert_eq!(
        answer(&emulator, uris),
        json!([["old"], ["new"], ["too old to be believed"]])
    );
    let spans = [
        ("PT10M", json!([["new"], ["too old to be believed"]])),
        (
            "2026-03-01T10:00:00Z/2026-03-01T11:30:00Z",
            json!([["old"]]),
        ),
    ];
    for (span, expected) in spans {
        let reply = ask(&emulator, &json!({"query": uris, "timespan": span}));
        assert_eq!(rows(&reply), expected, "{span}");
    }
    assert_eq!(
        ask(&emulator, &json!({"query": uris, "timespan": "x"})).status,
        400
    );
    assert_eq!(
        answer(&emulator, "print now()"),
        json!([["2026-03-01T12:02:00Z"]])
    );
}

#[test]
fn azure_resource_manager_answers_queries_too() {
    let emulator = manual();
    let path = format!("{}/api/query", emulator.workspace());
    let body = json!({"query": "print 1"});
    let reply = emulator.call_version(Method::POST, &path, "2020-08-01", Some(&body));
    assert_eq!(rows(&reply), json!([[1]]));
}

#[test]
fn rows_outlive_a_kill_and_half_a_line_is_left_out() {
    let flags = ["--time", "2026-03-01T12:00:00Z"];
    let mut emulator = Emulator::with(&flags);
    let sent = json!([{"Uri": "a"}, {"Uri": "b"}]);
    assert_eq!(
        send(&emulator, "Custom-StorageBlobLogs", sent.to_string()).status,
        204
    );
    emulator.kill_and_restart(&flags);
    let uris = "StorageBlobLogs | sort by Uri asc | project Uri";
    assert_eq!(answer(&emulator, uris), json!([["a"], ["b"]]));
    let path = walk(emulator.dir(), "StorageBlobLogs.jsonl");
    let mut file = std::fs::File::options()
        .append(true)
        .open(&path)
        .expect("the file is there");
    file.write_all(b"{\"Uri\": \"c").expect("it can be written");
    drop(file);
    emulator.kill_and_restart(&flags);
    assert_eq!(
        send(
            &emulator,
            "Custom-StorageBlobLogs",
            "[{\"Uri\": \"d\"}]".to_owned()
        )
        .status,
        204
    );
    emulator.kill_and_restart(&flags);
    assert_eq!(answer(&emulator, uris), json!([["a"], ["b"], ["d"]]));
    assert_eq!(emulator.admin(Method::POST, "/reset", None).status, 204);
    assert_eq!(answer(&emulator, uris), json!([]));
}

/// The file of that name below a folder.
fn walk(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|one| one == name) {
                return path;
            }
        }
    }
    panic!("no {name}");
}

#[test]
fn history_is_put_in_as_it_was() {
    let emulator = manual();
    let path = format!("{}/tables/StorageBlobLogs/rows", emulator.workspace());
    let body =
        json!({"rows": [{"TimeGenerated": "2026-01-01T00:00:00Z", "Colour": 1}], "delay": "PT90S"});
    let reply = emulator.admin(Method::POST, &path, Some(&body));
    assert_eq!(reply.body, json!({"rows": 1, "unknownColumns": ["Colour"]}));
    assert_eq!(
        answer(
            &emulator,
            "StorageBlobLogs | project TimeGenerated, ingestion_time()"
        ),
        json!([["2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z"]])
    );
    let path = format!("{}/tables/NotThere/rows", emulator.workspace());
    assert_eq!(emulator.admin(Method::POST, &path, Some(&body)).status, 400);
}
