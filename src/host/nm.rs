// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The `NetworkManager` daemon over its D-Bus API: which links it configures by
//! which profile, and steps done by it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use nova_model::link::Link;
use nova_model::manager::{NetworkManagerDaemon, NmLink};
use nova_model::name::{InterfaceName, printable};
use nova_model::networkd::Place;
use nova_model::nm::{NmProfile, NmSettings, NmValue, NmValues, ProfileId};
use nova_model::step::{Activation, LinkRef, LinkStep, ManagerStep};
use nova_model::uplink::{Above, Uplink};
use nova_model::{ErrorKind, NovaError, Result};
use zbus::fdo::ManagedObjects;
use zbus::{Connection, OwnedObjectPath, OwnedVariant, Variant};

use crate::bus::{SystemBus, Target, has_owner};
use crate::execute::{Executor, Mode, Undone};

const SERVICE: &str = "org.freedesktop.NetworkManager";
const DEVICE: &str = "org.freedesktop.NetworkManager.Device";
const ACTIVE: &str = "org.freedesktop.NetworkManager.Connection.Active";
const PROFILE: &str = "org.freedesktop.NetworkManager.Settings.Connection";
/// `NM_ACTIVATION_STATE_FLAG_EXTERNAL`: a profile in memory that only mirrors
/// what somebody else configured.
const EXTERNAL: u32 = 0x80;
/// `NM_SETTINGS_CONNECTION_FLAG_EXTERNAL`: the same of the profile itself.
const PROFILE_EXTERNAL: u32 = 0x8;
/// `NM_ACTIVE_CONNECTION_STATE_ACTIVATED`.
const ACTIVATED: u32 = 2;
/// Flags of `AddConnection2` and `Update2`.
const TO_DISK: u32 = 0x1;
const IN_MEMORY: u32 = 0x2;
const IN_MEMORY_ONLY: u32 = 0x8;
const BLOCK_AUTOCONNECT: u32 = 0x20;
const NO_REAPPLY: u32 = 0x40;

const MANAGER: Target<'static> = Target {
    service: SERVICE,
    path: "/org/freedesktop/NetworkManager",
    interface: "org.freedesktop.NetworkManager",
};
const SETTINGS: Target<'static> = Target {
    service: SERVICE,
    path: "/org/freedesktop/NetworkManager/Settings",
    interface: "org.freedesktop.NetworkManager.Settings",
};
const OBJECTS: Target<'static> = Target {
    service: SERVICE,
    path: "/org/freedesktop",
    interface: "org.freedesktop.DBus.ObjectManager",
};
/// How long a bridge or bond may take to go with its profile.
const GOING: Duration = Duration::from_secs(10);
/// How long a bond may take to be there with its profile.
const COMING: Duration = Duration::from_secs(15);

type Properties = HashMap<String, OwnedVariant>;
type RawSettings = HashMap<String, HashMap<String, OwnedVariant>>;

/// What the daemon tells; absent where it does not run. It is not started for
/// the question.
///
/// # Errors
/// Those of the bus.
pub(crate) async fn look(connection: &Connection) -> zbus::Result<Option<NetworkManagerDaemon>> {
    if !has_owner(connection, SERVICE).await {
        return Ok(None);
    }
    let reply = connection
        .call_method(
            Some(SERVICE),
            OBJECTS.path,
            Some(OBJECTS.interface),
            "GetManagedObjects",
            &(),
        )
        .await?;
    let objects: ManagedObjects = reply.body().deserialize()?;
    let profiles = own_profiles(&objects);
    let asked = profiles.keys().map(|path| async move {
        let reply = connection
            .call_method(
                Some(SERVICE),
                path.as_str(),
                Some(PROFILE),
                "GetSettings",
                &(),
            )
            .await
            .ok()?;
        let raw: RawSettings = reply.body().deserialize().ok()?;
        Some((path.clone(), read(&raw)))
    });
    let read: HashMap<String, (Option<NmProfile>, Vec<String>)> =
        join_all(asked).await.into_iter().flatten().collect();
    let links = managed(&objects)
        .into_iter()
        .map(|(name, path)| {
            let (profile, unknown) = read.get(&path).cloned().unwrap_or_default();
            let is_stored = profiles.get(&path).copied().unwrap_or_default();
            let link = NmLink {
                profile,
                is_stored,
                unknown,
            };
            (name, link)
        })
        .collect();
    let own = read
        .into_values()
        .filter_map(|(profile, _)| profile)
        .filter(|profile| profile.mark().is_some())
        .collect();
    Ok(Some(NetworkManagerDaemon { links, own }))
}

