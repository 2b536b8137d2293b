// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The one way to a permission. Whatever changes something takes a [`Grant`],
//! and only this file can make one, out of polkit's yes.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nova_model::action::Action;
use nova_model::{ErrorKind, NovaError};
use zbus::message::{Flags, Header};
use zbus::{Connection, proxy::CacheProperties};
use zbus_polkit::policykit1::{
    AuthorityProxy, AuthorizationResult, CheckAuthorizationFlags, Subject,
};

use crate::admission::Caller;
use crate::clock::random_bits;
use crate::failure::Failure;
use crate::vanish::vanished;

/// How long a person may think before the question is withdrawn.
const TO_ANSWER: Duration = Duration::from_secs(120);
/// How long polkit may take where nobody is asked.
const TO_DECIDE: Duration = Duration::from_secs(10);
/// How long it may take to take a question back.
const TO_WITHDRAW: Duration = Duration::from_secs(1);
/// Questions to persons open at a time, of one user and of all but root.
const OPEN_PER_USER: usize = 2;
const OPEN_ALL: usize = 16;

/// polkit's yes to these actions for this caller. It cannot be made, copied or
/// kept anywhere else.
#[derive(Debug)]
pub struct Grant {
    uid: u32,
    actions: BTreeSet<Action>,
}

impl Grant {
    /// User id of the caller.
    pub const fn uid(&self) -> u32 {
        self.uid
    }

    /// Refuses where one of these actions was not authorised.
    ///
    /// # Errors
    /// `NotAuthorised`.
    pub fn require<'a>(
        &self,
        actions: impl IntoIterator<Item = &'a Action>,
    ) -> nova_model::Result<()> {
        match actions
            .into_iter()
            .find(|action| !self.actions.contains(action))
        {
            None => Ok(()),
            Some(action) => Err(denied(*action)),
        }
    }

    /// A grant for tests of what comes after the authorisation.
    #[cfg(test)]
    pub fn for_test(uid: u32, actions: impl IntoIterator<Item = Action>) -> Self {
        Self {
            uid,
            actions: actions.into_iter().collect(),
        }
    }
}

/// Asks polkit, and gives up in time.
pub struct Authoriser {
    bus: Connection,
    polkit: AuthorityProxy<'static>,
    open: Arc<Mutex<HashMap<u32, usize>>>,
}

impl Authoriser {
    /// An authoriser that asks over `bus`, a connection without a timeout for
    /// its calls: a person takes longer than a daemon.
    ///
    /// # Errors
    /// Those of the bus.
    pub async fn new(bus: Connection) -> zbus::Result<Self> {
        let polkit = AuthorityProxy::builder(&bus)
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        Ok(Self {
            bus,
            polkit,
            open: Arc::default(),
        })
    }

    /// Asks polkit about every action for the sender of this message. `change`
    /// is the sentence the person reads in the dialog.
    ///
    /// # Errors
    /// `NotAuthorised` for a no and for everything that is not a clear yes;
    /// [`Failure::MustAsk`] where a person would have to be asked and the
    /// message does not allow it; `Busy` where too many questions are open.
    pub async fn authorise(
        &self,
        header: &Header<'_>,
        caller: &Caller,
        actions: impl IntoIterator<Item = Action>,
        change: &str,
    ) -> Result<Grant, Failure> {
        let subject = Subject::new_for_message_header(header)
            .map_err(|_| NovaError::new(ErrorKind::NotAuthorised, "the caller has no bus name"))?;
        let may_ask = header
            .primary()
            .flags()
            .contains(Flags::ALLOW_INTERACTIVE_AUTH);
        let actions: BTreeSet<Action> = actions.into_iter().collect();
        for action in &actions {
            self.check(&subject, caller, *action, may_ask, change)
                .await?;
        }
        Ok(Grant {
            uid: caller.uid(),
            actions,
        })
    }

