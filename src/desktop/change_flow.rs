// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The change under way: what the review sheet, the progress and the bar to
//! keep or revert show, and the wishes they and the pages send.

#![allow(unsafe_code, reason = "a bridge to Qt")]

use std::pin::Pin;
use std::sync::Arc;

use cxx_qt::CxxQtType;
use cxx_qt_lib::{QString, QStringList};
use nova_model::NovaError;
use nova_model::change::{
    AttachPort, Change, ChangeSet, DeleteBond, DeleteSwitch, DeleteVlan, DetachPort, RemoveMirror,
    RemoveQos, SetLink,
};
use nova_model::name::InterfaceName;

use crate::flow::Stage;
use crate::follow::follow;
use crate::history_row::{commands, sentence};
use crate::list_base::string_list;
use crate::wish::Wish;
use crate::world::{Topic, World, hub};

#[cxx_qt::bridge]
pub mod ffi {
    unsafe extern "C++" {
        include!("cxx-qt-lib/qstring.h");
        type QString = cxx_qt_lib::QString;
        include!("cxx-qt-lib/qstringlist.h");
        type QStringList = cxx_qt_lib::QStringList;
    }

    #[auto_cxx_name]
    extern "RustQt" {
        #[qobject]
        #[qml_element]
        #[qml_singleton]
        #[qproperty(QString, stage, READ, NOTIFY = changed)]
        #[qproperty(QString, title, READ, NOTIFY = changed)]
        #[qproperty(QStringList, effects, READ, NOTIFY = changed)]
        #[qproperty(QStringList, notices, READ, NOTIFY = changed)]
        #[qproperty(QStringList, keeping, READ, NOTIFY = changed)]
        #[qproperty(QString, commands, READ, NOTIFY = changed)]
        #[qproperty(bool, is_empty, READ, NOTIFY = changed)]
        #[qproperty(i32, steps, READ, NOTIFY = changed)]
        #[qproperty(i32, done, READ, NOTIFY = changed)]
        /// Seconds that the plan itself asks for to keep it, 0 where it asks for none.
        #[qproperty(i32, asked_seconds, READ, NOTIFY = changed)]
        #[qproperty(i32, seconds, READ, NOTIFY = changed)]
        #[qproperty(QString, error_text, READ, NOTIFY = changed)]
        #[qproperty(QString, error_remedy, READ, NOTIFY = changed)]
        #[qproperty(QString, error_icon, READ, NOTIFY = changed)]
        type ChangeFlow = super::ChangeFlowRust;

        #[qsignal]
        fn changed(self: Pin<&mut ChangeFlow>);
        /// Something has happened; `undo` names the change to undo, if one can.
        #[qsignal]
        fn told(
            self: Pin<&mut ChangeFlow>,
            text: &QString,
            remedy: &QString,
            is_failure: bool,
            undo: &QString,
        );

        #[qinvokable]
        fn delete_switch(self: &ChangeFlow, name: &QString, foreign: bool);
        #[qinvokable]
        fn attach_ports(self: &ChangeFlow, switch_name: &QString, ports: &QStringList);
        #[qinvokable]
        fn detach_port(self: &ChangeFlow, switch_name: &QString, port: &QString);
        #[qinvokable]
        fn set_link(self: &ChangeFlow, name: &QString, up: bool);
        #[qinvokable]
        fn remove_mirror(self: &ChangeFlow, switch_name: &QString, mirror: &QString, foreign: bool);
        #[qinvokable]
        fn remove_limits(self: &ChangeFlow, port: &QString);
        #[qinvokable]
        fn delete_vlan(self: &ChangeFlow, name: &QString, foreign: bool);
        #[qinvokable]
        fn delete_bond(self: &ChangeFlow, name: &QString, foreign: bool);
        #[qinvokable]
        fn undo(self: &ChangeFlow, id: &QString);
        /// Undoes what the undo of this change left.
        #[qinvokable]
        fn revert_rest(self: &ChangeFlow, id: &QString);
        /// Plans anew, to be kept beyond the next boot by whom this word says.
        #[qinvokable]
        fn keep_by(self: &ChangeFlow, word: &QString);
        /// Has the change wait so many seconds to be kept, as long as the plan asks
        /// for with 0.
        #[qinvokable]
        fn apply(self: &ChangeFlow, seconds: i32);
        /// Plans anew what could not be done.
        #[qinvokable]
        fn review_again(self: &ChangeFlow);
        #[qinvokable]
        fn dismiss(self: &ChangeFlow);
        #[qinvokable]
        fn keep(self: &ChangeFlow);
        /// Has the change wait a minute longer.
        #[qinvokable]
        fn wait_longer(self: &ChangeFlow);
        /// Seconds until the change that waits is reverted.
        #[qinvokable]
        fn seconds_left(self: &ChangeFlow) -> f64;
        #[qinvokable]
        fn revert(self: &ChangeFlow);
    }

