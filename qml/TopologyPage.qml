// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// The whole network of the host as one picture.
Kirigami.Page {
    id: root

    readonly property bool slim: width < Kirigami.Units.gridUnit * 34

    title: i18nc("@title", "Topology")
    padding: 0
    leftPadding: 0
    rightPadding: 0
    topPadding: 0
    bottomPadding: 0

    actions: [
        Kirigami.Action {
            icon.name: "zoom-fit-best"
            text: i18nc("@action:button", "Fit")
            tooltip: i18nc("@info:tooltip", "Show the whole picture")
            shortcut: "Ctrl+0"
            enabled: view.ready && !view.isEmpty
            onTriggered: canvas.fit()
        },
        Kirigami.Action {
            icon.name: "view-list-tree"
            text: i18nc("@action:button", "Fold Machines")
            visible: view.hasUnfolded
            onTriggered: view.foldAll()
        }
    ]

    // Opens the page of the object that a node stands for.
    function open(key: string): void {
        const name = nodes.value(key, "name");
        const kind = nodes.value(key, "kind");
        if (kind === "group") {
            view.unfold(key);
        } else if (kind === "switch" || kind === "network") {
            applicationWindow().openPage(kind === "switch" ? "switches" : "networks");
            applicationWindow().pageStack.get(0).open(name);
        } else {
            canvas.selected = key;
        }
    }

    TopologyView {
        id: view
    }

    RowModel {
        id: nodes
        source: RowModel.TopologyNodes
    }

    TopologyCanvas {
        id: canvas

        anchors.fill: parent
        anchors.rightMargin: panel.visible && !root.slim ? panel.width : 0
        visible: view.ready && !view.isEmpty
        view: view
        nodes: nodes
        onOpened: key => root.open(key)
    }

    TopologyPanel {
        id: panel

        anchors.top: parent.top
        anchors.bottom: parent.bottom
        anchors.right: parent.right
        width: Math.min(Kirigami.Units.gridUnit * 17, root.width)
        nodes: nodes
        subject: canvas.selected
        visible: canvas.visible && canvas.selected !== "" && nodes.rowOf(canvas.selected) >= 0
        onOpened: key => root.open(key)
        onClosed: canvas.deselect()
    }

    TopologyExample {
        anchors.fill: parent
        visible: view.ready && view.isEmpty
        onSwitchWanted: {
            const dialog = createDialog.createObject(applicationWindow().overlay) as SwitchDialog;
            dialog.create();
        }
    }

    ListState {
        count: 1
        total: 1
        ready: view.ready
        problem: view.ready ? "" : Session.blindText
        remedy: Session.blindRemedy
    }

    Component {
        id: createDialog

        SwitchDialog {
            onClosed: destroy()
        }
    }
}
