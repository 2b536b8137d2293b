// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// What a new switch of Open vSwitch is made of, and what that leads to.
ColumnLayout {
    id: root

    required property Form form
    required property real cardWidth
    readonly property bool hasTree: (form.values.tree ?? "off") !== "off"

    spacing: 0

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        FormTextField {
            form: root.form
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name")
        }

        FormCard.FormDelegateSeparator {}

        OvsTreeChoice {
            form: root.form
        }

        FormCard.FormDelegateSeparator {}

        ChoiceField {
            form: root.form
            field: "datapath"
            name: "datapath"
            values: "auto system netdev"
            labels: [i18nc("@item:inlistbox who moves frames", "What this host has"), i18nc("@item:inlistbox", "The kernel (system)"), i18nc("@item:inlistbox", "ovs-vswitchd itself (netdev)")].join("\n")
            text: i18nc("@label:listbox", "Datapath")
            description: i18nc("@info", "Who moves the frames.")
        }
    }

    OvsOpenFlowFields {
        Layout.fillWidth: true
        form: root.form
        cardWidth: root.cardWidth
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Ports")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        CandidateChoice {
            Layout.fillWidth: true
            switchName: ""
            onChosen: (port, chosen) => root.form.put(chosen ? "choose" : "leave", port)
        }
    }

    FormNotices {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        form: root.form
    }

    AdvancedCard {
        id: advanced

        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth
        form: root.form
        outside: ["name", "port", "rstp", "datapath", "controller", "protocols"]
        description: root.hasTree
            ? i18nc("@info", "Times and priority of the spanning tree, ageing and multicast")
            : i18nc("@info", "Ageing and multicast")
    }

    FormCard.FormHeader {
        visible: tree.visible
        title: i18nc("@title:group of the spanning tree", "Times and priority")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        id: tree

        visible: advanced.open && root.hasTree
        maximumWidth: root.cardWidth

        OvsTreeFields {
            form: root.form
        }
    }

    OvsForwardingFields {
        Layout.fillWidth: true
        visible: advanced.open
        form: root.form
        cardWidth: root.cardWidth
    }
}
