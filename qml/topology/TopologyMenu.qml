// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.nova.networking

// What can be done with a thing of the picture.
Controls.Menu {
    id: root

    required property RowModel nodes

    property string key: ""
    property string kind: ""
    property string name: ""
    // The name of the link or the network.
    property string subject: ""
    // The page that shows it, empty where none does.
    property string page: ""
    // The switch that a card is a port of.
    property string switchName: ""

    readonly property bool isSwitch: kind === "switch"
    readonly property bool isCard: kind === "uplink"
    readonly property bool isNetwork: kind === "network"
    readonly property bool hasCardPage: page === "cards"

    signal openWanted(key: string)
    signal detailsWanted(key: string)

    function show(key: string, item: Item, x: real, y: real): void {
        root.key = key;
        kind = nodes.value(key, "kind") ?? "";
        name = nodes.value(key, "name") ?? "";
        subject = nodes.value(key, "subject") ?? "";
        page = nodes.value(key, "page") ?? "";
        switchName = nodes.value(key, "switchName") ?? "";
        // A submenu has no visibility of its own.
        for (let at = 0; at < count; at++) {
            const entry = itemAt(at) as Controls.MenuItem;
            if (entry && entry.subMenu === switches) {
                entry.visible = isCard && switchName === "";
                entry.height = entry.visible ? entry.implicitHeight : 0;
            }
        }
        popup(item, x, y);
    }

    function openDialog(dialog: Component, about: var): var {
        return applicationWindow().openDialog(dialog, about);
    }

    function configure(): void {
        if (link.isOvs) {
            openDialog(ovsDialog, {
                switchName: subject
            })?.open();
        } else {
            openDialog(configureDialog, {})?.configure(subject);
        }
    }

    // The dialog keeps what it is about, whatever is pointed at meanwhile.
    function openDialogAbout(dialog: Component, about: var): void {
        applicationWindow().openDialog(dialog, about)?.open();
    }

    SwitchView {
        id: link

        name: root.isSwitch ? root.subject : ""
    }

    CardView {
        id: card

        name: root.isCard ? root.subject : ""
    }

    NetworkView {
        id: network

        name: root.isNetwork ? root.subject : ""
    }

    Controls.MenuItem {
        icon.name: "documentinfo"
        text: i18nc("@action:inmenu", "Details")
        onTriggered: root.detailsWanted(root.key)
    }

    Controls.MenuItem {
        icon.name: root.kind === "group" ? "view-list-tree" : "go-next-view"
        text: root.kind === "group" ? i18nc("@action:inmenu", "Show Each Machine") : i18nc("@action:inmenu", "Open Page")
        visible: root.kind === "group" || root.page !== ""
        height: visible ? implicitHeight : 0
        onTriggered: root.openWanted(root.key)
    }

    Controls.MenuSeparator {
        visible: root.isSwitch || root.isNetwork || root.isCard
        height: visible ? implicitHeight : 0
    }

    Controls.MenuItem {
        icon.name: "network-connect"
        text: i18nc("@action:inmenu", "Attach Port…")
        visible: root.isSwitch
        height: visible ? implicitHeight : 0
        enabled: link.isChangeable
        onTriggered: root.openDialog(attachDialog, {
            switchName: root.subject
        })?.open()
    }

    Controls.MenuItem {
        icon.name: "configure"
        text: i18nc("@action:inmenu", "Configure…")
        visible: root.isSwitch
        height: visible ? implicitHeight : 0
        enabled: link.isChangeable
        onTriggered: root.configure()
    }

    Controls.MenuItem {
        icon.name: link.isUp ? "go-down" : "go-up"
        text: link.isUp ? i18nc("@action:inmenu", "Set Down…") : i18nc("@action:inmenu", "Set Up…")
        // Open vSwitch moves frames whether or not the host's own end is up.
        visible: root.isSwitch && !link.isOvs
        height: visible ? implicitHeight : 0
        enabled: link.isChangeable
        onTriggered: ChangeFlow.setLink(root.subject, !link.isUp)
    }

    Controls.MenuItem {
        icon.name: "edit-delete"
        text: i18nc("@action:inmenu", "Delete…")
        visible: root.isSwitch
        height: visible ? implicitHeight : 0
        enabled: link.isChangeable
        onTriggered: ChangeFlow.deleteSwitch(root.subject, !link.isNova)
    }

    Controls.MenuItem {
        icon.name: "network-wired-symbolic"
        text: i18nc("@action:inmenu", "Make a Bridge Above It…")
        visible: root.isCard && root.switchName === ""
        height: visible ? implicitHeight : 0
        onTriggered: root.openDialog(bridgeDialog, {})?.start(root.subject)
    }

    Controls.MenuItem {
        icon.name: "network-disconnect"
        text: i18nc("@action:inmenu", "Detach from %1…", Session.caption(root.switchName))
        visible: root.isCard && root.switchName !== ""
        height: visible ? implicitHeight : 0
        onTriggered: ChangeFlow.detachPort(root.switchName, root.subject)
    }

    Controls.Menu {
        id: switches

        title: i18nc("@title:menu", "Attach to")
        icon.name: "network-connect"
        Instantiator {
            model: root.nodes

            delegate: Controls.MenuItem {
                required property string kind
                required property string name
                required property string subject

                text: i18nc("@action:inmenu", "%1…", Session.caption(name))
                visible: kind === "switch"
                height: visible ? implicitHeight : 0
                onTriggered: ChangeFlow.attachPorts(subject, [root.subject])
            }
            onObjectAdded: (index, item) => switches.insertItem(index, item as Item)
            onObjectRemoved: (index, item) => switches.removeItem(item as Item)
        }
    }

    Controls.MenuItem {
        icon.name: "configure"
        text: i18nc("@action:inmenu", "Configure Bond…")
        visible: root.isCard && card.isBond
        height: visible ? implicitHeight : 0
        enabled: card.isChangeable
        onTriggered: root.openDialogAbout(bondDialog, {
            bondName: root.subject
        })
    }

    Controls.MenuItem {
        icon.name: "list-add"
        text: i18nc("@action:inmenu", "Create VLAN…")
        visible: root.hasCardPage
        height: visible ? implicitHeight : 0
        enabled: card.isChangeable
        onTriggered: root.openDialogAbout(vlanDialog, {
            linkName: root.subject
        })
    }

    Controls.MenuItem {
        icon.name: "transform-scale"
        text: i18nc("@action:inmenu", "Set MTU…")
        visible: root.hasCardPage
        height: visible ? implicitHeight : 0
        enabled: card.isChangeable
        onTriggered: root.openDialogAbout(mtuDialog, {
            linkName: root.subject
        })
    }

    Controls.MenuItem {
        icon.name: card.isUp ? "go-down" : "go-up"
        text: card.isUp ? i18nc("@action:inmenu", "Set Down…") : i18nc("@action:inmenu", "Set Up…")
        visible: root.hasCardPage
        height: visible ? implicitHeight : 0
        enabled: card.isChangeable
        onTriggered: ChangeFlow.setLink(root.subject, !card.isUp)
    }

    Controls.MenuItem {
        icon.name: "edit-delete"
        text: i18nc("@action:inmenu", "Delete…")
        visible: root.isCard && (card.isBond || card.isVlan)
        height: visible ? implicitHeight : 0
        enabled: card.isChangeable
        onTriggered: {
            if (card.isBond) {
                ChangeFlow.deleteBond(root.subject, !card.isNova);
            } else {
                ChangeFlow.deleteVlan(root.subject, !card.isNova);
            }
        }
    }

    Controls.MenuItem {
        icon.name: "media-playback-start"
        text: i18nc("@action:inmenu", "Start")
        visible: root.isNetwork && network.exists && !network.isActive
        height: visible ? implicitHeight : 0
        onTriggered: Session.startNetwork(root.subject)
    }

    Controls.MenuItem {
        icon.name: "media-playback-stop"
        text: i18nc("@action:inmenu", "Stop…")
        visible: root.isNetwork && network.exists && network.isActive
        height: visible ? implicitHeight : 0
        onTriggered: root.openDialog(stopDialog, {
            network: root.subject
        })?.open()
    }

    Component {
        id: bondDialog

        BondDialog {}
    }

    Component {
        id: vlanDialog

        SubInterfaceDialog {}
    }

    Component {
        id: mtuDialog

        MtuDialog {}
    }

    Component {
        id: attachDialog

        AttachDialog {}
    }

    Component {
        id: bridgeDialog

        BridgeCardDialog {}
    }

    Component {
        id: configureDialog

        SwitchDialog {}
    }

    Component {
        id: ovsDialog

        OvsSwitchDialog {}
    }

    Component {
        id: stopDialog

        StopNetworkDialog {
            onClosed: destroy()
        }
    }
}
