// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.nova.networking

// The ports of a switch of Open vSwitch with the VLANs each of them carries.
PartList {
    id: root

    required property string switchName
    required property bool changeable

    signal configureWanted(port: string)

    Accessible.name: i18nc("@info:whatsthis", "VLANs of %1", switchName)
    emptyIcon: "network-wired-symbolic"
    emptyTitle: i18nc("@info:placeholder", "No ports")
    emptyText: i18nc("@info", "Each port of Open vSwitch has its own VLANs.")

    rows: RowModel {
        source: RowModel.Ports
        subject: root.switchName
    }

    delegate: FactRow {
        id: port

        required property string name
        required property string vlans
        required property bool addressable

        width: ListView.view.width
        title: name
        lines: [vlans === "all" ? i18nc("@info VLANs of a port", "all VLANs") : vlans]

        RowButton {
            current: port.current
            icon.name: "configure"
            text: i18nc("@action:button", "VLANs of %1…", port.name)
            enabled: root.changeable && port.addressable
            onClicked: root.configureWanted(port.name)
        }
    }
}
