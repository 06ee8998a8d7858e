//! The tactics that the API accepts, spelled as it spells them.

use std::fmt;

/// A value of the API's `AttackTactic` enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tactic {
    Reconnaissance,
    ResourceDevelopment,
    InitialAccess,
    Execution,
    Persistence,
    PrivilegeEscalation,
    DefenseEvasion,
    CredentialAccess,
    Discovery,
    LateralMovement,
    Collection,
    Exfiltration,
    CommandAndControl,
    Impact,
    /// Retired by ATT&CK, still accepted by the API.
    PreAttack,
    /// ATT&CK for ICS.
    ImpairProcessControl,
    /// ATT&CK for ICS.
    InhibitResponseFunction,
}

impl Tactic {
    /// Every tactic, in kill-chain order, the special ones last.
    pub(crate) const ALL: [Self; 17] = [
        Self::Reconnaissance,
        Self::ResourceDevelopment,
        Self::InitialAccess,
        Self::Execution,
        Self::Persistence,
        Self::PrivilegeEscalation,
        Self::DefenseEvasion,
        Self::CredentialAccess,
        Self::Discovery,
        Self::LateralMovement,
        Self::Collection,
        Self::Exfiltration,
        Self::CommandAndControl,
        Self::Impact,
        Self::PreAttack,
        Self::ImpairProcessControl,
        Self::InhibitResponseFunction,
    ];

    /// The API's spelling.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Reconnaissance => "Reconnaissance",
            Self::ResourceDevelopment => "ResourceDevelopment",
            Self::InitialAccess => "InitialAccess",
            Self::Execution => "Execution",
            Self::Persistence => "Persistence",
            Self::PrivilegeEscalation => "PrivilegeEscalation",
            Self::DefenseEvasion => "DefenseEvasion",
            Self::CredentialAccess => "CredentialAccess",
            Self::Discovery => "Discovery",
            Self::LateralMovement => "LateralMovement",
            Self::Collection => "Collection",
            Self::Exfiltration => "Exfiltration",
            Self::CommandAndControl => "CommandAndControl",
            Self::Impact => "Impact",
            Self::PreAttack => "PreAttack",
            Self::ImpairProcessControl => "ImpairProcessControl",
            Self::InhibitResponseFunction => "InhibitResponseFunction",
        }
    }

    /// The name for people: the words of the API's spelling apart.
    pub(crate) fn title(self) -> String {
        let mut title = String::new();
        for character in self.as_str().chars() {
            if character.is_ascii_uppercase() && !title.is_empty() {
                title.push(' ');
            }
            title.push(character);
        }
        title.replace(" And ", " and ")
    }

    /// ATT&CK's short name, as Navigator layers and STIX use it: `initial-access`.
    pub(crate) fn slug(self) -> String {
        self.title().to_ascii_lowercase().replace(' ', "-")
    }

    /// Reads a tactic the way real files write it: any case, with spaces, hyphens or underscores.
    pub(crate) fn parse_lenient(text: &str) -> Option<Self> {
        let squeezed: String = text
            .chars()
            .filter(|character| !matches!(character, ' ' | '-' | '_'))
            .collect();
        Self::ALL
            .into_iter()
            .find(|tactic| tactic.as_str().eq_ignore_ascii_case(&squeezed))
    }
}

impl fmt::Display for Tactic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lenient_reading_takes_the_spellings_of_real_files() {
        for text in [
            "CommandandControl",
            "Command and Control",
            "command-and-control",
            "CommandAndControl",
        ] {
            assert_eq!(
                Tactic::parse_lenient(text),
                Some(Tactic::CommandAndControl),
                "{text}"
            );
        }
        assert_eq!(Tactic::parse_lenient("Stealth"), None);
    }

    #[test]
    fn titles_and_short_names_are_those_of_attack() {
        assert_eq!(Tactic::CommandAndControl.title(), "Command and Control");
        assert_eq!(Tactic::CommandAndControl.slug(), "command-and-control");
        assert_eq!(Tactic::Impact.slug(), "impact");
    }
}
