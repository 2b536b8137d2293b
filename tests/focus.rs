// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Where the keyboard is in the window: what gets the focus as keys are
//! struck, and what can be used that they should reach.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use zbus5::zvariant::{Structure, Value};

use atspi::proxy::accessible::AccessibleProxy;
use atspi::proxy::proxy_ext::ProxyExt as _;
use atspi::{CoordType, Role, State};

use crate::keyboard::Keyboard;
use crate::person::{Person, Sight, Thing, actions_of};
use crate::program::within;

/// How long a key may take to move the focus.
const MOVE: Duration = Duration::from_secs(5);
/// How soon after one thing another gets it by the same key: a list hands the
/// focus on to its row.
const HAND_ON: Duration = Duration::from_millis(15);
/// How long an arrow key may take where another one may be meant.
const AROUND: Duration = Duration::from_secs(1);
/// What may consist of parts that are controls, too.
const FIELDS: [Role; 4] = [
    Role::Text,
    Role::SpinButton,
    Role::ComboBox,
    Role::RadioButton,
];
/// How often the focus is moved before one says that it does not come round.
const MOST: usize = 120;

/// A person who uses the keyboard alone and hears what gets the focus.
#[derive(Debug)]
pub struct Focus<'a> {
    person: &'a Person,
    keyboard: Keyboard,
    /// Dropped inside the runtime, which it needs to say that it leaves.
    heard: Option<zbus5::MessageStream>,
}

impl Drop for Focus<'_> {
    fn drop(&mut self) {
        let _inside = self.person.runtime.enter();
        self.heard = None;
    }
}

impl<'a> Focus<'a> {
    /// Lays the hands on the keyboard.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    #[allow(clippy::expect_used)]
    pub fn of(person: &'a Person) -> Self {
        person.turns_to_the_window();
        let rule = "type='signal',interface='org.a11y.atspi.Event.Object',\
                    member='StateChanged',arg0='focused'";
        let heard = person.runtime.block_on(async {
            let connection = person.connection.connection();
            // A window tells what gets the focus only where somebody listens.
            let _ = connection
                .call_method(
                    Some("org.a11y.atspi.Registry"),
                    "/org/a11y/atspi/registry",
                    Some("org.a11y.atspi.Registry"),
                    "RegisterEvent",
                    &("Object:StateChanged:Focused", Vec::<String>::new(), ""),
                )
                .await?;
            zbus5::MessageStream::for_match_rule(rule, connection, Some(64)).await
        });
        let mut focus = Self {
            person,
            keyboard: Keyboard::of_the_desktop(),
            heard: Some(heard.expect("the bus of assistive tools answers")),
        };
        // The window hears of the listener while one strikes.
        let heard = within(30, || focus.strikes("Tab").is_some());
        assert!(
            heard,
            "no key moves the focus; there is {}",
            person.describes()
        );
        focus
    }

    /// Strikes a key; what has the focus then, if that is another than before.
    pub fn strikes(&mut self, key: &str) -> Option<Place> {
        self.tries(key, MOVE)
    }

    /// Strikes a key that may as well move nothing, and waits for this long.
    pub fn tries(&mut self, key: &str, patience: Duration) -> Option<Place> {
        let heard = self.heard.as_mut()?;
        while heard.next().now_or_never().flatten().is_some() {}
        self.keyboard.strikes(key);
        let mut at = None;
        self.person.runtime.block_on(async {
            let mut patience = patience;
            while let Ok(Some(Ok(said))) = tokio::time::timeout(patience, heard.next()).await {
                let (header, body) = (said.header(), said.body());
                // What follows the number differs among those who send it.
                let told: Result<Structure<'_>, _> = body.deserialize();
                let is_on = told.is_ok_and(|told| told.fields().get(1) == Some(&Value::I32(1)));
                if let (true, Some(sender), Some(path)) = (is_on, header.sender(), header.path()) {
                    at = Some((sender.to_string(), path.to_string()));
                    patience = HAND_ON;
                }
            }
        });
        let (sender, path) = at?;
        self.person.place(sender, path)
    }

