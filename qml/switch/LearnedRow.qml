// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The columns of what a switch has learned: a row of the table, or its head.
RowLayout {
    id: root

    property string address: i18nc("@title:column", "Address")
    property string owner: i18nc("@title:column whose an address is", "Belongs to")
    property string port: i18nc("@title:column", "Port")
    property string vlan: i18nc("@title:column", "VLAN")
    property string idle: i18nc("@title:column seconds without a frame", "Silent for")
    property bool showsVlan: true
    property color color: Kirigami.Theme.textColor

    spacing: Kirigami.Units.largeSpacing

    Cell {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 9
        text: root.address
        font.features: {
            "tnum": 1
        }
    }

    Cell {
        Layout.fillWidth: true
        Layout.preferredWidth: Kirigami.Units.gridUnit * 6
        text: root.owner
    }

    Cell {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 6
        text: root.port
    }

    Cell {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 3
        visible: root.showsVlan
        text: root.vlan
        horizontalAlignment: Text.AlignRight
        font.features: {
            "tnum": 1
        }
    }

    Cell {
        Layout.preferredWidth: Kirigami.Units.gridUnit * 4
        text: root.idle
        horizontalAlignment: Text.AlignRight
        font.features: {
            "tnum": 1
        }
    }

    component Cell: ElidedLabel {
        color: root.color
        Accessible.ignored: true
    }
}
