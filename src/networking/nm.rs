// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Which links the `NetworkManager` daemon configures through a profile of its
//! own, asked over the system bus in one call.

use std::collections::{BTreeSet, HashMap};

use futures_util::StreamExt as _;
use zbus::message::Type;
use zbus::names::OwnedInterfaceName;
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant, fdo};

const SERVICE: &str = "org.freedesktop.NetworkManager";
const DEVICE: &str = "org.freedesktop.NetworkManager.Device";
const ACTIVE: &str = "org.freedesktop.NetworkManager.Connection.Active";
/// `NM_ACTIVATION_STATE_FLAG_EXTERNAL`: the profile only describes what
/// somebody else configured.
const EXTERNAL: u32 = 0x80;

type Properties = HashMap<String, OwnedVariant>;

/// The names of the links it configures. Empty where the daemon does not run;
/// it is never started for this question.
pub(crate) async fn managed_links(connection: &Connection) -> BTreeSet<String> {
    match ask(connection).await {
        Ok(names) => names,
        Err(error) => {
            tracing::debug!("NetworkManager does not answer: {error}");
            BTreeSet::new()
        }
    }
}

async fn ask(connection: &Connection) -> zbus::Result<BTreeSet<String>> {
    let bus = fdo::DBusProxy::new(connection).await?;
    if !bus.name_has_owner(SERVICE.try_into()?).await? {
        return Ok(BTreeSet::new());
    }
    let manager = fdo::ObjectManagerProxy::builder(connection)
        .destination(SERVICE)
        .path("/org/freedesktop")
        .build()
        .await?;
    Ok(managed(&manager.get_managed_objects().await?))
}

fn managed(objects: &fdo::ManagedObjects) -> BTreeSet<String> {
    let of = |wanted: &'static str| {
        objects.iter().filter_map(move |(path, interfaces)| {
            Some((path.as_str(), properties(interfaces, wanted)?))
        })
    };
    // Devices whose profile is the daemon's own.
    let own: BTreeSet<&str> = of(ACTIVE)
        .filter(|(_, active)| number(active, "StateFlags").unwrap_or(0) & EXTERNAL == 0)
        .map(|(path, _)| path)
        .collect();
    of(DEVICE)
        .filter(|(_, device)| {
            matches!(
                device.get("Managed").map(|value| bool::try_from(&**value)),
                Some(Ok(true))
            )
        })
        .filter(|(_, device)| {
            text(device, "ActiveConnection").is_some_and(|path| own.contains(path.as_str()))
        })
        .filter_map(|(_, device)| text(device, "Interface"))
        .collect()
}

fn properties<'a>(
    interfaces: &'a HashMap<OwnedInterfaceName, Properties>,
    wanted: &str,
) -> Option<&'a Properties> {
    interfaces
        .iter()
        .find(|(name, _)| name.as_str() == wanted)
        .map(|(_, properties)| properties)
}

fn number(properties: &Properties, name: &str) -> Option<u32> {
    u32::try_from(&**properties.get(name)?).ok()
}

/// A property that is a text or an object path.
fn text(properties: &Properties, name: &str) -> Option<String> {
    match &**properties.get(name)? {
        zbus::Variant::Str(text) => Some(text.as_str().to_owned()),
        zbus::Variant::ObjectPath(path) => Some(path.as_str().to_owned()),
        _ => None,
    }
}

/// Has `tell` called whenever the daemon's answer may be another: a device
/// changed its state, or the daemon came or went. Ends when `tell` returns
/// false or the bus goes away.
///
/// # Errors
/// What the bus says where it takes no rule.
pub(crate) async fn follow(
    connection: &Connection,
    mut tell: impl FnMut() -> bool,
) -> zbus::Result<()> {
    let states = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(SERVICE)
        .interface(DEVICE)
        .member("StateChanged")
        .build()?;
    let owners = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender("org.freedesktop.DBus")
        .interface("org.freedesktop.DBus")
        .member("NameOwnerChanged")
        .arg(0, SERVICE)
        .build()?;
    let mut states = MessageStream::for_match_rule(states, connection, None).await?;
    let mut owners = MessageStream::for_match_rule(owners, connection, None).await?;
    loop {
        tokio::select! {
            Some(_) = states.next() => {}
            Some(_) = owners.next() => {}
            else => return Ok(()),
        }
        if !tell() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zbus::Variant;

    type Interfaces = HashMap<OwnedInterfaceName, Properties>;

    fn interfaces(name: &str, properties: &[(&str, Variant<'_>)]) -> Interfaces {
        let properties = properties
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.try_to_owned().unwrap()))
            .collect();
        HashMap::from([(name.try_into().unwrap(), properties)])
    }

    fn device(name: &'static str, is_managed: bool, active: &'static str) -> Interfaces {
        let active = zbus::ObjectPath::try_from(active).unwrap();
        interfaces(
            DEVICE,
            &[
                ("Interface", name.into()),
                ("Managed", is_managed.into()),
                ("ActiveConnection", active.into()),
            ],
        )
    }

    #[test]
    fn only_links_with_a_profile_of_its_own_are_the_daemons() {
        let active = |flags: u32| interfaces(ACTIVE, &[("StateFlags", flags.into())]);
        let objects: fdo::ManagedObjects = [
            ("/d/1", device("eth0", true, "/a/1")),
            ("/d/2", device("virbr0", true, "/a/2")),
            ("/d/3", device("eth1", true, "/")),
            ("/d/4", device("eth2", false, "/a/1")),
            ("/d/5", device("eth3", true, "/a/9")),
            ("/d/6", interfaces(DEVICE, &[("Interface", 7u32.into())])),
            ("/a/1", active(0x3c)),
            ("/a/2", active(EXTERNAL)),
        ]
        .into_iter()
        .map(|(path, interfaces)| (path.try_into().unwrap(), interfaces))
        .collect();
        assert_eq!(managed(&objects), BTreeSet::from(["eth0".to_owned()]));
    }
}
