//! What was being done when something went wrong.

use std::fmt;

use crate::api::path::WorkspaceId;

/// What was being done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Listing the subscriptions.
    ListSubscriptions,
    /// Listing the workspaces of a subscription.
    ListWorkspaces(String),
    /// Reading a subscription.
    ReadSubscription(String),
    /// Reading a workspace.
    ReadWorkspace(Box<WorkspaceId>),
    /// Asking whether Sentinel is there.
    ReadOnboarding(Box<WorkspaceId>),
    /// Listing the rules of a workspace.
    ListRules(Box<WorkspaceId>),
    /// Reading a rule.
    ReadRule(Box<WorkspaceId>, String),
    /// Creating or updating a rule.
    WriteRule(Box<WorkspaceId>, String),
    /// Deleting a rule.
    DeleteRule(Box<WorkspaceId>, String),
    /// Listing the ownership marks of a workspace.
    ListMarks(Box<WorkspaceId>),
    /// Writing the ownership mark of a rule.
    WriteMark(Box<WorkspaceId>, String),
    /// Deleting the ownership mark of a rule.
    DeleteMark(Box<WorkspaceId>, String),
    /// Submitting a template deployment.
    Deploy(Box<WorkspaceId>, String),
    /// Asking what a template deployment would change.
    PreviewDeployment(Box<WorkspaceId>, String),
    /// Looking at a template deployment.
    ReadDeployment(Box<WorkspaceId>, String),
    /// Stopping a template deployment.
    CancelDeployment(Box<WorkspaceId>, String),
    /// Reading the caller's permissions.
    ReadPermissions(Box<WorkspaceId>),
    /// Listing the tables of a workspace.
    ListTables(Box<WorkspaceId>),
    /// Listing the saved searches of a workspace.
    ListSavedSearches(Box<WorkspaceId>),
    /// Listing the watchlists of a workspace.
    ListWatchlists(Box<WorkspaceId>),
    /// Reading the first items of a watchlist.
    ReadWatchlist(Box<WorkspaceId>, String),
}

impl Operation {
    /// The workspace concerned.
    pub(crate) fn workspace(&self) -> Option<&WorkspaceId> {
        match self {
            Self::ListSubscriptions | Self::ListWorkspaces(_) | Self::ReadSubscription(_) => None,
            Self::ReadWorkspace(workspace)
            | Self::ReadOnboarding(workspace)
            | Self::ListRules(workspace)
            | Self::ReadRule(workspace, _)
            | Self::WriteRule(workspace, _)
            | Self::DeleteRule(workspace, _)
            | Self::ListMarks(workspace)
            | Self::WriteMark(workspace, _)
            | Self::DeleteMark(workspace, _)
            | Self::Deploy(workspace, _)
            | Self::PreviewDeployment(workspace, _)
            | Self::ReadDeployment(workspace, _)
            | Self::CancelDeployment(workspace, _)
            | Self::ReadPermissions(workspace)
            | Self::ListTables(workspace)
            | Self::ListSavedSearches(workspace)
            | Self::ListWatchlists(workspace)
            | Self::ReadWatchlist(workspace, _) => Some(workspace),
        }
    }

    /// Whether something would have been changed.
    pub(crate) fn writes(&self) -> bool {
        matches!(
            self,
            Self::WriteRule(..)
                | Self::DeleteRule(..)
                | Self::WriteMark(..)
                | Self::DeleteMark(..)
                | Self::Deploy(..)
                // Azure asks for the roles of the deployment itself.
                | Self::PreviewDeployment(..)
                | Self::CancelDeployment(..)
        )
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ListSubscriptions => f.write_str("list the subscriptions"),
            Self::ListWorkspaces(subscription) => {
                write!(f, "list the workspaces of subscription `{subscription}`")
            }
            Self::ReadSubscription(id) => write!(f, "read subscription `{id}`"),
            Self::ReadWorkspace(workspace) => write!(f, "read workspace `{}`", workspace.name),
            Self::ReadOnboarding(workspace) => write!(
                f,
                "find out whether Sentinel is enabled on workspace `{}`",
                workspace.name
            ),
            Self::ListRules(workspace) => {
                write!(f, "list the rules of workspace `{}`", workspace.name)
            }
            Self::ReadRule(_, rule) => write!(f, "read rule `{rule}`"),
            Self::WriteRule(_, rule) => write!(f, "write rule `{rule}`"),
            Self::DeleteRule(_, rule) => write!(f, "delete rule `{rule}`"),
            Self::ListMarks(workspace) => write!(
                f,
                "list the ownership marks of workspace `{}`",
                workspace.name
            ),
            Self::WriteMark(_, rule) => write!(f, "write the ownership mark of rule `{rule}`"),
            Self::DeleteMark(_, rule) => write!(f, "delete the ownership mark of rule `{rule}`"),
            Self::Deploy(workspace, name) => write!(
                f,
                "submit deployment `{name}` in resource group `{}`",
                workspace.resource_group
            ),
            Self::PreviewDeployment(workspace, _) => write!(
                f,
                "ask what a deployment in resource group `{}` would change",
                workspace.resource_group
            ),
            Self::ReadDeployment(_, name) => write!(f, "look at deployment `{name}`"),
            Self::CancelDeployment(_, name) => write!(f, "cancel deployment `{name}`"),
            Self::ReadPermissions(workspace) => {
                write!(f, "read the permissions on workspace `{}`", workspace.name)
            }
            Self::ListTables(workspace) => {
                write!(f, "list the tables of workspace `{}`", workspace.name)
            }
            Self::ListSavedSearches(workspace) => write!(
                f,
                "list the saved searches of workspace `{}`",
                workspace.name
            ),
            Self::ListWatchlists(workspace) => {
                write!(f, "list the watchlists of workspace `{}`", workspace.name)
            }
            Self::ReadWatchlist(_, alias) => write!(f, "read watchlist `{alias}`"),
        }
    }
}
