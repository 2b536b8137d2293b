// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What can be typed, and what its help says.

use super::*;
use clap::CommandFactory as _;

#[test]
fn the_grammar_is_sound() {
    Nova::command().debug_assert();
}

#[test]
fn the_lines_of_the_feature_document_are_understood() {
    for line in [
        "nova network create-switch br0 --type linux-bridge --stp-enable --interfaces eth0",
        "nova network add-interface br0 eth0.100",
        "nova network optimize-bridge br0 --forward-delay 0 --hello-time 1 --max-age 6 --ageing-time 300",
        "nova network configure-bridge br0 --multicast-snooping --multicast-querier --hash-max 4096",
        "nova network configure-bridge br0 --vlan-filtering --default-vlan 1",
        "nova network configure-switch br0 --vlan 100 --vlan-filtering --trunk-ports eth0",
        "nova network create-vlan eth0 100 --name eth0.100",
        "nova network create-bond bond0 --mode active-backup --interfaces eth0,eth1 --miimon 100",
        "nova network create-bond bond0 --mode 802.3ad --lacp-rate fast --xmit-hash-policy layer3+4",
        "nova network configure-bond bond0 --primary eth0",
        "nova network monitor --interfaces all --real-time",
        "nova network monitor br0 --show-drops --duration 60s",
        "nova network set-link eth1 down --confirm-within 60s --yes",
        "nova network create-switch ovs0 --type openvswitch --openflow-version 1.3 --controller tcp:192.168.1.100:6653",
        "nova network ovs-add-port ovs0 vm1 --vlan 100",
        "nova network ovs-add-port ovs0 uplink --trunk 100,200,300",
        "nova network ovs-configure-port ovs0 vm1 --vlan-mode access --vlan 100",
        "nova network mirror-port ovs0 --source vm1-port --destination vm2-port --mirror-type ingress,egress",
        "nova network qos vm1-port --ingress-rate 100Mbps --egress-rate 50Mbps --burst-size 10MB",
        "nova network debug ovs ovs0 --show-flows --show-ports",
        "nova network debug bridge br0 --show-fdb --show-stp",
        "nova network show br0 --fdb --mdb --stp",
        "nova network list-mirrors br0",
        "nova network list-affinity br0",
        "nova network qos vm1-port --priority high --dscp 46 --class realtime",
        "nova network set-affinity br0 --cpu-mask 0x0F",
    ] {
        assert!(Nova::try_parse_from(line.split(' ')).is_ok(), "{line}");
    }
}

#[test]
fn each_thing_is_created_listed_shown_and_deleted_by_the_same_words() {
    for (thing, create, delete, list) in [
        ("switch", "br0", "br0", "list-switches"),
        ("bridge", "br0", "br0", "list-bridges"),
        ("vlan", "eth0 100", "eth0.100", "list-vlans"),
        ("bond", "bond0 --interfaces eth0", "bond0", "list-bonds"),
        (
            "mirror",
            "br0 --destination vnet1",
            "br0 mirror-vnet1",
            "list-mirrors",
        ),
        ("qos", "vnet0 --priority high", "vnet0", "list-qos"),
    ] {
        for line in [
            format!("create-{thing} {create}"),
            format!("delete-{thing} {delete}"),
            list.to_owned(),
        ] {
            let words = format!("nova network {line}");
            assert!(Nova::try_parse_from(words.split(' ')).is_ok(), "{line}");
        }
    }
}

#[test]
fn cpus_are_given_as_a_mask_or_as_a_list() {
    for (line, is_understood) in [
        ("set-affinity br0 --cpu-mask 0x0F", true),
        ("set-affinity br0 --cpus 0-3,6", true),
        ("set-affinity br0", false),
        ("set-affinity br0 --cpus 0 --cpu-mask 1", false),
    ] {
        let words = format!("nova network {line}");
        let read = Nova::try_parse_from(words.split(' '));
        assert_eq!(read.is_ok(), is_understood, "{line}");
    }
}

/// The lines of the verbs below a command, those below them included.
fn verbs_below(command: &clap::Command, line: &str) -> Vec<(String, Option<String>)> {
    let verbs = command
        .get_subcommands()
        .filter(|verb| verb.get_name() != "help");
    verbs
        .flat_map(|verb| {
            let line = format!("{line} {}", verb.get_name());
            let below = verbs_below(verb, &line);
            let help = verb.get_after_help().map(ToString::to_string);
            std::iter::once((line, help)).chain(below)
        })
        .collect()
}

#[test]
fn every_verb_shows_an_example() {
    let mut nova = Nova::command();
    nova.build();
    let network = nova.find_subcommand("network").unwrap();
    let verbs = verbs_below(network, "nova network");
    for (wanted, example) in &verbs {
        let is_shown = |text: &String| {
            let mut lines = text.lines().skip_while(|line| !line.starts_with("Example"));
            lines.any(|line| line.trim_start().starts_with(wanted.as_str()))
        };
        assert!(
            example.as_ref().is_some_and(is_shown),
            "{wanted}: {example:?}"
        );
    }
    for line in ["nova network debug bridge", "nova network debug ovs"] {
        assert!(verbs.iter().any(|(verb, _)| verb == line), "{line}");
    }
}

#[test]
fn the_help_of_the_network_area_reads_well() {
    let mut nova = Nova::command().term_width(80);
    nova.build();
    let network = nova.find_subcommand_mut("network").unwrap();
    insta::assert_snapshot!(network.render_help());
}

#[test]
fn the_help_of_creating_a_switch_reads_well() {
    let mut nova = Nova::command().term_width(80);
    nova.build();
    let network = nova.find_subcommand_mut("network").unwrap();
    let create = network.find_subcommand_mut("create-switch").unwrap();
    insta::assert_snapshot!(create.render_help());
}
