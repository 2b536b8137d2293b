// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The two things of libvirt's library that the crate `virt` 0.5 does not
//! offer in safe form: events, and the leases of a network. This is the only
//! file of this package with `unsafe` code; each block says why it is sound.

#![allow(
    unsafe_code,
    reason = "virt 0.5 wraps neither lifecycle events nor DHCP leases; polling would be the alternative"
)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::{Arc, OnceLock};

use nova_model::address::{IpNet, MacAddress};
use nova_model::network::Lease;
use virt::connect::Connect;
use virt::error::Error;
use virt::network::Network;
use virt_sys as sys;

/// Something happened in libvirt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A machine changed: its state, its definition or its devices.
    Machine {
        /// UUID of the machine, where libvirt told it.
        uuid: Option<String>,
    },
    /// A network was defined, started, stopped or undefined.
    Network,
    /// The connection broke.
    Closed {
        /// Whether that is because the daemon does not answer.
        is_silent: bool,
    },
}

type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// Starts libvirt's event loop in a thread of its own, once a process. Only
/// connections opened afterwards deliver events.
///
/// # Errors
/// What libvirt says where its loop cannot be set up.
pub(crate) fn start_event_loop() -> Result<(), Error> {
    static STARTED: OnceLock<Result<(), Error>> = OnceLock::new();
    STARTED
        .get_or_init(|| {
            virt::event::event_register_default_impl()?;
            let run = || while virt::event::event_run_default_impl().is_ok() {};
            // Where no thread can be had, no event arrives; what is asked for
            // explicitly is still read.
            let _ = std::thread::Builder::new()
                .name("libvirt-events".to_owned())
                .spawn(run);
            Ok(())
        })
        .clone()
}

/// The listeners of one connection; they are taken back when it is dropped.
pub(crate) struct Subscription {
    connect: Connect,
    machine_ids: Vec<c_int>,
    network_ids: Vec<c_int>,
    closes: bool,
}

/// What Nova wants to hear of machines: lifecycle, and interfaces that come
/// and go while they run.
const MACHINE_EVENTS: [sys::virDomainEventID; 3] = [
    sys::VIR_DOMAIN_EVENT_ID_LIFECYCLE,
    sys::VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
    sys::VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
];

impl Subscription {
    /// Has `listener` called for each event of this connection, from the
    /// thread of the event loop.
    ///
    /// # Errors
    /// What libvirt says where it takes no listener.
    pub(crate) fn new(
        connect: &Connect,
        listener: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let listener: Listener = Arc::new(listener);
        let mut subscription = Self {
            connect: connect.clone(),
            machine_ids: Vec::new(),
            network_ids: Vec::new(),
            closes: false,
        };
        for event in MACHINE_EVENTS {
            let id = subscription.listen_to_machines(event, &listener)?;
            subscription.machine_ids.push(id);
        }
        let id = subscription.listen_to_networks(&listener)?;
        subscription.network_ids.push(id);
        subscription.listen_to_close(&listener)?;
        Ok(subscription)
    }

    fn listen_to_machines(
        &self,
        event: sys::virDomainEventID,
        listener: &Listener,
    ) -> Result<c_int, Error> {
        let opaque = into_opaque(listener);
        // SAFETY: the connection is alive; `opaque` is a box that `free`
        // reclaims. libvirt documents the generic type as the one to cast each
        // event's own callback to: every one of them begins with connection
        // and domain. The ones registered here, and their C types, are
        // lifecycle (conn, dom, int, int, opaque) and device added/removed
        // (conn, dom, const char*, opaque).
        let id = unsafe {
            let callback: sys::virConnectDomainEventGenericCallback =
                if event == sys::VIR_DOMAIN_EVENT_ID_LIFECYCLE {
                    Some(std::mem::transmute::<
                        unsafe extern "C" fn(
                            sys::virConnectPtr,
                            sys::virDomainPtr,
                            c_int,
                            c_int,
                            *mut c_void,
                        ) -> c_int,
                        unsafe extern "C" fn(sys::virConnectPtr, sys::virDomainPtr, *mut c_void),
                    >(on_machine))
                } else {
                    Some(std::mem::transmute::<
                        unsafe extern "C" fn(
                            sys::virConnectPtr,
                            sys::virDomainPtr,
                            *const c_char,
                            *mut c_void,
                        ),
                        unsafe extern "C" fn(sys::virConnectPtr, sys::virDomainPtr, *mut c_void),
                    >(on_device))
                };
            sys::virConnectDomainEventRegisterAny(
                self.connect.as_ptr(),
                ptr::null_mut(),
                event.cast_signed(),
                callback,
                opaque,
                Some(free),
            )
        };
        accepted(id, opaque)
    }

