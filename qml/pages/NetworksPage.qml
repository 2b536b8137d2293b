// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.nova.networking

// All libvirt networks of the host.
ListPage {
    id: root

    title: i18nc("@title", "Networks")

    rows: RowModel {
        source: RowModel.Networks
    }

    placeholder {
        problem: Session.blindText !== "" ? Session.blindText : Session.libvirtText
        remedy: Session.blindText !== "" ? Session.blindRemedy : Session.libvirtRemedy
        emptyIcon: "cloudstatus-symbolic"
        emptyTitle: i18nc("@info:placeholder", "No networks")
        emptyText: i18nc("@info", "libvirt has no network defined. Machines can still be plugged into a switch.")
    }

    detail: Component {
        NetworkPage {
            name: root.selected
        }
    }

    rowDelegate: Component {
        ObjectDelegate {
            required property string key
            required property string name
            required property int linkIndex

            width: ListView.view.width
            title: name
            carries: linkIndex
            highlighted: key === root.selected
            onClicked: root.open(key)
        }
    }
}
