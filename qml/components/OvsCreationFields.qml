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

        ChoiceField {
            form: root.form
            field: "rstp"
            name: "tree"
            values: "off stp rstp"
            labels: [i18nc("@item:inlistbox spanning tree", "Off"), i18nc("@item:inlistbox", "Spanning tree (802.1D)"), i18nc("@item:inlistbox", "Rapid spanning tree (802.1D-2004)")].join("\n")
            text: i18nc("@label:listbox", "Spanning tree")
            description: i18nc("@info", "Keeps loops between switches from flooding the network.")
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

    FormCard.FormHeader {
        title: i18nc("@title:group", "OpenFlow")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        FormTextField {
            form: root.form
            field: "controller"
            name: "controllers"
            label: i18nc("@label:textbox", "Controllers")
            placeholderText: i18nc("@info:placeholder", "none: it switches by itself")
            hint: i18nc("@info", "tcp:192.0.2.1:6653, several with spaces between them.")
        }

        FlagField {
            form: root.form
            field: "secure"
            text: i18nc("@option:check", "Fail mode secure")
            description: i18nc("@info", "Without a controller, frames that no flow allows are dropped. Otherwise it switches by itself.")
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: root.form
            field: "protocols"
            name: "protocols"
            label: i18nc("@label:textbox", "Versions of OpenFlow")
            placeholderText: i18nc("@info:placeholder", "all")
            hint: i18nc("@info", "OpenFlow13, several with spaces between them.")
        }
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
}
