// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The MTU of a link as it is being set.

use nova_model::change::{Change, ChangeSet, SetMtu};
use nova_model::name::InterfaceName;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::{NovaError, Result};

use crate::draft::{Draft, Sheet, Values};
use crate::row::Cell;
use crate::switch_row::find;

/// The MTU of a link.
pub struct MtuDraft {
    host: HostState,
    link: InterfaceName,
    before: u32,
    mtu: u32,
}

/// Begins with the MTU as it is.
#[must_use]
pub fn begin(snapshot: &Snapshot, link: &str) -> Option<Box<dyn Draft>> {
    let link = find(snapshot, link)?;
    Some(Box::new(MtuDraft {
        host: snapshot.host.clone(),
        link: link.name.to_interface_name().ok()?,
        before: link.mtu,
        mtu: link.mtu,
    }))
}

impl MtuDraft {
    fn wish(&self) -> Option<ChangeSet> {
        (self.mtu != self.before).then(|| {
            ChangeSet::from(Change::SetMtu(SetMtu {
                name: self.link.clone(),
                mtu: self.mtu,
            }))
        })
    }

    /// The plan of what is asked for, `None` while nothing differs.
    fn plan(&self) -> Result<Option<Plan>> {
        let planned = |wish: ChangeSet| plan(&self.host, &wish, PlanId::from_bits(0));
        self.wish().map(planned).transpose()
    }
}

impl Draft for MtuDraft {
    fn values(&self) -> Values {
        let notices = match self.plan() {
            Ok(Some(plan)) => plan.notices,
            _ => Vec::new(),
        };
        Sheet::default()
            .with(
                "mtu",
                Cell::Whole(i32::try_from(self.mtu).unwrap_or(i32::MAX)),
            )
            .with("notices", notices)
            .0
    }

    fn set(&mut self, field: &str, value: Cell) {
        if let ("mtu", Cell::Whole(number)) = (field, value) {
            self.mtu = u32::try_from(number).unwrap_or(u32::MAX);
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.plan().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        Ok(self.wish())
    }

    fn follow(&mut self, snapshot: &Snapshot) {
        self.host = snapshot.host.clone();
        if let Some(link) = self.host.link(self.link.as_str()) {
            self.before = link.mtu;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn the_mtu_is_asked_for_once_it_differs() {
        let mut draft = begin(&fixture::small(), "eth1").unwrap();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("mtu", Cell::Whole(9000));
        let set = draft.changes().unwrap().unwrap();
        assert!(
            matches!(set.changes.as_slice(), [Change::SetMtu(set)] if set.mtu == 9000),
            "{set:?}"
        );
        draft.set("mtu", Cell::Whole(60));
        let problem = draft.problem().unwrap();
        assert_eq!(problem.field(), Some("mtu"));
        assert!(problem.message().contains("68"), "{problem:?}");
    }

    #[test]
    fn what_does_not_exist_has_no_form() {
        assert!(begin(&fixture::small(), "eth9").is_none());
    }
}
