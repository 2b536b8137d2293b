// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The door before the interface. Each call is counted or refused before the next
//! message is read from the bus, and only for one that is counted there is a task:
//! a flood of calls waits at the bus, not here. Refusals are not put off: the bus
//! is slower, for everybody, the more calls have no answer yet.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::Arc;

use async_trait::async_trait;
use nova_model::NovaError;
use zbus::message::{Flags, Header, Message};
use zbus::names::{InterfaceName, MemberName};
use zbus::object_server::{DispatchResult, Interface, SignalEmitter};
use zbus::{BoxDBusError, Connection, ObjectServer, OwnedVariant, Variant};

use crate::admission::{Caller, Gate};
use crate::failure::{Failure, internal};

tokio::task_local! {
    /// Who makes the call that this task answers.
    static CALLER: RefCell<Option<Caller>>;
}

/// Who makes the call that is being answered: what the door let in.
///
/// # Errors
/// `Internal` for what came by another way.
pub fn caller() -> Result<Caller, NovaError> {
    let caller = CALLER.try_with(|caller| caller.borrow_mut().take());
    caller
        .map_err(|error| internal("the call did not come through the door", error))?
        .ok_or_else(|| NovaError::internal("the call was let in once and answered twice"))
}

/// An interface behind a door.
pub struct Door<S> {
    gate: Arc<Gate>,
    service: Arc<S>,
}

impl<S: Interface> Door<S> {
    /// A door before a service.
    pub fn before(service: S, gate: Arc<Gate>) -> Self {
        Self {
            gate,
            service: Arc::new(service),
        }
    }

    /// Has a call answered that was counted.
    fn open(&self, caller: Caller, bus: &Connection, message: &Message) {
        let (gate, service) = (Arc::clone(&self.gate), Arc::clone(&self.service));
        let (bus, message) = (bus.clone(), message.clone());
        tokio::spawn(async move {
            let header = message.header();
            match gate.admit(caller).await {
                Ok(caller) => answer(caller, &*service, &bus, &message).await,
                Err(error) => refuse(&bus, &header, error).await,
            }
        });
    }
}

/// Has a call answered.
async fn answer(caller: Caller, service: &impl Interface, bus: &Connection, message: &Message) {
    let header = message.header();
    let Some(member) = header.member() else {
        return;
    };
    let called = service.call(bus.object_server(), bus, message, member.clone());
    let answered = match called {
        DispatchResult::Async(answering) => {
            CALLER.scope(RefCell::new(Some(caller)), answering).await
        }
        DispatchResult::NotFound | DispatchResult::RequiresMut => {
            let unknown = format!("Unknown method '{member}'");
            Err(zbus::fdo::Error::UnknownMethod(unknown).into())
        }
    };
    if let Err(error) = answered
        && let Err(error) = bus.reply_dbus_error(&header, error).await
    {
        tracing::debug!(%error, "an error did not reach its caller");
    }
}

/// Refuses a call.
async fn refuse(bus: &Connection, header: &Header<'_>, error: NovaError) {
    if header.primary().flags().contains(Flags::NO_REPLY_EXPECTED) {
        return;
    }
    let sent = bus.reply_dbus_error(header, Failure::from(error)).await;
    if let Err(error) = sent {
        tracing::debug!(%error, "a refusal did not reach its caller");
    }
}

// By hand: what `#[zbus::interface]` writes would begin a task for each message.
#[async_trait]
impl<S: Interface> Interface for Door<S> {
    fn name() -> InterfaceName<'static> {
        S::name()
    }

    fn spawn_tasks_for_methods(&self) -> bool {
        false
    }

    fn call<'call>(
        &'call self,
        _server: &'call ObjectServer,
        bus: &'call Connection,
        message: &'call Message,
        _name: MemberName<'call>,
    ) -> DispatchResult<'call> {
        DispatchResult::Async(Box::pin(async move {
            let header = message.header();
            match self.gate.count(&header) {
                Ok(caller) => self.open(caller, bus, message),
                Err(error) => refuse(bus, &header, error).await,
            }
            Ok(())
        }))
    }

    fn call_mut<'call>(
        &'call mut self,
        _server: &'call ObjectServer,
        _bus: &'call Connection,
        _message: &'call Message,
        _name: MemberName<'call>,
    ) -> DispatchResult<'call> {
        DispatchResult::NotFound
    }

    // There are no properties.
    async fn get(
        &self,
        _property_name: &str,
        _server: &ObjectServer,
        _bus: &Connection,
        _header: Option<&Header<'_>>,
        _emitter: &SignalEmitter<'_>,
    ) -> Option<Result<OwnedVariant, BoxDBusError>> {
        None
    }

    async fn get_all(
        &self,
        _server: &ObjectServer,
        _bus: &Connection,
        _header: Option<&Header<'_>>,
        _emitter: &SignalEmitter<'_>,
    ) -> zbus::fdo::Result<HashMap<String, OwnedVariant>> {
        Ok(HashMap::new())
    }

    async fn set_mut(
        &mut self,
        _property_name: &str,
        _value: &Variant<'_>,
        _server: &ObjectServer,
        _bus: &Connection,
        _header: Option<&Header<'_>>,
        _emitter: &SignalEmitter<'_>,
    ) -> Option<Result<(), BoxDBusError>> {
        None
    }

    fn introspect_to_writer(&self, writer: &mut dyn Write, level: usize) {
        self.service.introspect_to_writer(writer, level);
    }
}
