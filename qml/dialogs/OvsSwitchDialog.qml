// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// The options of a switch of Open vSwitch.
FormDialog {
    id: root

    required property string switchName
    readonly property string tree: draft.values.tree ?? "off"

    title: i18nc("@title:window", "Configure %1", switchName)
    form: draft

    Component.onCompleted: draft.begin(switchName, "")

    Form {
        id: draft

        kind: Form.OvsSwitch
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Spanning tree")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        ChoiceField {
            form: draft
            field: "rstp"
            name: "tree"
            values: "off stp rstp"
            labels: [i18nc("@item:inlistbox spanning tree", "Off"), i18nc("@item:inlistbox", "Spanning tree (802.1D)"), i18nc("@item:inlistbox", "Rapid spanning tree (802.1D-2004)")].join("\n")
            text: i18nc("@label:listbox", "Spanning tree")
            description: i18nc("@info", "Keeps loops between switches from flooding the network.")
        }

        NumberField {
            visible: root.tree !== "off"
            label: i18nc("@label:spinbox", "Priority")
            hint: i18nc("@info", "0 to 61440 in steps of 4096. The switch with the lowest number becomes the root.")
            field: "priority"
            form: draft
            from: 0
            to: 61440
            stepSize: 4096
            value: draft.values.priority ?? 0
            onEdited: value => draft.put("priority", value)
        }

        NumberField {
            visible: root.tree !== "off"
            label: i18nc("@label:spinbox", "Forward delay in seconds")
            hint: i18nc("@info", "4 to 30. How long a new port listens, and then learns.")
            field: "forward-delay"
            form: draft
            from: 0
            to: 60
            value: draft.values.forwardDelay ?? 0
            onEdited: value => draft.put("forwardDelay", value)
        }

        NumberField {
            visible: root.tree === "stp"
            label: i18nc("@label:spinbox", "Hello time in seconds")
            hint: i18nc("@info", "1 to 10. How often the root tells the others that it is there.")
            field: "hello-time"
            form: draft
            from: 0
            to: 60
            value: draft.values.helloTime ?? 0
            onEdited: value => draft.put("helloTime", value)
        }

        NumberField {
            visible: root.tree !== "off"
            label: i18nc("@label:spinbox", "Max age in seconds")
            hint: i18nc("@info", "6 to 40. After this long without a word from the root, another one is chosen.")
            field: "max-age"
            form: draft
            from: 0
            to: 60
            value: draft.values.maxAge ?? 0
            onEdited: value => draft.put("maxAge", value)
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "OpenFlow")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        FormTextField {
            form: draft
            field: "controller"
            name: "controllers"
            label: i18nc("@label:textbox", "Controllers")
            placeholderText: i18nc("@info:placeholder", "none: it switches by itself")
            hint: i18nc("@info", "tcp:192.0.2.1:6653, several with spaces between them.")
        }

        FlagField {
            form: draft
            field: "secure"
            text: i18nc("@option:check", "Fail mode secure")
            description: i18nc("@info", "Without a controller, frames that no flow allows are dropped. Otherwise it switches by itself.")
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: draft
            field: "protocols"
            name: "protocols"
            label: i18nc("@label:textbox", "Versions of OpenFlow")
            placeholderText: i18nc("@info:placeholder", "all")
            hint: i18nc("@info", "OpenFlow13, several with spaces between them.")
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Forwarding")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        NumberField {
            label: i18nc("@label:spinbox", "MAC ageing time in seconds")
            hint: i18nc("@info", "15 to 3600. An address that stays silent for this long is forgotten.")
            field: "ageing-time"
            form: draft
            from: 0
            to: 3601
            stepSize: 10
            value: draft.values.ageingTime ?? 0
            onEdited: value => draft.put("ageingTime", value)
        }

        FlagField {
            form: draft
            field: "multicastSnooping"
            text: i18nc("@option:check", "Multicast snooping")
            description: i18nc("@info", "Multicast goes only to the ports that asked for it.")
        }
    }
}
