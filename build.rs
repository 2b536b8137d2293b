// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

//! Builds the Qt side of the window: the bridges of `src/desktop`, the QML
//! module and the one C++ file that speaks to KDE Frameworks.

use std::path::Path;

use cxx_qt_build::{CxxQtBuilder, QmlModule};

/// Files of `src/desktop` that hold a bridge.
const BRIDGES: &[&str] = &[
    "src/desktop/card_view.rs",
    "src/desktop/change_flow.rs",
    "src/desktop/chart_item.rs",
    "src/desktop/form.rs",
    "src/desktop/kde.rs",
    "src/desktop/list_base.rs",
    "src/desktop/network_view.rs",
    "src/desktop/paint.rs",
    "src/desktop/query_view.rs",
    "src/desktop/row_model.rs",
    "src/desktop/session.rs",
    "src/desktop/sparkline.rs",
    "src/desktop/switch_view.rs",
    "src/desktop/topology_view.rs",
];

/// QML files; each file's stem is the name of its type.
const QML: &[&str] = &[
    "qml/Main.qml",
    "qml/MonitorPage.qml",
    "qml/PageEntry.qml",
    "qml/Pages.qml",
    "qml/Sidebar.qml",
    "qml/SidebarFoot.qml",
    "qml/SidebarItem.qml",
    "qml/TopologyPage.qml",
    "qml/charts/LinkChart.qml",
    "qml/charts/RangeChoice.qml",
    "qml/charts/TopTalkers.qml",
    "qml/charts/TrafficRow.qml",
    "qml/components/AdvancedCard.qml",
    "qml/components/AutostartSwitch.qml",
    "qml/components/BondChoices.qml",
    "qml/components/BridgeFields.qml",
    "qml/components/CandidateChoice.qml",
    "qml/components/ChoiceBox.qml",
    "qml/components/ChoiceField.qml",
    "qml/components/CommandDisclosure.qml",
    "qml/components/DialogColumn.qml",
    "qml/components/DirectionChoice.qml",
    "qml/components/ElidedLabel.qml",
    "qml/components/FactList.qml",
    "qml/components/FactRow.qml",
    "qml/components/FailureNotice.qml",
    "qml/components/FlagField.qml",
    "qml/components/FollowingRadio.qml",
    "qml/components/FollowingSwitch.qml",
    "qml/components/FormNotices.qml",
    "qml/components/FormTextField.qml",
    "qml/components/KeepBar.qml",
    "qml/components/KeepNotice.qml",
    "qml/components/Kept.qml",
    "qml/components/KeyedList.qml",
    "qml/components/LeaseList.qml",
    "qml/components/KeeperChoice.qml",
    "qml/components/WaitChoice.qml",
    "qml/components/ListPage.qml",
    "qml/components/ListState.qml",
    "qml/components/MachineList.qml",
    "qml/components/MemberChoice.qml",
    "qml/components/MemberList.qml",
    "qml/components/NumberField.qml",
    "qml/components/ObjectDelegate.qml",
    "qml/components/ObjectHeader.qml",
    "qml/components/OvsCreationFields.qml",
    "qml/components/OvsForwardingFields.qml",
    "qml/components/OvsOpenFlowFields.qml",
    "qml/components/OvsTreeChoice.qml",
    "qml/components/OvsTreeFields.qml",
    "qml/components/PartList.qml",
    "qml/components/PortList.qml",
    "qml/components/ReturnKey.qml",
    "qml/components/ReviewBar.qml",
    "qml/components/RowButton.qml",
    "qml/components/RowList.qml",
    "qml/components/SelectableRow.qml",
    "qml/components/SentenceList.qml",
    "qml/components/ServiceChip.qml",
    "qml/components/StateChip.qml",
    "qml/components/StepRow.qml",
    "qml/components/SymbolIcon.qml",
    "qml/components/Tabs.qml",
    "qml/components/TroubleNotice.qml",
    "qml/components/VlanFields.qml",
    "qml/dialogs/AffinityDialog.qml",
    "qml/dialogs/AttachDialog.qml",
    "qml/dialogs/BondDialog.qml",
    "qml/dialogs/BridgeCardDialog.qml",
    "qml/dialogs/FormDialog.qml",
    "qml/dialogs/HelpDialog.qml",
    "qml/dialogs/LimitDialog.qml",
    "qml/dialogs/MemberDialog.qml",
    "qml/dialogs/MirrorDialog.qml",
    "qml/dialogs/MtuDialog.qml",
    "qml/dialogs/OvsPortDialog.qml",
    "qml/dialogs/OvsSwitchDialog.qml",
    "qml/dialogs/PortDialog.qml",
    "qml/dialogs/ReviewDialog.qml",
    "qml/dialogs/StopNetworkDialog.qml",
    "qml/dialogs/SubInterfaceDialog.qml",
    "qml/dialogs/SwitchDialog.qml",
    "qml/dialogs/WishDialog.qml",
    "qml/pages/CardPage.qml",
    "qml/pages/CardsPage.qml",
    "qml/pages/ChangePage.qml",
    "qml/pages/HistoryPage.qml",
    "qml/pages/NetworkPage.qml",
    "qml/pages/NetworksPage.qml",
    "qml/pages/SwitchPage.qml",
    "qml/pages/SwitchesPage.qml",
    "qml/switch/FlowPanel.qml",
    "qml/switch/FlowRow.qml",
    "qml/switch/LearnedPanel.qml",
    "qml/switch/LearnedRow.qml",
    "qml/switch/LimitPanel.qml",
    "qml/switch/MirrorPanel.qml",
    "qml/switch/SubInterfaceList.qml",
    "qml/switch/TreePanel.qml",
    "qml/switch/VlanCell.qml",
    "qml/switch/VlanFilterBar.qml",
    "qml/switch/VlanPanel.qml",
    "qml/switch/VlanPortList.qml",
    "qml/switch/VlanTable.qml",
    "qml/topology/TopologyCanvas.qml",
    "qml/topology/TopologyCaption.qml",
    "qml/topology/TopologyExample.qml",
    "qml/topology/TopologyLink.qml",
    "qml/topology/TopologyMap.qml",
    "qml/topology/TopologyMenu.qml",
    "qml/topology/TopologyNode.qml",
    "qml/topology/TopologyPanel.qml",
    "qml/topology/TopologySearch.qml",
    "qml/topology/TopologyTick.qml",
];

