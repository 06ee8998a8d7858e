//! What the benches share: rules to measure with, peak memory, and how a figure is printed.

use std::fmt::Write as _;
use std::path::Path;

use tempfile::TempDir;

/// The program that is measured.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_rulepost");

/// Prints a figure, and says whether it is within its target.
pub(crate) fn show(what: &str, found: f64, target: f64, more: &str) -> bool {
    let within = found <= target;
    let word = if within { "ok" } else { "MISSED" };
    println!("{word:<7} {what}: {found:.3} (target {target:.2}); {more}");
    within
}

/// Whether this is a run that measures; `cargo test --benches` starts a bench too, to see that it builds.
pub(crate) fn is_wanted() -> bool {
    std::env::args().any(|arg| arg == "--bench") && !std::env::args().any(|arg| arg == "--test")
}

/// A folder on memory where there is such a place, because the disk is no part of what is measured.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() {
        TempDir::with_prefix_in("rulepost-bench-", memory)
    } else {
        TempDir::with_prefix("rulepost-bench-")
    };
    made.expect("a temporary folder can be made")
}

/// Largest resident set of any program that this process started and that has ended, in megabytes (10^6 bytes).
///
/// A program that still runs, such as an emulator, is not counted. `None` where the system does not tell.
pub(crate) fn peak_of_ended_programs() -> Option<f64> {
    #[cfg(unix)]
    {
        use nix::sys::resource::{UsageWho, getrusage};
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
        // Linux counts in units of 1024 bytes, macOS in bytes.
        let unit = if cfg!(target_os = "macos") {
            1.0
        } else {
            1024.0
        };
        let count = f64::from(u32::try_from(usage.max_rss()).ok()?);
        Some(count * unit / 1e6)
    }
    #[cfg(not(unix))]
    None
}

/// Writes so many rules, and gives how many bytes they have.
pub(crate) fn write_rules(folder: &Path, numbers: std::ops::Range<u32>) -> usize {
    std::fs::create_dir_all(folder).expect("the folder is ours");
    numbers
        .map(|number| {
            let text = rule(number);
            let path = folder.join(format!("rule-{number:05}.yaml"));
            std::fs::write(path, &text).expect("the folder is ours");
            text.len()
        })
        .sum()
}

/// A rule as real ones are: about two kilobytes, a query of 15 to 40 lines, entities, details, grouping.
pub(crate) fn rule(number: u32) -> String {
    let (query, column, entity, identifier) = QUERIES[number as usize % QUERIES.len()];
    let mut text = format!(
        "id: 7c3f0000-0000-4000-8000-{number:012x}\n\
         name: Measured rule {number}\n\
         description: |\n\
         \x20 'Identifies what measured rule {number} is about, in words enough to be like a real description.\n\
         \x20 An analyst reads here what the query looks for, which log it needs, what a hit means and what to do first.'\n\
         version: 1.0.{number}\n\
         kind: Scheduled\n\
         severity: Medium\n\
         requiredDataConnectors:\n\
         \x20 - connectorId: AzureActiveDirectory\n\
         \x20   dataTypes:\n\
         \x20     - SigninLogs\n\
         queryFrequency: 1h\n\
         queryPeriod: 1d\n\
         triggerOperator: gt\n\
         triggerThreshold: 0\n\
         tactics:\n\
         \x20 - InitialAccess\n\
         \x20 - CredentialAccess\n\
         relevantTechniques:\n\
         \x20 - T1078.004\n\
         \x20 - T1110.003\n\
         query: |\n"
    );
    for line in query.replace("NUMBER", &number.to_string()).lines() {
        writeln!(text, "  {line}").expect("a string takes it");
    }
    write!(
        text,
        "entityMappings:\n\
         \x20 - entityType: {entity}\n\
         \x20   fieldMappings:\n\
         \x20     - identifier: {identifier}\n\
         \x20       columnName: {column}\n\
         customDetails:\n\
         \x20 Count: Attempts\n\
         alertDetailsOverride:\n\
         \x20 alertDisplayNameFormat: 'Measured rule {number}: {{{{Attempts}}}} times'\n\
         incidentConfiguration:\n\
         \x20 createIncident: true\n\
         \x20 groupingConfiguration:\n\
         \x20   enabled: true\n\
         \x20   reopenClosedIncident: false\n\
         \x20   lookbackDuration: PT5H\n\
         \x20   matchingMethod: Selected\n\
         \x20   groupByEntities:\n\
         \x20     - {entity}\n"
    )
    .expect("a string takes it");
    text
}

