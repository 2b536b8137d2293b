// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// Asks to keep a change before it is undone. The bar drains as time does.
Controls.ToolBar {
    id: root

    property real remaining: 0
    readonly property bool asking: ChangeFlow.stage === "keeping"

    visible: asking
    height: visible ? implicitHeight : 0
    position: Controls.ToolBar.Footer
    Accessible.role: Accessible.AlertMessage
    Accessible.name: question.text

    function tick(): void {
        remaining = ChangeFlow.secondsLeft();
    }

    onAskingChanged: {
        if (asking) {
            tick();
            // Whoever presses a key once more than meant neither keeps nor reverts.
            more.forceActiveFocus();
        }
    }

    KeepNotice {
        wanted: root.asking && !root.Window.active
    }

    Connections {
        target: ChangeFlow

        function onChanged(): void {
            if (root.asking) {
                root.tick();
            }
        }
    }

    Timer {
        interval: 200
        repeat: true
        running: root.asking
        onTriggered: root.tick()
    }

    contentItem: ColumnLayout {
        spacing: Kirigami.Units.smallSpacing

        Controls.ProgressBar {
            Layout.fillWidth: true
            from: 0
            to: Math.max(1, ChangeFlow.seconds)
            value: root.remaining
            Accessible.name: i18nc("@info:progress", "Time left to keep the change")
        }

        RowLayout {
            Layout.fillWidth: true
            Layout.margins: Kirigami.Units.smallSpacing
            spacing: Kirigami.Units.largeSpacing

            Kirigami.Icon {
                Layout.preferredWidth: Kirigami.Units.iconSizes.medium
                Layout.preferredHeight: Kirigami.Units.iconSizes.medium
                source: "dialog-question"
            }

            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                Controls.Label {
                    id: question

                    Layout.fillWidth: true
                    text: i18nc("@info", "Keep these changes? Nova reverts them in %1 s.", Math.ceil(root.remaining))
                    font.bold: true
                    wrapMode: Text.Wrap
                    Accessible.ignored: true
                }

                Controls.Label {
                    Layout.fillWidth: true
                    text: ChangeFlow.title
                    textFormat: Text.PlainText
                    elide: Text.ElideMiddle
                    color: Kirigami.Theme.disabledTextColor
                }
            }

            Controls.Button {
                id: more

                icon.name: "chronometer"
                text: i18nc("@action:button", "More Time")
                flat: true
                Controls.ToolTip.text: i18nc("@info:tooltip", "Wait a minute longer before the changes are reverted")
                Controls.ToolTip.visible: hovered
                Controls.ToolTip.delay: Kirigami.Units.toolTipDelay
                onClicked: ChangeFlow.waitLonger()
            }

            Controls.Button {
                icon.name: "edit-undo"
                text: i18nc("@action:button", "Revert")
                onClicked: ChangeFlow.revert()
            }

            Controls.Button {
                icon.name: "dialog-ok-apply"
                text: i18nc("@action:button", "Keep")
                highlighted: true
                onClicked: ChangeFlow.keep()
            }
        }
    }
}
