// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// All switches of the host.
ListPage {
    id: root

    title: i18nc("@title", "Switches")

    // Changes cannot be made without the helper; ports lose their machines without
    // libvirt, and the switches of Open vSwitch are not there without it.
    readonly property list<string> said: [[Session.helperText, Session.helperRemedy], [Session.libvirtText, Session.libvirtRemedy], [Session.hasOvs ? Session.ovsText : "", Session.ovsRemedy]].find(pair => pair[0] !== "") ?? ["", ""]
    trouble: said[0]
    troubleRemedy: said[1]

    rows: RowModel {
        source: RowModel.Switches
    }

    actions: [
        Kirigami.Action {
            id: create

            icon.name: "list-add"
            text: i18nc("@action:button", "Create Switch…")
            tooltip: i18nc("@info:tooltip a button and its shortcut", "Create Switch (Ctrl+N)")
            displayHint: Kirigami.DisplayHint.KeepVisible
            enabled: Session.hasPicture
            onTriggered: root.create()
        }
    ]

    footer: Controls.ToolBar {
        position: Controls.ToolBar.Footer

        contentItem: RowLayout {
            Controls.ToolButton {
                Layout.fillWidth: true
                icon.name: "network-wired-symbolic"
                text: i18nc("@action:button", "Bridge a Network Card…")
                enabled: Session.hasPicture
                Controls.ToolTip.text: i18nc("@info:tooltip", "Lets machines reach the network that a card is plugged into")
                Controls.ToolTip.visible: hovered
                Controls.ToolTip.delay: Kirigami.Units.toolTipDelay
                onClicked: applicationWindow().openDialog(bridgeDialog, {})?.start("")
            }
        }
    }

    // What a new switch is suggested to be is known once the host is.
    property bool waiting: false

    function create(): void {
        waiting = !Session.hasPicture;
        if (!waiting) {
            applicationWindow().openDialog(createDialog, {})?.create();
        }
    }

    Connections {
        target: Session

        function onChanged(): void {
            if (root.waiting) {
                root.create();
            }
        }
    }

    placeholder {
        problem: Session.blindText
        remedy: Session.blindRemedy
        emptyIcon: "qrc:/qt/qml/org/nova/networking/icons/nova-switch-symbolic.svg"
        emptyTitle: i18nc("@info:placeholder", "No switches")
        emptyText: i18nc("@info", "A switch connects machines with each other and with the network cards of this host.")
        emptyAction: create
    }

    detail: Component {
        SwitchPage {
            name: root.selected
        }
    }

    rowDelegate: Component {
        ObjectDelegate {
            id: row

            required property int index
            required property string name
            required property int linkIndex

            width: ListView.view.width
            title: name
            symbol: "qrc:/qt/qml/org/nova/networking/icons/nova-switch-symbolic.svg"
            carries: linkIndex
            highlighted: name === root.selected
            onClicked: root.open(name)
        }
    }

    Component {
        id: bridgeDialog

        BridgeCardDialog {}
    }

    Component {
        id: createDialog

        SwitchDialog {}
    }
}