    /// Goes on with Tab until the focus comes round: all stops, from the next.
    ///
    /// # Panics
    /// Where Tab moves nothing, or never comes round.
    pub fn goes_round(&mut self) -> Vec<Place> {
        let mut stops: Vec<Place> = Vec::new();
        while let Some(stop) = self.strikes("Tab") {
            if stops.iter().any(|before| before.path == stop.path) {
                return stops;
            }
            assert!(
                stops.len() < MOST,
                "Tab never comes round: {:#?}",
                stops
                    .iter()
                    .map(|stop| stop.thing.to_string())
                    .collect::<Vec<_>>()
            );
            stops.push(stop);
        }
        panic!(
            "Tab leads nowhere after {:?}; there is {}",
            stops.last().map(|stop| stop.thing.to_string()),
            self.person.describes()
        );
    }

    /// Goes on with Tab to this stop, or, where it is a row that is not there any
    /// more, to the one that its list has the focus on now: what is learned is
    /// forgotten, too. Where that is.
    ///
    /// # Panics
    /// Where Tab does not get there before it comes round twice.
    fn goes_to(&mut self, to: &Place) -> Place {
        let mut passed: Vec<Place> = Vec::new();
        for _ in 0..MOST {
            let Some(stop) = self.strikes("Tab") else {
                continue;
            };
            if stop.path == to.path
                || passed.iter().any(|one| one.path == stop.path) && stop.is_row_beside(to)
            {
                return stop;
            }
            passed.push(stop);
        }
        panic!(
            "Tab does not get to {to:?} again; it went by {passed:#?}; there is {}",
            self.person.describes()
        );
    }

    /// Everything on the screen, and where in it the controls of the dialog of
    /// this title are, or else of the window.
    fn controls(&self, dialog: Option<&str>, spared: &[&str]) -> (Vec<Place>, Vec<usize>) {
        let mut found = (Vec::new(), Vec::new());
        let shown = within(30, || {
            let places = self.person.places();
            let is_inside = |at: usize| {
                let in_dialog =
                    |title| up(&places, at).any(|one| one.is_called(Role::Dialog, title));
                dialog.is_none_or(in_dialog)
            };
            let is_spared = |at: usize| {
                let mut lists = up(&places, at).filter(|one| one.thing.role == Role::List);
                lists.any(|list| spared.contains(&list.thing.name.as_str()))
            };
            let controls = (0..places.len())
                .filter(|&at| places[at].is_control() && is_inside(at) && !is_spared(at))
                .collect();
            found = (places, controls);
            !found.1.is_empty()
        });
        assert!(shown, "there is nothing to use in {dialog:?}");
        found
    }

    /// The controls of the dialog of this title, or else of the window, that
    /// neither Tab nor the arrow keys reach. Those of `spared` lists are not
    /// looked for.
    ///
    /// # Panics
    /// Where Tab does not come round.
    pub fn misses(&mut self, dialog: Option<&str>, spared: &[&str]) -> Missed {
        let (places, mut missing) = self.controls(dialog, spared);
        let mut stops = self.goes_round();
        // A box around a field is reached with it, and so is what a field consists
        // of.
        let is_of = |part: usize, field: &Place| {
            FIELDS.contains(&field.thing.role)
                && up(&places, part).any(|one| one.path == field.path)
        };
        let is_at = |at: usize, stop: &Place| {
            let inside = places.iter().position(|place| place.path == stop.path);
            places[at].path == stop.path
                || is_of(at, stop)
                || inside.is_some_and(|inside| is_of(inside, &places[at]))
        };
        let place_of = |stop: &Place| places.iter().position(|place| place.path == stop.path);
        let is_beside = |at: usize, from: usize| {
            let (one, other) = (&places[at], &places[from]);
            let is_same_kind = one.thing.role == other.thing.role && one.parent == other.parent;
            is_same_kind || one.parent == Some(from)
        };
        let is_by_arrows = |at: usize, stop: &Place| {
            let mut above = std::iter::successors(Some(at), |at| places[*at].parent);
            place_of(stop).is_some_and(|from| above.any(|at| is_beside(at, from)))
        };
        // Where a list hands the focus on late, that is taken for what the next key
        // did: whom one round goes by, another finds.
        for _ in 0..2 {
            let is_found = |&at: &usize| {
                let mut all = stops.iter();
                all.any(|stop| is_at(at, stop) || is_by_arrows(at, stop))
            };
            if missing.iter().all(is_found) {
                break;
            }
            for stop in self.goes_round() {
                if !stops.iter().any(|before| before.path == stop.path) {
                    stops.push(stop);
                }
            }
        }
        missing.retain(|&at| !stops.iter().any(|stop| is_at(at, stop)));
        // The rest of a list, or of the picture, is a matter of the arrow keys; that
        // of the tabs comes last, for they show something else then.
        let (tabs, others): (Vec<_>, Vec<_>) = stops
            .iter()
            .partition(|stop| stop.thing.role == Role::PageTab);
        for stop in others.into_iter().chain(tabs) {
            let Some(from) = place_of(stop) else {
                continue;
            };
            let rows: Vec<Row<'_>> = (0..places.len())
                .filter(|&row| is_beside(row, from))
                .filter_map(|row| Row::of(&places, row, &missing))
                .collect();
            if rows.is_empty() {
                continue;
            }
            let stop = self.goes_to(stop);
            let reached = if stop.thing.role == Role::Button {
                self.steers(&stop, &rows)
            } else {
                self.steps(&stop, &rows)
            };
            let is_reached = |at: usize| reached.iter().any(|one| one.is_same(&places[at]));
            missing.retain(|&at| !is_reached(at));
        }
        let names = missing.iter().map(|&at| places[at].thing.to_string());
        let unreached = names.collect();
        let mut over = over_the_edge(&places);
        over.extend(stops.iter().filter_map(|stop| beside_window(&places, stop)));
        Missed { unreached, over }
    }
}

