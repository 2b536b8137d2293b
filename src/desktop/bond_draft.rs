// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A bond as it is being filled in: a new one, or the options of one that is
//! there.

use nova_model::bond::{BondMode, BondOptions, BondPatch, HashPolicy, LacpRate};
use nova_model::change::{Change, ChangeSet, ConfigureBond, CreateBond, PrimaryWish};
use nova_model::name::InterfaceName;
use nova_model::plan::{Plan, PlanId, plan};
use nova_model::state::{HostState, Snapshot};
use nova_model::{NovaError, Result};

use crate::card::{members, mode_hint};
use crate::draft::{Draft, Sheet, Values};
use crate::row::Cell;
use crate::switch_row::find;

/// The word for no member that is preferred.
const UNSET: &str = "-";

/// A bond.
pub struct BondDraft {
    host: HostState,
    // What it is now; absent for a new one.
    before: Option<Before>,
    name: String,
    options: BondOptions,
    members: Vec<String>,
    primary: String,
}

struct Before {
    name: InterfaceName,
    options: BondOptions,
    primary: String,
}

/// The first free name of the kind `bond0`.
#[must_use]
pub fn next_name(host: &HostState) -> String {
    host.free_name("bond")
}

/// Begins with the bond of this name as it is, or with a new one without a
/// name: one member at a time, links monitored as is usual.
#[must_use]
pub fn begin(snapshot: &Snapshot, bond: &str) -> Option<Box<dyn Draft>> {
    let host = snapshot.host.clone();
    if bond.is_empty() {
        let usual = BondPatch::default().for_new();
        return Some(Box::new(BondDraft {
            name: next_name(&host),
            host,
            before: None,
            options: usual.applied_to(&BondOptions::default()),
            members: Vec::new(),
            primary: UNSET.to_owned(),
        }));
    }
    let link = find(snapshot, bond)?;
    let status = link.bond.as_ref()?;
    let primary = status.primary.and_then(|at| host.links.get(&at));
    let primary = primary.map_or_else(|| UNSET.to_owned(), |link| link.name.to_string());
    let members = members(&host, link).into_iter();
    let members: Vec<String> = members.map(|(link, _)| link.name.to_string()).collect();
    Some(Box::new(BondDraft {
        before: Some(Before {
            name: link.name.to_interface_name().ok()?,
            options: status.options,
            primary: primary.clone(),
        }),
        name: bond.to_owned(),
        options: status.options,
        members,
        primary,
        host,
    }))
}

impl BondDraft {
    /// The options without those that mean nothing in the mode: of them the
    /// bond keeps what it has.
    fn wanted(&self) -> BondOptions {
        let before = match &self.before {
            Some(before) => before.options,
            None => BondOptions::default(),
        };
        let mode = self.options.mode;
        let mut wanted = self.options;
        if mode != BondMode::Lacp {
            wanted.lacp_rate = before.lacp_rate;
            wanted.min_links = before.min_links;
        }
        if !mode.uses_hash() {
            wanted.xmit_hash_policy = before.xmit_hash_policy;
        }
        wanted
    }

    /// The member that is preferred, in the modes that prefer one.
    fn preferred(&self) -> Result<Option<InterfaceName>> {
        if !self.options.mode.knows_primary() || self.primary == UNSET {
            return Ok(None);
        }
        let primary = self.primary.parse();
        primary
            .map(Some)
            .map_err(|error: NovaError| error.with_field("primary"))
    }

    fn creation(&self) -> Result<Change> {
        let defaults = BondOptions::default();
        let wanted = self.wanted();
        let members: Result<Vec<InterfaceName>> =
            self.members.iter().map(|name| name.parse()).collect();
        Ok(Change::CreateBond(CreateBond {
            name: self.name.parse()?,
            options: BondPatch {
                mode: Some(wanted.mode),
                // Where nothing is said, the usual is meant.
                miimon: Some(wanted.miimon),
                ..BondPatch::between(&defaults, &wanted)
            },
            members: members?,
            primary: self.preferred()?,
        }))
    }

