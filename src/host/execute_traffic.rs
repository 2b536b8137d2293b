// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Steps about limits and copies, as netlink requests.

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::link::{InfoKind, LinkInfo};
use nova_model::link::{Link, LinkKind};
use nova_model::step::{FilterSpec, LinkRef, NewLink, TrafficStep};
use nova_model::traffic::{Deed, Filter, Hooks, Shaper, Shaping, Stamp, Traffic, Way};
use rustix::io::Errno;

use crate::execute::{Executor, Undone, vanished_or};
use crate::execute_new::Making;
use crate::failure::Failure;
use crate::tc::{self, Classifier};
use crate::{tc_flower, tc_shape, tc_stamp};

impl Executor {
    pub(crate) fn traffic_step(&mut self, step: &TrafficStep) -> Result<Undone, Failure> {
        let buffer = || LinkKind::Other("ifb".to_owned());
        match step {
            TrafficStep::Shape { link, shaper } => self.shape(link, shaper.as_ref()),
            TrafficStep::SetHooks { link, present } => self.set_hooks(link, *present),
            TrafficStep::AddFilter(spec) => self.add_filter(spec),
            TrafficStep::RemoveFilter(spec) => {
                self.remove_filters(&spec.link, spec.way, spec.priority, |it| it.is_ours)
            }
            TrafficStep::RemoveLostFilter {
                link,
                way,
                priority,
            } => self.remove_filters(link, *way, *priority, Filter::is_lost),
            TrafficStep::Stamp {
                link,
                stamp,
                present,
            } => self.stamp(link, *stamp, *present),
            TrafficStep::AddBuffer { name, mac, alias } => self.make(&Making {
                link: NewLink {
                    name,
                    mac: *mac,
                    kind: buffer(),
                },
                info: vec![LinkInfo::Kind(InfoKind::Ifb)],
                lower: None,
                alias: alias.as_deref(),
                mtu: None,
                up: true,
            }),
            TrafficStep::DeleteBuffer { name, mac } => self.delete(&NewLink {
                name,
                mac: *mac,
                kind: buffer(),
            }),
        }
    }

    /// The link and what is done to its frames now.
    fn traffic_of(&mut self, link: &LinkRef) -> Result<Option<(Link, Traffic)>, Failure> {
        let Some(found) = self.prove(link)? else {
            return Ok(None);
        };
        let index = found.index;
        let links = [(index, found.clone())].into();
        let traffic = tc::read(&mut self.socket, &links)?.remove(&index);
        Ok(Some((found, traffic.unwrap_or_default())))
    }

    fn shape(&mut self, link: &LinkRef, shaper: Option<&Shaper>) -> Result<Undone, Failure> {
        let Some((found, now)) = self.traffic_of(link)? else {
            return Ok(Undone::Vanished);
        };
        let answer = match (shaper, &now.shaping) {
            // Somebody else's is left alone.
            (_, Shaping::Foreign(_)) => {
                return Err(Failure {
                    errno: Errno::BUSY,
                    text: Some("another program queues its traffic".to_owned()),
                });
            }
            (None, Shaping::Usual) => return Ok(Undone::AlreadySo),
            (Some(wanted), Shaping::Limited(found)) if wanted.is_like(found) => {
                return Ok(Undone::AlreadySo);
            }
            (None, Shaping::Limited(_)) => self.socket.change(tc_shape::unset(found.index), 0),
            (Some(shaper), before) => {
                let is_there = matches!(before, Shaping::Limited(_));
                tc_shape::set(&mut self.socket, found.index, shaper, is_there)
            }
        };
        vanished_or(answer)
    }

    fn set_hooks(&mut self, link: &LinkRef, present: bool) -> Result<Undone, Failure> {
        let Some((found, now)) = self.traffic_of(link)? else {
            return Ok(Undone::Vanished);
        };
        if (now.hooks == Hooks::Both) == present {
            return Ok(Undone::AlreadySo);
        }
        if present {
            let request = tc::add_hooks(found.index);
            return vanished_or(self.socket.change(request, NLM_F_CREATE | NLM_F_EXCL));
        }
        // With the places the filters of others would go, too.
        if !now.filters.is_empty() {
            return Ok(Undone::Vanished);
        }
        vanished_or(self.socket.change(tc::remove_hooks(found.index), 0))
    }

