// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! libvirt's description of a machine, read as far as its network goes.

use crate::error::{NovaError, Result};
use crate::machine::{InterfaceSource, Machine, MachineInterface, MachineState};
use crate::xml::Element;

/// Most interfaces that are read of one machine; a PC has room for fewer.
const MAX_INTERFACES: usize = 256;

impl Machine {
    /// The machine that a `<domain>` document describes (`virsh dumpxml`).
    /// What the document does not tell is left: the state is
    /// [`MachineState::Off`], and no address is known.
    ///
    /// # Errors
    /// `InvalidValue` where the document is longer than 1 MiB, not well-formed
    /// or has no name.
    pub fn from_xml(document: &str) -> Result<Self> {
        let root = Element::parse(document, "domain")?;
        let name = root.child_text("name").unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(NovaError::invalid("name", "", "a machine has a name"));
        }
        let interfaces = root
            .child("devices")
            .into_iter()
            .flat_map(|devices| devices.children_named("interface"))
            .take(MAX_INTERFACES)
            .map(interface)
            .collect();
        Ok(Self {
            uuid: root.child_text("uuid").unwrap_or_default().to_owned(),
            name,
            state: MachineState::Off,
            interfaces,
        })
    }
}

fn interface(element: &Element) -> MachineInterface {
    let attribute = |child, name| {
        element
            .child_attribute(child, name)
            .filter(|value| !value.is_empty())
    };
    MachineInterface {
        mac: attribute("mac", "address").and_then(|mac| mac.to_ascii_lowercase().parse().ok()),
        source: source(element),
        tap: attribute("target", "dev").map(ToOwned::to_owned),
        model: attribute("model", "type").map(ToOwned::to_owned),
        is_plugged: attribute("link", "state") != Some("down"),
        addresses: Vec::new(),
    }
}

fn source(element: &Element) -> InterfaceSource {
    let kind = element.attribute("type").unwrap_or_default();
    let named = |attribute| {
        element
            .child_attribute("source", attribute)
            .filter(|value| !value.is_empty())
            .map(ToOwned::to_owned)
    };
    // A running machine on a network without a bridge of its own is told as
    // what it comes down to; the network stands beside that.
    let source = match kind {
        "network" | "bridge" | "direct" if named("network").is_some() => {
            named("network").map(InterfaceSource::Network)
        }
        "bridge" => named("bridge").map(InterfaceSource::Bridge),
        "direct" => named("dev").map(InterfaceSource::Direct),
        _ => None,
    };
    source.unwrap_or_else(|| InterfaceSource::Other(kind.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WEB: &str = r#"<domain type='qemu' id='3'>
      <name>web</name><uuid>3a1f4b5c-0000-4000-8000-000000000002</uuid>
      <metadata><x:interface xmlns:x='urn:x' type='bridge'/></metadata>
      <devices>
        <disk type='file'><target dev='vda'/></disk>
        <interface type='network'>
          <mac address='52:54:00:AA:00:01'/>
          <source network='default' portid='1' bridge='virbr0'/>
          <target dev='vnet0'/><model type='virtio'/><alias name='net0'/>
        </interface>
        <interface type='bridge'>
          <mac address='52:54:00:aa:00:02'/><source bridge='br0'/><link state='down'/>
        </interface>
        <interface type='direct'><source dev='eth0' mode='bridge'/><target dev='macvtap0'/></interface>
        <interface type='user'/>
      </devices></domain>"#;

    #[test]
    fn a_running_machine_stays_on_its_bridged_network() {
        let xml = "<domain><name>web</name><devices><interface type='bridge'>\
            <source network='office' portid='1' bridge='br0'/></interface></devices></domain>";
        let machine = Machine::from_xml(xml).unwrap();
        let office = InterfaceSource::Network("office".to_owned());
        assert_eq!(machine.interfaces[0].source, office);
    }

    #[test]
    fn reads_the_interfaces_of_a_machine() {
        let machine = Machine::from_xml(WEB).unwrap();
        assert_eq!(machine.name, "web");
        let [nat, bridged, direct, user] = machine.interfaces.as_slice() else {
            panic!("four interfaces");
        };
        assert_eq!(nat.mac, Some("52:54:00:aa:00:01".parse().unwrap()));
        assert_eq!(nat.source, InterfaceSource::Network("default".to_owned()));
        assert_eq!(nat.tap.as_deref(), Some("vnet0"));
        assert_eq!(nat.model.as_deref(), Some("virtio"));
        assert!(nat.is_plugged);
        assert_eq!(bridged.source, InterfaceSource::Bridge("br0".to_owned()));
        assert_eq!(bridged.tap, None);
        assert!(!bridged.is_plugged);
        assert_eq!(direct.source, InterfaceSource::Direct("eth0".to_owned()));
        assert_eq!(user.source, InterfaceSource::Other("user".to_owned()));
    }

    #[test]
    fn reads_no_more_interfaces_than_the_bound() {
        let document = format!(
            "<domain><name>a</name><devices>{}</devices></domain>",
            "<interface type='user'/>".repeat(5000)
        );
        let machine = Machine::from_xml(&document).unwrap();
        assert_eq!(machine.interfaces.len(), MAX_INTERFACES);
    }

    #[test]
    fn refuses_a_machine_without_a_name() {
        assert!(Machine::from_xml("<domain/>").is_err());
        assert!(Machine::from_xml("<network><name>a</name></network>").is_err());
    }

    proptest! {
        #[test]
        fn any_attributes_are_read_or_left_out(mac in "\\PC{0,20}", dev in "\\PC{0,20}", kind in "\\PC{0,8}") {
            let escape = |text: &str| quick_xml::escape::escape(text).into_owned();
            let document = format!(
                "<domain><name>a</name><devices><interface type='{}'><mac address='{}'/><target dev='{}'/></interface></devices></domain>",
                escape(&kind), escape(&mac), escape(&dev)
            );
            let machine = Machine::from_xml(&document).unwrap();
            prop_assert_eq!(machine.interfaces.len(), 1);
        }
    }
}
