// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami

// Short sentences, one under the other, each with a mark in front.
ColumnLayout {
    id: root

    required property list<string> sentences
    property string mark: ""
    readonly property int count: sentences.length

    spacing: Kirigami.Units.smallSpacing

    Repeater {
        model: root.sentences

        RowLayout {
            id: line

            required property string modelData

            spacing: Kirigami.Units.smallSpacing
            Accessible.role: Accessible.StaticText
            Accessible.name: modelData

            Kirigami.Icon {
                Layout.preferredWidth: Kirigami.Units.iconSizes.small
                Layout.preferredHeight: Kirigami.Units.iconSizes.small
                Layout.alignment: Qt.AlignTop
                visible: root.mark !== ""
                source: root.mark
            }

            Controls.Label {
                Layout.alignment: Qt.AlignTop
                visible: root.mark === ""
                text: "•"
                color: Kirigami.Theme.disabledTextColor
                Accessible.ignored: true
            }

            Controls.Label {
                Layout.fillWidth: true
                text: line.modelData
                textFormat: Text.PlainText
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }
        }
    }
}