    fn listen_to_networks(&self, listener: &Listener) -> Result<c_int, Error> {
        let opaque = into_opaque(listener);
        // SAFETY: as for machines; the C type of the network lifecycle event
        // is (conn, net, int, int, opaque).
        let id = unsafe {
            let callback = std::mem::transmute::<
                unsafe extern "C" fn(
                    sys::virConnectPtr,
                    sys::virNetworkPtr,
                    c_int,
                    c_int,
                    *mut c_void,
                ),
                unsafe extern "C" fn(sys::virConnectPtr, sys::virNetworkPtr, *mut c_void),
            >(on_network);
            sys::virConnectNetworkEventRegisterAny(
                self.connect.as_ptr(),
                ptr::null_mut(),
                sys::VIR_NETWORK_EVENT_ID_LIFECYCLE.cast_signed(),
                Some(callback),
                opaque,
                Some(free),
            )
        };
        accepted(id, opaque)
    }

    fn listen_to_close(&mut self, listener: &Listener) -> Result<(), Error> {
        let opaque = into_opaque(listener);
        // SAFETY: the connection is alive; `opaque` is a box that `free`
        // reclaims.
        let status = unsafe {
            sys::virConnectRegisterCloseCallback(
                self.connect.as_ptr(),
                Some(on_close),
                opaque,
                Some(free),
            )
        };
        accepted(status, opaque)?;
        self.closes = true;
        Ok(())
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        // SAFETY: the connection is alive, the ids are its own. Failure means
        // that the daemon is gone; libvirt has then dropped its side already.
        unsafe {
            let connection = self.connect.as_ptr();
            for id in &self.machine_ids {
                sys::virConnectDomainEventDeregisterAny(connection, *id);
            }
            for id in &self.network_ids {
                sys::virConnectNetworkEventDeregisterAny(connection, *id);
            }
            if self.closes {
                sys::virConnectUnregisterCloseCallback(connection, Some(on_close));
            }
        }
    }
}

/// A box of its own for each registration, freed by [`free`].
fn into_opaque(listener: &Listener) -> *mut c_void {
    Box::into_raw(Box::new(Arc::clone(listener))).cast()
}

/// The id libvirt gave, or its error; the box is taken back then, because
/// libvirt does not call `free` for what it did not take.
fn accepted(id: c_int, opaque: *mut c_void) -> Result<c_int, Error> {
    if id >= 0 {
        return Ok(id);
    }
    let error = Error::last_error();
    // SAFETY: `opaque` comes from `into_opaque` and nobody else holds it.
    unsafe { free(opaque) };
    Err(error)
}

unsafe extern "C" fn free(opaque: *mut c_void) {
    // SAFETY: `opaque` comes from `into_opaque`; libvirt calls this once.
    drop(unsafe { Box::from_raw(opaque.cast::<Listener>()) });
}

unsafe fn tell(opaque: *mut c_void, event: Event) {
    // SAFETY: `opaque` comes from `into_opaque` and lives until `free`.
    let listener = unsafe { &*opaque.cast::<Listener>() };
    listener(event);
}

