"""Sends rows to the emulator and asks it with Microsoft's own libraries, unchanged, over TLS.

Usage: drive_logs.py PATH_OF_RULEPOST

`azure-monitor-ingestion` sends what other clients send, gzip and all; `azure-monitor-query` reads what the service
answers. Each step asserts; the first that fails ends the run with its traceback.
"""

import importlib.metadata
import json
from datetime import datetime, timedelta, timezone

import emulator
from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.monitor.ingestion import LogsIngestionClient
from azure.monitor.query import LogsQueryClient, LogsQueryStatus


def drive(ready):
    for package in ("azure-monitor-ingestion", "azure-monitor-query"):
        print(package, importlib.metadata.version(package))
    endpoint = ready["env"]["RULEPOST_LOGS_ENDPOINT"]
    credential = ClientSecretCredential(
        ready["tenant"],
        ready["client_id"],
        ready["client_secret"],
        authority=ready["env"]["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )
    ingestion = LogsIngestionClient(endpoint, credential)
    query = LogsQueryClient(credential, endpoint=endpoint)

    print("send 20,000 rows, in as many calls as it takes")
    now = datetime.now(timezone.utc)
    rows = [
        {
            "TimeGenerated": (now - timedelta(seconds=number)).isoformat(),
            "OperationName": "SftpConnect" if number % 2 else "SftpRead",
            "StatusCode": "200",
            "DurationMs": number / 2,
            "Uri": f"sftp://contososftp.blob.core.windows.net/partner-in/{number}",
        }
        for number in range(20_000)
    ]
    ingestion.upload(rule_id=ready["data_collection_rule"], stream_name="Microsoft-StorageBlobLogs", logs=rows)

    print("ask for them")
    answer = query.query_workspace(
        ready["workspace_id"],
        "StorageBlobLogs | summarize Rows = count(), Longest = max(DurationMs), Last = max(TimeGenerated),"
        " Some = make_set(StatusCode) by OperationName | sort by OperationName asc",
        timespan=None,
    )
    assert answer.status == LogsQueryStatus.SUCCESS, answer
    table = answer.tables[0]
    assert table.name == "PrimaryResult", table.name
    assert table.columns == ["OperationName", "Rows", "Longest", "Last", "Some"], table.columns
    assert [row["Rows"] for row in table.rows] == [10_000, 10_000], table.rows
    assert table.rows[1]["Longest"] == 9_999.0, table.rows
    assert abs(table.rows[1]["Last"] - now) < timedelta(seconds=1), table.rows
    assert json.loads(table.rows[0]["Some"]) == ["200"], table.rows

    print("ask for the last hour")
    answer = query.query_workspace(
        ready["workspace_id"], "StorageBlobLogs | count", timespan=timedelta(hours=1)
    )
    assert 3_500 < answer.tables[0].rows[0][0] <= 3_600, answer.tables[0].rows

    print("what does not run is refused with its reason")
    try:
        query.query_workspace(ready["workspace_id"], "NoSuchTable | take 1", timespan=None)
        raise AssertionError("not refused")
    except HttpResponseError as error:
        assert error.status_code == 400 and "NoSuchTable" in str(error), error
    try:
        ingestion.upload(rule_id=ready["data_collection_rule"], stream_name="Custom-None_CL", logs=[{"a": 1}])
        raise AssertionError("not refused")
    except HttpResponseError as error:
        assert error.status_code == 400 and error.error.code == "InvalidStream", error


if __name__ == "__main__":
    emulator.run(drive)
