// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! One picture out of what the kernel, libvirt and the `NetworkManager` daemon
//! tell. Pure.

use std::collections::BTreeMap;

use nova_host::owner;
use nova_model::link::Owner;
use nova_model::machine::{InterfaceSource, Machine};
use nova_model::manager::Managers;
use nova_model::state::{HostState, Service, Snapshot, VirtState};

/// Puts the picture together: each link gets the owner that libvirt or the
/// `NetworkManager` daemon says it has.
pub(crate) fn compose(
    mut host: HostState,
    virt: Service<VirtState>,
    managers: Managers,
) -> Snapshot {
    if let Some(virt) = virt.available() {
        let bridges: BTreeMap<String, String> = virt
            .networks
            .iter()
            .filter(|network| network.is_active && network.has_own_bridge())
            .filter_map(|network| Some((network.bridge.clone()?, network.name.clone())))
            .collect();
        owner::claim_libvirt(&mut host, &bridges);
        claim_taps(&mut host, &virt.machines);
    }
    // Who keeps the journal is asked by the helper.
    owner::claim(&mut host, managers, |_| true);
    Snapshot { host, virt }
}

/// The tap of a machine is libvirt's, whatever it is called and wherever it is
/// plugged.
fn claim_taps(host: &mut HostState, machines: &[Machine]) {
    let interfaces = machines.iter().flat_map(|machine| &machine.interfaces);
    for interface in interfaces {
        let Some(tap) = &interface.tap else { continue };
        let Some(link) = host.link_mut(tap) else {
            continue;
        };
        if matches!(link.owner, Owner::Nobody | Owner::Libvirt { network: None }) {
            link.owner = Owner::Libvirt {
                network: match &interface.source {
                    InterfaceSource::Network(network) => Some(network.clone()),
                    _ => None,
                },
            };
        }
    }
}

/// The taps of machines with whether they are up: libvirt has no event for a
/// cable that is pulled or plugged, the kernel has.
pub(crate) fn cables(host: &HostState, virt: &Service<VirtState>) -> Vec<(String, bool)> {
    let machines = virt.available().map(|virt| virt.machines.as_slice());
    machines
        .unwrap_or_default()
        .iter()
        .flat_map(|machine| &machine.interfaces)
        .filter_map(|interface| {
            let tap = interface.tap.as_ref()?;
            Some((tap.clone(), host.link(tap)?.is_up))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nova_model::manager::{NetworkManagerDaemon, NmLink};
    use nova_model::network::Network;

    fn host(links: &str) -> HostState {
        let mut state = HostState::default();
        for (index, line) in links.lines().enumerate() {
            let (name, kind) = line.trim().split_once(' ').unwrap();
            let index = u32::try_from(index + 1).unwrap();
            let link = serde_json::json!({
                "index": index, "name": name, "kind": kind, "mac": "fe:54:00:00:00:01",
                "mtu": 1500, "is_up": true, "has_carrier": true, "refuses_bridge": false,
                "controller": null, "lower": null, "alias": null, "addresses": [],
                "bridge": null, "port": null, "owner": {"by": "nobody"},
            });
            state
                .links
                .insert(index, serde_json::from_value(link).unwrap());
        }
        state
    }

    fn virt() -> VirtState {
        let mut network =
            Network::from_xml("<network><name>lab</name><bridge name='lab0'/></network>").unwrap();
        network.is_active = true;
        let machine = Machine::from_xml(
            "<domain><name>web</name><devices>\
             <interface type='bridge'><source bridge='br0'/><target dev='web0'/></interface>\
             </devices></domain>",
        )
        .unwrap();
        VirtState {
            networks: vec![network],
            machines: vec![machine],
        }
    }

    #[test]
    fn libvirt_owns_its_bridges_and_the_taps_of_machines() {
        let host = host("lab0 bridge\nweb0 tap\nbr0 bridge");
        let snapshot = compose(host, Service::Available(virt()), Managers::default());
        let owner = |name| snapshot.host.link(name).unwrap().owner.clone();
        assert_eq!(
            owner("lab0"),
            Owner::Libvirt {
                network: Some("lab".to_owned())
            }
        );
        assert_eq!(owner("web0"), Owner::Libvirt { network: None });
        assert_eq!(owner("br0"), Owner::Nobody);
    }

    #[test]
    fn the_networkmanager_daemon_takes_nothing_from_libvirt() {
        let host = host("lab0 bridge\neth0 physical");
        let links = ["lab0", "eth0"].map(|name| (name.to_owned(), NmLink::default()));
        let managers = Managers {
            network_manager: Some(NetworkManagerDaemon {
                links: links.into(),
                own: Vec::new(),
            }),
            ..Managers::default()
        };
        let snapshot = compose(host, Service::Available(virt()), managers);
        let owner = |name| snapshot.host.link(name).unwrap().owner.clone();
        assert_eq!(owner("eth0"), Owner::NetworkManagerDaemon);
        assert!(matches!(owner("lab0"), Owner::Libvirt { .. }));
    }

    #[test]
    fn cables_are_those_of_machines() {
        let host = host("web0 tap\neth0 physical");
        let cables = cables(&host, &Service::Available(virt()));
        assert_eq!(cables, [("web0".to_owned(), true)]);
    }
}