impl Focus<'_> {
    /// Goes down a list from here, and then up, as far as there is something
    /// to reach, and from each row with Tab to what is in it; what was reached.
    /// Tabs stand side by side.
    fn steps(&mut self, from: &Place, rows: &[Row<'_>]) -> Vec<Place> {
        let mut reached: Vec<Place> = Vec::new();
        let keys = if from.thing.role == Role::PageTab {
            ["Right", "Left"]
        } else {
            ["Down", "Up"]
        };
        let order = |place: &Place| (place.extents.1, place.extents.0);
        for (key, is_below) in keys.into_iter().zip([true, false]) {
            let is_ahead = |row: &&Row<'_>| (order(row.place) > order(from)) == is_below;
            let mut ahead: Vec<&Row<'_>> = rows.iter().filter(is_ahead).collect();
            while !ahead.is_empty() {
                let Some(now) = self.strikes(key) else {
                    break;
                };
                let found = ahead.iter().position(|row| row.place.is_same(&now));
                if let Some(at) = found {
                    let parts = ahead.remove(at).parts;
                    let inside: Vec<Place> =
                        (0..parts).filter_map(|_| self.strikes("Tab")).collect();
                    for _ in &inside {
                        let _ = self.strikes("shift+Tab");
                    }
                    reached.extend(inside);
                }
                reached.push(now);
            }
        }
        reached
    }

    /// Goes from one thing of the picture to the others by the arrow keys that
    /// point there; what was reached.
    fn steers(&mut self, from: &Place, to: &[Row<'_>]) -> Vec<Place> {
        let mut now = from.clone();
        let mut reached: Vec<Place> = Vec::new();
        for Row { place: to, .. } in to {
            for _ in 0..20 {
                if reached.iter().any(|at| at.is_same(to)) {
                    break;
                }
                let (x, y) = (
                    to.centre().0 - now.centre().0,
                    to.centre().1 - now.centre().1,
                );
                let across = if x < 0 { "Left" } else { "Right" };
                let down = if y < 0 { "Up" } else { "Down" };
                let ways = if x.abs() > y.abs() {
                    [across, down]
                } else {
                    [down, across]
                };
                let Some(next) = ways.iter().find_map(|way| self.tries(way, AROUND)) else {
                    break;
                };
                reached.push(next.clone());
                now = next;
            }
        }
        reached
    }
}

/// A row of a list, with how many controls in it Tab has not reached.
struct Row<'p> {
    place: &'p Place,
    parts: usize,
}

