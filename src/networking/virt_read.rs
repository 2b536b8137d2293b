// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! libvirt as it is asked: networks, machines and leases, over a read-only
//! connection of the caller. Everything blocks.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::path::Path;

use nova_model::machine::{Machine, MachineState};
use nova_model::name::printable;
use nova_model::network::Network;
use nova_model::state::VirtState;
use nova_model::{ErrorKind, NovaError, Result};
use virt::connect::Connect;
use virt::domain::{Domain, DomainState};
use virt::error::{Error, ErrorNumber};
use virt_sys as sys;

use crate::libvirt;

/// The connection Nova looks through: the machines of the host.
const URI: &str = "qemu:///system";

/// Opens a connection that can only look.
///
/// # Errors
/// `DaemonMissing` or `NotAuthorised`, each with the way out.
pub(crate) fn open() -> Result<Connect> {
    virt::error::clear_error_callback();
    Connect::open_read_only(Some(URI)).map_err(|error| unreachable(&error))
}

/// What has to be read again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dirty {
    /// Networks, with their leases.
    pub(crate) networks: bool,
    /// Leases alone.
    pub(crate) leases: bool,
    /// All machines.
    pub(crate) machines: bool,
    /// These machines, by UUID.
    pub(crate) machine: BTreeSet<String>,
}

impl Dirty {
    /// Everything.
    pub(crate) const fn all() -> Self {
        Self {
            networks: true,
            leases: true,
            machines: true,
            machine: BTreeSet::new(),
        }
    }

    /// Whether nothing has to be read.
    pub(crate) fn is_nothing(&self) -> bool {
        !(self.networks || self.leases || self.machines) && self.machine.is_empty()
    }
}

/// What was read of libvirt so far, kept so that an event costs one reading of
/// what it is about.
pub(crate) struct Reader {
    connect: Connect,
    networks: Vec<Network>,
    machines: BTreeMap<String, Machine>,
}

impl Reader {
    /// A reader over this connection that has read nothing yet.
    pub(crate) const fn new(connect: Connect) -> Self {
        Self {
            connect,
            networks: Vec::new(),
            machines: BTreeMap::new(),
        }
    }

    /// Whether the daemon still answers.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(self.connect.is_alive(), Ok(true))
    }

    /// Reads what is dirty.
    ///
    /// # Errors
    /// `DaemonMissing` where the connection broke, `Internal` otherwise.
    pub(crate) fn refresh(&mut self, dirty: &Dirty) -> Result<()> {
        if dirty.networks {
            self.networks = networks(&self.connect)?;
        }
        if dirty.networks || dirty.leases {
            self.read_leases();
        }
        if dirty.machines {
            self.machines = machines(&self.connect)?;
        } else {
            for uuid in &dirty.machine {
                self.read_machine(uuid)?;
            }
        }
        Ok(())
    }

    /// The picture: networks and machines by name, each interface with the
    /// addresses leased to its MAC address.
    pub(crate) fn state(&self) -> VirtState {
        let mut networks = self.networks.clone();
        networks.sort_by(|a, b| a.name.cmp(&b.name));
        let mut machines: Vec<Machine> = self.machines.values().cloned().collect();
        machines.sort_by(|a, b| a.name.cmp(&b.name));
        assign_leases(&networks, &mut machines);
        VirtState { networks, machines }
    }

    fn read_leases(&mut self) {
        for network in &mut self.networks {
            let serves = network
                .subnets
                .iter()
                .any(|subnet| !subnet.dhcp_ranges.is_empty());
            network.leases = if network.is_active && serves {
                match lookup_network(&self.connect, &network.uuid) {
                    Some(found) => libvirt::leases(&found).unwrap_or_default(),
                    None => Vec::new(),
                }
            } else {
                Vec::new()
            };
        }
    }

    fn read_machine(&mut self, uuid: &str) -> Result<()> {
        let found = match self.connect.lookup_domain_by_uuid_string(uuid) {
            Ok(domain) => machine(&domain)?,
            Err(error) if error.code().is(ErrorNumber::NoDomain) => None,
            Err(error) => return Err(failed("read a machine", &error)),
        };
        match found {
            Some(machine) => self.machines.insert(uuid.to_owned(), machine),
            None => self.machines.remove(uuid),
        };
        Ok(())
    }
}

/// Gives each interface the addresses leased to its MAC address.
fn assign_leases(networks: &[Network], machines: &mut [Machine]) {
    let mut by_mac: HashMap<_, BTreeSet<IpAddr>> = HashMap::new();
    for lease in networks.iter().flat_map(|network| &network.leases) {
        by_mac
            .entry(lease.mac)
            .or_default()
            .insert(lease.address.address());
    }
    let interfaces = machines
        .iter_mut()
        .flat_map(|machine| &mut machine.interfaces);
    for interface in interfaces {
        interface.addresses = interface
            .mac
            .and_then(|mac| by_mac.get(&mac))
            .map(|addresses| addresses.iter().copied().collect())
            .unwrap_or_default();
    }
}