/// KDE Frameworks that `kde.cpp` uses: folder of the headers and library.
const FRAMEWORKS: &[(&str, &str)] = &[
    ("KI18n", "KF6I18n"),
    ("KI18nQml", "KF6I18nQml"),
    ("KCoreAddons", "KF6CoreAddons"),
    ("KDBusAddons", "KF6DBusAddons"),
    ("KWindowSystem", "KF6WindowSystem"),
];

/// Where distributions install the headers of KDE Frameworks.
const FRAMEWORK_HEADERS: &str = "/usr/include/KF6";

/// Whether clippy only reads the Rust code: it needs nothing of what is built
/// here, which takes minutes.
fn is_for_clippy() -> bool {
    println!("cargo::rerun-if-env-changed=RUSTC_WORKSPACE_WRAPPER");
    std::env::var_os("RUSTC_WORKSPACE_WRAPPER")
        .is_some_and(|wrapper| Path::new(&wrapper).ends_with("clippy-driver"))
}

fn main() {
    if is_for_clippy() {
        return;
    }
    let module = QmlModule::new("org.nova.networking")
        .depends(["QtQuick"])
        .qml_files(QML.iter().copied());
    let builder = CxxQtBuilder::new_qml_module(module)
        // The default watches every folder of the package and would rebuild
        // all C++ when a test changes.
        .crate_include_root(None)
        .include_dir("src/desktop")
        .qt_module("Quick")
        .qt_module("QuickControls2")
        .qt_module("Widgets")
        .qt_module("DBus")
        .qrc_resources([
            "icons/org.nova.Networking.svg",
            "icons/nova-bond-symbolic.svg",
            "icons/nova-card-symbolic.svg",
            "icons/nova-network-isolated-symbolic.svg",
            "icons/nova-network-nat-symbolic.svg",
            "icons/nova-network-routed-symbolic.svg",
            "icons/nova-switch-symbolic.svg",
            "icons/nova-vlan-symbolic.svg",
        ])
        .cpp_file("src/desktop/kde.cpp")
        .files(BRIDGES.iter().copied());
    println!("cargo::rerun-if-changed=src/desktop/kde.h");
    println!("cargo::rerun-if-changed=src/desktop/chart_painter.h");
    // SAFETY: the closure only adds include folders.
    #[allow(unsafe_code)]
    let builder = unsafe {
        builder.cc_builder(|cc| {
            // As headers of the system, whose warnings are not ours.
            cc.flag(format!("-isystem{FRAMEWORK_HEADERS}"));
            for (folder, _) in FRAMEWORKS {
                cc.flag(format!("-isystem{FRAMEWORK_HEADERS}/{folder}"));
            }
        })
    };
    builder.build();
    for (_, library) in FRAMEWORKS {
        println!("cargo::rustc-link-lib={library}");
    }
}
