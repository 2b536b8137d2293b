// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// One card, bond or sub-interface: what it is set to, what belongs to it, and
// what can be done with it.
Kirigami.Page {
    id: root

    required property string name
    readonly property bool changeable: view.exists && view.isChangeable

    title: name
    padding: 0
    // The header says it, with what belongs to it.
    titleDelegate: Item {}
    Kirigami.ColumnView.fillWidth: true
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false

    actions: [
        Kirigami.Action {
            icon.name: "configure"
            text: i18nc("@action:button", "Configure…")
            visible: view.isBond
            enabled: root.changeable
            onTriggered: root.show(bondDialog, {
                bondName: root.name
            })
        },
        Kirigami.Action {
            icon.name: "network-wired-symbolic"
            text: view.isBond ? i18nc("@action:button", "Bridge This Bond…") : i18nc("@action:button", "Bridge This Card…")
            tooltip: i18nc("@info:tooltip", "Lets machines reach the network that it is plugged into")
            visible: view.isUplink && view.above === ""
            enabled: root.changeable
            onTriggered: applicationWindow().openDialog(bridgeDialog, {})?.start(root.name)
        },
        Kirigami.Action {
            icon.name: "network-disconnect"
            text: i18nc("@action:button", "Detach from %1…", Session.caption(view.above))
            visible: view.above !== ""
            enabled: root.changeable
            onTriggered: ChangeFlow.detachPort(view.above, root.name)
        },
        Kirigami.Action {
            icon.name: "transform-scale"
            text: i18nc("@action:button", "Set MTU…")
            enabled: root.changeable
            onTriggered: root.show(mtuDialog, {
                linkName: root.name
            })
        },
        Kirigami.Action {
            icon.name: "cpu"
            text: i18nc("@action:button", "CPUs…")
            tooltip: i18nc("@info:tooltip", "The CPUs that process what arrives")
            visible: view.isUplink
            enabled: root.changeable
            onTriggered: root.show(cpuDialog, {
                linkName: root.name
            })
        },
        Kirigami.Action {
            icon.name: view.isUp ? "go-down" : "go-up"
            text: view.isUp ? i18nc("@action:button", "Set Down…") : i18nc("@action:button", "Set Up…")
            enabled: root.changeable
            onTriggered: ChangeFlow.setLink(root.name, !view.isUp)
        },
        Kirigami.Action {
            icon.name: "edit-delete"
            text: i18nc("@action:button", "Delete…")
            visible: view.isBond || view.isVlan
            enabled: root.changeable
            onTriggered: {
                if (view.isBond) {
                    ChangeFlow.deleteBond(root.name, !view.isNova);
                } else {
                    ChangeFlow.deleteVlan(root.name, !view.isNova);
                }
            }
        }
    ]

    // The dialog keeps what it is about, whatever is selected meanwhile.
    function show(dialog: Component, about: var): void {
        applicationWindow().openDialog(dialog, about)?.open();
    }

    CardView {
        id: view

        name: root.name
    }

    header: ObjectHeader {
        title: root.name
        facts: view.facts
        symbol: view.symbol
        chip: view.exists ? (view.chip === "" ? i18nc("@info:status", "up") : view.chip) : i18nc("@info:status", "gone")
        chipKind: view.exists ? (view.chip === "" ? "positive" : view.chipKind) : "warning"
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        FactList {
            Layout.fillWidth: true
            Layout.fillHeight: true

            model: RowModel {
                source: RowModel.CardFacts
                subject: root.name
            }
        }

        MemberList {
            Layout.fillWidth: true
            visible: view.isBond
            bondName: root.name
            changeable: root.changeable
            mostHeight: root.height / 4
            onAddWanted: root.show(memberDialog, {
                bondName: root.name
            })
        }

        SubInterfaceList {
            Layout.fillWidth: true
            visible: view.exists
            switchName: root.name
            changeable: root.changeable
            onCreateWanted: root.show(vlanDialog, {
                linkName: root.name
            })
        }
    }

    Component {
        id: bondDialog

        BondDialog {}
    }

    Component {
        id: memberDialog

        MemberDialog {}
    }

    Component {
        id: mtuDialog

        MtuDialog {}
    }

    Component {
        id: cpuDialog

        AffinityDialog {}
    }

    Component {
        id: vlanDialog

        SubInterfaceDialog {}
    }

    Component {
        id: bridgeDialog

        BridgeCardDialog {}
    }
}