/// The names of the links that the daemon configures through an active profile
/// of its own, with the path of the profile.
fn managed(objects: &ManagedObjects) -> BTreeMap<String, String> {
    let of = |path: &str, wanted: &str| -> Option<&Properties> {
        let (_, interfaces) = objects.iter().find(|(at, _)| at.as_str() == path)?;
        interfaces
            .iter()
            .find(|(name, _)| name.as_str() == wanted)
            .map(|(_, properties)| properties)
    };
    objects
        .values()
        .filter_map(|interfaces| interfaces.iter().find(|(name, _)| name.as_str() == DEVICE))
        .filter_map(|(_, device)| {
            if !matches!(
                device.get("Managed").map(|value| &**value),
                Some(Variant::Bool(true))
            ) {
                return None;
            }
            let active = of(&text(device, "ActiveConnection")?, ACTIVE)?;
            if number(active, "StateFlags")? & EXTERNAL != 0 {
                return None;
            }
            Some((
                text(device, "Interface")?,
                text(active, "Connection").unwrap_or_default(),
            ))
        })
        .collect()
}

/// The profiles that do not just mirror what others configured, and whether
/// each lies on the disk.
fn own_profiles(objects: &ManagedObjects) -> HashMap<String, bool> {
    objects
        .iter()
        .filter_map(|(path, interfaces)| {
            let (_, profile) = interfaces
                .iter()
                .find(|(name, _)| name.as_str() == PROFILE)?;
            if number(profile, "Flags").unwrap_or(0) & PROFILE_EXTERNAL != 0 {
                return None;
            }
            let file = text(profile, "Filename").unwrap_or_default();
            let is_stored = !file.is_empty() && !file.starts_with("/run/");
            Some((path.as_str().to_owned(), is_stored))
        })
        .collect()
}

fn number(properties: &Properties, name: &str) -> Option<u32> {
    match &**properties.get(name)? {
        Variant::U32(number) => Some(*number),
        _ => None,
    }
}

/// A property that is a text or an object path.
fn text(properties: &Properties, name: &str) -> Option<String> {
    match &**properties.get(name)? {
        Variant::Str(text) => Some(text.as_str().to_owned()),
        Variant::ObjectPath(path) => Some(path.as_str().to_owned()),
        _ => None,
    }
}

/// A profile of the settings the daemon gives, and the keys that have no form
/// here.
fn read(raw: &RawSettings) -> (Option<NmProfile>, Vec<String>) {
    let mut settings = NmSettings::new();
    let mut unknown = Vec::new();
    for (setting, values) in raw {
        let known = settings.entry(setting.clone()).or_default();
        for (key, value) in values {
            // It moves with every activation.
            if setting == "connection" && key == "timestamp" {
                continue;
            }
            match value_of(value) {
                Some(value) => {
                    known.insert(key.clone(), value);
                }
                // What an older form of the same says.
                None if matches!(key.as_str(), "addresses" | "routes") => {}
                None => unknown.push(format!("{setting}.{key}")),
            }
        }
    }
    let word = |key: &str| match settings.get("connection")?.get(key)? {
        NmValue::Text(text) => Some(text.clone()),
        _ => None,
    };
    let profile = word("uuid")
        .and_then(|uuid| ProfileId::try_from(uuid).ok())
        .zip(word("id"))
        .map(|(uuid, name)| NmProfile {
            uuid,
            name,
            settings: settings.clone(),
        });
    unknown.sort();
    (profile, unknown)
}

