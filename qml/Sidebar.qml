// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The pages of the window, and below them what Nova talks to.
Kirigami.OverlayDrawer {
    id: root

    required property Pages pages
    required property string current
    required property bool slim

    signal chosen(name: string)
    signal helpWanted

    edge: Application.layoutDirection === Qt.RightToLeft ? Qt.RightEdge : Qt.LeftEdge
    modal: false
    drawerOpen: true
    handleVisible: false
    width: slim ? Kirigami.Units.gridUnit * 3 : Kirigami.Units.gridUnit * 12
    padding: 0
    leftPadding: 0
    rightPadding: 0
    topPadding: 0
    bottomPadding: 0

    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false

    contentItem: ColumnLayout {
        spacing: 0

        ListView {
            id: list

            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.topMargin: Kirigami.Units.smallSpacing
            clip: true
            focus: true
            keyNavigationEnabled: true
            activeFocusOnTab: true
            currentIndex: root.pages.entries.findIndex(entry => entry.name === root.current)
            model: root.pages.entries
            onCurrentIndexChanged: {
                // The page goes along with the arrow keys.
                const entry = root.pages.entries[currentIndex];
                if (activeFocus && entry && entry.name !== root.current) {
                    root.chosen(entry.name);
                }
            }
            Accessible.role: Accessible.List
            Accessible.name: i18nc("@info:whatsthis", "Pages")

            delegate: SidebarItem {
                required property int index
                required property PageEntry modelData

                width: ListView.view.width
                entry: modelData
                slim: root.slim
                position: index
                current: modelData.name === root.current
                onClicked: root.chosen(modelData.name)
            }
        }

        Kirigami.Separator {
            Layout.fillWidth: true
        }

        SidebarFoot {
            Layout.fillWidth: true
            slim: root.slim
            onHelpWanted: root.helpWanted()
        }
    }
}
