// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! A person at the window of the lab's desktop: sees what the accessibility
//! tree shows and presses what can be pressed there, as a screen reader would.

use atspi::proxy::accessible::{AccessibleProxy, ObjectRefExt as _};
use atspi::proxy::proxy_ext::ProxyExt as _;
use atspi::{AccessibilityConnection, CoordType, Role, State, StateSet};
use futures_util::future::join_all;

use crate::program::{become_user, run_as, within};

/// User id of the lab's user `nova`, whose desktop it is.
const UID: u32 = 1000;
/// How many seconds a person waits for something to appear: longer before a
/// machine that is emulated.
fn patience() -> u64 {
    if crate::machine::is_here() { 120 } else { 30 }
}

/// One thing on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub role: Role,
    /// Its accessible name.
    pub name: String,
    /// Its accessible description.
    pub description: String,
    /// Whether it can be seen and used now, is chosen, is marked.
    pub states: StateSet,
    /// What can be done with it; only [`Person::looks`] asks for that.
    pub actions: Vec<String>,
}

impl Thing {
    /// Whether it can be seen.
    #[must_use]
    pub fn is_showing(&self) -> bool {
        self.states.contains(State::Showing)
    }

    /// Whether its name or description contains these words.
    #[must_use]
    pub fn says(&self, words: &str) -> bool {
        self.name.contains(words) || self.description.contains(words)
    }
}

impl std::fmt::Display for Thing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} \"{}\"", self.role, self.name)?;
        if !self.description.is_empty() {
            write!(f, " ({})", self.description)?;
        }
        let told = [
            (State::Focused, "focused"),
            (State::Selected, "selected"),
            (State::Checked, "checked"),
        ];
        for (state, word) in told {
            if self.states.contains(state) {
                write!(f, " {word}")?;
            }
        }
        if !self.states.contains(State::Enabled) {
            write!(f, " disabled")?;
        }
        if !self.states.contains(State::Showing) {
            write!(f, " hidden")?;
        }
        write!(f, " [{}]", self.actions.join(" "))
    }
}

/// A person in front of the running window of one application.
#[derive(Debug)]
pub struct Person {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) connection: AccessibilityConnection,
    application: &'static str,
}

impl Person {
    /// Sits down at the desktop of user `nova`.
    ///
    /// # Panics
    /// Where there is no desktop; `tests/lab/lab desktop up` starts it.
    #[must_use]
    #[allow(clippy::expect_used)]
    pub fn sit_down(application: &'static str) -> Self {
        // A session bus talks to its own user only: this thread is that user
        // while it introduces itself.
        become_user(UID);
        let person = Self::connect(application);
        become_user(0);
        person
    }

    #[allow(clippy::expect_used)]
    fn connect(application: &'static str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime for the bus");
        let connection = runtime
            .block_on(async {
                let session = zbus5::connection::Builder::address(
                    format!("unix:path=/run/user/{UID}/bus").as_str(),
                )?
                .build()
                .await?;
                let answer = session
                    .call_method(
                        Some("org.a11y.Bus"),
                        "/org/a11y/bus",
                        Some("org.a11y.Bus"),
                        "GetAddress",
                        &(),
                    )
                    .await?;
                let address: String = answer.body().deserialize()?;
                AccessibilityConnection::from_address(address.parse()?)
                    .await
                    .map_err(|error| zbus5::Error::Failure(error.to_string()))
            })
            .expect("the desktop of the lab runs: tests/lab/lab desktop up");
        Self {
            runtime,
            connection,
            application,
        }
    }

    /// Everything on the screen of the application, top to bottom.
    #[must_use]
    pub fn looks(&self) -> Vec<Thing> {
        self.runtime.block_on(async {
            let mut things = Vec::new();
            for mut seen in self.walk(Sight::All, None, |_| false).await {
                seen.thing.actions = actions_of(&seen.proxy).await;
                things.push(seen.thing);
            }
            things
        })
    }

    /// The thing of this role and name, where it is on the screen now.
    #[must_use]
    pub fn sees(&self, role: Role, name: &str) -> Option<Thing> {
        let is_it = |thing: &Thing| thing.role == role && thing.name == name && thing.is_showing();
        let found = self.runtime.block_on(self.find(Some(role), is_it));
        found.map(|seen| seen.thing)
    }

    /// The first thing on the screen now that is it.
    #[must_use]
    pub fn sees_where(&self, is_it: impl Fn(&Thing) -> bool) -> Option<Thing> {
        let is_shown = |thing: &Thing| thing.is_showing() && is_it(thing);
        let found = self.runtime.block_on(self.find(None, is_shown));
        found.map(|seen| seen.thing)
    }

    /// Whether any text on the screen contains these words now.
    #[must_use]
    pub fn reads(&self, words: &str) -> bool {
        let is_it = |thing: &Thing| thing.is_showing() && thing.says(words);
        self.runtime.block_on(self.find(None, is_it)).is_some()
    }