    /// What is to be different; `None` where nothing is.
    fn configuration(&self, before: &Before) -> Result<Option<Change>> {
        let options = BondPatch::between(&before.options, &self.wanted());
        let is_kept = self.primary == before.primary || !self.options.mode.knows_primary();
        let primary = match is_kept {
            true => None,
            false => Some(match self.preferred()? {
                Some(member) => PrimaryWish::Member(member),
                None => PrimaryWish::None,
            }),
        };
        let is_same = options.is_empty() && primary.is_none();
        Ok((!is_same).then(|| {
            Change::ConfigureBond(ConfigureBond {
                name: before.name.clone(),
                options,
                primary,
            })
        }))
    }

    fn wish(&self) -> Result<Option<ChangeSet>> {
        let change = match &self.before {
            Some(before) => self.configuration(before)?,
            None => Some(self.creation()?),
        };
        Ok(change.map(ChangeSet::from))
    }

    /// The plan of what is asked for, `None` while nothing differs.
    fn plan(&self) -> Result<Option<Plan>> {
        let planned = |wish: &ChangeSet| plan(&self.host, wish, PlanId::from_bits(0));
        self.wish()?.as_ref().map(planned).transpose()
    }
}

impl Draft for BondDraft {
    fn values(&self) -> Values {
        let options = &self.options;
        let whole = |number: u32| Cell::Whole(i32::try_from(number).unwrap_or(i32::MAX));
        let notices = match self.plan() {
            Ok(Some(plan)) => plan.notices,
            _ => Vec::new(),
        };
        let mut primaries = vec![UNSET.to_owned()];
        primaries.extend(self.members.iter().cloned());
        Sheet::default()
            .with("name", self.name.as_str())
            .with("mode", options.mode.word())
            .with("modeHint", mode_hint(options.mode))
            .with("isLacp", options.mode == BondMode::Lacp)
            .with("usesHash", options.mode.uses_hash())
            .with("knowsPrimary", options.mode.knows_primary())
            .with("choose", "")
            .with("leave", "")
            .with("primary", self.primary.as_str())
            .with("primaries", primaries)
            .with("miimon", whole(options.miimon))
            .with("upDelay", whole(options.up_delay))
            .with("downDelay", whole(options.down_delay))
            .with("lacpRate", options.lacp_rate.word())
            .with("hashPolicy", options.xmit_hash_policy.word())
            .with("minLinks", whole(options.min_links))
            .with("notices", notices)
            .0
    }

    fn set(&mut self, field: &str, value: Cell) {
        let options = &mut self.options;
        match (field, value) {
            ("name", Cell::Text(text)) => self.name = text,
            ("mode", Cell::Text(text)) => {
                options.mode = text.parse::<BondMode>().unwrap_or(options.mode);
            }
            ("lacpRate", Cell::Text(text)) => {
                options.lacp_rate = text.parse::<LacpRate>().unwrap_or(options.lacp_rate);
            }
            ("hashPolicy", Cell::Text(text)) => {
                let policy = text.parse::<HashPolicy>();
                options.xmit_hash_policy = policy.unwrap_or(options.xmit_hash_policy);
            }
            ("primary", Cell::Text(text)) => self.primary = text,
            ("choose", Cell::Text(link)) if !self.members.contains(&link) => {
                self.members.push(link);
            }
            ("leave", Cell::Text(link)) => {
                self.members.retain(|one| *one != link);
                if self.primary == link {
                    self.primary = UNSET.to_owned();
                }
            }
            // The spin boxes give no negative numbers; one would be out of
            // every range and named as such.
            (field, Cell::Whole(number)) => {
                let at = match field {
                    "miimon" => &mut options.miimon,
                    "upDelay" => &mut options.up_delay,
                    "downDelay" => &mut options.down_delay,
                    "minLinks" => &mut options.min_links,
                    _ => return,
                };
                *at = u32::try_from(number).unwrap_or(u32::MAX);
            }
            _ => {}
        }
    }

