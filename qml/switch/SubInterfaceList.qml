// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The 802.1Q sub-interfaces on a switch or a card, below what is told of it.
ColumnLayout {
    id: root

    // The switch or the card.
    required property string switchName
    required property bool changeable

    signal createWanted

    spacing: 0

    Kirigami.Separator {
        Layout.fillWidth: true
    }

    RowLayout {
        Layout.fillWidth: true
        Layout.leftMargin: Kirigami.Units.largeSpacing * 2
        Layout.rightMargin: Kirigami.Units.largeSpacing
        Layout.topMargin: Kirigami.Units.smallSpacing
        Layout.bottomMargin: Kirigami.Units.smallSpacing

        Kirigami.Heading {
            level: 4
            text: i18nc("@title:group", "Sub-interfaces")
        }

        ElidedLabel {
            Layout.fillWidth: true
            text: rows.total === 0 ? i18nc("@info", "none: this host takes no VLAN of its own from here") : ""
            elide: Text.ElideRight
            font: Kirigami.Theme.smallFont
            color: Kirigami.Theme.disabledTextColor
        }

        Controls.ToolButton {
            icon.name: "list-add"
            text: i18nc("@action:button", "Create VLAN…")
            enabled: root.changeable
            onClicked: root.createWanted()
        }
    }

    RowList {
        Layout.fillWidth: true
        Layout.preferredHeight: Math.min(contentHeight, Kirigami.Units.gridUnit * 8)
        Accessible.name: i18nc("@info:whatsthis", "Sub-interfaces on %1", root.switchName)

        model: RowModel {
            id: rows

            source: RowModel.SubInterfaces
            subject: root.switchName
        }

        delegate: FactRow {
            id: part

            required property string name
            required property string about
            required property bool isNova
            required property bool addressable

            width: ListView.view.width
            title: name
            lines: [about]

            RowButton {
                current: part.current
                icon.name: "edit-delete"
                text: i18nc("@action:button", "Delete %1…", part.name)
                enabled: part.addressable
                onClicked: ChangeFlow.deleteVlan(part.name, !part.isNova)
            }
        }
    }
}
