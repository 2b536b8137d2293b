// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! From the rows of the database to what they mean.

use std::collections::{BTreeMap, BTreeSet};

use nova_model::ovs::{OvsBridge, OvsInterface, OvsMirror, OvsPort, OvsState};
use nova_model::ovs_conf::{
    BridgeConf, FailMode, InterfaceConf, MirrorConf, PortConf, PortVlans, QosConf, QueueConf, RowId,
};
use serde_json::{Map, Value, json};

use crate::ovsdb_value::{Row, Tables, ids, is_set, map, number, numbers, pairs, set, text, texts};

/// The tables and columns that are read. What an older database does not have
/// is left out when it is asked.
const COLUMNS: [(&str, &[&str]); 10] = [
    (
        "Open_vSwitch",
        &[
            "bridges",
            "manager_options",
            "next_cfg",
            "cur_cfg",
            "ovs_version",
            "datapath_types",
            "iface_types",
        ],
    ),
    (
        "Bridge",
        &[
            "name",
            "datapath_type",
            "stp_enable",
            "rstp_enable",
            "mcast_snooping_enable",
            "ports",
            "mirrors",
            "netflow",
            "sflow",
            "ipfix",
            "controller",
            "protocols",
            "fail_mode",
            "status",
            "rstp_status",
            "other_config",
            "external_ids",
            "flood_vlans",
            "flow_tables",
            "auto_attach",
        ],
    ),
    (
        "Port",
        &[
            "name",
            "interfaces",
            "trunks",
            "cvlans",
            "tag",
            "vlan_mode",
            "qos",
            "mac",
            "bond_mode",
            "lacp",
            "bond_updelay",
            "bond_downdelay",
            "bond_fake_iface",
            "fake_bridge",
            "status",
            "rstp_status",
            "protected",
            "other_config",
            "external_ids",
        ],
    ),
    (
        "Interface",
        &[
            "name",
            "type",
            "options",
            "ingress_policing_rate",
            "ingress_policing_burst",
            "ingress_policing_kpkts_rate",
            "ingress_policing_kpkts_burst",
            "mac_in_use",
            "mac",
            "external_ids",
            "ofport",
            "ofport_request",
            "bfd",
            "cfm_mpid",
            "lldp",
            "other_config",
            "admin_state",
            "link_state",
            "mtu_request",
            "error",
        ],
    ),
    ("QoS", &["type", "queues", "other_config", "external_ids"]),
    ("Queue", &["dscp", "other_config", "external_ids"]),
    (
        "Mirror",
        &[
            "name",
            "select_all",
            "select_src_port",
            "select_dst_port",
            "select_vlan",
            "output_port",
            "output_vlan",
            "snaplen",
            "statistics",
            "filter",
            "external_ids",
        ],
    ),
    (
        "Controller",
        &[
            "target",
            "max_backoff",
            "inactivity_probe",
            "connection_mode",
            "local_ip",
            "enable_async_messages",
            "controller_rate_limit",
            "other_config",
            "external_ids",
            "is_connected",
        ],
    ),
    ("Manager", &["target"]),
    ("Flow_Table", &["name"]),
];

/// The request of a monitor for all that is read.
pub(crate) fn all_columns() -> Value {
    let tables = COLUMNS.iter().map(|(table, columns)| {
        let columns = json!({ "columns": columns });
        ((*table).to_owned(), columns)
    });
    Value::Object(tables.collect())
}

/// The request of a monitor for what is read, as far as this schema has it.
pub(crate) fn columns(schema: &Value) -> Value {
    let mut request = Map::new();
    for (table, columns) in COLUMNS {
        let known = schema.pointer(&format!("/tables/{table}/columns"));
        let known = |column: &&str| known.and_then(|known| known.get(column)).is_some();
        let columns: Vec<&str> = columns.iter().copied().filter(known).collect();
        if !columns.is_empty() {
            request.insert(table.to_owned(), json!({ "columns": columns }));
        }
    }
    Value::Object(request)
}

/// The number of the configuration that is asked for, and of that which
/// `ovs-vswitchd` has carried out.
pub(crate) fn configuration(tables: &Tables) -> (i64, i64) {
    let root = tables.rows("Open_vSwitch").next();
    let read = |column| root.and_then(|(_, row)| number(row, column)).unwrap_or(0);
    (read("next_cfg"), read("cur_cfg"))
}

/// The one row of the table `Open_vSwitch`.
pub(crate) fn root(tables: &Tables) -> Option<RowId> {
    let (id, _) = tables.rows("Open_vSwitch").next()?;
    Some(RowId(id.clone()))
}