    fn problem(&self) -> Option<NovaError> {
        self.plan().err()
    }

    fn changes(&self) -> Result<Option<ChangeSet>> {
        self.wish()
    }

    fn follow(&mut self, snapshot: &Snapshot) {
        self.host = snapshot.host.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn created(draft: &dyn Draft) -> CreateBond {
        let set = draft.changes().unwrap().unwrap();
        match set.changes.as_slice() {
            [Change::CreateBond(create)] => create.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn field(draft: &dyn Draft) -> String {
        let problem = draft.problem().unwrap();
        problem.field().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_new_bond_has_a_free_name_and_watches_its_links() {
        let mut draft = begin(&fixture::bonded(), "").unwrap();
        assert!(draft.problem().is_none(), "{:?}", draft.problem());
        draft.set("choose", "eth1".into());
        draft.set("primary", "eth1".into());
        let create = created(&*draft);
        assert_eq!(create.name.as_str(), "bond1");
        assert_eq!(create.options.mode, Some(BondMode::ActiveBackup));
        assert_eq!(create.options.miimon, Some(100));
        assert_eq!(create.options.up_delay, None);
        assert_eq!(create.primary, Some("eth1".parse().unwrap()));
        draft.set("leave", "eth1".into());
        assert_eq!(created(&*draft).primary, None);
    }

    #[test]
    fn what_is_wrong_stands_at_its_field() {
        let mut draft = begin(&fixture::bonded(), "").unwrap();
        draft.set("name", "eth0".into());
        assert_eq!(field(&*draft), "name");
        draft.set("name", "bond7".into());
        draft.set("upDelay", Cell::Whole(150));
        assert_eq!(field(&*draft), "up-delay");
        draft.set("upDelay", Cell::Whole(200));
        draft.set("choose", "wlan0".into());
        assert_eq!(field(&*draft), "interfaces");
        draft.set("leave", "wlan0".into());
        draft.set("mode", "802.3ad".into());
        draft.set("miimon", Cell::Whole(0));
        assert_eq!(field(&*draft), "miimon");
    }

    #[test]
    fn options_of_another_mode_are_not_asked_for() {
        let mut draft = begin(&fixture::bonded(), "").unwrap();
        draft.set("mode", "802.3ad".into());
        draft.set("lacpRate", "fast".into());
        draft.set("hashPolicy", "layer3+4".into());
        let options = created(&*draft).options;
        assert_eq!(options.lacp_rate, Some(LacpRate::Fast));
        assert_eq!(options.xmit_hash_policy, Some(HashPolicy::Layer34));
        draft.set("mode", "active-backup".into());
        let options = created(&*draft).options;
        assert_eq!((options.lacp_rate, options.xmit_hash_policy), (None, None));
    }

    #[test]
    fn only_what_differs_of_a_bond_is_asked_for() {
        let mut draft = begin(&fixture::bonded(), "bond0").unwrap();
        assert_eq!(draft.changes().unwrap(), None);
        draft.set("miimon", Cell::Whole(200));
        draft.set("primary", "-".into());
        let set = draft.changes().unwrap().unwrap();
        let [Change::ConfigureBond(configure)] = set.changes.as_slice() else {
            panic!("{set:?}");
        };
        let wanted = BondPatch {
            miimon: Some(200),
            ..BondPatch::default()
        };
        assert_eq!(configure.options, wanted);
        assert_eq!(configure.primary, Some(PrimaryWish::None));
        draft.set("mode", "802.3ad".into());
        assert_eq!(field(&*draft), "mode");
    }

    #[test]
    fn what_is_no_bond_has_no_form() {
        assert!(begin(&fixture::bonded(), "eth0").is_none());
        assert!(begin(&fixture::bonded(), "bond9").is_none());
    }
}
