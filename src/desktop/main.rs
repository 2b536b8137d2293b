// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! The window of Nova.

mod affinity_draft;
mod bond_draft;
mod bridge_draft;
mod bridge_value;
mod candidate_row;
mod card;
mod card_fact;
mod card_row;
mod card_view;
mod change_flow;
mod chart_item;
mod chart_row;
mod chart_source;
mod conduct;
mod draft;
#[cfg(test)]
mod fixture;
mod flow;
mod follow;
mod form;
mod history_row;
mod host_card_row;
mod kde;
mod keeper_row;
mod learned_row;
mod limit;
mod limit_draft;
mod limit_row;
mod list_base;
mod member_row;
mod mirror_draft;
mod mirror_row;
mod mtu_draft;
mod network_row;
mod network_view;
mod openflow_row;
mod ovs_creation;
mod ovs_new_port;
mod ovs_port_draft;
mod ovs_switch_draft;
mod ovs_switch_fact;
mod ovs_value;
mod paint;
mod port_draft;
mod port_row;
mod query;
mod query_view;
mod row;
mod row_model;
mod runtime;
mod session;
mod spark;
mod sparkline;
mod stp_fact;
mod sub_interface;
mod switch;
mod switch_fact;
mod switch_row;
mod switch_view;
mod topology_fact;
mod topology_lens;
mod topology_path;
mod topology_row;
mod topology_scene;
mod topology_view;
mod view;
mod vlan_choice;
mod vlan_draft;
mod wish;
mod world;

use cxx_qt_lib::{QQmlApplicationEngine, QQuickStyle, QString, QUrl};
use cxx_qt_lib_extras::QApplication;

/// Where the build puts the QML files of this package.
const MAIN_QML: &str = "qrc:/qt/qml/org/nova/networking/qml/Main.qml";

/// Names the folder that a debug build reads its QML files from instead.
const QML_FOLDER: &str = "NOVA_QML_DIR";

fn main() {
    cxx_qt::init_crate!(cxx_qt_lib);
    cxx_qt::init_crate!(cxx_qt_lib_extras);
    cxx_qt::init_qml_module!("org.nova.networking");

    let mut app = QApplication::new();
    kde::introduce(&QString::from(env!("CARGO_PKG_VERSION")));
    if std::env::var_os("QT_QUICK_CONTROLS_STYLE").is_none() {
        QQuickStyle::set_style(&QString::from("org.kde.desktop"));
    }
    let mut engine = QQmlApplicationEngine::new();
    if let Some(mut engine) = engine.as_mut() {
        kde::claim_instance(engine.as_mut());
        kde::translate(engine.as_mut());
        if let (true, Ok(folder)) = (cfg!(debug_assertions), std::env::var(QML_FOLDER)) {
            kde::read_source(engine.as_mut(), &QString::from(folder));
        }
        topology_view::start();
        runtime::start();
        engine.as_mut().load(&QUrl::from(MAIN_QML));
        kde::show(engine);
    }
    let code = app.as_mut().map_or(1, QApplication::exec);
    std::process::exit(code);
}