/// Queries, each with the column that an entity takes, the entity's type and the identifier.
const QUERIES: &[(&str, &str, &str, &str)] = &[
    (
        r#"let threshold = NUMBER + 5;
let lookback = 1d;
let failureCodes = dynamic(["50053", "50126", "50055"]);
let trusted = datatable(Address: string) ["192.0.2.1", "198.51.100.7", "203.0.113.9"];
SigninLogs
| where TimeGenerated > ago(lookback)
| where ResultType in (failureCodes)
| where IPAddress !in (trusted)
| extend OS = tostring(DeviceDetail.operatingSystem), Browser = tostring(DeviceDetail.browser)
| extend City = tostring(LocationDetails.city), Country = tostring(LocationDetails.countryOrRegion)
| summarize StartTime = min(TimeGenerated), EndTime = max(TimeGenerated), Attempts = count(),
    Users = make_set(UserPrincipalName, 100), Apps = make_set(AppDisplayName, 100), Countries = dcount(Country)
    by IPAddress, bin(TimeGenerated, 1h)
| where Attempts > threshold
| extend Duration = datetime_diff('minute', EndTime, StartTime)
| project-reorder StartTime, EndTime, IPAddress, Attempts, *
| order by Attempts desc"#,
        "IPAddress",
        "IP",
        "Address",
    ),
    (
        r#"let failed = SecurityEvent
    | where EventID == 4625
    | where AccountType =~ "User" and isnotempty(IpAddress) and IpAddress != "-"
    | summarize Failures = count(), FirstFailure = min(TimeGenerated) by TargetAccount, IpAddress, Computer
    | where Failures >= NUMBER;
let succeeded = SecurityEvent
    | where EventID == 4624
    | where LogonType in (3, 10)
    | project SuccessTime = TimeGenerated, TargetAccount, IpAddress, Computer, LogonProcessName;
failed
| join kind=inner succeeded on TargetAccount, IpAddress, Computer
| where SuccessTime between (FirstFailure .. (FirstFailure + 1h))
| extend AccountName = tostring(split(TargetAccount, @"\")[1]), AccountDomain = tostring(split(TargetAccount, @"\")[0])
| summarize Attempts = sum(Failures), Processes = make_set(LogonProcessName) by Computer, AccountName, AccountDomain, IpAddress
| extend Severity = case(Attempts > 100, "High", Attempts > 20, "Medium", "Low")
| extend HostName = tostring(split(Computer, ".")[0])"#,
        "HostName",
        "Host",
        "HostName",
    ),
    (
        r#"AuditLogs
| where Category =~ "RoleManagement"
| where OperationName has_any ("Add member to role", "Add eligible member to role")
| where Result =~ "success"
| mv-expand Target = TargetResources
| where tostring(Target.type) =~ "User"
| mv-expand Changed = Target.modifiedProperties
| where tostring(Changed.displayName) == "Role.DisplayName"
| extend Role = trim('"', tostring(Changed.newValue))
| where Role in~ ("Global Administrator", "Privileged Role Administrator", "Security Administrator")
| extend Initiator = iff(isnotempty(tostring(InitiatedBy.user.userPrincipalName)),
    tostring(InitiatedBy.user.userPrincipalName), tostring(InitiatedBy.app.displayName))
| extend TargetName = tostring(Target.userPrincipalName), Address = tostring(InitiatedBy.user.ipAddress)
| summarize Attempts = count(), Roles = make_set(Role, 50), Since = min(TimeGenerated) by Initiator, TargetName, Address
| where Attempts > NUMBER % 3
| extend Name = tostring(split(TargetName, "@", 0)[0]), Suffix = tostring(split(TargetName, "@", 1)[0])"#,
        "Name",
        "Account",
        "Name",
    ),
    (
        r#"StorageBlobLogs
| where Protocol == "SFTP"
| where OperationName in ("SftpRead", "SftpWrite", "SftpRename")
| extend Address = tostring(split(CallerIpAddress, ":")[0])
| extend Extension = tolower(extract(@"\.([A-Za-z0-9]{1,8})$", 1, Uri))
| where Extension in ("exe", "dll", "ps1", "bat", "vbs", "js", "hta", "zip") or ResponseBodySize > NUMBER * 1000
| summarize Attempts = count(), Bytes = sum(ResponseBodySize), Files = make_set(Uri, 25),
    FirstSeen = min(TimeGenerated), LastSeen = max(TimeGenerated) by AccountName, Address, Extension
| extend Minutes = round((LastSeen - FirstSeen) / 1m, 1)
| extend Rate = todouble(Bytes) / iif(Minutes < 1, 1.0, Minutes)
| where Rate > 1024 or Attempts > 10
| project FirstSeen, LastSeen, AccountName, Address, Extension, Attempts, Bytes, Rate, Files"#,
        "Address",
        "IP",
        "Address",
    ),
    (
        r#"let history = 14d;
let recent = 1h;
let known = DeviceProcessEvents
    | where TimeGenerated between (ago(history) .. ago(recent))
    | summarize by FileName, InitiatingProcessFileName;
DeviceProcessEvents
| where TimeGenerated > ago(recent)
| where FileName in~ ("powershell.exe", "pwsh.exe", "cmd.exe", "wscript.exe", "mshta.exe", "rundll32.exe")
| where ProcessCommandLine has_any ("-enc", "FromBase64String", "DownloadString", "IEX", "bypass")
| join kind=leftanti known on FileName, InitiatingProcessFileName
| extend Encoded = extract(@"(?i)-e[nc]*\s+([A-Za-z0-9+/=]{20,})", 1, ProcessCommandLine)
| extend Decoded = base64_decode_tostring(Encoded)
| extend Length = strlen(ProcessCommandLine), Depth = countof(ProcessCommandLine, "|")
| where Length > NUMBER
| summarize Attempts = count(), Lines = make_set(ProcessCommandLine, 10), Parents = make_set(InitiatingProcessFileName, 10)
    by DeviceName, AccountName, FileName, Decoded
| extend HostName = tostring(split(DeviceName, ".")[0])"#,
        "HostName",
        "Host",
        "HostName",
    ),
    (
        r#"let bad = materialize(
    ThreatIntelligenceIndicator
    | where Active == true and ExpirationDateTime > now()
    | where isnotempty(NetworkIP) or isnotempty(NetworkSourceIP)
    | extend Indicator = coalesce(NetworkIP, NetworkSourceIP)
    | summarize arg_max(TimeGenerated, *) by Indicator
    | project Indicator, ThreatType, ConfidenceScore, Description);
CommonSecurityLog
| where DeviceVendor in ("Palo Alto Networks", "Fortinet", "Check Point")
| where isnotempty(DestinationIP) and not(ipv4_is_private(DestinationIP))
| where DestinationPort !in (53, 123)
| join kind=inner bad on $left.DestinationIP == $right.Indicator
| where ConfidenceScore >= NUMBER % 80
| summarize Attempts = count(), SentTotal = sum(SentBytes), Ports = make_set(DestinationPort, 20),
    take_any(ThreatType, Description) by SourceIP, DestinationIP, DeviceVendor
| top 500 by Attempts desc"#,
        "DestinationIP",
        "IP",
        "Address",
    ),
    (
        r#"let window = 10m;
union isfuzzy=true
    (SigninLogs | project TimeGenerated, UserPrincipalName, IPAddress, AppDisplayName, ResultType, Source = "interactive"),
    (AADNonInteractiveUserSignInLogs | project TimeGenerated, UserPrincipalName, IPAddress, AppDisplayName, ResultType, Source = "other")
| where ResultType == "0"
| where UserPrincipalName matches regex @"^[^@]+@[^@]+$"
| sort by UserPrincipalName asc, TimeGenerated asc
| serialize
| extend Before = prev(IPAddress), BeforeUser = prev(UserPrincipalName), BeforeTime = prev(TimeGenerated)
| where UserPrincipalName == BeforeUser and IPAddress != Before
| where TimeGenerated - BeforeTime < window
| extend Place = geo_info_from_ip_address(IPAddress), PlaceBefore = geo_info_from_ip_address(Before)
| extend Km = geo_distance_2points(toreal(Place.longitude), toreal(Place.latitude),
    toreal(PlaceBefore.longitude), toreal(PlaceBefore.latitude)) / 1000.0
| where Km > 500 + NUMBER
| summarize Attempts = count(), Farthest = max(Km), Apps = make_set(AppDisplayName) by UserPrincipalName, Source
| extend Name = tostring(split(UserPrincipalName, "@")[0])"#,
        "Name",
        "Account",
        "Name",
    ),
    (
        r#"AzureActivity
| where CategoryValue =~ "Administrative"
| where OperationNameValue has_any ("microsoft.storage/storageaccounts/write", "microsoft.storage/storageaccounts/listkeys/action",
    "microsoft.authorization/roleassignments/write", "microsoft.insights/diagnosticsettings/delete")
| where ActivityStatusValue in~ ("Success", "Succeeded")
| extend Details = parse_json(Properties)
| extend Resource = tostring(Details.resource), Message = tostring(Details.message)
| parse OperationNameValue with Provider "/" Rest
| make-series Calls = count() default = 0 on TimeGenerated from ago(7d) to now() step 1h by Caller, CallerIpAddress, Provider
| extend (Anomalies, Score, Baseline) = series_decompose_anomalies(Calls, 2.5, -1, 'linefit')
| mv-expand TimeGenerated to typeof(datetime), Calls to typeof(long), Anomalies to typeof(double), Score to typeof(double)
| where Anomalies > 0 and Calls > NUMBER % 10
| summarize Attempts = sum(Calls), Peak = max(Score) by Caller, CallerIpAddress, Provider"#,
        "CallerIpAddress",
        "IP",
        "Address",
    ),
];
