// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! What the frame of the window shows: the host, what Nova talks to, what is
//! missing, and the commands to libvirt.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;

use cxx_qt_lib::QString;
use nova_model::NovaError;
use nova_model::ovs::OvsView;
use nova_model::state::Service;

use crate::card::cards;
use crate::follow::{Mirror, mirror};
use crate::history_row::sentence;
use crate::switch::Switch;
use crate::wish::Wish;
use crate::world::{Topic, World, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
    }

    #[auto_cxx_name]
    extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[qml_singleton]
        #[qproperty(QString, host_name, READ, NOTIFY = changed)]
        #[qproperty(bool, has_picture, READ, NOTIFY = changed)]
        #[qproperty(QString, blind_text, READ, NOTIFY = changed)]
        #[qproperty(QString, blind_remedy, READ, NOTIFY = changed)]
        #[qproperty(QString, libvirt_text, READ, NOTIFY = changed)]
        #[qproperty(QString, libvirt_remedy, READ, NOTIFY = changed)]
        #[qproperty(bool, has_ovs, READ, NOTIFY = changed)]
        #[qproperty(bool, is_ovs_hidden, READ, NOTIFY = changed)]
        #[qproperty(QString, ovs_text, READ, NOTIFY = changed)]
        #[qproperty(QString, ovs_remedy, READ, NOTIFY = changed)]
        #[qproperty(QString, helper_text, READ, NOTIFY = changed)]
        #[qproperty(QString, helper_remedy, READ, NOTIFY = changed)]
        #[qproperty(i32, switch_count, READ, NOTIFY = changed)]
        #[qproperty(i32, card_count, READ, NOTIFY = changed)]
        #[qproperty(i32, network_count, READ, NOTIFY = changed)]
        type Session = super::SessionRust;

        #[qsignal]
        fn changed(self: Pin<&mut Session>);

        /// Asks the daemons again, now.
        #[qinvokable]
        fn retry(self: &Session);
        /// Starts a libvirt network.
        #[qinvokable]
        fn start_network(self: &Session, name: &QString);
        /// Stops a libvirt network.
        #[qinvokable]
        fn stop_network(self: &Session, name: &QString);
        /// Starts a libvirt network with the host, or not.
        #[qinvokable]
        fn set_autostart(self: &Session, name: &QString, on: bool);
        /// The text for what understands markup (messages, tooltips,
        /// notifications), to be read as it stands.
        #[qinvokable]
        fn verbatim(self: &Session, text: &QString) -> QString;
        /// The text for a button or a menu, where & would underline a letter.
        #[qinvokable]
        fn caption(self: &Session, text: &QString) -> QString;
    }

    impl cxx_qt::Threading for Session {}
    impl cxx_qt::Initialize for Session {}
}

/// What the frame shows. Texts are empty where nothing is missing.
#[derive(Clone, Default, PartialEq)]
pub struct SessionRust {
    host_name: QString,
    has_picture: bool,
    blind_text: QString,
    blind_remedy: QString,
    libvirt_text: QString,
    libvirt_remedy: QString,
    has_ovs: bool,
    is_ovs_hidden: bool,
    ovs_text: QString,
    ovs_remedy: QString,
    helper_text: QString,
    helper_remedy: QString,
    switch_count: i32,
    card_count: i32,
    network_count: i32,
}

impl cxx_qt::Initialize for ffi::Session {
    fn initialize(self: Pin<&mut Self>) {
        mirror(self);
    }
}

impl Mirror for ffi::Session {
    const TOPICS: &'static [Topic] = &[Topic::Picture, Topic::History];

    fn read(_: &Self::Rust, world: &World) -> Self::Rust {
        SessionRust::read(world)
    }

    fn tell(self: Pin<&mut Self>) {
        self.changed();
    }
}

impl ffi::Session {
    fn retry(&self) {
        hub().wish(Wish::Retry);
    }

    fn start_network(&self, name: &QString) {
        hub().wish(Wish::StartNetwork(name.to_string()));
    }

    fn stop_network(&self, name: &QString) {
        hub().wish(Wish::StopNetwork(name.to_string()));
    }

    fn verbatim(&self, text: &QString) -> QString {
        QString::from(&verbatim(&text.to_string()))
    }

    fn caption(&self, text: &QString) -> QString {
        QString::from(&text.to_string().replace('&', "&&"))
    }

    fn set_autostart(&self, name: &QString, on: bool) {
        hub().wish(Wish::SetAutostart(name.to_string(), on));
    }
}

impl SessionRust {
    fn read(world: &World) -> Self {
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let (blind_text, blind_remedy) = words(world.blind.as_ref());
        let (helper_text, helper_remedy) = words(world.helper.as_ref());
        let snapshot = world.snapshot.as_deref();
        let missing = snapshot.and_then(|snapshot| match &snapshot.virt {
            Service::Missing(error) => Some(error),
            Service::Available(_) => None,
        });
        let (libvirt_text, libvirt_remedy) = words(missing);
        let ovs = snapshot.map(|snapshot| &snapshot.host.ovs);
        let (ovs_text, ovs_remedy) = words(ovs.and_then(OvsView::trouble).as_ref());
        Self {
            host_name: QString::from(host_name()),
            has_picture: snapshot.is_some(),
            blind_text,
            blind_remedy,
            libvirt_text,
            libvirt_remedy,
            has_ovs: ovs.is_some_and(|ovs| *ovs != OvsView::NotInstalled),
            is_ovs_hidden: ovs == Some(&OvsView::Locked),
            ovs_text,
            ovs_remedy,
            helper_text,
            helper_remedy,
            switch_count: snapshot.map_or(0, |snapshot| count(Switch::all(snapshot).len())),
            card_count: snapshot.map_or(0, |snapshot| count(cards(snapshot).len())),
            network_count: snapshot
                .and_then(|snapshot| snapshot.virt.available())
                .map_or(0, |virt| count(virt.networks.len())),
        }
    }
}

fn words(error: Option<&NovaError>) -> (QString, QString) {
    let text = error.map(sentence).unwrap_or_default();
    let remedy = error.and_then(NovaError::remedy).unwrap_or_default();
    (QString::from(text), QString::from(remedy))
}

/// The name the kernel has for this host (`uname -n`).
fn host_name() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// Names of links and machines may hold anything. What guesses whether a text
/// is markup must not take one for it.
fn verbatim(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return text.to_owned();
    }
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('\n', "<br/>");
    format!("<span>{escaped}</span>")
}

#[cfg(test)]
mod tests {
    use super::verbatim;

    #[test]
    fn a_name_is_never_taken_for_markup() {
        assert_eq!(verbatim("br0 is up"), "br0 is up");
        assert_eq!(
            verbatim("<b>x</b> &lt;\nis up"),
            "<span>&lt;b&gt;x&lt;/b&gt; &amp;lt;<br/>is up</span>"
        );
    }
}