    fn add_filter(&mut self, spec: &FilterSpec) -> Result<Undone, Failure> {
        let Some((found, now)) = self.traffic_of(&spec.link)? else {
            return Ok(Undone::Vanished);
        };
        let Some(target) = self.prove(&spec.target)? else {
            return Ok(Undone::Vanished);
        };
        let deed = match spec.copies {
            true => Deed::Mirror(target.index),
            false => Deed::Redirect(target.index),
        };
        let there = now
            .filters
            .iter()
            .find(|filter| filter.way == spec.way && filter.priority == spec.priority);
        match there {
            Some(filter)
                if filter.is_ours && filter.deed == deed && filter.frames == spec.frames =>
            {
                return Ok(Undone::AlreadySo);
            }
            Some(_) => return Err(Failure::new(Errno::EXIST)),
            None => {}
        }
        if !spec.frames.is_all() {
            return self.add_for_tags(found.index, spec, target.index);
        }
        let mut add = |classifier| {
            let request = tc::add_filter(
                found.index,
                spec.way,
                spec.priority,
                spec.copies,
                target.index,
                classifier,
            );
            self.socket.change(request, NLM_F_CREATE | NLM_F_EXCL)
        };
        let answer = match add(Classifier::MatchAll) {
            Err(failure) if failure.errno == Errno::NOENT => add(Classifier::U32),
            answer => answer,
        };
        vanished_or(answer)
    }

    /// Adds the filters of a mirror of VLANs, all or none.
    fn add_for_tags(
        &mut self,
        index: u32,
        spec: &FilterSpec,
        target: u32,
    ) -> Result<Undone, Failure> {
        for request in tc_flower::add(index, spec.way, spec.priority, &spec.frames, target) {
            let answer = self.socket.change(request, NLM_F_CREATE | NLM_F_EXCL);
            let Err(failure) = answer else { continue };
            // Those before it; where it was the first, there is nothing to remove.
            let _ = self
                .socket
                .change(tc::remove_filter(index, spec.way, spec.priority), 0);
            return vanished_or(Err(match failure.errno {
                Errno::NOENT => Failure {
                    errno: Errno::OPNOTSUPP,
                    text: Some(
                        "the kernel has no module cls_flower, which tells VLANs apart".to_owned(),
                    ),
                },
                _ => failure,
            }));
        }
        Ok(Undone::Done)
    }

    fn stamp(&mut self, link: &LinkRef, stamp: Stamp, present: bool) -> Result<Undone, Failure> {
        let Some((found, now)) = self.traffic_of(link)? else {
            return Ok(Undone::Vanished);
        };
        let there = now
            .filters
            .iter()
            .find(|filter| filter.way == Way::Ingress && filter.priority == stamp.priority());
        let is_it = |filter: &Filter| filter.is_ours && filter.deed == Deed::Stamp(stamp);
        match (present, there) {
            (true, Some(filter)) if is_it(filter) => Ok(Undone::AlreadySo),
            (true, Some(_)) => Err(Failure::new(Errno::EXIST)),
            (true, None) => {
                let request = tc_stamp::add(found.index, stamp);
                let answer = self.socket.change(request, NLM_F_CREATE | NLM_F_EXCL);
                vanished_or(answer.map_err(|failure| match failure.errno {
                    Errno::NOENT => Failure {
                        errno: Errno::OPNOTSUPP,
                        text: Some(format!(
                            "the kernel has no module {} or cls_matchall",
                            tc_stamp::modules(stamp)
                        )),
                    },
                    _ => failure,
                }))
            }
            (false, None) => Ok(Undone::AlreadySo),
            (false, Some(filter)) if !is_it(filter) => Ok(Undone::Vanished),
            (false, Some(_)) => {
                let request = tc::remove_filter(found.index, Way::Ingress, stamp.priority());
                vanished_or(self.socket.change(request, 0))
            }
        }
    }

    /// Removes the filters of this way and priority, where each is one of these.
    fn remove_filters(
        &mut self,
        link: &LinkRef,
        way: Way,
        priority: u16,
        is_one: fn(&Filter) -> bool,
    ) -> Result<Undone, Failure> {
        let Some((found, now)) = self.traffic_of(link)? else {
            return Ok(Undone::AlreadySo);
        };
        let there = now
            .filters
            .iter()
            .filter(|filter| filter.way == way && filter.priority == priority);
        // All of a priority go at once.
        match there.map(is_one).reduce(|all, one| all && one) {
            None => Ok(Undone::AlreadySo),
            Some(false) => Ok(Undone::Vanished),
            Some(true) => {
                let request = tc::remove_filter(found.index, way, priority);
                vanished_or(self.socket.change(request, 0))
            }
        }
    }
}
