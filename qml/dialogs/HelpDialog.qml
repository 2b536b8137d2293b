// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The keys of the window and where more is written.
Kirigami.Dialog {
    id: root

    readonly property list<string> keys: [
        i18nc("@info keys", "Ctrl+1 … Ctrl+9"), i18nc("@info what keys do", "Open a page"),
        i18nc("@info keys", "Ctrl+F"), i18nc("@info what keys do", "Search the list"),
        i18nc("@info keys", "Ctrl+N"), i18nc("@info what keys do", "Create a switch; on the page Cards, a bond"),
        i18nc("@info keys", "Ctrl+Z"), i18nc("@info what keys do", "Open the history, which undoes changes"),
        i18nc("@info keys", "Ctrl++, Ctrl+−, Ctrl+0"), i18nc("@info what keys do", "Zoom the topology; show all of it"),
        i18nc("@info keys", "Ctrl+Shift+Arrows"), i18nc("@info what keys do", "Move a node of the topology"),
        i18nc("@info keys", "Return"), i18nc("@info what keys do", "Open what is selected; apply what is reviewed"),
        i18nc("@info keys", "Page Up, Page Down"), i18nc("@info what keys do", "Scroll what is read"),
        i18nc("@info keys", "Esc"), i18nc("@info what keys do", "Cancel; go back to the list")
    ]

    title: i18nc("@title:window", "Help")
    preferredWidth: Kirigami.Units.gridUnit * 26
    padding: Kirigami.Units.largeSpacing * 2
    standardButtons: Kirigami.Dialog.NoButton
    // The button below is called the same.
    showCloseButton: false
    focus: true
    onOpened: returnKey.focusButton()

    ReturnKey {
        id: returnKey

        dialog: root
        action: closeAction
    }

    customFooterActions: [
        Kirigami.Action {
            icon.name: "help-contents"
            text: i18nc("@action:button", "Manual")
            tooltip: i18nc("@info:tooltip", "Opens the manual page nova(1), which describes all commands.")
            onTriggered: Qt.openUrlExternally("man:nova(1)")
        },
        Kirigami.Action {
            id: closeAction

            icon.name: "dialog-close"
            text: i18nc("@action:button", "Close")
            onTriggered: root.close()
        }
    ]

    ColumnLayout {
        spacing: Kirigami.Units.largeSpacing

        Controls.Label {
            Layout.fillWidth: true
            text: i18nc("@info", "Nothing changes before you have seen what will happen and applied it. What could cut you off is reverted by itself unless you keep it, and the history undoes the rest.")
            wrapMode: Text.Wrap
        }

        GridLayout {
            Layout.fillWidth: true
            columns: 2
            columnSpacing: Kirigami.Units.largeSpacing * 2
            rowSpacing: Kirigami.Units.smallSpacing

            Repeater {
                model: root.keys

                Controls.Label {
                    required property int index
                    required property string modelData

                    readonly property bool isKey: index % 2 === 0

                    Layout.fillWidth: !isKey
                    text: modelData
                    font.bold: isKey
                    wrapMode: isKey ? Text.NoWrap : Text.Wrap
                }
            }
        }

        Controls.Label {
            Layout.fillWidth: true
            text: i18nc("@info", "In a terminal, \"nova network\" does the same.")
            wrapMode: Text.Wrap
        }
    }
}
