// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What is asked of a port of a Linux bridge, where the bridge is one of Open
//! vSwitch: done where it means the same there, else refused with the command
//! that does it.

use crate::bridge::PortPatch;
use crate::change::{ConfigureOvsPort, ConfigurePort, SetBridgeVlans, SetPortVlans, VlanWish};
use crate::error::{ErrorKind, NovaError, Result};
use crate::name::InterfaceName;
use crate::ovs_conf::PortVlans;
use crate::ovs_value::{VlanMode, VlanWish as OvsVlans};
use crate::planner::Planner;
use crate::planner_ovs_port::require_port;
use crate::vlan::{VlanId, VlanSet};

impl Planner {
    /// The options of a port of a Linux bridge.
    pub(crate) fn configure_port_as_ovs(&mut self, configure: &ConfigurePort) -> Result<()> {
        let ConfigurePort {
            switch,
            port,
            options,
        } = configure;
        let rest = PortPatch {
            cost: None,
            isolated: None,
            ..*options
        };
        let command =
            |option: &str| format!("\"nova network ovs-configure-port {switch} {port} {option}\"");
        options.check().map_err(|error| match options.cost {
            Some(0) => error.with_remedy(format!(
                "{} leaves it to the speed of the link.",
                command("--path-cost 0")
            )),
            _ => error,
        })?;
        if let Some(priority) = options.priority {
            // The kernel counts in other steps than Open vSwitch.
            return Err(refused(switch, port, "port-priority").with_remedy(format!(
                "{} sets it, 0 to 255 there.",
                command(&format!("--port-priority {}", priority * 4))
            )));
        }
        if let Some((option, _)) = rest.singles().first() {
            return Err(refused(switch, port, &option.replace('_', "-")).with_remedy(
                "Open vSwitch has path-cost, port-priority, protected (isolated) and VLANs: \"nova network ovs-configure-port --help\" lists them.",
            ));
        }
        if options.is_empty() {
            return Err(NovaError::new(
                ErrorKind::InvalidValue,
                format!("port {port}: no option is given"),
            )
            .with_remedy("\"nova network ovs-configure-port --help\" lists the options."));
        }
        self.configure_ovs_port(&ConfigureOvsPort {
            path_cost: options.cost.and_then(|cost| u16::try_from(cost).ok()),
            protected: options.isolated,
            ..ConfigureOvsPort::nothing(switch.clone(), port.clone())
        })
    }

    /// The VLANs towards this host: those of the port named as the bridge.
    pub(crate) fn set_bridge_vlans_as_ovs(&mut self, set: &SetBridgeVlans) -> Result<()> {
        self.set_port_vlans_as_ovs(&SetPortVlans {
            switch: set.switch.clone(),
            port: set.switch.clone(),
            vlans: set.vlans.clone(),
        })
    }

    /// The VLANs of a port.
    pub(crate) fn set_port_vlans_as_ovs(&mut self, set: &SetPortVlans) -> Result<()> {
        let SetPortVlans {
            switch,
            port,
            vlans,
        } = set;
        let bridge = self.require_ovs_bridge(switch)?;
        let now = require_port(&bridge, port)?.conf.vlans.clone();
        let Some(wish) = translated(vlans, &now) else {
            return Err(NovaError::refused(format!(
                "bridge {switch}: on a port of Open vSwitch this would not be the same: without any trunk {port} carries every VLAN"
            ))
            .with_field("vlan")
            .with_remedy(format!(
                "Say all that it is to carry: \"nova network ovs-configure-port {switch} {port} --trunk 100,200\"."
            )));
        };
        self.configure_ovs_port(&ConfigureOvsPort {
            vlans: Some(wish),
            ..ConfigureOvsPort::nothing(switch.clone(), port.clone())
        })
    }
}

fn refused(switch: &InterfaceName, port: &InterfaceName, option: &str) -> NovaError {
    NovaError::new(
        ErrorKind::InvalidValue,
        format!("port {port}: {switch} is a bridge of Open vSwitch, its ports have no {option} of this kind"),
    )
    .with_field(option)
}