    async fn check(
        &self,
        subject: &Subject,
        caller: &Caller,
        action: Action,
        may_ask: bool,
        change: &str,
    ) -> Result<(), Failure> {
        let quick = self
            .ask(
                subject,
                caller,
                action,
                CheckAuthorizationFlags::empty(),
                change,
            )
            .await?;
        if quick.is_authorized {
            return Ok(());
        }
        if !quick.is_challenge {
            return Err(denied(action).into());
        }
        if !may_ask {
            return Err(Failure::MustAsk(format!(
                "{} needs a person to authenticate",
                action.id()
            )));
        }
        let question = self.open_question(caller.uid())?;
        let answer = self
            .ask(
                subject,
                caller,
                action,
                CheckAuthorizationFlags::ALLOW_USER_INTERACTION,
                change,
            )
            .await?;
        drop(question);
        if answer.is_authorized {
            return Ok(());
        }
        Err(denied(action).into())
    }

    /// One question to polkit. Withdrawn when its time is over or the caller
    /// has gone: polkit itself would leave the dialog up until it is answered.
    async fn ask(
        &self,
        subject: &Subject,
        caller: &Caller,
        action: Action,
        flags: CheckAuthorizationFlags,
        change: &str,
    ) -> Result<AuthorizationResult, NovaError> {
        let asks = flags.contains(CheckAuthorizationFlags::ALLOW_USER_INTERACTION);
        let cancellation = format!("{:032x}", random_bits()?);
        // polkit replaces $(change) by the detail of that name, and does not
        // look into it again.
        let details = HashMap::from([
            (
                "polkit.message",
                "Authentication is required to change the network: $(change)",
            ),
            ("change", change),
        ]);
        let details = if asks { details } else { HashMap::new() };
        let question =
            self.polkit
                .check_authorization(subject, action.id(), &details, flags, &cancellation);
        let time = if asks { TO_ANSWER } else { TO_DECIDE };
        let withdrawn = tokio::select! {
            answer = question => return answer.map_err(|error| unanswered(&error)),
            () = tokio::time::sleep(time) => "nobody answered in time",
            () = vanished(&self.bus, caller.name().clone()), if asks => "the caller has gone",
        };
        let withdrawal = self.polkit.cancel_check_authorization(&cancellation);
        // A polkit that does not answer does not answer to this either.
        match tokio::time::timeout(TO_WITHDRAW, withdrawal).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "polkit had nothing to withdraw"),
            Err(_) => tracing::warn!("polkit does not answer"),
        }
        Err(NovaError::new(
            ErrorKind::NotAuthorised,
            format!("not authorised: {withdrawn}"),
        ))
    }

    fn open_question(&self, uid: u32) -> Result<OpenQuestion, NovaError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open
            .iter()
            .filter(|(uid, _)| **uid != 0)
            .map(|(_, count)| count)
            .sum();
        let mine = open.entry(uid).or_insert(0);
        if *mine >= OPEN_PER_USER || (uid != 0 && all >= OPEN_ALL) {
            return Err(NovaError::new(
                ErrorKind::Busy,
                "too many authentication dialogs are open",
            )
            .with_remedy("Answer or close them first."));
        }
        *mine += 1;
        drop(open);
        Ok(OpenQuestion {
            uid,
            open: Arc::clone(&self.open),
        })
    }
}

/// A dialog before a person; counted until dropped.
struct OpenQuestion {
    uid: u32,
    open: Arc<Mutex<HashMap<u32, usize>>>,
}

impl Drop for OpenQuestion {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.uid) {
            *count = count.saturating_sub(1);
        }
        open.retain(|_, count| *count > 0);
    }
}

fn denied(action: Action) -> NovaError {
    NovaError::new(
        ErrorKind::NotAuthorised,
        format!("polkit does not authorise {}", action.id()),
    )
    .with_remedy("Authenticate as an administrator, or ask one for this permission.")
}

fn unanswered(error: &zbus::Error) -> NovaError {
    // The text of a foreign daemon stays in the log.
    tracing::warn!(error = %crate::audit::foreign(&error.to_string()), "polkit gave no answer");
    NovaError::new(ErrorKind::NotAuthorised, "polkit gave no answer").with_remedy(
        "\"systemctl status polkit\" shows whether polkit runs and knows Nova's actions.",
    )
}
