// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The members of a bond: which is in use, and which waits.
ColumnLayout {
    id: root

    required property string bondName
    required property bool changeable
    // More of them are scrolled.
    property real mostHeight: Kirigami.Units.gridUnit * 8

    signal addWanted

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
            text: i18nc("@title:group", "Members")
        }

        ElidedLabel {
            Layout.fillWidth: true
            text: rows.total === 0 ? i18nc("@info", "none: nothing passes through the bond") : ""
            elide: Text.ElideRight
            font: Kirigami.Theme.smallFont
            color: Kirigami.Theme.disabledTextColor
        }

        Controls.ToolButton {
            icon.name: "list-add"
            text: i18nc("@action:button", "Add Member…")
            enabled: root.changeable
            onClicked: root.addWanted()
        }
    }

    RowList {
        Layout.fillWidth: true
        Layout.preferredHeight: Math.min(contentHeight, root.mostHeight)
        Accessible.name: i18nc("@info:whatsthis", "Members of %1", root.bondName)

        model: RowModel {
            id: rows

            source: RowModel.Members
            subject: root.bondName
        }

        delegate: FactRow {
            id: member

            required property string name
            required symbol
            required property string about
            required property string use
            required property string useKind
            required property string useHint
            required property bool addressable

            width: ListView.view.width
            title: name
            lines: [about]
            Accessible.description: [use, about].filter(part => part !== "").join(", ")

            StateChip {
                text: member.use
                kind: member.useKind
                hint: member.useHint
                Accessible.ignored: true
            }

            RowButton {
                current: member.current
                icon.name: "network-disconnect"
                text: i18nc("@action:button", "Remove %1…", member.name)
                enabled: root.changeable && member.addressable
                onClicked: ChangeFlow.detachPort(root.bondName, member.name)
            }
        }
    }
}
