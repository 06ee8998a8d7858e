"""Drives the emulator with Microsoft's own libraries, unchanged, over TLS.

Usage: drive_emulator.py PATH_OF_RULEPOST

Nothing of rulepost is imported: what these libraries send is what other clients send, and what they can read is
what the service answers. Each step asserts; the first that fails ends the run with its traceback.
"""

import importlib.metadata
import logging

import emulator
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.identity import ClientSecretCredential
from azure.mgmt.securityinsight import SecurityInsights, models
from azure.mgmt.securityinsight.models import (
    EntityMapping,
    EventGroupingSettings,
    FieldMapping,
    GroupingConfiguration,
    IncidentConfiguration,
    ScheduledAlertRule,
)

# The stable package speaks 2021-10-01, the preview 2022-12-01-preview: it also has techniques and NRT rules.
PREVIEW = hasattr(models, "NrtAlertRule")
# A refused sign-in is part of the script, not news.
logging.getLogger("azure.identity").setLevel(logging.CRITICAL)
SCOPE = "https://management.azure.com/.default"


def credential(ready, secret):
    return ClientSecretCredential(
        ready["tenant"],
        ready["client_id"],
        secret,
        authority=ready["env"]["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )


def rule(name, **changes):
    members = dict(
        display_name=name,
        enabled=True,
        severity="High",
        query="SecurityEvent | project Computer",
        query_frequency="PT1H",
        query_period="P1D",
        trigger_operator="GreaterThan",
        trigger_threshold=0,
        suppression_enabled=False,
        suppression_duration="PT5H",
        tactics=["CredentialAccess"],
        event_grouping_settings=EventGroupingSettings(aggregation_kind="AlertPerResult"),
        entity_mappings=[
            EntityMapping(
                entity_type="Host",
                field_mappings=[FieldMapping(identifier="HostName", column_name="Computer")],
            )
        ],
        incident_configuration=IncidentConfiguration(
            create_incident=True,
            grouping_configuration=GroupingConfiguration(
                enabled=True,
                reopen_closed_incident=False,
                lookback_duration="PT5H",
                matching_method="Selected",
                group_by_entities=["Host"],
            ),
        ),
    )
    if PREVIEW:
        members["techniques"] = ["T1110"]
    members.update(changes)
    return ScheduledAlertRule(**members)


def refused(kind, status, text, call):
    try:
        call()
    except kind as error:
        assert getattr(error, "status_code", None) in (status, None), error
        assert text in str(error), error
        return error
    raise AssertionError(f"not refused: {text}")


def drive(ready):
    version = importlib.metadata.version("azure-mgmt-securityinsight")
    print(f"azure-mgmt-securityinsight {version}")
    client = SecurityInsights(
        credential(ready, ready["client_secret"]),
        ready["subscription"],
        base_url=ready["env"]["RULEPOST_MANAGEMENT_ENDPOINT"],
        credential_scopes=[SCOPE],
    )
    where = (ready["resource_group"], ready["workspace"])

    print("sign in: a wrong secret is refused")
    refused(
        ClientAuthenticationError,
        None,
        "AADSTS7000215",
        lambda: credential(ready, "wrong").get_token(SCOPE),
    )

    print("create 120 rules")
    for number in range(120):
        created = client.alert_rules.create_or_update(*where, f"rule-{number:03}", rule(f"Rule {number}"))
        assert created.etag and created.display_name == f"Rule {number}", created

    print("read")
    read = client.alert_rules.get(*where, "rule-000")
    assert read.kind == "Scheduled" and read.severity == "High", read
    assert read.query_frequency.total_seconds() == 3600, read.query_frequency
    assert read.entity_mappings[0].field_mappings[0].column_name == "Computer", read
    assert read.last_modified_utc is not None and read.tactics == ["CredentialAccess"], read

    print("list, over more than one page")
    names = [one.name for one in client.alert_rules.list(*where)]
    assert names == [f"rule-{number:03}" for number in range(120)], names

    print("update with the right tag, then with a stale one")
    updated = client.alert_rules.create_or_update(*where, "rule-000", rule("Second", etag=read.etag))
    assert updated.etag != read.etag and updated.display_name == "Second", updated
    refused(
        (HttpResponseError, ResourceExistsError),
        409,
        "(Etag does not match). Data was not saved.",
        lambda: client.alert_rules.create_or_update(*where, "rule-000", rule("Third", etag=read.etag)),
    )
    assert client.alert_rules.get(*where, "rule-000").display_name == "Second"

    print("what the service refuses")
    refused(
        HttpResponseError,
        400,
        "Error converting value \"Stealth\" to type 'AttackTactic'. Path 'properties.tactics[0]'.",
        lambda: client.alert_rules.create_or_update(*where, "x", rule("X", tactics=["Stealth"])),
    )
    if PREVIEW:
        refused(
            HttpResponseError,
            400,
            "No valid tactic corresponding to the technique T1110",
            lambda: client.alert_rules.create_or_update(*where, "x", rule("X", tactics=["Impact"])),
        )
    refused(
        HttpResponseError,
        400,
        "'queryPeriod' should be greater than or equal to 'queryFrequency'",
        lambda: client.alert_rules.create_or_update(*where, "x", rule("X", query_period="PT30M")),
    )

    print("delete, and use the id again too early")
    client.alert_rules.delete(*where, "rule-000")
    refused(ResourceNotFoundError, 404, "rule-000", lambda: client.alert_rules.get(*where, "rule-000"))
    refused(
        HttpResponseError,
        400,
        "was recently deleted",
        lambda: client.alert_rules.create_or_update(*where, "rule-000", rule("Again")),
    )
    client.alert_rules.delete(*where, "rule-000")

    if PREVIEW:
        print("a near-real-time rule, and metadata of a rule")
        nrt = models.NrtAlertRule(
            display_name="Near real time",
            enabled=True,
            severity="Low",
            query="SecurityEvent",
            suppression_enabled=False,
            suppression_duration="PT5H",
        )
        made = client.alert_rules.create_or_update(*where, "nrt", nrt)
        assert made.kind == "NRT" and made.techniques is None, made
        mark = models.MetadataModel(
            parent_id=made.id,
            kind="AnalyticsRule",
            source=models.MetadataSource(kind="SourceRepository", name="a repository"),
        )
        client.metadata.create(*where, "analyticsrule-nrt", mark)
        marks = [one.source.name for one in client.metadata.list(*where)]
        assert marks == ["a repository"], marks
        client.metadata.delete(*where, "analyticsrule-nrt")

    print("onboarding state")
    state = client.sentinel_onboarding_states.get(*where, "default")
    assert state.name == "default", state


if __name__ == "__main__":
    emulator.run(drive)