    /// Waits until these words are on the screen.
    ///
    /// # Panics
    /// Where they do not appear; the message lists what is there instead.
    pub fn waits_for(&self, words: &str) {
        let met = within(patience(), || self.reads(words));
        assert!(
            met,
            "\"{words}\" does not appear; there is {}",
            self.describes()
        );
    }

    /// Presses the thing of this role and name, once it is there and enabled.
    ///
    /// # Panics
    /// Where it does not appear, or offers no action.
    pub fn presses(&self, role: Role, name: &str) {
        let pressed = within(patience(), || {
            self.runtime
                .block_on(self.press(role, name))
                .unwrap_or(false)
        });
        assert!(
            pressed,
            "{role} \"{name}\" cannot be pressed; there is {}",
            self.describes()
        );
    }

    /// Leaves the dialog of this title by this button and waits until it has faded
    /// out: no other opens before.
    ///
    /// # Panics
    /// Where it stays.
    pub fn leaves(&self, title: &str, by: &str) {
        self.presses(Role::Button, by);
        let is_gone = within(patience(), || self.sees(Role::Dialog, title).is_none());
        assert!(is_gone, "{title} stays; there is {}", self.describes());
    }

    /// Presses the thing of this role whose name begins so and changes all the time,
    /// as that of a row with rates.
    ///
    /// # Panics
    /// As [`Self::presses`].
    pub fn presses_what_begins(&self, role: Role, begin: &str) {
        let is_it = |thing: &Thing| thing.role == role && thing.name.starts_with(begin);
        let press = |thing: Thing| self.runtime.block_on(self.press(role, &thing.name));
        let pressed = within(patience(), || {
            let seen = self.sees_where(is_it);
            seen.is_some_and(|thing| press(thing).unwrap_or(false))
        });
        assert!(
            pressed,
            "no {role} that begins \"{begin}\" can be pressed; there is {}",
            self.describes()
        );
    }

    /// Goes to the thing of this role and name with the keyboard's focus, as a
    /// screen reader does, also where one has to scroll to see it.
    ///
    /// # Panics
    /// Where it is not on the screen then.
    pub fn reaches(&self, role: Role, name: &str) {
        let reached = within(2 * patience(), || {
            let seen = self.runtime.block_on(self.focus(role, name));
            seen == Some(true)
        });
        assert!(
            reached,
            "{role} \"{name}\" is not reached; there is {}",
            self.describes()
        );
    }

    fn has_focus(&self, field: &str) -> bool {
        self.sees(Role::Text, field)
            .is_some_and(|thing| thing.states.contains(State::Focused))
    }

    /// Waits until what is typed goes into the field of this name.
    ///
    /// # Panics
    /// Where it does not get the focus by itself.
    pub fn waits_for_field(&self, field: &str) {
        assert!(
            within(patience(), || self.has_focus(field)),
            "nothing goes into {field:?}; there is {}",
            self.describes()
        );
    }

    /// Replaces the text of the field of this name by what is typed.
    ///
    /// # Panics
    /// Where there is no such field.
    pub fn types(&self, field: &str, text: &str) {
        let focused = within(patience(), || {
            // Not one that is hidden, of a page behind.
            if self.sees(Role::Text, field).is_some() {
                let _ = self.runtime.block_on(self.focus(Role::Text, field));
            }
            self.has_focus(field)
        });
        assert!(
            focused,
            "there is no field \"{field}\"; there is {}",
            self.describes()
        );
        self.strikes(&["ctrl+a"]);
        self.writes(text);
    }

    /// What stands in the field of this name.
    #[must_use]
    pub fn holds(&self, field: &str) -> Option<String> {
        self.runtime.block_on(self.text_of(field))
    }

    /// Sets the number in the field of this name.
    ///
    /// # Panics
    /// Where there is no such field.
    pub fn sets(&self, field: &str, value: f64) {
        let set = within(patience(), || {
            self.runtime
                .block_on(self.set_number(field, value))
                .is_some()
        });
        assert!(
            set,
            "there is no field \"{field}\"; there is {}",
            self.describes()
        );
    }

