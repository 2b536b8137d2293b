// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The links that carry most now, each with a bar of its part of the busiest.
Rectangle {
    id: root

    // Whether it says itself what it is.
    property bool titled: true

    signal chosen(name: string)

    color: Kirigami.Theme.backgroundColor
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false

    RowModel {
        id: talkers

        source: RowModel.Talkers
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Kirigami.Units.largeSpacing
        anchors.leftMargin: Kirigami.Units.smallSpacing
        spacing: Kirigami.Units.smallSpacing

        Kirigami.Heading {
            Layout.leftMargin: Kirigami.Units.largeSpacing
            visible: root.titled
            level: 3
            text: i18nc("@title:group", "Top talkers")
        }

        // A list, which keeps the keyboard when another one talks most.
        ListView {
            id: list

            Layout.fillWidth: true
            Layout.fillHeight: true
            visible: talkers.total > 0
            clip: true
            model: talkers
            spacing: Kirigami.Units.smallSpacing
            boundsBehavior: Flickable.StopAtBounds
            activeFocusOnTab: count > 0
            keyNavigationEnabled: true
            Accessible.role: Accessible.List
            Accessible.name: i18nc("@title:group", "Top talkers")

            delegate: Controls.ItemDelegate {
                id: talker

                required property string name
                required property string about
                required property string symbol
                required property string received
                required property string sent
                required property string rate
                required property real receivedPart
                required property real sentPart

                width: list.width
                text: name
                Accessible.role: Accessible.ListItem
                Accessible.name: i18nc("@info:whatsthis", "%1, %2, receives %3, sends %4", name, about, received, sent)
                Accessible.onPressAction: clicked()
                Keys.onReturnPressed: clicked()
                Keys.onEnterPressed: clicked()
                onClicked: root.chosen(name)

                contentItem: ColumnLayout {
                    spacing: 2

                    RowLayout {
                        spacing: Kirigami.Units.smallSpacing

                        Kirigami.Icon {
                            Layout.preferredWidth: Kirigami.Units.iconSizes.small
                            Layout.preferredHeight: Kirigami.Units.iconSizes.small
                            source: talker.symbol
                            isMask: true
                            color: Kirigami.Theme.textColor
                        }

                        ElidedLabel {
                            Layout.fillWidth: true
                            text: talker.about === "" || talker.symbol !== "computer-symbolic" ? talker.name : talker.about + " · " + talker.name
                            Accessible.ignored: true
                        }

                        Controls.Label {
                            text: talker.rate
                            textFormat: Text.PlainText
                            font.features: {
                                "tnum": 1
                            }
                            Accessible.ignored: true
                        }
                    }

                    // Received, then sent.
                    Item {
                        id: bar

                        Layout.fillWidth: true
                        implicitHeight: 4

                        Rectangle {
                            id: receivedBar

                            width: Math.round(bar.width * talker.receivedPart)
                            height: parent.height
                            radius: 1
                            color: Kirigami.Theme.highlightColor
                        }

                        Rectangle {
                            x: receivedBar.width + (receivedBar.width > 0 ? 1 : 0)
                            width: Math.round(bar.width * talker.sentPart)
                            height: parent.height
                            radius: 1
                            color: Kirigami.Theme.neutralTextColor
                        }
                    }
                }
            }
        }

        Controls.Label {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.leftMargin: Kirigami.Units.largeSpacing
            visible: talkers.total === 0
            text: i18nc("@info", "No link carries anything now.")
            wrapMode: Text.Wrap
            color: Kirigami.Theme.disabledTextColor
        }
    }
}
