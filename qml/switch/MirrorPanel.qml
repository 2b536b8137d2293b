// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The mirrors of a switch.
ColumnLayout {
    id: root

    required property string switchName
    required property bool changeable
    required property RowModel rows

    signal createWanted

    spacing: 0

    Kirigami.Action {
        id: create

        icon.name: "list-add"
        text: i18nc("@action:button", "Create Mirror…")
        enabled: root.changeable
        onTriggered: root.createWanted()
    }

    Controls.ToolBar {
        Layout.fillWidth: true
        visible: root.rows.total > 0

        contentItem: RowLayout {
            Item {
                Layout.fillWidth: true
            }

            Controls.ToolButton {
                action: create
            }
        }
    }

    PartList {
        Layout.fillWidth: true
        Layout.fillHeight: true
        Accessible.name: i18nc("@info:whatsthis", "Mirrors of %1", root.switchName)
        emptyIcon: "view-visible"
        emptyTitle: i18nc("@info:placeholder", "No mirrors")
        emptyText: i18nc("@info", "A mirror sends a copy of what ports send and receive to another port, where an analyser or an intrusion detection system listens.")
        emptyAction: create

        rows: root.rows

        delegate: FactRow {
            id: mirror

            required property string name
            required property string copies
            required property string output
            required property string frames
            required property string owner
            required property bool isNova
            required property string whyFixed

            width: ListView.view.width
            title: name
            symbol: "view-visible"
            lines: [
                i18nc("@info of a mirror: what is copied, and where to", "%1 → %2", copies, output),
                [frames, owner].filter(part => part !== "").join(" · ")
            ]

            RowButton {
                current: mirror.current
                icon.name: "edit-delete"
                text: i18nc("@action:button", "Remove %1…", mirror.name)
                enabled: root.changeable && mirror.whyFixed === ""
                whyNot: mirror.whyFixed
                onClicked: ChangeFlow.removeMirror(root.switchName, mirror.name, !mirror.isNova)
            }
        }
    }
}
