// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A new port of a switch of Open vSwitch. Links that are there already are
// attached instead.
FormDialog {
    id: root

    required property string switchName
    readonly property string what: draft.values.kind ?? ""

    title: i18nc("@title:window", "Add Port to %1", switchName)
    form: draft

    Component.onCompleted: draft.begin(switchName, "")

    Form {
        id: draft

        kind: Form.OvsNewPort
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        Repeater {
            model: [
                ["internal", i18nc("@option:radio", "Interface of this host"), i18nc("@info", "This host, or a container, is reached on the switch by it.")],
                ["patch", i18nc("@option:radio", "Cable to another switch"), i18nc("@info", "Two patch ports, one on each switch of Open vSwitch.")],
                ["tunnel", i18nc("@option:radio", "Tunnel to another host"), i18nc("@info", "Carries frames over the network between the hosts.")],
                ["bond", i18nc("@option:radio", "Bond of several links"), i18nc("@info", "Cards that work as one: when a cable fails, another takes over.")]
            ]

            FollowingRadio {
                required property var modelData

                Layout.fillWidth: true
                text: modelData[1]
                description: modelData[2]
                value: root.what === modelData[0]
                Accessible.description: description
                onChosen: draft.put("kind", modelData[0])
            }
        }
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        FormTextField {
            form: draft
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name")
        }

        ChoiceField {
            visible: root.what === "patch" && values !== ""
            form: draft
            field: "switch"
            name: "other"
            values: (draft.values.others ?? []).join(" ")
            text: i18nc("@label:listbox", "Other switch")
            description: i18nc("@info", "Its end of the cable is made, too.")
        }

        FormTextField {
            visible: root.what === "patch"
            form: draft
            field: "peer"
            name: "peer"
            label: i18nc("@label:textbox", "Name of the other end")
        }

        ChoiceField {
            visible: root.what === "tunnel"
            form: draft
            field: "tunnel"
            name: "tunnel"
            values: "vxlan gre geneve"
            labels: ["VXLAN", "GRE", "Geneve"].join("\n")
            text: i18nc("@label:listbox of tunnels", "Kind")
        }

        FormTextField {
            visible: root.what === "tunnel"
            form: draft
            field: "remote"
            name: "remote"
            label: i18nc("@label:textbox", "Address of the other host")
            placeholderText: "192.0.2.9"
        }

        FormTextField {
            visible: root.what === "tunnel"
            form: draft
            field: "key"
            name: "key"
            label: i18nc("@label:textbox", "Key (VNI)")
            placeholderText: i18nc("@info:placeholder", "none")
            hint: i18nc("@info", "Tells the tunnels between two hosts apart. The same at both ends.")
        }

        FormTextField {
            visible: root.what === "tunnel"
            form: draft
            field: "local"
            name: "local"
            label: i18nc("@label:textbox", "Address of this host")
            placeholderText: i18nc("@info:placeholder", "as the route goes")
        }

        FormTextField {
            visible: root.what === "tunnel" && draft.values.tunnel !== "gre"
            form: draft
            field: "udp-port"
            name: "udpPort"
            label: i18nc("@label:textbox", "UDP port of the other host")
            placeholderText: i18nc("@info:placeholder", "the usual one")
        }

        BondChoices {
            Layout.fillWidth: true
            visible: root.what === "bond"
            form: draft
        }

        CandidateChoice {
            Layout.fillWidth: true
            visible: root.what === "bond"
            switchName: ""
            onChosen: (port, chosen) => draft.put(chosen ? "choose" : "leave", port)
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "VLANs")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        VlanFields {
            Layout.fillWidth: true
            form: draft
        }
    }

    FormNotices {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        form: draft
    }
}
