// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What Nova knows and plans, as pure data and pure functions: no input or
//! output, no clock, no async. Everything here can be tested with two documents
//! and an assertion.
//!
//! A wish is a [`change::Change`]; [`plan::plan`] turns it, with the host as
//! it is ([`state::HostState`]), into a [`plan::Plan`] of [`step::Step`]s;
//! [`fact::unmet`] tells afterwards whether the host is as planned.

pub mod action;
pub mod address;
pub mod bandwidth;
pub mod binding;
mod binding_mirror;
mod binding_port;
pub mod bond;
pub mod bond_options;
pub mod bridge;
mod bridge_options;
pub mod change;
mod change_bond;
mod change_bridge;
mod change_link;
mod change_mirror;
mod change_ovs;
mod change_port;
mod change_steering;
mod change_vlan;
pub mod chart;
mod chart_draw;
pub mod chart_frame;
pub mod chart_record;
mod domain_xml;
pub mod error;
pub mod fact;
pub mod fdb;
pub mod history;
pub mod layout;
mod layout_column;
mod layout_icon;
mod layout_order;
mod layout_pack;
mod layout_part;
mod layout_place;
mod layout_route;
pub mod layout_svg;
pub mod link;
pub mod machine;
pub mod manager;
pub mod mirror;
pub mod name;
pub mod network;
mod network_xml;
pub mod networkd;
mod networkd_file;
mod networkd_made;
pub mod nm;
mod nm_made;
pub mod observation;
mod options;
pub mod other_option;
pub mod ovs;
pub mod ovs_cells;
pub mod ovs_conf;
pub mod ovs_options;
pub mod ovs_value;
pub mod ovs_words;
pub mod persist;
pub mod plan;
mod planner;
mod planner_bond;
mod planner_bound;
mod planner_bridge;
mod planner_files;
mod planner_link;
mod planner_mirror;
mod planner_ovs;
mod planner_ovs_port;
mod planner_ovs_same;
mod planner_persist;
mod planner_port;
mod planner_profiles;
mod planner_qos;
mod planner_steering;
mod planner_traffic;
mod planner_uplink;
mod planner_vlan;
mod port_options;
pub mod qos;
pub mod rate;
mod reach;
pub mod state;
pub mod steering;
pub mod step;
mod step_address;
mod step_bond;
mod step_bridge;
mod step_fdb;
mod step_flow;
mod step_link;
mod step_manager;
mod step_other;
mod step_ovs;
mod step_ovs_text;
mod step_port;
mod step_route;
mod step_steering;
mod step_traffic;
mod step_traffic_text;
mod step_vlan;
pub mod topology;
mod topology_build;
mod topology_machine;
mod topology_mirror;
pub mod topology_ovs;
mod topology_route;
#[cfg(test)]
mod topology_scene;
pub mod topology_text;
pub mod traffic;
pub mod traffic_view;
pub mod uplink;
pub mod vlan;
pub mod vlan_table;
mod xml;

pub use error::{ErrorKind, NovaError, Result};
