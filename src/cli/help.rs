// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What stands below the options: an example for every verb, exit codes, JSON.

/// Below `nova --help`.
pub const NOVA: &str = "Example:
  nova network list";

/// Below `nova network -h`.
pub const NETWORK: &str = "Example:
  nova network create-switch br0 --stp-enable --interfaces eth1 --dry-run

Exit codes: 0 done; 1 fault; 2 usage or a value out of range; 3 refused by the
plan; 4 not authorised; 5 not found; 6 failed or not kept, and rolled back;
7 a daemon is missing. \"nova network --help\" also lists the keys of the JSON.";

/// Below `nova network --help` and in nova-network(1).
pub const NETWORK_LONG: &str = "Example:
  nova network create-switch br0 --stp-enable --interfaces eth1 --dry-run

Exit codes:
  0  done
  1  fault of Nova or of the host
  2  usage, or a value out of its range; nothing has happened
  3  refused by the plan; nothing has happened
  4  not authorised; nothing has happened
  5  the named thing does not exist; nothing has happened
  6  failed, or not kept in time; what was done is undone
  7  a daemon that is needed does not answer

JSON (--output json); keys stay, new ones may come:
  list      switches[]: name, type, up, carrier, owner, stp, ports[],
            addresses[], carries_libvirt_network, of Open vSwitch also rstp
            and mirrors[]; openvswitch: null, or error and remedy; networks[]: name, uuid, mode,
            active, persistent, autostart, bridge, devices[], subnets[]:
            address, dhcp[][2]; links[] with --all: name, type, up, carrier,
            owner, switch, addresses[]; libvirt: null, or error and remedy
            where it does not answer; bonds[]: as of list-bonds
  list-bonds bonds[]: name, mode, up, carrier, owner, switch, members[]:
            name, up, carrier, active, monitor, failures, mac, aggregator;
            primary, in_use[], addresses[]
  list-vlans vlans[]: link, role, filtering (null where nothing filters),
            native, untagged, tagged, every_vlan
  list-mirrors mirrors[]: name, switch, sources (a direction by port),
            every_port, vlans[], output, output_vlan, frames, is_ours
  list-qos  ports[]: port, switch, ingress and egress: null, or rate and burst;
            dscp, priority, foreign (who else queues)
  list-affinity links[]: link, switch, cpus[]: of each of its queues, as 0-3 or
            none
  show      link, network, machine, ovs_bridge, ovs_port: each null or the
            whole object, with ports[], switch and machine for a link;
            mirrors[]: as of list-mirrors (show.schema.json)
  debug bridge, show --fdb --mdb --stp:
            bridge; fdb[]: mac, vlan, port, origin, idle; mdb[]: group, vlan,
            port, permanent; stp: enabled, bridge, root, is_root,
            root_path_cost, topology_change, ports[]: port, role, state, cost,
            priority, designated_bridge; null what was not asked for. Of Open
            vSwitch stp alone, also rapid; enabled alone where it is off
  debug ovs ports[]: whole objects; flows[]: a line each; null what was not
            asked for (debug-ovs.schema.json)
  topology  nodes[]: id, kind, name, detail, state, owner, addresses[], link,
            leaves_through; connections[]: from, to, id, kind, port, links[],
            is_up, stp, vid
  monitor   one document a line: at (milliseconds since 1970), interfaces[]:
            name, received_bps, sent_bps, received_packets, sent_packets,
            drops, errors (all a second), rx_bytes, tx_bytes; outside:
            received_bps, sent_bps
  changes   --dry-run: the plan: id, title, changes, effects[], notices[],
            steps[]: title, command, step, undo[]; actions[], confirm_within,
            keeping (what lasts beyond a boot), made_again (what of ports Nova
            makes again with each boot), digest (plan.schema.json). Applied:
            the entry: plan, uid, started, state, undone_by
            (change.schema.json); with --confirm-within its state is pending
            until it is decided
  history   an array of entries
  purge     --dry-run: an array of the entries that would be undone. Done:
            undone[]: the entries of the undos; gone[]: ids of what nothing was
            left of; left[]: id, title, error; forgotten: how much is not given
            again; marked[]: what still bears Nova's mark (purge.schema.json)
  *-network name, done
What holds whole objects is described key by key as JSON Schema, in the files
named above below share/nova-networking/schema of where Nova is installed.";

/// Below `nova network list --help`.
pub const LIST: &str = "Example:
  nova network list --output json";

/// Below `nova network show --help`.
pub const SHOW: &str = "Example:
  nova network show br0";

/// Below `nova network topology --help`.
pub const TOPOLOGY: &str = "Example:
  nova network topology";

/// Below `nova network monitor --help`.
pub const MONITOR: &str = "On the tap of a machine, \"received\" is what the machine received.