fn value_of(value: &Variant<'_>) -> Option<NmValue> {
    Some(match value {
        Variant::Bool(on) => NmValue::Bool(*on),
        Variant::U8(number) => NmValue::Byte(*number),
        Variant::U16(number) => NmValue::Short(*number),
        Variant::I32(number) => NmValue::Int(*number),
        Variant::U32(number) => NmValue::Uint(*number),
        Variant::I64(number) => NmValue::Long(*number),
        Variant::U64(number) => NmValue::Ulong(*number),
        Variant::Str(text) => NmValue::Text(text.as_str().to_owned()),
        Variant::Variant(inner) => return value_of(inner),
        Variant::Array(array) => {
            let items = array.inner();
            match array.element_signature().to_string().as_str() {
                "y" => NmValue::Bytes(all(items, |item| match item {
                    Variant::U8(byte) => Some(*byte),
                    _ => None,
                })?),
                "s" => NmValue::Texts(all(items, |item| match item {
                    Variant::Str(text) => Some(text.as_str().to_owned()),
                    _ => None,
                })?),
                "u" => NmValue::Uints(all(items, |item| match item {
                    Variant::U32(number) => Some(*number),
                    _ => None,
                })?),
                "ay" => NmValue::ByteStrings(all(items, |item| match value_of(item)? {
                    NmValue::Bytes(bytes) => Some(bytes),
                    _ => None,
                })?),
                "a{sv}" => NmValue::Dicts(all(items, |item| match item {
                    Variant::Dict(dict) => dict
                        .iter()
                        .map(|(key, value)| match key {
                            Variant::Str(key) => Some((key.as_str().to_owned(), value_of(value)?)),
                            _ => None,
                        })
                        .collect(),
                    _ => None,
                })?),
                _ => return None,
            }
        }
        Variant::Dict(dict) if dict.signature().to_string() == "a{ss}" => NmValue::Words(
            dict.iter()
                .map(|(key, value)| match (key, value) {
                    (Variant::Str(key), Variant::Str(value)) => {
                        Some((key.as_str().to_owned(), value.as_str().to_owned()))
                    }
                    _ => None,
                })
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

fn all<'a, 'v: 'a, T>(
    items: &'a [Variant<'v>],
    of: impl Fn(&'a Variant<'v>) -> Option<T>,
) -> Option<Vec<T>> {
    items.iter().map(of).collect()
}

fn variant(value: &NmValue) -> Variant<'static> {
    match value {
        NmValue::Bool(on) => (*on).into(),
        NmValue::Byte(number) => (*number).into(),
        NmValue::Short(number) => (*number).into(),
        NmValue::Int(number) => (*number).into(),
        NmValue::Uint(number) => (*number).into(),
        NmValue::Long(number) => (*number).into(),
        NmValue::Ulong(number) => (*number).into(),
        NmValue::Text(text) => text.clone().into(),
        NmValue::Bytes(bytes) => bytes.clone().into(),
        NmValue::Texts(texts) => texts.clone().into(),
        NmValue::Uints(numbers) => numbers.clone().into(),
        NmValue::ByteStrings(strings) => strings.clone().into(),
        NmValue::Dicts(dicts) => dicts
            .iter()
            .map(|dict| {
                dict.iter()
                    .map(|(key, value)| (key.clone(), variant(value)))
                    .collect::<HashMap<String, Variant<'static>>>()
            })
            .collect::<Vec<_>>()
            .into(),
        NmValue::Words(words) => words
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<HashMap<String, String>>()
            .into(),
    }
}

type WireSettings = HashMap<String, HashMap<String, Variant<'static>>>;

fn wire(profile: &NmProfile) -> WireSettings {
    profile
        .settings
        .iter()
        .map(|(setting, values)| {
            let values = values
                .iter()
                .map(|(key, value)| (key.clone(), variant(value)));
            (setting.clone(), values.collect())
        })
        .collect()
}

/// The daemon, for steps.
pub(crate) struct Daemon<'a> {
    pub(crate) bus: &'a SystemBus,
}