    impl cxx_qt::Threading for ChangeFlow {}
    impl cxx_qt::Initialize for ChangeFlow {}
}

/// What is shown of the change under way.
#[derive(Default)]
pub struct ChangeFlowRust {
    stage: QString,
    title: QString,
    effects: QStringList,
    notices: QStringList,
    keeping: QStringList,
    commands: QString,
    is_empty: bool,
    steps: i32,
    done: i32,
    asked_seconds: i32,
    seconds: i32,
    error_text: QString,
    error_remedy: QString,
    error_icon: QString,
    shown: Arc<Stage>,
    told: u64,
}

impl cxx_qt::Initialize for ffi::ChangeFlow {
    fn initialize(mut self: Pin<&mut Self>) {
        let world = hub().world();
        let told = world.notice.as_ref().map_or(0, |notice| notice.number);
        self.as_mut().rust_mut().told = told;
        *self.as_mut().rust_mut() = ChangeFlowRust::read(&world.stage, told);
        follow(&*self, |flow, topic, world| {
            if topic == Topic::Flow {
                flow.refresh(world);
            }
        });
    }
}

impl ffi::ChangeFlow {
    fn refresh(mut self: Pin<&mut Self>, world: &World) {
        if self.rust().shown != world.stage {
            let told = self.rust().told;
            *self.as_mut().rust_mut() = ChangeFlowRust::read(&world.stage, told);
            self.as_mut().changed();
        }
        if let Some(notice) = &world.notice
            && notice.number > self.rust().told
        {
            self.as_mut().rust_mut().told = notice.number;
            self.as_mut().told(
                &QString::from(&notice.text),
                &QString::from(&notice.remedy),
                notice.is_failure,
                &QString::from(&notice.undo),
            );
        }
    }

    fn delete_switch(&self, name: &QString, foreign: bool) {
        review(
            named(name)
                .map(|name| ChangeSet::from(Change::DeleteSwitch(DeleteSwitch { name, foreign }))),
        );
    }

    fn attach_ports(&self, switch_name: &QString, ports: &QStringList) {
        let attach = |port: &QString| {
            Ok(Change::AttachPort(AttachPort {
                switch: named(switch_name)?,
                port: named(port)?,
                moves: true,
            }))
        };
        let changes: Result<Vec<Change>, NovaError> = ports.iter().map(attach).collect();
        review(changes.map(ChangeSet::from));
    }

    fn detach_port(&self, switch_name: &QString, port: &QString) {
        review(named(switch_name).and_then(|switch| {
            let port = named(port)?;
            Ok(ChangeSet::from(Change::DetachPort(DetachPort {
                switch,
                port,
            })))
        }));
    }

    fn set_link(&self, name: &QString, up: bool) {
        review(named(name).map(|name| ChangeSet::from(Change::SetLink(SetLink { name, up }))));
    }

    fn remove_mirror(&self, switch_name: &QString, mirror: &QString, foreign: bool) {
        review(named(switch_name).and_then(|switch| {
            let name = mirror.to_string().parse()?;
            Ok(ChangeSet::from(Change::RemoveMirror(RemoveMirror {
                switch,
                name,
                foreign,
            })))
        }));
    }

    fn remove_limits(&self, port: &QString) {
        review(named(port).map(|port| ChangeSet::from(Change::RemoveQos(RemoveQos { port }))));
    }

