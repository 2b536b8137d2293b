// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami

// Facts about one object in sections: label, value, and what it means.
ListView {
    id: root

    readonly property real labelWidth: Math.min(Kirigami.Units.gridUnit * 9, width * 0.35)

    clip: true
    activeFocusOnTab: count > 0
    keyNavigationEnabled: true
    topMargin: Kirigami.Units.smallSpacing
    bottomMargin: Kirigami.Units.largeSpacing
    boundsBehavior: Flickable.StopAtBounds
    Controls.ScrollBar.vertical: Controls.ScrollBar {
        id: scrollBar
    }
    Accessible.role: Accessible.List
    Accessible.name: i18nc("@info:whatsthis", "Facts")

    // Where the arrow keys are, seen only by those who use them.
    highlightMoveDuration: 0
    highlight: Item {
        Rectangle {
            anchors.fill: parent
            anchors.leftMargin: Kirigami.Units.largeSpacing
            anchors.rightMargin: Kirigami.Units.largeSpacing
            visible: root.currentItem?.activeFocus ?? false
            radius: Kirigami.Units.cornerRadius
            color: "transparent"
            border.color: Kirigami.Theme.focusColor
        }
    }

    section.property: "section"
    section.delegate: Kirigami.Heading {
        required property string section

        width: ListView.view.width
        leftPadding: Kirigami.Units.largeSpacing * 2
        topPadding: Kirigami.Units.largeSpacing * 2
        bottomPadding: Kirigami.Units.smallSpacing
        level: 4
        text: section
    }

    delegate: RowLayout {
        id: fact

        required property string label
        required property string value
        required property string hint

        width: ListView.view.width - (scrollBar.visible ? scrollBar.width : 0)
        spacing: Kirigami.Units.largeSpacing
        Accessible.role: Accessible.ListItem
        Accessible.name: i18nc("@info:whatsthis label and value", "%1: %2", label, value)
        Accessible.description: hint

        Controls.Label {
            Layout.preferredWidth: root.labelWidth
            Layout.leftMargin: Kirigami.Units.largeSpacing * 2
            Layout.topMargin: Kirigami.Units.smallSpacing
            Layout.bottomMargin: Kirigami.Units.smallSpacing
            Layout.alignment: Qt.AlignTop
            text: fact.label
            color: Kirigami.Theme.disabledTextColor
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }

        ColumnLayout {
            Layout.fillWidth: true
            Layout.rightMargin: Kirigami.Units.largeSpacing * 2
            Layout.topMargin: Kirigami.Units.smallSpacing
            Layout.bottomMargin: Kirigami.Units.smallSpacing
            Layout.alignment: Qt.AlignTop
            spacing: 0

            Kirigami.SelectableLabel {
                Layout.fillWidth: true
                text: fact.value
                textFormat: Text.PlainText
                Accessible.ignored: true
            }

            Controls.Label {
                Layout.fillWidth: true
                visible: text !== ""
                text: fact.hint
                font: Kirigami.Theme.smallFont
                color: Kirigami.Theme.disabledTextColor
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }
        }
    }
}
