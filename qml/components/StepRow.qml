// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami

// A step of a change: what it does, the command it equals, and how far it is.
RowLayout {
    id: root

    required property string title
    required property string command
    // waiting, doing, done, failed, undone, or nothing in the history
    required property string progress
    property bool showsCommand: false

    readonly property var marks: ({
        waiting: ["", i18nc("@info:status a step", "waiting")],
        doing: ["", i18nc("@info:status a step", "being done")],
        done: ["data-success", i18nc("@info:status a step", "done")],
        failed: ["data-error", i18nc("@info:status a step", "failed")],
        undone: ["edit-undo", i18nc("@info:status a step", "undone")]
    })

    spacing: Kirigami.Units.smallSpacing
    Accessible.role: Accessible.ListItem
    Accessible.name: progress === "" ? title : i18nc("@info:whatsthis a step and how far it is", "%1, %2", title, marks[progress]?.[1] ?? "")

    Item {
        Layout.preferredWidth: Kirigami.Units.iconSizes.small
        Layout.preferredHeight: Kirigami.Units.iconSizes.small
        Layout.alignment: Qt.AlignTop
        visible: root.progress !== ""

        Kirigami.Icon {
            anchors.fill: parent
            source: root.marks[root.progress]?.[0] ?? ""
        }

        Controls.BusyIndicator {
            anchors.fill: parent
            visible: root.progress === "doing"
            running: visible
        }
    }

    ColumnLayout {
        Layout.fillWidth: true
        spacing: 0

        Controls.Label {
            Layout.fillWidth: true
            text: root.title
            textFormat: Text.PlainText
            wrapMode: Text.Wrap
            color: root.progress === "waiting" ? Kirigami.Theme.disabledTextColor : Kirigami.Theme.textColor
            Accessible.ignored: true
        }

        Kirigami.SelectableLabel {
            Layout.fillWidth: true
            visible: root.showsCommand
            text: root.command
            textFormat: Text.PlainText
            font.family: "monospace"
            font.pointSize: Kirigami.Theme.smallFont.pointSize
            color: Kirigami.Theme.disabledTextColor
            Accessible.name: root.command
        }
    }
}
