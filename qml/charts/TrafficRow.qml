// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// A link with what it carries.
Controls.ItemDelegate {
    id: root

    required property string name
    required property int linkIndex
    required property string about
    required property string symbol
    required property string received
    required property string sent
    required property bool paused

    text: name
    Accessible.name: i18nc("@info:whatsthis", "%1, %2, receives %3, sends %4", name, about, received, sent)

    contentItem: RowLayout {
        spacing: Kirigami.Units.largeSpacing

        Kirigami.Icon {
            Layout.preferredWidth: Kirigami.Units.iconSizes.smallMedium
            Layout.preferredHeight: Kirigami.Units.iconSizes.smallMedium
            source: root.symbol
            isMask: true
            color: Kirigami.Theme.textColor
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.preferredWidth: Kirigami.Units.gridUnit * 8
            spacing: 0

            ElidedLabel {
                Layout.fillWidth: true
                text: root.name
                font.weight: Font.DemiBold
                Accessible.ignored: true
            }

            ElidedLabel {
                Layout.fillWidth: true
                text: root.about
                color: Kirigami.Theme.disabledTextColor
                font: Kirigami.Theme.smallFont
                Accessible.ignored: true
            }
        }

        TrafficChart {
            Layout.preferredWidth: Kirigami.Units.gridUnit * 8
            Layout.preferredHeight: Kirigami.Units.gridUnit * 1.8
            visible: root.width > Kirigami.Units.gridUnit * 26
            linkIndex: root.linkIndex
            seconds: 60
            bare: true
            paused: root.paused
            fontSize: 8
            receivedColor: Kirigami.Theme.highlightColor
            sentColor: Kirigami.Theme.neutralTextColor
            Accessible.ignored: true
        }

        Repeater {
            model: [["↓", root.received], ["↑", root.sent]]

            delegate: Controls.Label {
                required property var modelData

                Layout.preferredWidth: Kirigami.Units.gridUnit * 5
                horizontalAlignment: Text.AlignRight
                text: modelData[0] + " " + modelData[1]
                textFormat: Text.PlainText
                font.features: {
                    "tnum": 1
                }
                Accessible.ignored: true
            }
        }
    }
}