impl Daemon<'_> {
    /// Does a step.
    ///
    /// # Errors
    /// Those of the daemon, with what it says.
    pub(crate) fn perform(&self, step: &ManagerStep, mode: Mode) -> Result<Undone> {
        self.bus.await_service(SERVICE, "NetworkManager")?;
        match step {
            ManagerStep::AddProfile { profile, place } => self.add(profile, *place, mode),
            ManagerStep::RemoveProfile { profile, .. } => self.remove(profile),
            ManagerStep::ReplaceProfile { after, to, .. } => self.replace(after, *to),
            ManagerStep::MoveProfile { uuid, to, .. } => self.move_to(uuid, *to),
            ManagerStep::HoldProfile { uuid, .. } => self.hold(uuid),
            ManagerStep::SetValues { uuid, from, to, .. } => self.set_values(uuid, from, to, mode),
            ManagerStep::Activate { after, .. } => self.activate(after, step.left(), mode),
            ManagerStep::Deactivate { uuid, link, .. } => self.deactivate(uuid, link.as_str()),
            ManagerStep::Files { .. } | ManagerStep::Addition { .. } => {
                Err(NovaError::internal("files are no matter of NetworkManager"))
            }
        }
    }

    fn find(&self, uuid: &ProfileId) -> Result<Option<OwnedObjectPath>> {
        match self
            .bus
            .call(SETTINGS, "GetConnectionByUuid", &(uuid.as_str()))
        {
            Ok(reply) => Ok(Some(
                reply.body().deserialize().map_err(|error| told(&error))?,
            )),
            Err(zbus::Error::MethodError(name, ..))
                if name.as_str() == "org.freedesktop.NetworkManager.Settings.InvalidConnection" =>
            {
                Ok(None)
            }
            Err(error) => Err(told(&error)),
        }
    }

    fn add(&self, profile: &NmProfile, place: Place, mode: Mode) -> Result<Undone> {
        if self.find(&profile.uuid)?.is_some() {
            return match mode {
                Mode::Undo => Ok(Undone::AlreadySo),
                Mode::Do => Err(NovaError::refused(
                    "a profile of this identifier exists already",
                )),
            };
        }
        let flags = BLOCK_AUTOCONNECT
            | match place {
                Place::Lasting => TO_DISK,
                Place::Volatile => IN_MEMORY,
            };
        let arguments: HashMap<String, Variant<'static>> = HashMap::new();
        self.bus
            .call(
                SETTINGS,
                "AddConnection2",
                &(wire(profile), flags, arguments),
            )
            .map_err(|error| told(&error))?;
        Ok(Undone::Done)
    }

    /// Only what carries the mark of the same change is removed.
    fn remove(&self, profile: &NmProfile) -> Result<Undone> {
        let Some(path) = self.find(&profile.uuid)? else {
            return Ok(Undone::AlreadySo);
        };
        let (found, _) = read(&self.settings(&path)?);
        if found.and_then(|found| found.mark()) != profile.mark() {
            return Ok(Undone::Vanished);
        }
        self.bus
            .call(at(&path), "Delete", &())
            .map_err(|error| told(&error))?;
        if let Some((link, _)) = profile.link_made() {
            await_gone(link.as_str());
        }
        Ok(Undone::Done)
    }

    /// In memory it stands before what lies on the disk, which stays.
    fn replace(&self, after: &NmProfile, to: Place) -> Result<Undone> {
        let Some(path) = self.find(&after.uuid)? else {
            return Ok(Undone::Vanished);
        };
        let flags = match to {
            Place::Lasting => TO_DISK,
            Place::Volatile => IN_MEMORY,
        };
        self.update(&path, &wire(after), flags | NO_REAPPLY)?;
        Ok(Undone::Done)
    }

    fn move_to(&self, uuid: &ProfileId, to: Place) -> Result<Undone> {
        let Some(path) = self.find(uuid)? else {
            return Ok(Undone::Vanished);
        };
        // Without settings, those that stand are taken.
        let flags = match to {
            Place::Lasting => TO_DISK,
            Place::Volatile => IN_MEMORY_ONLY,
        };
        self.update(&path, &WireSettings::new(), flags | NO_REAPPLY)?;
        Ok(Undone::Done)
    }

    /// Without settings those that stand are taken, where they lie.
    fn hold(&self, uuid: &ProfileId) -> Result<Undone> {
        let Some(path) = self.find(uuid)? else {
            return Ok(Undone::Vanished);
        };
        self.update(&path, &WireSettings::new(), BLOCK_AUTOCONNECT | NO_REAPPLY)?;
        Ok(Undone::Done)
    }

    /// Writes values into a profile on the disk where it says what it said when
    /// that was planned: what a person wrote meanwhile is not written over.
    /// Secrets are not told and stay as they are.
    fn set_values(
        &self,
        uuid: &ProfileId,
        from: &NmValues,
        to: &NmValues,
        mode: Mode,
    ) -> Result<Undone> {
        let Some(path) = self.find(uuid)? else {
            return Ok(Undone::Vanished);
        };
        let mut settings = self.settings(&path)?;
        let mut is_written = false;
        for (setting, values) in to {
            for (key, value) in values {
                let now = settings.get(setting).and_then(|it| value_of(it.get(key)?));
                if now == *value {
                    continue;
                }
                if Some(&now) != from.get(setting).and_then(|it| it.get(key)) {
                    if mode == Mode::Do {
                        return Err(NovaError::new(
                            ErrorKind::Stale,
                            "somebody has changed the profile meanwhile",
                        ));
                    }
                    continue;
                }
                is_written = true;
                match value {
                    Some(value) => {
                        let value = variant(value)
                            .try_into_owned()
                            .map_err(|error| NovaError::internal(error.to_string()))?;
                        let found = settings.entry(setting.clone()).or_default();
                        found.insert(key.clone(), value);
                    }
                    None => drop(settings.get_mut(setting).and_then(|it| it.remove(key))),
                }
            }
        }
        if !is_written {
            return Ok(Undone::AlreadySo);
        }
        self.update(&path, &settings, TO_DISK | NO_REAPPLY | BLOCK_AUTOCONNECT)?;
        Ok(Undone::Done)
    }

    fn update(
        &self,
        path: &OwnedObjectPath,
        settings: &HashMap<String, HashMap<String, impl serde::Serialize + zbus::Type>>,
        flags: u32,
    ) -> Result<()> {
        let arguments: HashMap<String, Variant<'static>> = HashMap::new();
        self.bus
            .call(at(path), "Update2", &(settings, flags, arguments))
            .map_err(|error| told(&error))?;
        Ok(())
    }

    fn settings(&self, path: &OwnedObjectPath) -> Result<RawSettings> {
        let reply = self
            .bus
            .call(at(path), "GetSettings", &())
            .map_err(|error| told(&error))?;
        reply.body().deserialize().map_err(|error| told(&error))
    }

    fn activate(
        &self,
        after: &Activation,
        left: Option<&InterfaceName>,
        mode: Mode,
    ) -> Result<Undone> {
        let uplink = &after.uplink;
        let mut waiting = Vec::new();
        for profile in &after.profiles {
            if self.active_on(profile.card.as_str())?.as_ref() == Some(&profile.uuid) {
                continue;
            }
            let Some(path) = self.find(&profile.uuid)? else {
                return match mode {
                    Mode::Undo => Ok(Undone::Vanished),
                    Mode::Do => Err(NovaError::not_found("the profile is gone")),
                };
            };
            waiting.push((path, profile.card.as_str()));
        }
        if waiting.is_empty() && unmet(uplink)?.is_empty() {
            return Ok(Undone::AlreadySo);
        }
        // A bond that is let go with its bridge would be deleted and made again;
        // it gets its profile before, and the bridge goes at once.
        let card = uplink.card.as_str();
        let is_bond = crate::observe::observe()?
            .link(card)
            .is_some_and(Link::is_bond);
        if let Some(left) = left.filter(|_| !is_bond) {
            self.disconnect(left.as_str());
        }
        let nothing = OwnedObjectPath::try_from("/")
            .map_err(|error| NovaError::internal(error.to_string()))?;
        for (path, card) in waiting {
            let made = uplink.above.as_ref().filter(|it| it.name.as_str() == card);
            // The daemon makes what is not there.
            let device = self.device(card).unwrap_or_else(|_| nothing.clone());
            self.bus
                .call(MANAGER, "ActivateConnection", &(path, device, &nothing))
                .map_err(|error| told(&error))?;
            if let Some(made) = made {
                settle(made)?;
            }
            // Before it has members and asks for the address that the bridge has.
            if let Some(left) = left.filter(|_| is_bond && card == uplink.card.as_str()) {
                self.disconnect(left.as_str());
            }
        }
        await_uplink(uplink)?;
        Ok(Undone::Done)
    }

    fn device(&self, link: &str) -> zbus::Result<OwnedObjectPath> {
        let reply = self.bus.call(MANAGER, "GetDeviceByIpIface", &(link))?;
        reply.body().deserialize()
    }

    /// Has the daemon take what it has set from a link. Where it does not, what
    /// the next profile waits for does not come, and that is told.
    fn disconnect(&self, link: &str) {
        let disconnected = self.device(link).and_then(|device| {
            let target = Target {
                service: SERVICE,
                path: device.as_str(),
                interface: DEVICE,
            };
            self.bus.call(target, "Disconnect", &()).map(drop)
        });
        if disconnected.is_ok() {
            await_gone(link);
        }
    }

    fn deactivate(&self, uuid: &ProfileId, link: &str) -> Result<Undone> {
        let objects = self.objects()?;
        let active = objects.iter().find_map(|(path, interfaces)| {
            let (_, active) = interfaces
                .iter()
                .find(|(name, _)| name.as_str() == ACTIVE)?;
            (text(active, "Uuid").as_deref() == Some(uuid.as_str())).then(|| path.clone())
        });
        let Some(active) = active else {
            return Ok(Undone::AlreadySo);
        };
        match self.bus.call(MANAGER, "DeactivateConnection", &(active)) {
            Ok(_) => {}
            Err(zbus::Error::MethodError(name, ..))
                if name.as_str() == "org.freedesktop.NetworkManager.ConnectionNotActive" =>
            {
                return Ok(Undone::AlreadySo);
            }
            Err(error) => return Err(told(&error)),
        }
        await_gone(link);
        Ok(Undone::Done)
    }

    /// Whether a profile of Nova's that is about this link is fully active on it.
    pub(crate) fn has_made(&self, link: &str) -> Result<bool> {
        let active = self.active_on(link)?;
        let Some(path) = active.map(|uuid| self.find(&uuid)).transpose()?.flatten() else {
            return Ok(false);
        };
        let (profile, _) = read(&self.settings(&path)?);
        Ok(profile.is_some_and(|it| it.mark().is_some() && it.about() == Some(link)))
    }

    /// The profile that is fully active on a link.
    fn active_on(&self, link: &str) -> Result<Option<ProfileId>> {
        let objects = self.objects()?;
        let of = |path: &str, wanted: &str| -> Option<&Properties> {
            let (_, interfaces) = objects.iter().find(|(at, _)| at.as_str() == path)?;
            let (_, properties) = interfaces
                .iter()
                .find(|(name, _)| name.as_str() == wanted)?;
            Some(properties)
        };
        let device = objects.values().find_map(|interfaces| {
            let (_, device) = interfaces
                .iter()
                .find(|(name, _)| name.as_str() == DEVICE)?;
            (text(device, "Interface").as_deref() == Some(link)).then_some(device)
        });
        Ok(device
            .and_then(|device| of(&text(device, "ActiveConnection")?, ACTIVE))
            .filter(|active| number(active, "State") == Some(ACTIVATED))
            .and_then(|active| ProfileId::try_from(text(active, "Uuid")?).ok()))
    }

    fn objects(&self) -> Result<ManagedObjects> {
        let reply = self
            .bus
            .call(OBJECTS, "GetManagedObjects", &())
            .map_err(|error| told(&error))?;
        reply.body().deserialize().map_err(|error| told(&error))
    }
}

