// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami

// The commands a change equals, closed until asked for.
ColumnLayout {
    id: root

    required property string text
    property bool expanded: false

    spacing: Kirigami.Units.smallSpacing

    RowLayout {
        Layout.fillWidth: true

        Controls.ToolButton {
            icon.name: root.expanded ? "go-down-symbolic" : "go-next-symbolic"
            text: i18nc("@action:button", "Equal Commands")
            checkable: true
            checked: root.expanded
            onToggled: root.expanded = checked
            Accessible.description: i18nc("@info:whatsthis", "Shows the commands this change equals")
        }

        Item {
            Layout.fillWidth: true
        }

        Controls.ToolButton {
            visible: root.expanded
            icon.name: "edit-copy"
            text: i18nc("@action:button", "Copy")
            onClicked: {
                area.selectAll();
                area.copy();
                area.deselect();
            }
        }
    }

    Controls.ScrollView {
        Layout.fillWidth: true
        Layout.maximumHeight: Kirigami.Units.gridUnit * 10
        visible: root.expanded

        Controls.TextArea {
            id: area

            readOnly: true
            text: root.text
            textFormat: TextEdit.PlainText
            font.family: "monospace"
            wrapMode: TextEdit.WrapAnywhere
            Accessible.name: i18nc("@info:whatsthis", "Equal commands")
        }
    }
}
