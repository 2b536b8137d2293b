// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// The network cards of the host, bonds of them, and the sub-interfaces upon them.
ListPage {
    id: root

    title: i18nc("@title", "Cards")

    // Changes cannot be made without it.
    trouble: Session.helperText
    troubleRemedy: Session.helperRemedy

    rows: RowModel {
        source: RowModel.HostCards
    }

    function create(): void {
        if (Session.hasPicture) {
            applicationWindow().openDialog(bondDialog, {})?.open();
        }
    }

    actions: [
        Kirigami.Action {
            icon.name: "list-add"
            text: i18nc("@action:button", "Create Bond…")
            tooltip: i18nc("@info:tooltip", "Several cards that work as one: when a cable fails, another takes over")
            displayHint: Kirigami.DisplayHint.KeepVisible
            enabled: Session.hasPicture
            onTriggered: root.create()
        }
    ]

    placeholder {
        problem: Session.blindText
        remedy: Session.blindRemedy
        emptyIcon: "qrc:/qt/qml/org/nova/networking/icons/nova-card-symbolic.svg"
        emptyTitle: i18nc("@info:placeholder", "No network cards")
        emptyText: i18nc("@info", "The cards of this host appear here when the kernel finds them. Machines reach each other without one.")
    }

    detail: Component {
        CardPage {
            name: root.selected
        }
    }

    rowDelegate: Component {
        ObjectDelegate {
            required property string name
            required property int linkIndex

            width: ListView.view.width
            title: name
            carries: linkIndex
            highlighted: name === root.selected
            onClicked: root.open(name)
        }
    }

    Component {
        id: bondDialog

        BondDialog {}
    }
}