Examples:
  nova network monitor --interfaces all --real-time
  nova network monitor br0 eth0 --show-drops --duration 60s";

/// Below `nova network create-switch --help`.
pub const CREATE_SWITCH: &str = "Example:
  nova network create-switch br0 --type linux-bridge --stp-enable --interfaces eth0";

/// Below `nova network bridge-nic --help`.
pub const BRIDGE_NIC: &str =
    "What configures the card now, NetworkManager or systemd-networkd, makes the
bridge and moves addresses, routes and name servers to it. Where neither does,
the addresses move until the next boot. The change is undone unless it is kept.

Examples:
  nova network bridge-nic eth0 --dry-run
  nova network bridge-nic eth0 --name lan0 --persist none";

/// Below `nova network delete-switch --help`.
pub const DELETE_SWITCH: &str = "Example:
  nova network delete-switch br0";

/// Below `nova network add-interface --help`.
pub const ADD_INTERFACE: &str = "Example:
  nova network add-interface br0 eth1";

/// Below `nova network remove-interface --help`.
pub const REMOVE_INTERFACE: &str = "Example:
  nova network remove-interface br0 eth1";

/// Below `nova network configure-bridge --help`.
pub const CONFIGURE_BRIDGE: &str = "With spanning tree on, 802.1D wants
2 x (forward-delay - 1) >= max-age >= 2 x (hello-time + 1).

Example:
  nova network configure-bridge br0 --stp on --forward-delay 4 --hello-time 1 --max-age 6
  nova network configure-bridge br0 --multicast-snooping --multicast-querier --hash-max 4096";

/// Below `nova network configure-port --help`.
pub const CONFIGURE_PORT: &str = "Example:
  nova network configure-port br0 vnet0 --isolated --bpdu-guard
  nova network configure-port br0 vnet0 --vlan 100
  nova network configure-port br0 eth0 --trunk 100,200-210 --native-vlan 1";

/// Below `nova network configure-switch --help`.
pub const CONFIGURE_SWITCH: &str =
    "The VLANs of ports are set before the filter is turned on, and so is what this
host itself needs to stay reachable; the plan says what that is.

Example:
  nova network configure-switch br0 --vlan 100 --vlan-filtering --trunk-ports eth0
  nova network configure-switch br0 --vlan 100 --access-ports vnet0,vnet1";

/// Below `nova network create-vlan --help`.
pub const CREATE_VLAN: &str = "Example:
  nova network create-vlan eth0 100 --name eth0.100";

/// Below `nova network delete-vlan --help`.
pub const DELETE_VLAN: &str = "Example:
  nova network delete-vlan eth0.100";

/// Below `nova network list-vlans --help`.
pub const LIST_VLANS: &str = "Example:
  nova network list-vlans br0";

/// Below `nova network create-bond --help`.
pub const CREATE_BOND: &str = "Members are set down first, for the kernel takes no other, and have the MAC
address of the bond while they are members. A bond can be the port of a switch.

Where NetworkManager or systemd-networkd configures a card, that program makes
the bond: the first such card gives its addresses, routes and name servers to
it, and the others give back what they have from DHCP. The change is undone
unless it is kept, and the bond goes with \"nova network undo\".

Examples:
  nova network create-bond bond0 --mode active-backup --interfaces eth0,eth1 --primary eth0
  nova network create-bond bond0 --mode 802.3ad --interfaces eth0,eth1 --lacp-rate fast --xmit-hash-policy layer3+4
  nova network create-switch br0 --interfaces bond0";

/// Below `nova network configure-bond --help`.
pub const CONFIGURE_BOND: &str = "Example:
  nova network configure-bond bond0 --miimon 200 --up-delay 400 --primary eth1";

/// Below `nova network delete-bond --help`.
pub const DELETE_BOND: &str = "Example:
  nova network delete-bond bond0";

/// Below `nova network list-bonds --help`.
pub const LIST_BONDS: &str = "Example:
  nova network list-bonds";

/// Below `nova network set-link --help`.
pub const SET_LINK: &str = "Example:
  nova network set-link eth1 up";

/// Below `nova network set-mtu --help`.
pub const SET_MTU: &str = "Example:
  nova network set-mtu eth1 9000";

/// Below `nova network set-affinity --help`.
pub const SET_AFFINITY: &str =
    "What arrives is spread over these CPUs by connection (receive packet steering),
on all queues of the link and on every port that the switch has now. Without
any, each frame stays on the CPU that took it.

Examples:
  nova network set-affinity br0 --cpu-mask 0x0F
  nova network set-affinity eth0 --cpus 0-3,6
  nova network set-affinity br0 --cpu-mask none";

/// Below `nova network start-network --help`.
pub const START_NETWORK: &str = "Example:
  nova network start-network default";

/// Below `nova network stop-network --help`.
pub const STOP_NETWORK: &str = "Example:
  nova network stop-network default --yes";

