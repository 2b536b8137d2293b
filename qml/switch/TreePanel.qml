// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The spanning tree of a switch: root and times, then the part of each port.
ColumnLayout {
    id: root

    required property string switchName
    required property bool changeable
    required property string whyFixed

    signal configureWanted
    signal portWanted(port: string)

    spacing: 0

    FactList {
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.preferredHeight: ports.total > 0 ? Kirigami.Units.gridUnit * 14 : 0
        Accessible.name: i18nc("@info:whatsthis", "Spanning tree of %1", root.switchName)

        model: RowModel {
            source: RowModel.TreeFacts
            subject: root.switchName
        }

        footer: Item {
            width: ListView.view.width
            height: button.height + Kirigami.Units.largeSpacing * 2

            Controls.Button {
                id: button

                x: Kirigami.Units.largeSpacing * 2
                anchors.verticalCenter: parent.verticalCenter
                icon.name: "configure"
                text: i18nc("@action:button", "Spanning Tree…")
                enabled: root.changeable
                Accessible.description: root.whyFixed
                onClicked: root.configureWanted()
            }
        }
    }

    Kirigami.Separator {
        Layout.fillWidth: true
        visible: ports.total > 0
    }

    PartList {
        Layout.fillWidth: true
        Layout.fillHeight: true
        Layout.preferredHeight: Kirigami.Units.gridUnit * 14
        visible: ports.total > 0
        Accessible.name: i18nc("@info:whatsthis", "Ports in the spanning tree of %1", root.switchName)

        rows: RowModel {
            id: ports

            source: RowModel.TreePorts
            subject: root.switchName
        }

        delegate: FactRow {
            id: port

            required property string name
            required symbol
            required property string role
            required property string roleHint
            required property string stpState
            required property string stateKind
            required property string stateHint
            required property string cost
            required property string priority
            required property string about
            required property bool addressable

            width: ListView.view.width
            title: name
            lines: [
                [role, roleHint].join(". "),
                [i18nc("@info of a port", "cost %1", cost), i18nc("@info of a port", "priority %1", priority), about].filter(part => part !== "").join(" · ")
            ]

            StateChip {
                text: port.stpState
                kind: port.stateKind
                hint: port.stateHint
            }

            RowButton {
                current: port.current
                icon.name: "configure"
                text: i18nc("@action:button", "Cost and Priority of %1…", port.name)
                enabled: root.changeable && port.addressable
                whyNot: root.whyFixed
                onClicked: root.portWanted(port.name)
            }
        }
    }
}
