// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.nova.networking

// The ports of a switch with what limits each of them, and the way to their CPUs.
ColumnLayout {
    id: root

    required property string switchName
    required property bool changeable
    required property string whyFixed

    signal limitWanted(port: string)
    signal cpusWanted(link: string)

    spacing: 0

    Controls.ToolBar {
        Layout.fillWidth: true
        visible: limits.total > 0

        contentItem: RowLayout {
            Item {
                Layout.fillWidth: true
            }

            RowButton {
                current: true
                display: Controls.AbstractButton.TextBesideIcon
                icon.name: "cpu"
                text: i18nc("@action:button", "CPUs of All Ports…")
                enabled: root.changeable
                whyNot: root.whyFixed
                onClicked: root.cpusWanted(root.switchName)
            }
        }
    }

    PartList {
        Layout.fillWidth: true
        Layout.fillHeight: true
        Accessible.name: i18nc("@info:whatsthis", "Limits of the ports of %1", switchName)
        emptyIcon: "speedometer"
        emptyTitle: i18nc("@info:placeholder", "No ports")
        emptyText: i18nc("@info", "A limit keeps one machine from using up the whole uplink. It belongs to a port.")

        rows: RowModel {
            id: limits

            source: RowModel.Limits
            subject: root.switchName
        }

        delegate: FactRow {
            id: port

            required property string name
            required symbol
            required property string about
            required property string ingress
            required property string egress
            required property string beside
            required property bool isLimited
            required property string whyNot

            width: ListView.view.width
            title: name
            lines: [
                about,
                ingress === "" ? "" : i18nc("@info limit of a port, ingress", "sends at most %1", ingress),
                egress === "" ? "" : i18nc("@info limit of a port, egress", "receives at most %1", egress),
                beside,
                isLimited || beside !== "" ? "" : i18nc("@info of a port", "no limits")
            ]

            RowButton {
                current: port.current
                icon.name: "configure"
                text: i18nc("@action:button", "Limit %1…", port.name)
                enabled: root.changeable && port.whyNot === ""
                whyNot: root.changeable ? port.whyNot : root.whyFixed
                onClicked: root.limitWanted(port.name)
            }

            RowButton {
                current: port.current
                icon.name: "cpu"
                text: i18nc("@action:button", "CPUs of %1…", port.name)
                enabled: root.changeable
                whyNot: root.whyFixed
                onClicked: root.cpusWanted(port.name)
            }

            RowButton {
                current: port.current
                icon.name: "edit-delete"
                text: i18nc("@action:button", "Remove Limits of %1…", port.name)
                enabled: root.changeable && port.isLimited && port.whyNot === ""
                whyNot: port.isLimited ? port.whyNot : i18nc("@info:tooltip", "It has no limits.")
                onClicked: ChangeFlow.removeLimits(port.name)
            }
        }
    }
}
