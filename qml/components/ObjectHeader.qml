// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami

// The head of a page about one object: icon, name, facts, state, and tabs.
Controls.Control {
    id: root

    required property string title
    required property string facts
    required property string symbol
    property string chip: ""
    property string chipKind: "neutral"
    property list<string> tabs: []
    property int tab: 0

    // The style pads the sides by its own, whatever `padding` says.
    padding: 0
    leftPadding: 0
    rightPadding: 0
    topPadding: Kirigami.Units.largeSpacing

    background: Rectangle {
        Kirigami.Theme.colorSet: Kirigami.Theme.Window
        Kirigami.Theme.inherit: false
        color: Kirigami.Theme.backgroundColor

        Kirigami.Separator {
            anchors {
                left: parent.left
                right: parent.right
                bottom: parent.bottom
            }
        }
    }

    contentItem: ColumnLayout {
        spacing: Kirigami.Units.smallSpacing

        RowLayout {
            Layout.fillWidth: true
            // What is drawn begins a sixteenth inside the icon: that stands on the
            // left edge of tabs and content.
            Layout.leftMargin: Kirigami.Units.largeSpacing * 2 - Math.round(Kirigami.Units.iconSizes.large / 16)
            Layout.rightMargin: Kirigami.Units.largeSpacing * 2
            spacing: Kirigami.Units.largeSpacing

            Kirigami.Icon {
                Layout.preferredWidth: Kirigami.Units.iconSizes.large
                Layout.preferredHeight: Kirigami.Units.iconSizes.large
                source: root.symbol
                isMask: true
            }

            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                Kirigami.Heading {
                    Layout.fillWidth: true
                    level: 2
                    text: root.title
                    textFormat: Text.PlainText
                    elide: Text.ElideMiddle
                }

                ElidedLabel {
                    Layout.fillWidth: true
                    text: root.facts
                    elide: Text.ElideRight
                    color: Kirigami.Theme.disabledTextColor
                }
            }

            StateChip {
                text: root.chip
                kind: root.chipKind
            }
        }

        // The style cannot do without a tab.
        Loader {
            id: bar

            active: root.tabs.length > 0
            visible: active
            Layout.leftMargin: Kirigami.Units.largeSpacing * 2
            Layout.rightMargin: Kirigami.Units.largeSpacing
            Layout.maximumWidth: root.width - Kirigami.Units.largeSpacing * 3

            sourceComponent: Tabs {
                names: root.tabs
                onCurrentIndexChanged: root.tab = currentIndex
            }
        }
    }
}