/// All networks without their leases: one call for each property of all of
/// them and one for the description of each.
pub(crate) fn networks(connect: &Connect) -> Result<Vec<Network>> {
    let list = |flags| {
        connect
            .list_all_networks(flags)
            .map_err(|error| failed("list the networks", &error))
    };
    let ids = |flags| -> Result<BTreeSet<String>> {
        Ok(list(flags)?
            .iter()
            .filter_map(|network| network.uuid_string().ok())
            .collect())
    };
    let active = ids(sys::VIR_CONNECT_LIST_NETWORKS_ACTIVE)?;
    let persistent = ids(sys::VIR_CONNECT_LIST_NETWORKS_PERSISTENT)?;
    let autostart = ids(sys::VIR_CONNECT_LIST_NETWORKS_AUTOSTART)?;
    let mut networks = Vec::new();
    for found in list(0)? {
        let document = match found.xml_desc(0) {
            Ok(document) => document,
            Err(error) if error.code().is(ErrorNumber::NoNetwork) => continue,
            Err(error) => return Err(failed("read a network", &error)),
        };
        let Some(mut network) = understood(Network::from_xml(&document)) else {
            continue;
        };
        network.is_active = active.contains(&network.uuid);
        network.is_persistent = persistent.contains(&network.uuid);
        network.autostart = autostart.contains(&network.uuid);
        networks.push(network);
    }
    Ok(networks)
}

fn machines(connect: &Connect) -> Result<BTreeMap<String, Machine>> {
    let mut machines = BTreeMap::new();
    let domains = connect
        .list_all_domains(0)
        .map_err(|error| failed("list the machines", &error))?;
    for domain in domains {
        if let Some(machine) = machine(&domain)? {
            machines.insert(machine.uuid.clone(), machine);
        }
    }
    Ok(machines)
}

/// The machine, or nothing where it has gone meanwhile.
fn machine(domain: &Domain) -> Result<Option<Machine>> {
    let gone = |error: &Error| error.code().is(ErrorNumber::NoDomain);
    let (document, state) = match (domain.xml_desc(0), domain.state()) {
        (Ok(document), Ok((state, _))) => (document, state),
        (Err(error), _) | (_, Err(error)) if gone(&error) => return Ok(None),
        (Err(error), _) | (_, Err(error)) => return Err(failed("read a machine", &error)),
    };
    let Some(mut machine) = understood(Machine::from_xml(&document)) else {
        return Ok(None);
    };
    machine.state = match state.unwrap_or(DomainState::NoState) {
        DomainState::Running | DomainState::Blocked | DomainState::Shutdown => {
            MachineState::Running
        }
        DomainState::Paused | DomainState::PMSuspended => MachineState::Paused,
        DomainState::Crashed => MachineState::Crashed,
        DomainState::NoState | DomainState::Shutoff => MachineState::Off,
    };
    Ok(Some(machine))
}

/// One description that cannot be read must not hide all others.
fn understood<T>(read: Result<T>) -> Option<T> {
    read.inspect_err(|error| tracing::warn!("{error}")).ok()
}

fn lookup_network(connect: &Connect, uuid: &str) -> Option<virt::network::Network> {
    let is_plain = uuid
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_plain
        .then(|| connect.lookup_network_by_uuid_string(uuid).ok())
        .flatten()
}

/// What can be asked of a libvirt network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NetworkWish {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Start it with the host, or not.
    Autostart(bool),
}

/// Fulfils a wish over a connection of its own that can write. Content where
/// the network is already as asked.
///
/// # Errors
/// `NotFound`, `NotAuthorised`, `DaemonMissing`, or `Refused` with libvirt's
/// reason.
pub(crate) fn control(name: &str, wish: NetworkWish) -> Result<()> {
    if name.contains('\0') {
        return Err(no_network(name));
    }
    virt::error::clear_error_callback();
    let connect = Connect::open(Some(URI)).map_err(|error| unreachable(&error))?;
    let network = connect.lookup_network_by_name(name).map_err(|error| {
        if error.code().is(ErrorNumber::NoNetwork) {
            no_network(name)
        } else {
            failed("find the network", &error)
        }
    })?;
    let ask = |done: std::result::Result<(), Error>, what: &str| {
        done.map_err(|error| not_done(name, what, &error))
    };
    let is_active = || {
        network
            .is_active()
            .map_err(|error| failed("read a network", &error))
    };
    match wish {
        NetworkWish::Start if is_active()? => Ok(()),
        NetworkWish::Start => ask(network.create(), "started"),
        NetworkWish::Stop if !is_active()? => Ok(()),
        NetworkWish::Stop => ask(network.destroy(), "stopped"),
        NetworkWish::Autostart(on) => ask(network.set_autostart(on), "changed"),
    }
}

