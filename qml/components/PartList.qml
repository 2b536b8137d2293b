// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// A list of parts of a switch, with what stands there while there are none.
RowList {
    id: root

    required property RowModel rows
    property string emptyIcon: ""
    property string emptyTitle: ""
    property string emptyText: ""
    property Kirigami.Action emptyAction: null

    model: rows
    topMargin: Kirigami.Units.smallSpacing
    bottomMargin: Kirigami.Units.smallSpacing

    Kirigami.PlaceholderMessage {
        anchors.centerIn: parent
        width: parent.width - Kirigami.Units.gridUnit * 4
        visible: root.rows.ready && root.rows.total === 0 && root.emptyTitle !== ""
        icon.name: root.emptyIcon
        text: root.emptyTitle
        explanation: root.emptyText
        helpfulAction: root.emptyAction
    }
}
