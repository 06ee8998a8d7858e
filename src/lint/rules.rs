//! Every lint, one file each.

mod column_name_form;
mod contains_for_words;
mod custom_detail_name;
mod deprecated_technique;
mod description_too_long;
mod duplicate_id;
mod duplicate_name;
mod folded_text;
mod frequency_out_of_range;
mod frequency_repeated_with_another_value;
mod group_by_unknown_detail;
mod group_by_unmapped_entity;
mod grouping_lookback_out_of_range;
mod groups_without_selected;
mod hard_coded_secret;
mod hard_coded_tenant;
mod hard_coded_user;
mod high_severity_without_incident;
mod invalid_identifier;
mod invisible_character;
mod join_whole_table;
mod join_without_time;
mod legacy_custom_entity;
mod legacy_tactic;
mod long_period_with_high_frequency;
mod many_regular_expressions;
mod missing_description;
mod missing_entity_mappings;
mod missing_references;
mod missing_strong_identifier;
mod missing_tactics;
mod name_too_long;
mod name_with_period;
mod near_duplicate_query;
mod needless_case_folding;
mod no_overlap_for_late_events;
mod nrt_window;
mod nrt_without_projection;
mod override_too_long;
mod override_without_placeholder;
mod period_out_of_range;
mod period_shorter_than_frequency;
mod placeholder_form;
mod query_too_long;
mod regex_for_plain_text;
mod regex_on_every_row;
mod repeated_alerts;
mod repeated_identifier;
mod repeated_mapping;
mod repeated_value;
mod revoked_technique;
mod rule_with_two_ids;
mod search_star;
mod selected_without_groups;
mod suppression_out_of_range;
mod suppression_shorter_than_frequency;
mod tactic_without_technique;
mod technique_without_tactic;
mod threshold_out_of_range;
mod too_many_custom_details;
mod too_many_entity_mappings;
mod too_many_field_mappings;
mod too_many_nrt_rules;
mod too_many_placeholders;
mod too_many_rules;
mod trigger_never_fires;
mod union_star;
mod union_wildcard;
mod unknown_technique;
mod unreplaced_variable;
mod unsorted_set;
mod version_form;
mod window_longer_than_period;

use crate::lint::Lint;

/// Every lint, in the order of `explain`.
pub(crate) static LINTS: &[&Lint] = &[
    &column_name_form::LINT,
    &contains_for_words::LINT,
    &custom_detail_name::LINT,
    &deprecated_technique::LINT,
    &description_too_long::LINT,
    &duplicate_id::LINT,
    &duplicate_name::LINT,
    &folded_text::LINT,
    &frequency_out_of_range::LINT,
    &frequency_repeated_with_another_value::LINT,
    &group_by_unknown_detail::LINT,
    &group_by_unmapped_entity::LINT,
    &grouping_lookback_out_of_range::LINT,
    &groups_without_selected::LINT,
    &hard_coded_secret::LINT,
    &hard_coded_tenant::LINT,
    &hard_coded_user::LINT,
    &high_severity_without_incident::LINT,
    &invalid_identifier::LINT,
    &invisible_character::LINT,
    &join_whole_table::LINT,
    &join_without_time::LINT,
    &legacy_custom_entity::LINT,
    &legacy_tactic::LINT,
    &long_period_with_high_frequency::LINT,
    &many_regular_expressions::LINT,
    &missing_description::LINT,
    &missing_entity_mappings::LINT,
    &missing_references::LINT,
    &missing_strong_identifier::LINT,
    &missing_tactics::LINT,
    &name_too_long::LINT,
    &name_with_period::LINT,
    &near_duplicate_query::LINT,
    &needless_case_folding::LINT,
    &no_overlap_for_late_events::LINT,
    &nrt_window::LINT,
    &nrt_without_projection::LINT,
    &override_too_long::LINT,
    &override_without_placeholder::LINT,
    &period_out_of_range::LINT,
    &period_shorter_than_frequency::LINT,
    &placeholder_form::LINT,
    &query_too_long::LINT,
    &regex_for_plain_text::LINT,
    &regex_on_every_row::LINT,
    &repeated_alerts::LINT,
    &repeated_identifier::LINT,
    &repeated_mapping::LINT,
    &repeated_value::LINT,
    &revoked_technique::LINT,
    &rule_with_two_ids::LINT,
    &search_star::LINT,
    &selected_without_groups::LINT,
    &suppression_out_of_range::LINT,
    &suppression_shorter_than_frequency::LINT,
    &tactic_without_technique::LINT,
    &technique_without_tactic::LINT,
    &threshold_out_of_range::LINT,
    &too_many_custom_details::LINT,
    &too_many_entity_mappings::LINT,
    &too_many_field_mappings::LINT,
    &too_many_nrt_rules::LINT,
    &too_many_placeholders::LINT,
    &too_many_rules::LINT,
    &trigger_never_fires::LINT,
    &union_star::LINT,
    &union_wildcard::LINT,
    &unknown_technique::LINT,
    &unreplaced_variable::LINT,
    &unsorted_set::LINT,
    &version_form::LINT,
    &window_longer_than_period::LINT,
];