/// What the rows mean; `is_running` says whether `ovs-vswitchd` carries them
/// out.
pub(crate) fn state(tables: &Tables, is_running: bool) -> OvsState {
    let empty = Row::new();
    let root = tables
        .rows("Open_vSwitch")
        .next()
        .map_or(&empty, |(_, row)| row);
    let mut bridges: Vec<OvsBridge> = ids(root, "bridges")
        .into_iter()
        .filter_map(|id| bridge(tables, id))
        .collect();
    bridges.sort_by(|a, b| a.name.cmp(&b.name));
    let mut managers: Vec<String> = tables
        .rows("Manager")
        .filter_map(|(_, row)| text(row, "target"))
        .collect();
    managers.sort();
    OvsState {
        is_running,
        version: text(root, "ovs_version"),
        datapath_types: texts(root, "datapath_types"),
        interface_types: texts(root, "iface_types"),
        bridges,
        qos: tables
            .rows("QoS")
            .map(|(id, row)| (RowId(id.clone()), qos(tables, row)))
            .collect(),
        managers,
        has_kernel_datapath: false,
        disowned: BTreeSet::new(),
    }
}

fn bridge(tables: &Tables, id: RowId) -> Option<OvsBridge> {
    let row = tables.row("Bridge", &id.0)?;
    let controllers: Vec<&Row> = ids(row, "controller")
        .iter()
        .filter_map(|id| tables.row("Controller", &id.0))
        .collect();
    let mut ports: Vec<OvsPort> = ids(row, "ports")
        .into_iter()
        .filter_map(|id| port(tables, id))
        .collect();
    ports.sort_by(|a, b| a.name.cmp(&b.name));
    let mut mirrors: Vec<OvsMirror> = ids(row, "mirrors")
        .into_iter()
        .filter_map(|id| mirror(tables, id))
        .collect();
    mirrors.sort_by(|a, b| (&a.conf.name, &a.row).cmp(&(&b.conf.name, &b.row)));
    let mut beyond = present(
        row,
        &[
            ("netflow", "NetFlow"),
            ("sflow", "sFlow"),
            ("ipfix", "IPFIX"),
            ("flow_tables", "flow table settings"),
            ("auto_attach", "auto attach"),
            ("flood_vlans", "flood VLANs"),
        ],
    );
    let has_options = |row: &&Row| {
        let options = [
            "max_backoff",
            "inactivity_probe",
            "connection_mode",
            "local_ip",
            "enable_async_messages",
            "controller_rate_limit",
        ];
        !present(row, &options.map(|option| (option, option))).is_empty()
            || !map(row, "other_config").is_empty()
            || !map(row, "external_ids").is_empty()
    };
    if controllers.iter().any(has_options) {
        beyond.push("controller options".to_owned());
    }
    let mut status = pairs(row, "status");
    status.extend(pairs(row, "rstp_status"));
    Some(OvsBridge {
        name: text(row, "name")?,
        conf: BridgeConf {
            datapath_type: text(row, "datapath_type").unwrap_or_default(),
            fail_mode: match text(row, "fail_mode").as_deref() {
                Some("secure") => FailMode::Secure,
                Some("standalone") => FailMode::Standalone,
                _ => FailMode::Unset,
            },
            protocols: texts(row, "protocols").into_iter().collect(),
            controllers: controllers
                .iter()
                .filter_map(|row| text(row, "target"))
                .collect(),
            stp: is_set(row, "stp_enable"),
            rstp: is_set(row, "rstp_enable"),
            mcast_snooping: is_set(row, "mcast_snooping_enable"),
            other_config: pairs(row, "other_config"),
            external_ids: pairs(row, "external_ids"),
        },
        ports,
        mirrors,
        connected: controllers
            .iter()
            .filter(|row| is_set(row, "is_connected"))
            .filter_map(|row| text(row, "target"))
            .collect(),
        status,
        beyond,
        row: id,
    })
}