    fn delete_vlan(&self, name: &QString, foreign: bool) {
        review(
            named(name)
                .map(|name| ChangeSet::from(Change::DeleteVlan(DeleteVlan { name, foreign }))),
        );
    }

    fn delete_bond(&self, name: &QString, foreign: bool) {
        review(
            named(name)
                .map(|name| ChangeSet::from(Change::DeleteBond(DeleteBond { name, foreign }))),
        );
    }

    fn undo(&self, id: &QString) {
        if let Ok(id) = id.to_string().parse() {
            hub().wish(Wish::ReviewUndo(id));
        }
    }

    fn revert_rest(&self, id: &QString) {
        if let Ok(id) = id.to_string().parse() {
            hub().wish(Wish::RevertRest(id));
        }
    }

    fn keep_by(&self, word: &QString) {
        let world = hub().world();
        let Stage::Review { plan, .. } = world.stage.as_ref() else {
            return;
        };
        review(word.to_string().parse().map(|persist| ChangeSet {
            persist,
            ..plan.changes.clone()
        }));
    }

    fn apply(&self, seconds: i32) {
        let seconds = u32::try_from(seconds).unwrap_or_default();
        hub().wish(Wish::Apply((seconds > 0).then_some(seconds)));
    }

    fn review_again(&self) {
        hub().wish(Wish::ReviewAgain);
    }

    fn dismiss(&self) {
        hub().wish(Wish::Dismiss);
    }

    fn keep(&self) {
        hub().wish(Wish::Keep);
    }

    fn wait_longer(&self) {
        hub().wish(Wish::Wait);
    }

    fn seconds_left(&self) -> f64 {
        match self.rust().shown.as_ref() {
            Stage::Keeping { wait, .. } => wait.left(),
            _ => 0.0,
        }
    }

    fn revert(&self) {
        hub().wish(Wish::Revert);
    }
}

impl ChangeFlowRust {
    fn read(stage: &Arc<Stage>, told: u64) -> Self {
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let plan = stage.plan();
        let error = stage.error();
        Self {
            stage: QString::from(stage.word()),
            title: plan
                .map(|plan| QString::from(&plan.title))
                .unwrap_or_default(),
            effects: plan
                .map(|plan| string_list(&plan.effects))
                .unwrap_or_default(),
            notices: plan
                .map(|plan| string_list(&plan.notices))
                .unwrap_or_default(),
            keeping: plan
                .map(|plan| string_list(&plan.keeping.effects))
                .unwrap_or_default(),
            commands: plan
                .map(|plan| QString::from(commands(plan)))
                .unwrap_or_default(),
            is_empty: plan.is_some_and(nova_model::plan::Plan::is_empty),
            steps: plan.map_or(0, |plan| count(plan.steps.len())),
            done: match stage.as_ref() {
                Stage::Applying { done, .. } => count(*done),
                _ => 0,
            },
            asked_seconds: plan
                .and_then(|plan| plan.confirm_within)
                .map_or(0, |seconds| i32::try_from(seconds).unwrap_or(i32::MAX)),
            seconds: match stage.as_ref() {
                Stage::Keeping { wait, .. } => i32::try_from(wait.seconds).unwrap_or(i32::MAX),
                _ => 0,
            },
            error_text: error
                .map(|error| QString::from(sentence(error)))
                .unwrap_or_default(),
            error_remedy: error
                .and_then(NovaError::remedy)
                .map(QString::from)
                .unwrap_or_default(),
            error_icon: error
                .map(|error| QString::from(error.kind().icon_name()))
                .unwrap_or_default(),
            shown: Arc::clone(stage),
            told,
        }
    }
}

fn named(name: &QString) -> Result<InterfaceName, NovaError> {
    name.to_string().parse()
}

/// Sends the changes to be planned; what cannot even be said is shown as the
/// failure it is.
pub fn review(changes: Result<ChangeSet, NovaError>) {
    match changes {
        Ok(changes) => hub().wish(Wish::Review(changes)),
        Err(error) => hub().publish(Topic::Flow, |world| {
            world.stage = Arc::new(Stage::Failed {
                plan: None,
                failed_at: None,
                error,
            });
        }),
    }
}
