// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// One switch: what it is set to, its ports, and what can be done with it.
Kirigami.Page {
    id: root

    required property string name

    title: name
    padding: 0
    // The header says it, with what belongs to it.
    titleDelegate: Item {}
    Kirigami.ColumnView.fillWidth: true

    actions: [
        Kirigami.Action {
            icon.name: "configure"
            text: i18nc("@action:button", "Configure…")
            enabled: view.exists && view.isChangeable
            onTriggered: applicationWindow().openDialog(configureDialog)?.configure(root.name)
        },
        Kirigami.Action {
            icon.name: "network-connect"
            text: i18nc("@action:button", "Attach Port…")
            enabled: view.exists && view.isChangeable
            onTriggered: root.attach()
        },
        Kirigami.Action {
            icon.name: view.isUp ? "go-down" : "go-up"
            text: view.isUp ? i18nc("@action:button", "Set Down…") : i18nc("@action:button", "Set Up…")
            enabled: view.exists && view.isChangeable
            onTriggered: ChangeFlow.setLink(root.name, !view.isUp)
        },
        Kirigami.Action {
            icon.name: "edit-delete"
            text: i18nc("@action:button", "Delete…")
            enabled: view.exists && view.isChangeable
            onTriggered: ChangeFlow.deleteSwitch(root.name, !view.isNova)
        }
    ]

    function attach(): void {
        applicationWindow().openDialog(attachDialog)?.open();
    }

    SwitchView {
        id: view

        name: root.name
    }

    header: ObjectHeader {
        title: root.name
        facts: view.facts
        symbol: "qrc:/qt/qml/org/nova/networking/icons/nova-switch-symbolic.svg"
        chip: view.exists ? (view.chip === "" ? i18nc("@info:status", "up") : view.chip) : i18nc("@info:status", "gone")
        chipKind: view.exists ? (view.chip === "" ? "positive" : view.chipKind) : "warning"
        tabs: [i18nc("@title:tab", "Overview"), i18nc("@title:tab", "Ports (%1)", ports.total)]
    }

    StackLayout {
        anchors.fill: parent
        currentIndex: (root.header as ObjectHeader).tab

        FactList {
            model: RowModel {
                source: RowModel.SwitchFacts
                subject: root.name
            }
        }

        PortList {
            switchName: root.name
            changeable: view.isChangeable

            rows: RowModel {
                id: ports

                source: RowModel.Ports
                subject: root.name
            }

            onAttachWanted: root.attach()
        }
    }

    Component {
        id: configureDialog

        SwitchDialog {
            onClosed: destroy()
        }
    }

    Component {
        id: attachDialog

        AttachDialog {
            switchName: root.name
            onClosed: destroy()
        }
    }
}