impl<'p> Row<'p> {
    /// The thing at this place, if it or something in it is missing.
    fn of(places: &'p [Place], row: usize, missing: &[usize]) -> Option<Self> {
        let place = &places[row];
        let is_in = |at: &&usize| up(places, **at).any(|one| one.path == place.path);
        let inside = missing.iter().filter(is_in).count();
        let parts = inside - usize::from(missing.contains(&row));
        (inside > 0).then_some(Self { place, parts })
    }
}

/// What is wrong with a place for those who use the keyboard.
#[derive(Debug)]
pub struct Missed {
    /// What the keyboard does not reach.
    pub unreached: Vec<String>,
    /// What is over the edge of the window.
    pub over: Vec<String>,
}

/// A thing and all it is part of.
fn up(places: &[Place], at: usize) -> impl Iterator<Item = &Place> {
    std::iter::successors(Some(&places[at]), |place| Some(&places[place.parent?]))
}

/// A thing on the screen and where it is.
#[derive(Clone, Debug)]
pub struct Place {
    /// What is there, with what can be done with it.
    pub thing: Thing,
    /// What tells it from others that are called the same.
    pub path: String,
    /// Left, top, width and height in pixels of the screen.
    pub extents: (i32, i32, i32, i32),
    /// Where in the same list that is which it is part of.
    pub parent: Option<usize>,
}

impl Place {
    /// Whether both are one thing: a list gives a row that is out of sight to
    /// another thing, and the name of some tells how they are.
    fn is_same(&self, other: &Self) -> bool {
        self.path == other.path || self.is_called(other.thing.role, &other.thing.name)
    }

    /// Whether both are rows, one below the other.
    fn is_row_beside(&self, other: &Self) -> bool {
        let column = |place: &Self| {
            let (left, _, width, _) = place.extents;
            (place.thing.role == Role::ListItem).then_some((left, width))
        };
        column(self).is_some() && column(self) == column(other)
    }

    const fn centre(&self) -> (i32, i32) {
        let (left, top, width, height) = self.extents;
        (left + width / 2, top + height / 2)
    }

    fn is_called(&self, role: Role, name: &str) -> bool {
        self.thing.role == role && self.thing.name == name
    }

    /// Whether it is something to use, now or once one has scrolled to it or it is
    /// enabled. What holds others is none, nor a text that can only be copied.
    fn takes_part(&self) -> bool {
        let others = [
            Role::Dialog,
            Role::Filler,
            Role::Label,
            Role::List,
            Role::PageTabList,
            Role::Panel,
            Role::ScrollBar,
        ];
        let is_there = |state| self.thing.states.contains(state);
        let is_written = is_there(State::Editable) && !is_there(State::ReadOnly);
        let is_read = self.thing.role == Role::Text && !is_written;
        let is_focusable = is_there(State::Focusable) && is_there(State::Visible);
        self.is_control() || is_focusable && !is_read && !others.contains(&self.thing.role)
    }

    /// Whether somebody can use it now.
    #[must_use]
    pub fn is_control(&self) -> bool {
        let fields = [Role::Text, Role::Entry, Role::SpinButton, Role::Slider];
        let is_usable = self.thing.is_showing() && self.thing.states.contains(State::Enabled);
        let acts = |action: &String| matches!(action.as_str(), "Press" | "Toggle" | "ShowMenu");
        let is_field = fields.contains(&self.thing.role)
            && self.thing.states.contains(State::Editable)
            && !self.thing.states.contains(State::ReadOnly);
        is_usable && (is_field || self.thing.actions.iter().any(acts))
    }
}