    /// Opens the list of this name and chooses an entry of it.
    ///
    /// # Panics
    /// Where there is no such list or entry.
    pub fn chooses(&self, list: &str, entry: &str) {
        let first: String = entry.chars().take(1).collect();
        // In a form a row, elsewhere a box.
        let roles = [Role::ListItem, Role::ComboBox];
        let is_chosen = || {
            let lists = roles.into_iter().filter_map(|role| self.sees(role, list));
            lists
                .into_iter()
                .any(|thing| thing.description.starts_with(entry))
        };
        let chosen = within(patience(), || {
            // While a dialog opens the box in a row may be there before the row.
            let press = |role| self.runtime.block_on(self.press(role, list));
            if !roles.into_iter().any(|role| press(role) == Some(true)) {
                return false;
            }
            // The entries of an open list offer no action, so it is the
            // keyboard's: a letter goes to the first entry that begins with it,
            // once the list has the focus.
            let shown = || self.sees(Role::ListItem, entry).is_some();
            if within(8, shown) {
                self.writes(&first);
                self.strikes(&["Return"]);
            }
            within(8, is_chosen)
        });
        assert!(
            chosen,
            "{entry:?} is not chosen in {list:?}; there is {}",
            self.describes()
        );
    }

    /// What is on the screen, a line a thing that has a name.
    #[must_use]
    pub fn describes(&self) -> String {
        let named = self
            .looks()
            .into_iter()
            .filter(|thing| !thing.name.is_empty());
        named.map(|thing| format!("\n  {thing}")).collect()
    }

    /// Types keys as `xdotool` names them (`ctrl+n`, `Return`) into the window.
    ///
    /// # Panics
    /// Where the window is not there.
    pub fn strikes(&self, keys: &[&str]) {
        self.by_hand("key", keys);
    }

    /// Types letters into the window, to whatever has the focus.
    ///
    /// # Panics
    /// Where the window is not there.
    pub fn writes(&self, text: &str) {
        self.by_hand("type", &[text]);
    }

    /// Brings the window to the front, where keys go to.
    ///
    /// # Panics
    /// Where the window is not there.
    pub fn turns_to_the_window(&self) {
        self.at_the_window(&[]);
    }

    /// Makes the window this large, in pixels.
    ///
    /// # Panics
    /// Where the window is not there.
    pub fn resizes(&self, width: u32, height: u32) {
        let (width, height) = (width.to_string(), height.to_string());
        self.at_the_window(&["windowsize", "--sync", &width, &height]);
    }

    /// Puts the window out of sight, with whatever has been typed into it.
    ///
    /// # Panics
    /// Where the window is not there.
    pub fn minimises(&self) {
        self.at_the_window(&["windowminimize", "--sync"]);
    }

    fn by_hand(&self, what: &str, words: &[&str]) {
        let mut line = vec![what, "--delay", "60"];
        line.extend(words);
        self.at_the_window(&line);
    }

    fn at_the_window(&self, doing: &[&str]) {
        let mut line = vec![
            "DISPLAY=:1",
            "xdotool",
            "search",
            "--onlyvisible",
            "--classname",
        ];
        line.extend(["^nova-desktop$", "windowactivate", "--sync"]);
        line.extend(doing);
        let done = within(patience(), || run_as("nova", "env", &line).code == 0);
        assert!(done, "{doing:?} cannot be done at the window");
    }

    async fn press(&self, role: Role, name: &str) -> Option<bool> {
        let is_it = |thing: &Thing| {
            let is_usable = thing.is_showing() && thing.states.contains(State::Enabled);
            thing.role == role && thing.name == name && is_usable
        };
        let Seen { proxy, .. } = self.find(Some(role), is_it).await?;
        // Setting the focus is an action, too, and not what is meant.
        let actions = actions_of(&proxy).await;
        let at = actions
            .iter()
            .position(|action| matches!(action.as_str(), "Press" | "Toggle" | "ShowMenu"))?;
        let action = proxy.proxies().await.ok()?.action().await.ok()?;
        action.do_action(i32::try_from(at).ok()?).await.ok()
    }

    /// Sets the focus on the first that is on the screen, or else on the first
    /// that is hidden; says whether it was on the screen.
    async fn focus(&self, role: Role, name: &str) -> Option<bool> {
        let mut found = self.walk(Sight::All, Some(role), |_| false).await;
        found.sort_by_key(|seen| !seen.thing.is_showing());
        for Seen { thing, proxy, .. } in found {
            if thing.name == name && thing.role == role {
                let component = proxy.proxies().await.ok()?.component().await.ok()?;
                let _ = component.grab_focus().await.ok()?;
                return Some(thing.is_showing());
            }
        }
        None
    }

    async fn text_of(&self, field: &str) -> Option<String> {
        let is_it =
            |thing: &Thing| thing.name == field && thing.role == Role::Text && thing.is_showing();
        let Seen { proxy, .. } = self.find(Some(Role::Text), is_it).await?;
        let text = proxy.proxies().await.ok()?.text().await.ok()?;
        text.get_text(0, -1).await.ok()
    }

    async fn set_number(&self, field: &str, value: f64) -> Option<()> {
        let is_it = |thing: &Thing| thing.name == field && thing.role == Role::SpinButton;
        let Seen { proxy, .. } = self.find(Some(Role::SpinButton), is_it).await?;
        let number = proxy.proxies().await.ok()?.value().await.ok()?;
        number.set_current_value(value).await.ok()
    }

