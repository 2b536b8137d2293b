// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about limits and copies: `tc` and the buffers it needs.

use serde::{Deserialize, Serialize};

use crate::address::MacAddress;
use crate::fact::Facts;
use crate::link::{Link, LinkKind, Owner};
use crate::name::InterfaceName;
use crate::state::HostState;
use crate::step::{LinkRef, NewLink, Step, StepGroup};
use crate::step_traffic_text::{
    filter_command, lower_first, shape_command, stamp_command, stamp_words,
};
use crate::traffic::{Deed, Filter, Frames, Hooks, SHAPER_HANDLE, Shaper, Shaping, Stamp, Way};

/// A step about the traffic of a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum TrafficStep {
    /// Limits what leaves through a link, or no longer.
    Shape {
        /// The link.
        link: LinkRef,
        /// The limit.
        shaper: Option<Shaper>,
    },
    /// Gives a link places for filters, or takes them away.
    SetHooks {
        /// The link.
        link: LinkRef,
        /// Whether it is to have them.
        present: bool,
    },
    /// Adds a filter that copies frames or sends them elsewhere.
    AddFilter(FilterSpec),
    /// Removes it.
    RemoveFilter(FilterSpec),
    /// Removes a filter of Nova's that leads nowhere: what it copied frames to,
    /// or sent them through, has gone. Nothing brings it back.
    RemoveLostFilter {
        /// The link.
        link: LinkRef,
        /// Which way it looks.
        way: Way,
        /// Its priority.
        priority: u16,
    },
    /// Has what comes in carry a mark or a priority, or no longer.
    Stamp {
        /// The link.
        link: LinkRef,
        /// What it carries.
        stamp: Stamp,
        /// Whether it is to carry it.
        present: bool,
    },
    /// Makes a buffer through which frames that come in can be limited.
    AddBuffer {
        /// Its name.
        name: InterfaceName,
        /// Its MAC address.
        mac: MacAddress,
        /// Its alias.
        alias: Option<String>,
    },
    /// Deletes the buffer with this name and MAC address.
    DeleteBuffer {
        /// Its name.
        name: InterfaceName,
        /// Its MAC address.
        mac: MacAddress,
    },
}

/// A filter as a step names it: with its target by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FilterSpec {
    /// The link.
    pub link: LinkRef,
    /// Which way it looks.
    pub way: Way,
    /// Its priority.
    pub priority: u16,
    /// Which frames it looks for.
    #[serde(default, skip_serializing_if = "Frames::is_all")]
    pub frames: Frames,
    /// Whether it copies the frame or sends it elsewhere.
    pub copies: bool,
    /// Where to.
    pub target: LinkRef,
}

impl FilterSpec {
    fn words(&self) -> String {
        format!(
            "dev {} {} protocol {} pref {}",
            self.link.name,
            self.way.word(),
            match self.frames {
                Frames::Tagged(_) => "802.1Q",
                Frames::All | Frames::Untagged => "all",
            },
            self.priority
        )
    }

    /// What it copies, in words.
    fn copied(&self) -> String {
        let words = format!("{} of {}", self.way.word(), self.link.name);
        match &self.frames {
            Frames::All => words,
            frames => format!("{words} {frames}"),
        }
    }

    fn filter(&self, target: u32) -> Filter {
        Filter {
            way: self.way,
            priority: self.priority,
            frames: self.frames.clone(),
            deed: match self.copies {
                true => Deed::Mirror(target),
                false => Deed::Redirect(target),
            },
            is_ours: true,
        }
    }
}

/// The filter that gives frames this stamp.
pub(crate) const fn stamp_filter(stamp: Stamp) -> Filter {
    Filter {
        way: Way::Ingress,
        priority: stamp.priority(),
        frames: Frames::All,
        deed: Deed::Stamp(stamp),
        is_ours: true,
    }
}