impl Person {
    /// Everything on the screen with its place.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        self.runtime.block_on(async {
            let seen = self.walk(Sight::InFront, None, |_| false).await;
            let places = seen.into_iter().map(|seen| async move {
                let mut thing = seen.thing;
                let extents = if thing.is_showing() {
                    thing.actions = actions_of(&seen.proxy).await;
                    extents_of(&seen.proxy).await
                } else {
                    (0, 0, 0, 0)
                };
                Place {
                    thing,
                    path: seen.proxy.inner().path().to_string(),
                    extents,
                    parent: seen.parent,
                }
            });
            futures_util::future::join_all(places).await
        })
    }

    fn place(&self, application: String, path: String) -> Option<Place> {
        self.runtime.block_on(async {
            let proxy = AccessibleProxy::builder(self.connection.connection())
                .destination(application)
                .ok()?
                .path(path.clone())
                .ok()?
                .cache_properties(zbus5::proxy::CacheProperties::No)
                .build()
                .await
                .ok()?;
            let thing = Thing {
                role: proxy.get_role().await.ok()?,
                name: proxy.name().await.ok()?,
                description: proxy.description().await.unwrap_or_default(),
                states: proxy.get_state().await.ok()?,
                actions: actions_of(&proxy).await,
            };
            Some(Place {
                thing,
                path,
                extents: extents_of(&proxy).await,
                parent: None,
            })
        })
    }
}

/// The controls that reach over the edge of the window, but for those that are
/// beyond the edge of something that scrolls.
#[must_use]
pub fn over_the_edge(places: &[Place]) -> Vec<String> {
    let bars = places
        .iter()
        .filter(|place| place.thing.role == Role::ScrollBar);
    let scrolled: Vec<usize> = bars.filter_map(|bar| bar.parent).collect();
    let scrolls = |at: usize| {
        let mut above = std::iter::successors(Some(at), |&at| places[at].parent);
        above.any(|at| places[at].thing.role == Role::List || scrolled.contains(&at))
    };
    let is_over = |&at: &usize| {
        let (_, top, _, height) = window(places);
        let (_, y, _, down) = places[at].extents;
        let is_below = (y < top || y + down > top + height) && !scrolls(at);
        is_below || beside_window(places, &places[at]).is_some()
    };
    let controls = (0..places.len()).filter(|&at| places[at].is_control());
    let over = controls.filter(is_over);
    over.map(|at| format!("{} at {:?}", places[at].thing, places[at].extents))
        .collect()
}

/// What is wrong with the names of the controls in the dialog of this title: one
/// has none, or two of a kind have the same, and are not rows of a list. Also of
/// those that one would have to scroll to.
#[must_use]
pub fn misnamed(places: &[Place], dialog: &str) -> Vec<String> {
    let is_meant = |&at: &usize| {
        let in_dialog = up(places, at).any(|one| one.is_called(Role::Dialog, dialog));
        in_dialog && places[at].takes_part()
    };
    let is_row = |at: usize| up(places, at).any(|one| one.thing.role == Role::List);
    let mut wrong = Vec::new();
    let mut known = BTreeSet::new();
    for at in (0..places.len()).filter(is_meant) {
        let Thing { role, name, .. } = &places[at].thing;
        if name.trim().is_empty() {
            let around: Vec<String> = up(places, at).map(|it| it.thing.to_string()).collect();
            wrong.push(format!("without a name: {}", around.join(", in ")));
        } else if !is_row(at) && !known.insert((role.to_string(), name)) {
            wrong.push(format!("twice: {}", places[at].thing));
        }
    }
    wrong
}

/// Where the window is.
fn window(places: &[Place]) -> (i32, i32, i32, i32) {
    let frame = places.iter().find(|place| place.thing.role == Role::Frame);
    frame.map(|frame| frame.extents).unwrap_or_default()
}

/// What is to be said of a thing that is not between the left and the right
/// edge of the window.
fn beside_window(places: &[Place], place: &Place) -> Option<String> {
    let (left, _, width, _) = window(places);
    let (x, _, across, _) = place.extents;
    let is_inside = x >= left && x + across <= left + width;
    (!is_inside).then(|| format!("{} at {:?}", place.thing, place.extents))
}

/// Whether all is to be looked at, as `make soak` does, or what has shown to
/// differ.
#[must_use]
pub fn is_everything() -> bool {
    std::env::var_os("NOVA_EVERYTHING").is_some()
}

async fn extents_of(proxy: &AccessibleProxy<'_>) -> (i32, i32, i32, i32) {
    let Ok(proxies) = proxy.proxies().await else {
        return (0, 0, 0, 0);
    };
    let Ok(component) = proxies.component().await else {
        return (0, 0, 0, 0);
    };
    let extents = component.get_extents(CoordType::Screen).await;
    extents.unwrap_or_default()
}