    /// The first thing that is it, among those of pages and dialogs in front; of
    /// this role, where one is meant, and otherwise of what is shown.
    async fn find(&self, role: Option<Role>, is_it: impl Fn(&Thing) -> bool) -> Option<Seen<'_>> {
        let sight = match role {
            Some(_) => Sight::InFront,
            None => Sight::Shown,
        };
        let found = self.walk(sight, role, &is_it).await;
        found
            .into_iter()
            .next_back()
            .filter(|seen| is_it(&seen.thing))
    }

    /// The things of the application, up to the one that is searched for; what
    /// vanishes while one looks is left out. Each costs several calls to the
    /// window: where one role is meant, what is of another has no name here.
    pub(crate) async fn walk(
        &self,
        sight: Sight,
        role: Option<Role>,
        is_last: impl Fn(&Thing) -> bool,
    ) -> Vec<Seen<'_>> {
        let mut found = Vec::new();
        let Ok(desktop) = self.connection.root_accessible_on_registry().await else {
            return found;
        };
        let mut open = Vec::new();
        for child in desktop.get_children().await.unwrap_or_default() {
            let Ok(proxy) = child
                .into_accessible_proxy(self.connection.connection())
                .await
            else {
                continue;
            };
            if proxy
                .name()
                .await
                .is_ok_and(|name| name == self.application)
            {
                open.push((proxy, None));
            }
        }
        let mut level = open;
        while !level.is_empty() {
            let is_root = found.is_empty();
            let looked = level
                .into_iter()
                .map(|(proxy, parent)| self.look(sight, role, is_root, proxy, parent));
            level = Vec::new();
            for (seen, children) in join_all(looked).await.into_iter().flatten() {
                let at = found.len();
                let is_last = is_last(&seen.thing);
                found.push(seen);
                if is_last {
                    return found;
                }
                level.extend(children.into_iter().map(|child| (child, Some(at))));
            }
        }
        found
    }

    /// Looks at one thing: what it is, and what it consists of.
    async fn look<'a>(
        &'a self,
        sight: Sight,
        meant: Option<Role>,
        is_root: bool,
        proxy: AccessibleProxy<'a>,
        parent: Option<usize>,
    ) -> Option<(Seen<'a>, Vec<AccessibleProxy<'a>>)> {
        let states = proxy.get_state().await.unwrap_or_default();
        // Nothing is seen of what is on a page that is not; what has no size
        // is called invisible, too, but not what is in it.
        let is_hidden = !is_root && !states.contains(State::Visible);
        if sight != Sight::All && is_hidden && has_size(&proxy).await {
            return None;
        }
        let (role, parts) = tokio::join!(proxy.get_role(), proxy.get_children());
        let role = role.ok()?;
        let is_read = sight != Sight::Shown || states.contains(State::Showing);
        let (name, description) = match is_read && meant.is_none_or(|meant| meant == role) {
            true => tokio::join!(proxy.name(), proxy.description()),
            false => (Ok(String::new()), Ok(String::new())),
        };
        let mut children = Vec::new();
        for part in parts.unwrap_or_default() {
            children.extend(
                part.into_accessible_proxy(self.connection.connection())
                    .await,
            );
        }
        let thing = Thing {
            role,
            name: name.ok()?,
            description: description.unwrap_or_default(),
            states,
            actions: Vec::new(),
        };
        let seen = Seen {
            thing,
            proxy,
            parent,
        };
        Some((seen, children))
    }
}

/// A thing with its place in the tree.
pub(crate) struct Seen<'a> {
    pub(crate) thing: Thing,
    pub(crate) proxy: AccessibleProxy<'a>,
    /// Where in the same list that is which it is part of.
    pub(crate) parent: Option<usize>,
}

/// How far one looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// At what can be read on pages and dialogs that are in front; what one would
    /// have to scroll to has no name then.
    Shown,
    /// At pages and dialogs that are in front.
    InFront,
    /// At everything, also where one would have to go or to scroll first.
    All,
}

async fn has_size(proxy: &AccessibleProxy<'_>) -> bool {
    let Ok(proxies) = proxy.proxies().await else {
        return false;
    };
    let Ok(component) = proxies.component().await else {
        return false;
    };
    let extents = component.get_extents(CoordType::Screen).await;
    extents.is_ok_and(|(_, _, width, height)| width != 0 || height != 0)
}

pub(crate) async fn actions_of(proxy: &AccessibleProxy<'_>) -> Vec<String> {
    let Ok(proxies) = proxy.proxies().await else {
        return Vec::new();
    };
    let Ok(action) = proxies.action().await else {
        return Vec::new();
    };
    let actions = action.get_actions().await.unwrap_or_default();
    actions.into_iter().map(|action| action.name).collect()
}