/// The kind of a buffer in the kernel.
pub(crate) fn buffer() -> LinkKind {
    LinkKind::Other("ifb".to_owned())
}

impl StepGroup for TrafficStep {
    fn title(&self) -> String {
        match self {
            Self::Shape {
                link,
                shaper: Some(shaper),
            } => format!("Limit what leaves through {} to {}", link.name, shaper.rate),
            Self::Shape { link, shaper: None } => {
                format!("Limit what leaves through {} no longer", link.name)
            }
            Self::SetHooks {
                link,
                present: true,
            } => format!("Prepare {} for filters", link.name),
            Self::SetHooks {
                link,
                present: false,
            } => format!("Take the place for filters from {}", link.name),
            Self::AddFilter(spec) if spec.copies => {
                format!("Copy {} to {}", spec.copied(), spec.target.name)
            }
            Self::AddFilter(spec) => format!(
                "Send {} of {} through {}",
                spec.way.word(),
                spec.link.name,
                spec.target.name
            ),
            Self::RemoveFilter(spec) if spec.copies => {
                format!("Stop copying {} to {}", spec.copied(), spec.target.name)
            }
            Self::RemoveFilter(spec) => format!(
                "Stop sending {} of {} through {}",
                spec.way.word(),
                spec.link.name,
                spec.target.name
            ),
            Self::RemoveLostFilter { link, .. } => {
                format!(
                    "Remove a filter of {} whose destination has gone",
                    link.name
                )
            }
            Self::Stamp {
                link,
                stamp,
                present,
            } => format!(
                "{} {}",
                if *present {
                    stamp_words(*stamp)
                } else {
                    format!("No longer {}", lower_first(&stamp_words(*stamp)))
                },
                link.name
            ),
            Self::AddBuffer { name, .. } => format!("Create the buffer {name}"),
            Self::DeleteBuffer { name, .. } => format!("Delete the buffer {name}"),
        }
    }

    fn command(&self) -> String {
        match self {
            Self::Shape {
                link,
                shaper: Some(shaper),
            } => shape_command(link.name.as_str(), shaper),
            Self::Shape { link, shaper: None } => {
                format!(
                    "tc qdisc delete dev {} root handle {SHAPER_HANDLE:x}: htb",
                    link.name
                )
            }
            Self::SetHooks { link, present } => format!(
                "tc qdisc {} dev {} clsact",
                if *present { "add" } else { "delete" },
                link.name
            ),
            Self::AddFilter(spec) => filter_command(
                &spec.words(),
                &spec.frames,
                if spec.copies { "mirror" } else { "redirect" },
                spec.target.name.as_str(),
            ),
            Self::RemoveFilter(spec) => format!("tc filter delete {}", spec.words()),
            Self::RemoveLostFilter {
                link,
                way,
                priority,
            } => format!(
                "tc filter delete dev {} {} pref {priority}",
                link.name,
                way.word()
            ),
            Self::Stamp {
                link,
                stamp,
                present,
            } => stamp_command(link.name.as_str(), *stamp, *present),
            Self::AddBuffer { name, mac, .. } => {
                format!("ip link add name {name} address {mac} type ifb\nip link set dev {name} up")
            }
            Self::DeleteBuffer { name, .. } => format!("ip link delete dev {name} type ifb"),
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Shape { link, .. } => format!("limit of {}", link.name),
            Self::SetHooks { link, .. } => format!("filters of {}", link.name),
            Self::AddFilter(spec) | Self::RemoveFilter(spec) => {
                format!("filter of {}", spec.link.name)
            }
            Self::RemoveLostFilter { link, .. } => format!("filter of {}", link.name),
            Self::Stamp { link, .. } => format!("marks of {}", link.name),
            Self::AddBuffer { name, .. } | Self::DeleteBuffer { name, .. } => {
                format!("buffer {name}")
            }
        }
    }