unsafe fn uuid_of(domain: sys::virDomainPtr) -> Option<String> {
    let mut text: [c_char; sys::VIR_UUID_STRING_BUFLEN as usize] =
        [0; sys::VIR_UUID_STRING_BUFLEN as usize];
    // SAFETY: libvirt passes a live domain for the time of the callback; the
    // buffer has the length the function demands and is zero-terminated.
    unsafe {
        if sys::virDomainGetUUIDString(domain, text.as_mut_ptr()) < 0 {
            return None;
        }
        text_of(text.as_ptr())
    }
}

unsafe extern "C" fn on_machine(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _: c_int,
    _: c_int,
    opaque: *mut c_void,
) -> c_int {
    // SAFETY: called by libvirt with what `listen_to_machines` registered.
    unsafe {
        let uuid = uuid_of(domain);
        tell(opaque, Event::Machine { uuid });
    }
    0
}

unsafe extern "C" fn on_device(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    _: *const c_char,
    opaque: *mut c_void,
) {
    // SAFETY: called by libvirt with what `listen_to_machines` registered.
    unsafe {
        let uuid = uuid_of(domain);
        tell(opaque, Event::Machine { uuid });
    }
}

unsafe extern "C" fn on_network(
    _: sys::virConnectPtr,
    _: sys::virNetworkPtr,
    _: c_int,
    _: c_int,
    opaque: *mut c_void,
) {
    // SAFETY: called by libvirt with what `listen_to_networks` registered.
    unsafe { tell(opaque, Event::Network) };
}

unsafe extern "C" fn on_close(_: sys::virConnectPtr, reason: c_int, opaque: *mut c_void) {
    let is_silent = reason == sys::VIR_CONNECT_CLOSE_REASON_KEEPALIVE.cast_signed();
    // SAFETY: called by libvirt with what `listen_to_close` registered.
    unsafe { tell(opaque, Event::Closed { is_silent }) };
}

/// The leases that the DHCP of an active network has given
/// (`virsh net-dhcp-leases`), sorted by address. What cannot be read of a
/// lease leaves that lease out.
///
/// # Errors
/// What libvirt says, as where the network has stopped meanwhile.
pub(crate) fn leases(network: &Network) -> Result<Vec<Lease>, Error> {
    let mut list: *mut sys::virNetworkDHCPLeasePtr = ptr::null_mut();
    // SAFETY: the network is alive; no MAC address means all; `list` receives
    // an array that is ours to free.
    let count =
        unsafe { sys::virNetworkGetDHCPLeases(network.as_ptr(), ptr::null(), &raw mut list, 0) };
    let Ok(count) = usize::try_from(count) else {
        return Err(Error::last_error());
    };
    let mut leases = Vec::with_capacity(count);
    for at in 0..count {
        // SAFETY: libvirt filled `count` entries with leases that are ours
        // until they are freed here, each once.
        unsafe {
            let entry = *list.add(at);
            leases.extend(lease(&*entry));
            sys::virNetworkDHCPLeaseFree(entry);
        }
    }
    // SAFETY: the array was allocated by libvirt with malloc, as documented;
    // it may be null where there is no lease.
    unsafe { libc::free(list.cast()) };
    leases.sort_by_key(|lease: &Lease| lease.address);
    Ok(leases)
}

unsafe fn lease(entry: &sys::_virNetworkDHCPLease) -> Option<Lease> {
    // SAFETY: the texts of a lease are zero-terminated or null.
    let (mac, address, hostname) = unsafe {
        (
            text_of(entry.mac)?,
            text_of(entry.ipaddr)?,
            text_of(entry.hostname),
        )
    };
    Some(Lease {
        mac: mac.parse::<MacAddress>().ok()?,
        address: IpNet::new(address.parse().ok()?, u8::try_from(entry.prefix).ok()?).ok()?,
        hostname: hostname.filter(|name| !name.is_empty()),
        expires: u64::try_from(entry.expirytime).unwrap_or(0),
    })
}

unsafe fn text_of(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not null, and the caller vouches for the terminating zero.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned())
}