fn at(path: &OwnedObjectPath) -> Target<'_> {
    Target {
        service: SERVICE,
        path: path.as_str(),
        interface: PROFILE,
    }
}

fn unmet(uplink: &Uplink) -> Result<Vec<String>> {
    Ok(uplink.unmet(&crate::observe::observe()?))
}

/// Waits until the host's own addresses are where they are to be.
///
/// # Errors
/// What is not so after its patience.
pub(crate) fn await_uplink(uplink: &Uplink) -> Result<()> {
    await_uplink_for(uplink, Duration::from_secs(uplink.patience.into()))
}

/// The same for another time than it usually takes.
pub(crate) fn await_uplink_for(uplink: &Uplink, patience: Duration) -> Result<()> {
    let until = Instant::now() + patience;
    loop {
        let open = unmet(uplink)?;
        if open.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            return Err(NovaError::new(
                ErrorKind::Internal,
                format!(
                    "after {} s this is not so: {}",
                    patience.as_secs(),
                    open.join("; ")
                ),
            ));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until a bond is there that the daemon makes, before it has members and
/// asks for an address: where udev is slower than the daemon, it takes the MAC
/// address away again that the daemon gave it.
fn settle(made: &Above) -> Result<()> {
    let has_udev = Path::new("/run/udev/control").exists();
    let until = Instant::now() + COMING;
    loop {
        let state = crate::observe::observe()?;
        let link = state.link(made.name.as_str());
        let known = link.filter(|link| {
            !has_udev || Path::new(&format!("/run/udev/data/n{}", link.index)).exists()
        });
        if let Some(link) = known {
            if link.mac == Some(made.mac) {
                return Ok(());
            }
            let step = LinkStep::SetMac {
                link: LinkRef {
                    name: made.name.clone(),
                    index: Some(link.index),
                },
                mac: made.mac,
            };
            return Executor::new()?.execute(&step.into());
        }
        if Instant::now() > until {
            return Err(NovaError::new(
                ErrorKind::Internal,
                format!(
                    "{} is not there {} s after its profile was activated",
                    made.name,
                    COMING.as_secs()
                ),
            ));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Waits until a bridge or bond is gone; what looks afterwards tells where it
/// stays.
fn await_gone(link: &str) {
    let until = Instant::now() + GOING;
    while Instant::now() < until
        && crate::observe::observe().is_ok_and(|state| state.link(link).is_some())
    {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the daemon says against it.
fn told(error: &zbus::Error) -> NovaError {
    match error {
        zbus::Error::MethodError(_, Some(text), _) => {
            NovaError::refused(format!("NetworkManager says: {}", printable(text)))
        }
        error => NovaError::internal(format!("NetworkManager: {}", printable(&error.to_string()))),
    }
}