    fn inverse(&self, before: &HostState) -> Vec<Step> {
        match self {
            Self::Shape { link, .. } => {
                let was = link.find(before).map(|link| &link.traffic.shaping);
                let shaper = match was {
                    Some(Shaping::Limited(shaper)) => Some(*shaper),
                    _ => None,
                };
                vec![
                    Self::Shape {
                        link: link.clone(),
                        shaper,
                    }
                    .into(),
                ]
            }
            Self::SetHooks { link, present } => vec![
                Self::SetHooks {
                    link: link.clone(),
                    present: !present,
                }
                .into(),
            ],
            Self::AddFilter(spec) => vec![Self::RemoveFilter(spec.clone()).into()],
            Self::RemoveFilter(spec) => vec![Self::AddFilter(spec.clone()).into()],
            Self::RemoveLostFilter { .. } => Vec::new(),
            Self::Stamp {
                link,
                stamp,
                present,
            } => vec![
                Self::Stamp {
                    link: link.clone(),
                    stamp: *stamp,
                    present: !present,
                }
                .into(),
            ],
            Self::AddBuffer { name, mac, .. } => vec![
                Self::DeleteBuffer {
                    name: name.clone(),
                    mac: *mac,
                }
                .into(),
            ],
            Self::DeleteBuffer { name, mac } => vec![
                Self::AddBuffer {
                    name: name.clone(),
                    mac: *mac,
                    alias: before
                        .link(name.as_str())
                        .and_then(|link| link.alias.clone()),
                }
                .into(),
            ],
        }
    }

    fn simulate(&self, state: &mut HostState) {
        match self {
            Self::Shape { link, shaper } => {
                if let Some(found) = link.find_mut(state) {
                    found.traffic.shaping = shaper.map_or(Shaping::Usual, Shaping::Limited);
                }
            }
            Self::SetHooks { link, present } => {
                if let Some(found) = link.find_mut(state) {
                    found.traffic.hooks = if *present { Hooks::Both } else { Hooks::None };
                }
            }
            Self::AddFilter(spec) | Self::RemoveFilter(spec) => {
                let adds = matches!(self, Self::AddFilter(_));
                let Some(target) = spec.target.find(state).map(|link| link.index) else {
                    return;
                };
                let filter = spec.filter(target);
                if let Some(found) = spec.link.find_mut(state) {
                    found.traffic.filters.retain(|known| *known != filter);
                    if adds {
                        found.traffic.filters.push(filter);
                        found.traffic.filters.sort();
                    }
                }
            }
            Self::RemoveLostFilter {
                link,
                way,
                priority,
            } => {
                if let Some(found) = link.find_mut(state) {
                    let filters = &mut found.traffic.filters;
                    filters
                        .retain(|it| !it.is_lost() || (it.way, it.priority) != (*way, *priority));
                }
            }
            Self::Stamp {
                link,
                stamp,
                present,
            } => {
                if let Some(found) = link.find_mut(state) {
                    let filters = &mut found.traffic.filters;
                    filters.retain(|filter| *filter != stamp_filter(*stamp));
                    if *present {
                        filters.push(stamp_filter(*stamp));
                        filters.sort();
                    }
                }
            }
            Self::AddBuffer { name, mac, alias } => {
                let index = state.links.keys().next_back().map_or(1, |last| last + 1);
                let link = Link {
                    mac: Some(*mac),
                    is_up: true,
                    alias: alias.clone(),
                    owner: Owner::of_alias(alias.as_deref()),
                    ..Link::new(index, name.into(), buffer())
                };
                state.links.insert(index, link);
            }
            Self::DeleteBuffer { name, .. } => state.remove(name.as_str()),
        }
    }

