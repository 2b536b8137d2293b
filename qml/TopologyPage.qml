// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtCore
import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// The whole network of the host as one picture.
Kirigami.Page {
    id: root

    readonly property bool slim: width < Kirigami.Units.gridUnit * 34
    // By the page, not the canvas: a panel that opens moves nothing.
    readonly property bool isTall: width > 0 && height > width
    readonly property bool isDrawn: view.ready && !view.isEmpty

    title: i18nc("@title", "Topology")
    padding: 0
    leftPadding: 0
    rightPadding: 0
    topPadding: 0
    bottomPadding: 0
    onIsTallChanged: view.shape(isTall)

    actions: [
        Kirigami.Action {
            visible: root.isDrawn
            displayComponent: TopologySearch {
                view: view
                focusSequence: root.visible ? "Ctrl+F" : ""
                implicitWidth: Kirigami.Units.gridUnit * (root.slim ? 9 : 14)
                onFoundChanged: canvas.revealFound()
                onGoneOn: canvas.focusOn(view.first(), Qt.TabFocusReason)
            }
        },
        Kirigami.Action {
            icon.name: "view-list-tree"
            text: i18nc("@action:button", "Fold Machines")
            visible: view.hasUnfolded
            onTriggered: view.foldAll()
        },
        Kirigami.Action {
            icon.name: "distribute-graph-directed-symbolic"
            text: i18nc("@action:button", "Arrange")
            tooltip: i18nc("@info:tooltip", "Put everything back in its computed place")
            visible: view.hasMoved
            onTriggered: arranging.start()
        }
    ]

    Shortcut {
        sequence: "Ctrl+0"
        enabled: root.visible && root.isDrawn
        onActivated: canvas.fit()
    }

    // Where plus is on the key of the equals sign, Shift is not needed.
    Shortcut {
        sequences: ["Ctrl++", "Ctrl+="]
        enabled: root.visible && root.isDrawn
        onActivated: canvas.zoomBy(1.25)
    }

    Shortcut {
        sequence: "Ctrl+-"
        enabled: root.visible && root.isDrawn
        onActivated: canvas.zoomBy(1 / 1.25)
    }

    // Opens the page of the object that a node stands for, else its details.
    function open(key: string): void {
        const kind = nodes.value(key, "kind");
        const page = nodes.value(key, "page") ?? "";
        if (kind === "group") {
            view.unfold(key);
        } else if (page !== "") {
            const subject = nodes.value(key, "subject");
            applicationWindow().openPage(page);
            applicationWindow().pageStack.get(0).open(subject);
        } else {
            canvas.select(key);
        }
    }

    TopologyView {
        id: view

        Component.onCompleted: {
            if (kept.places !== "") {
                restore(kept.places);
            }
            shape(root.isTall);
        }
    }

    RowModel {
        id: nodes

        source: RowModel.TopologyNodes
    }

    // A node that is gone has no details, and nothing steps back for it.
    Connections {
        target: nodes

        function onRowsRemoved(): void {
            root.forget();
        }

        function onModelReset(): void {
            root.forget();
        }
    }

    function forget(): void {
        if (nodes.rowOf(canvas.selected) < 0) {
            canvas.selected = "";
        }
        if (nodes.rowOf(canvas.hovered) < 0) {
            canvas.hovered = "";
        }
    }

    // Where a person has put things, until the next start.
    Settings {
        id: kept

        property string places

        category: "Topology"
        location: StandardPaths.writableLocation(StandardPaths.GenericStateLocation) + "/nova-desktopstaterc"
    }

    NumberAnimation {
        id: arranging

        property real part: 0

        target: arranging
        property: "part"
        from: 0
        to: 1
        duration: Kirigami.Units.longDuration
        easing.type: Easing.InOutQuad
        onPartChanged: {
            if (running && part < 1) {
                view.arrange(part);
            }
        }
        onFinished: {
            view.arrange(1);
            kept.places = "";
        }
    }

    // Without libvirt its networks and machines are not in the picture, without Open
    // vSwitch its switches are not; without the helper nothing can be changed.
    readonly property list<string> said: [[Session.blindText, Session.blindRemedy], [Session.helperText, Session.helperRemedy], [Session.libvirtText, Session.libvirtRemedy], [Session.hasOvs ? Session.ovsText : "", Session.ovsRemedy]].find(pair => pair[0] !== "") ?? ["", ""]

    header: Column {
        TroubleNotice {
            width: parent.width
            problem: view.ready ? root.said[0] : ""
            remedy: root.said[1]
        }
    }

    TopologyCanvas {
        id: canvas

        anchors.fill: parent
        anchors.rightMargin: panel.visible && !root.slim ? panel.width : 0
        visible: root.isDrawn
        focus: true
        view: view
        nodes: nodes
        onOpened: key => root.open(key)
        onMenuWanted: (key, item, x, y) => menu.show(key, item, x, y)
        onPlaced: kept.places = view.places()
    }

    TopologyMenu {
        id: menu

        nodes: nodes
        onOpenWanted: key => root.open(key)
        onDetailsWanted: key => canvas.select(key)
    }

    TopologyPanel {
        id: panel

        anchors.top: parent.top
        anchors.bottom: parent.bottom
        anchors.right: parent.right
        width: Math.min(Kirigami.Units.gridUnit * 17, root.width)
        nodes: nodes
        subject: canvas.selected
        visible: canvas.visible && canvas.selected !== ""
        onOpened: key => root.open(key)
        onClosed: canvas.deselect()
    }

    TopologyExample {
        anchors.fill: parent
        visible: view.ready && view.isEmpty
        onSwitchWanted: applicationWindow().openDialog(createDialog, {})?.create()
    }

    ListState {
        count: view.ready ? 1 : 0
        total: count
        ready: view.ready
        problem: Session.blindText
        remedy: Session.blindRemedy
    }

    Component {
        id: createDialog

        SwitchDialog {}
    }
}