fn port(tables: &Tables, id: RowId) -> Option<OvsPort> {
    let row = tables.row("Port", &id.0)?;
    let qos_row = ids(row, "qos").into_iter().next();
    let mut beyond = present(
        row,
        &[
            ("mac", "a MAC address of its own"),
            ("cvlans", "customer VLANs"),
        ],
    );
    for (column, word) in [
        ("bond_updelay", "a bond delay"),
        ("bond_downdelay", "a bond delay"),
    ] {
        if number::<i64>(row, column).is_some_and(|delay| delay != 0) {
            beyond.push(word.to_owned());
        }
    }
    for (column, word) in [
        ("bond_fake_iface", "an interface for its bond"),
        ("fake_bridge", "a bridge of its own (fake bridge)"),
    ] {
        if is_set(row, column) {
            beyond.push(word.to_owned());
        }
    }
    let mut interfaces = BTreeMap::new();
    let mut configured = Vec::new();
    for id in ids(row, "interfaces") {
        let Some((conf, reported)) = interface(tables, id, &mut beyond) else {
            continue;
        };
        interfaces.insert(conf.name.clone(), reported);
        configured.push(conf);
    }
    configured.sort_by(|a, b| a.name.cmp(&b.name));
    let (mut status, mut rapid) = (pairs(row, "status"), pairs(row, "rstp_status"));
    let mut tree = |key: &str, rapid_key: &str| {
        let word = status.remove(key).or(rapid.remove(rapid_key));
        word.map(|word| word.to_lowercase())
    };
    Some(OvsPort {
        name: text(row, "name")?,
        conf: PortConf {
            vlans: PortVlans {
                mode: text(row, "vlan_mode"),
                tag: number(row, "tag"),
                trunks: numbers(row, "trunks").into_iter().collect(),
            },
            bond_mode: text(row, "bond_mode"),
            lacp: text(row, "lacp"),
            protected: is_set(row, "protected"),
            qos: qos_row
                .as_ref()
                .and_then(|id| tables.row("QoS", &id.0))
                .map(|row| qos(tables, row)),
            other_config: pairs(row, "other_config"),
            external_ids: pairs(row, "external_ids"),
            interfaces: configured,
        },
        interfaces,
        qos_row,
        class: None,
        stp_state: tree("stp_state", "rstp_port_state"),
        stp_role: tree("stp_role", "rstp_port_role"),
        beyond,
        row: id,
    })
}

/// Keys of options that hold secrets. They are not shown, and a port that has
/// one could not be brought back.
const SECRETS: [&str; 4] = ["psk", "private_key", "certificate", "remote_cert"];

fn interface(
    tables: &Tables,
    id: RowId,
    beyond: &mut Vec<String>,
) -> Option<(InterfaceConf, OvsInterface)> {
    let row = tables.row("Interface", &id.0)?;
    let mut options = pairs(row, "options");
    let all = options.len();
    options.retain(|key, _| !SECRETS.contains(&key.as_str()));
    if options.len() < all {
        beyond.push("a secret".to_owned());
    }
    beyond.extend(present(
        row,
        &[
            ("bfd", "BFD"),
            ("cfm_mpid", "connectivity faults (CFM)"),
            ("lldp", "LLDP"),
        ],
    ));
    if number::<i64>(row, "ingress_policing_kpkts_rate").is_some_and(|rate| rate != 0) {
        beyond.push("a limit in packets".to_owned());
    }
    let name = text(row, "name")?;
    let up = |column| text(row, column).map(|state| state == "up");
    let conf = InterfaceConf {
        kind: text(row, "type").unwrap_or_default(),
        options,
        policing_rate: number(row, "ingress_policing_rate").unwrap_or(0),
        policing_burst: number(row, "ingress_policing_burst").unwrap_or(0),
        mac: text(row, "mac"),
        mtu_request: number(row, "mtu_request"),
        ofport_request: number(row, "ofport_request"),
        other_config: pairs(row, "other_config"),
        external_ids: pairs(row, "external_ids"),
        name,
    };
    let reported = OvsInterface {
        ofport: number(row, "ofport"),
        error: text(row, "error"),
        is_up: up("admin_state"),
        has_carrier: up("link_state"),
        mac: text(row, "mac_in_use"),
        row: id,
    };
    Some((conf, reported))
}

fn qos(tables: &Tables, row: &Row) -> QosConf {
    let queue = |(number, id): (&Value, &Value)| {
        let number = u32::try_from(number.as_i64()?).ok()?;
        let row = tables.row("Queue", id.get(1)?.as_str()?)?;
        let conf = QueueConf {
            dscp: crate::ovsdb_value::number(row, "dscp"),
            other_config: pairs(row, "other_config"),
            external_ids: pairs(row, "external_ids"),
        };
        Some((number, conf))
    };
    QosConf {
        kind: text(row, "type").unwrap_or_default(),
        other_config: pairs(row, "other_config"),
        external_ids: pairs(row, "external_ids"),
        queues: map(row, "queues").into_iter().filter_map(queue).collect(),
    }
}