    fn facts(&self, facts: &mut Facts) {
        match self {
            Self::Shape { link, shaper } => {
                let (object, wanted) = (link.name.as_str(), *shaper);
                let claim = match shaper {
                    Some(shaper) => format!("{object} is limited to {}", shaper.rate),
                    None => format!("{object} is not limited"),
                };
                facts.link(object, "shaper", claim, move |link| {
                    match (&link.traffic.shaping, &wanted) {
                        (Shaping::Limited(found), Some(wanted)) => wanted.is_like(found),
                        (Shaping::Limited(_), None) | (_, Some(_)) => false,
                        (_, None) => true,
                    }
                });
            }
            Self::SetHooks { link, present } => {
                let (object, present) = (link.name.as_str(), *present);
                let claim = format!(
                    "{object} {} a place for filters",
                    if present { "has" } else { "does not have" }
                );
                facts.link(object, "hooks", claim, move |link| {
                    (link.traffic.hooks == Hooks::Both) == present
                });
            }
            Self::AddFilter(spec) | Self::RemoveFilter(spec) => {
                let adds = matches!(self, Self::AddFilter(_));
                let spec = spec.clone();
                let object = spec.link.name.as_str().to_owned();
                let key = format!("{} {}", spec.way.word(), spec.priority);
                let claim = format!(
                    "{object} {} its filter to {}",
                    if adds { "has" } else { "does not have" },
                    spec.target.name
                );
                facts.add(&object, "filter", key, claim, move |state| {
                    let target = spec.target.find(state).map(|link| link.index);
                    let has = target.is_some_and(|target| {
                        let filter = spec.filter(target);
                        spec.link
                            .find(state)
                            .is_some_and(|link| link.traffic.filters.contains(&filter))
                    });
                    has == adds
                });
            }
            Self::RemoveLostFilter {
                link,
                way,
                priority,
            } => {
                let (way, priority) = (*way, *priority);
                let object = link.name.as_str();
                let key = format!("{} {priority}", way.word());
                let claim = format!("{object} has no filter that leads nowhere");
                let link = link.clone();
                facts.add(object, "filter", key, claim, move |state| {
                    let found = link.find(state);
                    let mut filters = found.iter().flat_map(|it| &it.traffic.filters);
                    !filters.any(|it| it.is_lost() && (it.way, it.priority) == (way, priority))
                });
            }
            Self::Stamp {
                link,
                stamp,
                present,
            } => {
                let (object, stamp, present) = (link.name.clone(), *stamp, *present);
                let claim = format!(
                    "{object} {} its filter of priority {}",
                    if present { "has" } else { "does not have" },
                    stamp.priority()
                );
                let key = format!("ingress {} {stamp:?}", stamp.priority());
                let link = link.clone();
                facts.add(object.as_str(), "filter", key, claim, move |state| {
                    let has = link
                        .find(state)
                        .is_some_and(|link| link.traffic.filters.contains(&stamp_filter(stamp)));
                    has == present
                });
            }
            Self::AddBuffer { name, mac, alias } => {
                let object = name.as_str();
                let claim = format!("{object} is a buffer");
                facts.link(object, "exists", claim, |link| link.kind == buffer());
                facts.mac(object, *mac);
                facts.up(object, true);
                if let Some(alias) = alias {
                    facts.alias(object, alias.clone());
                }
            }
            Self::DeleteBuffer { name, mac } => facts.gone(name.as_str(), *mac),
        }
    }

    fn links_mut(&mut self) -> Vec<&mut LinkRef> {
        match self {
            Self::Shape { link, .. }
            | Self::SetHooks { link, .. }
            | Self::RemoveLostFilter { link, .. }
            | Self::Stamp { link, .. } => vec![link],
            Self::AddFilter(spec) | Self::RemoveFilter(spec) => {
                vec![&mut spec.link, &mut spec.target]
            }
            Self::AddBuffer { .. } | Self::DeleteBuffer { .. } => Vec::new(),
        }
    }

    fn makes(&self) -> Option<NewLink<'_>> {
        match self {
            Self::AddBuffer { name, mac, .. } => Some(NewLink {
                name,
                mac: *mac,
                kind: buffer(),
            }),
            _ => None,
        }
    }
}
