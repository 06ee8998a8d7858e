//! Documentation pages of rules.
