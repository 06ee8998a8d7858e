//! Columns, types and findings of small queries.
