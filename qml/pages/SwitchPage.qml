// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// One switch: what it is set to, its ports, and what can be done with it.
Kirigami.Page {
    id: root

    required property string name

    title: name
    padding: 0
    // The header says it, with what belongs to it.
    titleDelegate: Item {}
    Kirigami.ColumnView.fillWidth: true
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false

    actions: [
        Kirigami.Action {
            icon.name: "configure"
            text: i18nc("@action:button", "Configure…")
            enabled: view.exists && view.isChangeable
            onTriggered: root.configure()
        },
        Kirigami.Action {
            icon.name: "network-connect"
            text: i18nc("@action:button", "Attach Port…")
            enabled: view.exists && view.isChangeable
            onTriggered: root.show(attachDialog)
        },
        Kirigami.Action {
            icon.name: "list-add"
            text: i18nc("@action:button", "Add Port…")
            tooltip: i18nc("@info:tooltip", "An interface of this host, a cable to another switch, a tunnel or a bond")
            visible: view.isOvs
            enabled: view.exists && view.isChangeable
            onTriggered: root.show(newPortDialog)
        },
        Kirigami.Action {
            icon.name: view.isUp ? "go-down" : "go-up"
            text: view.isUp ? i18nc("@action:button", "Set Down…") : i18nc("@action:button", "Set Up…")
            // Open vSwitch moves frames whether or not the host's own end is up.
            visible: !view.isOvs
            enabled: view.exists && view.isChangeable
            onTriggered: ChangeFlow.setLink(root.name, !view.isUp)
        },
        Kirigami.Action {
            icon.name: "edit-delete"
            text: i18nc("@action:button", "Delete…")
            enabled: view.exists && view.isChangeable
            onTriggered: ChangeFlow.deleteSwitch(root.name, !view.isNova)
        }
    ]

    function show(dialog: Component): void {
        applicationWindow().openDialog(dialog, {
            switchName: name
        })?.open();
    }

    function configure(): void {
        if (view.isOvs) {
            show(ovsDialog);
        } else {
            applicationWindow().openDialog(configureDialog, {})?.configure(name);
        }
    }

    function showPort(dialog: Component, port: string): void {
        applicationWindow().openDialog(dialog, {
            switchName: name,
            portName: port
        })?.open();
    }

    // It is not seen, which is not to say that it is gone.
    readonly property bool isHidden: !view.exists && Session.hasOvs && Session.ovsText !== ""

    SwitchView {
        id: view

        name: root.name
    }

    RowModel {
        id: ports

        source: RowModel.Ports
        subject: root.name
    }

    RowModel {
        id: mirrors

        source: RowModel.Mirrors
        subject: root.name
    }

    // What is on a tab is made once somebody looks at it, and stays.
    component Tab: Loader {
        active: false
        onVisibleChanged: active = active || visible
    }

    header: ObjectHeader {
        title: root.name
        facts: view.facts
        symbol: "qrc:/qt/qml/org/nova/networking/icons/nova-switch-symbolic.svg"
        chip: view.exists ? (view.chip === "" ? i18nc("@info:status", "up") : view.chip) : root.isHidden ? i18nc("@info:status of a switch", "not seen") : i18nc("@info:status", "gone")
        chipKind: view.exists ? (view.chip === "" ? "positive" : view.chipKind) : "warning"
        tabs: [
            i18nc("@title:tab", "Overview"),
            i18nc("@title:tab", "Ports (%1)", ports.total),
            i18nc("@title:tab", "VLANs"),
            i18nc("@title:tab", "STP"),
            view.isOvs ? i18nc("@title:tab of OpenFlow", "Flows") : i18nc("@title:tab what the switch has learned", "Learned"),
            mirrors.total > 0 ? i18nc("@title:tab", "Mirrors (%1)", mirrors.total) : i18nc("@title:tab", "Mirrors"),
            i18nc("@title:tab", "QoS")
        ]
    }

    TroubleNotice {
        id: notice

        anchors {
            top: parent.top
            left: parent.left
            right: parent.right
        }
        problem: root.isHidden ? Session.ovsText : ""
        remedy: Session.ovsRemedy
    }

    StackLayout {
        anchors {
            top: notice.visible ? notice.bottom : parent.top
            left: parent.left
            right: parent.right
            bottom: parent.bottom
        }
        currentIndex: (root.header as ObjectHeader).tab

        FactList {
            Accessible.name: i18nc("@info:whatsthis", "Facts about %1", root.name)

            model: RowModel {
                source: RowModel.SwitchFacts
                subject: root.name
            }
        }

        Tab {
            sourceComponent: portList
        }

        Tab {
            sourceComponent: vlanPanel
        }

        Tab {
            sourceComponent: treePanel
        }

        Tab {
            sourceComponent: view.isOvs ? flowPanel : learnedPanel
        }

        Tab {
            sourceComponent: mirrorPanel
        }

        Tab {
            sourceComponent: limitPanel
        }
    }

    Component {
        id: portList

        PortList {
            rows: ports
            switchName: root.name
            changeable: view.isChangeable
            whyFixed: view.whyFixed
            onAttachWanted: root.show(attachDialog)
            onConfigureWanted: port => root.showPort(portDialog, port)
        }
    }

    Component {
        id: vlanPanel

        VlanPanel {
            switchName: root.name
            isOvs: view.isOvs
            changeable: view.isChangeable
            onConfigureWanted: port => root.showPort(portDialog, port)
            onCreateWanted: root.show(vlanDialog)
        }
    }

    Component {
        id: treePanel

        TreePanel {
            switchName: root.name
            changeable: view.isChangeable
            whyFixed: view.whyFixed
            onConfigureWanted: root.configure()
            onPortWanted: port => root.showPort(portDialog, port)
        }
    }

    Component {
        id: learnedPanel

        LearnedPanel {
            switchName: root.name
            showsVlans: view.filtersVlans
        }
    }

    Component {
        id: flowPanel

        FlowPanel {
            switchName: root.name
        }
    }

    Component {
        id: mirrorPanel

        MirrorPanel {
            rows: mirrors
            switchName: root.name
            changeable: view.isChangeable
            onCreateWanted: root.show(mirrorDialog)
        }
    }

    Component {
        id: limitPanel

        LimitPanel {
            switchName: root.name
            changeable: view.isChangeable
            whyFixed: view.whyFixed
            onLimitWanted: port => root.showPort(limitDialog, port)
            onCpusWanted: port => applicationWindow().openDialog(cpuDialog, {
                linkName: port
            })?.open()
        }
    }

    Component {
        id: configureDialog

        SwitchDialog {}
    }

    Component {
        id: portDialog

        PortDialog {}
    }

    Component {
        id: limitDialog

        LimitDialog {}
    }

    Component {
        id: cpuDialog

        AffinityDialog {}
    }

    Component {
        id: mirrorDialog

        MirrorDialog {}
    }

    Component {
        id: vlanDialog

        SubInterfaceDialog {}
    }

    Component {
        id: ovsDialog

        OvsSwitchDialog {}
    }

    Component {
        id: newPortDialog

        OvsPortDialog {}
    }

    Component {
        id: attachDialog

        AttachDialog {}
    }
}