/// Below `nova network autostart-network --help`.
pub const AUTOSTART_NETWORK: &str = "Example:
  nova network autostart-network default off";

/// Below `nova network history --help`.
pub const HISTORY: &str = "Example:
  nova network history --limit 5";

/// Below `nova network confirm --help`.
pub const CONFIRM: &str = "Example:
  nova network confirm 3f9a";

/// Below `nova network extend --help`.
pub const EXTEND: &str = "Only its user can, before the time is over.

Example:
  nova network extend 3f9a 5m";

/// Below `nova network rollback --help`.
pub const ROLLBACK: &str =
    "Of a change that was reverted in part it undoes the rest: what that needs may be
there by now.

Example:
  nova network rollback 3f9a";

/// Below `nova network undo --help`.
pub const UNDO: &str = "The undo of an undo makes the change again.

Example:
  nova network undo 3f9a --dry-run";

/// Below `nova network purge --help`.
pub const PURGE: &str =
    "Each change is undone by a plan of its own, made when its turn comes, as by
\"nova network undo\": what this host is reached by is asked about and watched each
time, so no time to keep all of it can be given. What the host has moved on from
since is left as it is and named at the end. What links and machines would be given
again when they appear is forgotten.

Example:
  nova network purge --dry-run";

/// Below `nova network ovs-add-port --help`.
pub const OVS_ADD_PORT: &str = "Examples:
  nova network ovs-add-port ovs0 vm1 --vlan 100
  nova network ovs-add-port ovs0 uplink --trunk 100,200,300
  nova network ovs-add-port ovs0 vx0 --tunnel vxlan --remote 192.0.2.9 --key 100
  nova network ovs-add-port ovs0 bond0 --bond eth1,eth2 --bond-mode balance-slb";

/// Below `nova network ovs-configure-port --help`.
pub const OVS_CONFIGURE_PORT: &str = "Examples:
  nova network ovs-configure-port ovs0 vm1 --vlan-mode access --vlan 100
  nova network ovs-configure-port ovs0 uplinks --bond-mode balance-tcp --lacp active";

/// Below `nova network ovs-configure-switch --help`.
pub const OVS_CONFIGURE_SWITCH: &str = "Examples:
  nova network ovs-configure-switch ovs0 --rstp on --fail-mode standalone
  nova network ovs-configure-switch ovs0 --openflow-version all";

/// Below `nova network mirror-port --help`.
pub const MIRROR_PORT: &str = "Examples:
  nova network mirror-port ovs0 --source vm1-port --destination vm2-port --mirror-type ingress,egress
  nova network mirror-port br0 --source vnet0:ingress,vnet1 --destination eth1 --vlan 100,200

On a Linux bridge frames without a tag are copied where the port has them belong to
one of the VLANs: its native VLAN as they arrive, its untagged VLANs as they leave.
That follows the VLANs of the port. A bridge that does not filter knows tags alone.";

/// Below `nova network remove-mirror --help`.
pub const REMOVE_MIRROR: &str = "Example:
  nova network remove-mirror ovs0 mirror-vm2-port";

/// Below `nova network qos --help`.
pub const QOS: &str = "Examples:
  nova network qos vm1-port --ingress-rate 100Mbps --egress-rate 50Mbps --burst-size 10MB
  nova network qos vm1-port --priority high --dscp 46 --class realtime

Limits hold in both directions of the port. Priority, mark and class are about
what the machine behind it sends: packets carry the mark (DSCP) from then on, and
where they leave through a port that has an egress rate, those of high priority
go first. A class stands for both: realtime is high and 46, best-effort normal
and 0, bulk low and 8.";

/// Below `nova network list-mirrors --help`.
pub const LIST_MIRRORS: &str = "Example:
  nova network list-mirrors br0";

/// Below `nova network list-qos --help`.
pub const LIST_QOS: &str = "Example:
  nova network list-qos";

/// Below `nova network list-affinity --help`.
pub const LIST_AFFINITY: &str =
    "Links without a queue for what arrives, such as sub-interfaces, are left out.

Example:
  nova network list-affinity br0";

/// Below `nova network remove-qos --help`.
pub const REMOVE_QOS: &str = "Example:
  nova network remove-qos vm1-port";

/// Below `nova network debug --help`.
pub const DEBUG: &str = "Example:
  nova network debug ovs ovs0 --show-flows --show-ports";

/// Below `nova network debug bridge --help`.
pub const DEBUG_BRIDGE: &str = "Example:
  nova network debug bridge br0 --show-fdb --show-stp
  nova network debug bridge br0 --show-mdb
  nova network debug bridge br0 --follow";

/// Below `nova network debug ovs --help`.
pub const DEBUG_OVS: &str = "Example:
  nova network debug ovs ovs0 --show-flows --show-ports";
