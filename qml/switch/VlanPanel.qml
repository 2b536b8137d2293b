// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The VLANs of a switch: the table of a Linux bridge, or the ports of Open
// vSwitch with what each of them carries; and the sub-interfaces upon it.
ColumnLayout {
    id: root

    required property string switchName
    required property bool isOvs
    required property bool changeable

    signal configureWanted(port: string)
    signal createWanted

    spacing: 0

    Form {
        id: table

        kind: Form.Vlans
        Component.onCompleted: begin(root.switchName, "")
    }

    onSwitchNameChanged: table.begin(switchName, "")

    VlanFilterBar {
        Layout.fillWidth: true
        visible: table.isBegun
        form: table
    }

    VlanTable {
        Layout.fillWidth: true
        Layout.fillHeight: true
        visible: table.isBegun
        form: table
        switchName: root.switchName
        changeable: root.changeable
    }

    Controls.Label {
        Layout.fillWidth: true
        visible: table.isBegun
        padding: Kirigami.Units.smallSpacing
        leftPadding: Kirigami.Units.largeSpacing * 2
        text: i18nc("@info legend of the VLAN table", "T: with a tag. U: without a tag. N: without a tag, and frames that arrive without one belong to it.")
        font: Kirigami.Theme.smallFont
        color: Kirigami.Theme.disabledTextColor
        wrapMode: Text.Wrap
    }

    VlanPortList {
        Layout.fillWidth: true
        Layout.fillHeight: true
        visible: root.isOvs
        switchName: root.switchName
        changeable: root.changeable
        onConfigureWanted: port => root.configureWanted(port)
    }

    Item {
        Layout.fillWidth: true
        Layout.fillHeight: true
        visible: !root.isOvs && !table.isBegun

        Kirigami.PlaceholderMessage {
            anchors.centerIn: parent
            width: parent.width - Kirigami.Units.gridUnit * 4
            icon.name: "data-information"
            text: i18nc("@info:placeholder", "This kernel cannot filter by VLAN")
            explanation: i18nc("@info", "It lacks CONFIG_BRIDGE_VLAN_FILTERING. VLAN tags pass untouched through every port. Use one bridge for each VLAN, or an Open vSwitch bridge.")
        }
    }

    ReviewBar {
        Layout.fillWidth: true
        form: table
        onForgotten: table.put("forget", true)
    }

    SubInterfaceList {
        Layout.fillWidth: true
        switchName: root.switchName
        changeable: root.changeable
        onCreateWanted: root.createWanted()
    }
}