fn no_network(name: &str) -> NovaError {
    NovaError::not_found(format!("there is no libvirt network {}", printable(name)))
        .with_remedy("\"nova network list\" shows what exists.")
}

fn not_done(name: &str, what: &str, error: &Error) -> NovaError {
    let message = format!(
        "network {} could not be {what}: {}",
        printable(name),
        printable(error.message())
    );
    if is_refusal(error) {
        return not_authorised(message);
    }
    NovaError::refused(message)
}

fn is_refusal(error: &Error) -> bool {
    [
        ErrorNumber::AccessDenied,
        ErrorNumber::AuthFailed,
        ErrorNumber::AuthCancelled,
        ErrorNumber::AuthUnavailable,
        ErrorNumber::OperationDenied,
    ]
    .into_iter()
    .any(|code| error.code().is(code))
}

fn not_authorised(message: String) -> NovaError {
    NovaError::new(ErrorKind::NotAuthorised, message).with_remedy(
        "Ask as a member of the group libvirt, in a desktop session that can ask for a password, or with sudo.",
    )
}

/// Why no connection could be had.
fn unreachable(error: &Error) -> NovaError {
    let message = format!("libvirt does not answer: {}", printable(error.message()));
    if is_refusal(error) {
        return not_authorised(message);
    }
    NovaError::new(ErrorKind::DaemonMissing, message).with_remedy(way_out())
}

/// The connection that was there broke.
pub(crate) fn stopped() -> NovaError {
    NovaError::new(
        ErrorKind::DaemonMissing,
        "libvirt does not answer: its daemon has stopped",
    )
    .with_remedy(way_out())
}

/// The daemon is there and hangs.
pub(crate) fn silent() -> NovaError {
    not_answering("libvirt runs and does not answer; its networks and machines cannot be told")
}

/// The daemon may just be starting, or hang.
pub(crate) fn awaited() -> NovaError {
    not_answering("libvirt has not answered yet; its networks and machines are shown when it does")
}

fn not_answering(message: &str) -> NovaError {
    let unit = if is_installed("libvirtd") {
        "libvirtd.service"
    } else {
        "virtqemud.service"
    };
    NovaError::new(ErrorKind::DaemonMissing, message)
        .with_remedy(format!("\"systemctl status {unit}\" shows what it does."))
}

fn is_installed(program: &str) -> bool {
    let folders = ["/usr/sbin", "/usr/bin"].map(Path::new);
    folders.iter().any(|folder| folder.join(program).exists())
}

fn way_out() -> &'static str {
    // Where both are installed, the monolithic one answers for all.
    if is_installed("libvirtd") {
        "Start it with \"systemctl start libvirtd\"."
    } else if is_installed("virtqemud") {
        "Start its daemons with \"systemctl start virtqemud.socket virtnetworkd.socket\"."
    } else {
        "Install libvirt (package libvirt or libvirt-daemon-system), then start it with \"systemctl start libvirtd\"."
    }
}

fn failed(what: &str, error: &Error) -> NovaError {
    let message = format!("libvirt could not {what}: {}", printable(error.message()));
    if is_refusal(error) {
        return not_authorised(message);
    }
    NovaError::internal(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_gets_the_addresses_leased_to_its_mac_address() {
        let mut network = Network::from_xml("<network><name>a</name></network>").unwrap();
        for address in ["10.0.0.9/24", "10.0.0.2/24"] {
            network.leases.push(nova_model::network::Lease {
                mac: "52:54:00:00:00:01".parse().unwrap(),
                address: address.parse().unwrap(),
                hostname: None,
                expires: 0,
            });
        }
        let mut machines = vec![
            Machine::from_xml(
                "<domain><name>m</name><devices>\
                 <interface type='network'><mac address='52:54:00:00:00:01'/></interface>\
                 <interface type='network'><mac address='52:54:00:00:00:02'/></interface>\
                 </devices></domain>",
            )
            .unwrap(),
        ];
        assign_leases(&[network], &mut machines);
        let addresses: Vec<IpAddr> = vec!["10.0.0.2".parse().unwrap(), "10.0.0.9".parse().unwrap()];
        assert_eq!(machines[0].interfaces[0].addresses, addresses);
        assert!(machines[0].interfaces[1].addresses.is_empty());
    }

    #[test]
    fn a_name_with_a_zero_byte_is_not_found() {
        let error = control("a\0b", NetworkWish::Start).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().ends_with(r"a\x00b"));
    }
}