/// The same wish in the words of Open vSwitch, where it has any: there a port
/// without trunks carries every VLAN.
fn translated(wish: &VlanWish, now: &PortVlans) -> Option<OvsVlans> {
    let mode = now.mode.as_deref();
    let native = now.tag.filter(|_| mode != Some(VlanMode::Trunk.word()));
    let native = native.and_then(|vlan| VlanId::new(vlan).ok());
    let is_access = native.is_some() && matches!(mode, None | Some("access"));
    let carried: VlanSet = match is_access {
        true => VlanSet::default(),
        false => now
            .trunks
            .iter()
            .filter_map(|vlan| VlanId::new(*vlan).ok())
            .collect(),
    };
    let is_selective = is_access || !carried.is_empty() && mode != Some("dot1q-tunnel");
    let native_mode = match mode == Some(VlanMode::NativeTagged.word()) {
        true => VlanMode::NativeTagged,
        false => VlanMode::NativeUntagged,
    };
    let trunk = |trunks: VlanSet, tag: Option<VlanId>, native_mode: VlanMode| OvsVlans {
        mode: Some(tag.map_or(VlanMode::Trunk, |_| native_mode)),
        tag,
        trunks,
    };
    let access = |vlan: VlanId| OvsVlans {
        mode: Some(VlanMode::Access),
        tag: Some(vlan),
        trunks: VlanSet::default(),
    };
    match wish {
        VlanWish::Access(vlan) => Some(access(*vlan)),
        VlanWish::Trunk { tagged, native } if !tagged.is_empty() => {
            Some(trunk(tagged.clone(), *native, VlanMode::NativeUntagged))
        }
        VlanWish::Carry(more) if is_selective => {
            let all = carried.0.iter().chain(&more.0).copied();
            let all: VlanSet = all.filter(|vlan| Some(*vlan) != native).collect();
            match (all.is_empty(), native) {
                (true, native) => native.map(access),
                (false, native) => Some(trunk(all, native, native_mode)),
            }
        }
        VlanWish::Drop(less) if is_selective => {
            let rest = carried.0.iter().copied();
            let rest: VlanSet = rest.filter(|vlan| !less.contains(*vlan)).collect();
            let native = native.filter(|vlan| !less.contains(*vlan));
            match (rest.is_empty(), native) {
                (false, native) => Some(trunk(rest, native, native_mode)),
                (true, native) => native.map(access),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(mode: Option<&str>, tag: Option<u16>, trunks: &[u16]) -> PortVlans {
        PortVlans {
            mode: mode.map(str::to_owned),
            tag,
            trunks: trunks.iter().copied().collect(),
        }
    }

    fn set(text: &str) -> VlanSet {
        text.parse().unwrap()
    }

    #[test]
    fn wishes_for_vlans_mean_the_same_on_open_vswitch() {
        let carry = |vlans: &str| VlanWish::Carry(set(vlans));
        let drop = |vlans: &str| VlanWish::Drop(set(vlans));
        for (wish, now, then) in [
            (
                VlanWish::Access(VlanId::new(5).unwrap()),
                port(None, None, &[]),
                port(Some("access"), Some(5), &[]),
            ),
            (
                VlanWish::Trunk {
                    tagged: set("7-8"),
                    native: VlanId::new(1).ok(),
                },
                port(Some("access"), Some(5), &[]),
                port(Some("native-untagged"), Some(1), &[7, 8]),
            ),
            (
                carry("7"),
                port(None, Some(5), &[]),
                port(Some("native-untagged"), Some(5), &[7]),
            ),
            (
                carry("7"),
                port(Some("trunk"), None, &[8]),
                port(Some("trunk"), None, &[7, 8]),
            ),
            (
                carry("7"),
                port(Some("native-tagged"), Some(5), &[8]),
                port(Some("native-tagged"), Some(5), &[7, 8]),
            ),
            (
                drop("8"),
                port(None, None, &[7, 8]),
                port(Some("trunk"), None, &[7]),
            ),
            (
                drop("8"),
                port(Some("native-untagged"), Some(5), &[8]),
                port(Some("access"), Some(5), &[]),
            ),
        ] {
            let translated = translated(&wish, &now).unwrap().conf().unwrap();
            assert_eq!(translated, then, "{wish:?} {now:?}");
        }
    }

    #[test]
    fn what_would_open_a_port_to_every_vlan_is_not_translated() {
        let carry = VlanWish::Carry(set("7"));
        let drop = VlanWish::Drop(set("7"));
        for (wish, now) in [
            (&carry, port(None, None, &[])),
            (&carry, port(Some("native-untagged"), Some(5), &[])),
            (&carry, port(Some("dot1q-tunnel"), Some(5), &[9])),
            (&drop, port(None, None, &[])),
            (&drop, port(None, None, &[7])),
            (&drop, port(None, Some(7), &[])),
        ] {
            assert_eq!(translated(wish, &now), None, "{wish:?} {now:?}");
        }
    }
}
