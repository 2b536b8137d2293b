// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// What of the change under review lasts beyond the next boot, and who else
// could keep it.
ColumnLayout {
    id: root

    // The choice that is planned with just now: its button is gone meanwhile,
    // and has the focus again afterwards.
    property string asked: ""

    spacing: Kirigami.Units.smallSpacing

    RowLayout {
        Layout.fillWidth: true
        spacing: Kirigami.Units.smallSpacing

        Kirigami.Heading {
            Layout.fillWidth: true
            level: 4
            text: i18nc("@title:group", "Beyond the next boot")
        }

        Controls.ToolButton {
            id: choose

            visible: choices.total > 0
            icon.name: checked ? "go-up-symbolic" : "go-down-symbolic"
            text: i18nc("@action:button choose who keeps a change beyond the next boot", "Choose")
            checkable: true
            Accessible.description: i18nc("@info:whatsthis", "Who keeps the change beyond the next boot")
        }
    }

    SentenceList {
        Layout.fillWidth: true
        visible: !choose.checked
        sentences: ChangeFlow.keeping
    }

    Repeater {
        model: RowModel {
            id: choices

            source: RowModel.Keepers
            subject: ""
        }

        Controls.RadioButton {
            id: choice

            required property string word
            required property string title
            required property string hint
            required property bool possible
            required property bool chosen

            function settle(): void {
                if (visible && root.asked === word) {
                    root.asked = "";
                    forceActiveFocus(Qt.TabFocusReason);
                }
            }

            Layout.fillWidth: true
            visible: choose.checked
            enabled: possible
            checked: chosen
            text: title
            Accessible.name: title
            Accessible.description: hint
            onVisibleChanged: Qt.callLater(settle)
            Component.onCompleted: Qt.callLater(settle)
            // Not only when it is clicked: assistive tools set it directly.
            onCheckedChanged: {
                if (checked && !chosen) {
                    root.asked = word;
                    ChangeFlow.keepBy(word);
                }
            }

            contentItem: ColumnLayout {
                spacing: 0

                Controls.Label {
                    Layout.fillWidth: true
                    Layout.leftMargin: choice.indicator.width + choice.spacing
                    text: choice.title
                    Accessible.ignored: true
                }

                Controls.Label {
                    Layout.fillWidth: true
                    Layout.leftMargin: choice.indicator.width + choice.spacing
                    visible: text !== ""
                    text: choice.hint
                    textFormat: Text.PlainText
                    wrapMode: Text.Wrap
                    font: Kirigami.Theme.smallFont
                    color: Kirigami.Theme.disabledTextColor
                    Accessible.ignored: true
                }
            }
        }
    }
}