fn mirror(tables: &Tables, id: RowId) -> Option<OvsMirror> {
    let row = tables.row("Mirror", &id.0)?;
    let ports = |column| {
        ids(row, column)
            .into_iter()
            .filter_map(|id| text(tables.row("Port", &id.0)?, "name"))
    };
    let packets = map(row, "statistics")
        .into_iter()
        .find(|(key, _)| *key == "tx_packets")
        .and_then(|(_, count)| count.as_u64());
    Some(OvsMirror {
        conf: MirrorConf {
            name: text(row, "name").unwrap_or_default(),
            select_all: is_set(row, "select_all"),
            ingress: ports("select_src_port").collect(),
            egress: ports("select_dst_port").collect(),
            vlans: numbers(row, "select_vlan").into_iter().collect(),
            output_port: ports("output_port").next(),
            output_vlan: number(row, "output_vlan"),
            snaplen: number(row, "snaplen"),
            filter: text(row, "filter"),
            external_ids: pairs(row, "external_ids"),
        },
        packets,
        row: id,
    })
}

/// The words for those of these columns that hold something.
fn present(row: &Row, columns: &[(&str, &str)]) -> Vec<String> {
    columns
        .iter()
        .filter(|(column, _)| !set(row, column).is_empty() || !map(row, column).is_empty())
        .map(|(_, word)| (*word).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Tables {
        let mut tables = Tables::default();
        tables.take_in(json!({
            "Open_vSwitch": {"r": {"new": {"bridges": ["uuid", "b"], "next_cfg": 3, "cur_cfg": 2,
                "ovs_version": "3.5.0", "datapath_types": ["set", ["netdev", "system"]]}}},
            "Bridge": {"b": {"new": {"name": "ovs0", "datapath_type": "netdev", "stp_enable": true,
                "ports": ["set", [["uuid", "p"], ["uuid", "q"], ["uuid", "none"]]], "mirrors": ["uuid", "m"],
                "sflow": ["uuid", "s"], "controller": ["uuid", "c"], "fail_mode": "secure",
                "protocols": "OpenFlow13", "external_ids": ["map", [["nova", "1"]]]}}},
            "Port": {"p": {"new": {"name": "vm1", "interfaces": ["uuid", "i"], "tag": 100, "qos": ["uuid", "o"],
                    "status": ["map", [["stp_state", "Forwarding"]]]}},
                "q": {"new": {"name": "ovs0", "trunks": ["set", [1, 2]], "bond_updelay": 5}}},
            "Interface": {"i": {"new": {"name": "vm1", "type": "vxlan", "ofport": -1, "error": "no",
                "options": ["map", [["psk", "secret"], ["key", "7"]]], "ingress_policing_rate": 100}}},
            "QoS": {"o": {"new": {"type": "linux-htb", "queues": ["map", [[0, ["uuid", "u"]]]]}}},
            "Queue": {"u": {"new": {"dscp": 46}}},
            "Mirror": {"m": {"new": {"name": "x", "select_src_port": ["uuid", "p"], "output_vlan": 9,
                "statistics": ["map", [["tx_bytes", 60], ["tx_packets", 1]]]}}},
            "Controller": {"c": {"new": {"target": "tcp:192.0.2.1:6653", "max_backoff": 1000}}},
        }));
        tables
    }

    #[test]
    fn rows_become_bridges_ports_and_mirrors() {
        let state = state(&tables(), true);
        let bridge = state.bridge("ovs0").unwrap();
        assert_eq!(bridge.conf.fail_mode, FailMode::Secure);
        assert!(bridge.conf.stp && bridge.conf.controllers.contains("tcp:192.0.2.1:6653"));
        assert_eq!(bridge.mark().unwrap().0, "1");
        let port = bridge.port("vm1").unwrap();
        assert_eq!(port.conf.vlans.tag, Some(100));
        assert_eq!(port.stp_state.as_deref(), Some("forwarding"));
        assert_eq!(port.error(), Some("no"));
        let qos = port.conf.qos.as_ref().unwrap();
        assert_eq!(qos.queues.get(&0).unwrap().dscp, Some(46));
        let mirror = bridge.mirror("x").unwrap();
        assert!(mirror.conf.ingress.contains("vm1"));
        assert_eq!(mirror.packets, Some(1));
        assert_eq!(configuration(&tables()), (3, 2));
    }

    #[test]
    fn what_cannot_be_brought_back_is_named_and_secrets_are_not_read() {
        let state = state(&tables(), true);
        let bridge = state.bridge("ovs0").unwrap();
        assert_eq!(bridge.beyond, ["sFlow", "controller options"]);
        assert_eq!(bridge.port("vm1").unwrap().beyond, ["a secret"]);
        assert_eq!(bridge.port("ovs0").unwrap().beyond, ["a bond delay"]);
        assert!(!format!("{state:?}").contains("psk"));
    }

    #[test]
    fn columns_that_the_database_does_not_have_are_not_asked_for() {
        let schema = json!({"tables": {"Port": {"columns": {"name": {}, "tag": {}}}}});
        assert_eq!(
            columns(&schema),
            json!({"Port": {"columns": ["name", "tag"]}})
        );
    }
}
