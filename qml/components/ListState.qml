// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// What stands in place of a list that has no rows: it is being read, cannot be
// read, is empty, or the search finds nothing. Each with the way out. Rows that
// are there stay; that they are not read any more is for a TroubleNotice.
Item {
    id: root

    // Rows that are shown, and that there are without the search.
    required property int count
    required property int total
    required property bool ready
    property string problem: ""
    property string remedy: ""
    property string problemIcon: "network-disconnect"
    property Kirigami.Action problemAction: Kirigami.Action {
        icon.name: "view-refresh"
        text: i18nc("@action:button", "Try Again")
        onTriggered: Session.retry()
    }
    property string loadingText: i18nc("@info:placeholder", "Reading the host…")
    property string emptyIcon: ""
    property string emptyTitle: ""
    property string emptyText: ""
    property Kirigami.Action emptyAction: null

    signal searchCleared

    readonly property string reason: {
        if (problem !== "" && total === 0) {
            return "problem";
        }
        if (!ready) {
            return "loading";
        }
        if (total === 0) {
            return "empty";
        }
        return count === 0 ? "unfound" : "";
    }

    anchors.fill: parent
    visible: reason !== ""

    Kirigami.LoadingPlaceholder {
        anchors.centerIn: parent
        width: parent.width - Kirigami.Units.gridUnit * 2
        visible: root.reason === "loading"
        text: root.loadingText
    }

    Kirigami.PlaceholderMessage {
        anchors.centerIn: parent
        width: parent.width - Kirigami.Units.gridUnit * 2
        visible: root.reason === "problem"
        icon.name: root.problemIcon
        text: Session.verbatim(root.problem)
        explanation: Session.verbatim(root.remedy)
        helpfulAction: root.problemAction
    }

    Kirigami.PlaceholderMessage {
        anchors.centerIn: parent
        width: parent.width - Kirigami.Units.gridUnit * 2
        visible: root.reason === "empty"
        icon.name: root.emptyIcon
        text: root.emptyTitle
        explanation: root.emptyText
        helpfulAction: root.emptyAction
    }

    Kirigami.PlaceholderMessage {
        anchors.centerIn: parent
        width: parent.width - Kirigami.Units.gridUnit * 2
        visible: root.reason === "unfound"
        icon.name: "edit-none"
        text: i18nc("@info:placeholder", "Nothing found")
        helpfulAction: Kirigami.Action {
            icon.name: "edit-clear"
            text: i18nc("@action:button", "Clear Search")
            onTriggered: root.searchCleared()
        }
    }
}
