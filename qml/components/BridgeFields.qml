// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// What most people never touch of a Linux bridge.
ColumnLayout {
    id: root

    required property Form form
    required property real cardWidth

    spacing: 0

    FormCard.FormHeader {
        title: i18nc("@title:group of the spanning tree", "Times and priority")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        NumberField {
            label: i18nc("@label:spinbox", "Forward delay in seconds")
            hint: root.form.values.stp ?? false
                ? i18nc("@info", "4 to 30. How long a new port listens, and then learns.")
                : i18nc("@info", "0 to 30. Counts only while spanning tree is on.")
            field: "forward-delay"
            form: root.form
            from: 0
            to: 60
            value: root.form.values.forwardDelay ?? 0
            onEdited: value => root.form.put("forwardDelay", value)
        }

        NumberField {
            label: i18nc("@label:spinbox", "Hello time in seconds")
            hint: i18nc("@info", "1 to 10. How often the root tells the others that it is there.")
            field: "hello-time"
            form: root.form
            from: 0
            to: 60
            value: root.form.values.helloTime ?? 0
            onEdited: value => root.form.put("helloTime", value)
        }

        NumberField {
            label: i18nc("@label:spinbox", "Max age in seconds")
            hint: i18nc("@info", "6 to 40. After this long without a word from the root, another one is chosen.")
            field: "max-age"
            form: root.form
            from: 0
            to: 60
            value: root.form.values.maxAge ?? 0
            onEdited: value => root.form.put("maxAge", value)
        }

        NumberField {
            label: i18nc("@label:spinbox", "Priority")
            hint: i18nc("@info", "The switch with the lowest number becomes the root. 802.1D counts in steps of 4096.")
            field: "priority"
            form: root.form
            from: 0
            to: 65535
            stepSize: 4096
            value: root.form.values.priority ?? 0
            onEdited: value => root.form.put("priority", value)
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Forwarding")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        NumberField {
            label: i18nc("@label:spinbox", "MAC ageing time in seconds")
            hint: i18nc("@info", "An address that stays silent for this long is forgotten. 0 floods every frame.")
            field: "ageing-time"
            form: root.form
            from: 0
            to: 1000000
            stepSize: 10
            value: root.form.values.ageingTime ?? 0
            onEdited: value => root.form.put("ageingTime", value)
        }

        FlagField {
            form: root.form
            field: "forwardsLldp"
            text: i18nc("@option:check", "Forward LLDP")
            description: i18nc("@info", "By LLDP, machines and the switch outside see each other as neighbours. Otherwise it ends at this bridge.")
        }

        FlagField {
            form: root.form
            field: "forwards8021x"
            text: i18nc("@option:check", "Forward 802.1X")
            description: i18nc("@info", "Machines log in to the switch outside, port by port.")
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: root.form
            field: "group-fwd-mask"
            name: "mask"
            label: i18nc("@label:textbox", "Mask of link-local frames")
            hint: i18nc("@info", "A bit for each of the addresses 01-80-C2-00-00-0X: 0x4000 is LLDP, 0x8 is 802.1X. Bits 0 to 2, spanning tree, PAUSE and LACP, end at every bridge.")
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Multicast")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        FlagField {
            first: true
            form: root.form
            field: "multicastSnooping"
            text: i18nc("@option:check", "Multicast snooping")
            description: i18nc("@info", "Multicast goes only to the ports that asked for it.")
        }

        FlagField {
            form: root.form
            field: "multicastQuerier"
            text: i18nc("@option:check", "Multicast querier")
            description: i18nc("@info", "Asks who wants multicast. Needed where no router asks: otherwise what snooping has learned is forgotten after some minutes.")
        }

        FormCard.FormDelegateSeparator {}

        ChoiceField {
            form: root.form
            field: "hash-max"
            name: "hashMax"
            values: (root.form.values.hashMaxima ?? []).join(" ")
            text: i18nc("@label:listbox", "Most multicast groups")
            description: i18nc("@info", "With more, multicast goes to every port.")
        }
    }

    FormCard.FormHeader {
        visible: vlans.visible
        title: i18nc("@title:group", "VLANs")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        id: vlans

        visible: root.form.values.vlanProtocol !== undefined
        maximumWidth: root.cardWidth

        FlagField {
            first: true
            form: root.form
            field: "vlanFiltering"
            text: i18nc("@option:check", "Filter by VLAN")
            description: i18nc("@info", "Each port carries only the VLANs it is a member of. Otherwise VLAN tags pass untouched.")
        }

        FormCard.FormDelegateSeparator {}

        NumberField {
            label: i18nc("@label:spinbox", "VLAN of new ports")
            hint: i18nc("@info", "1 to 4094, for frames without a tag. 0 gives them none.")
            field: "default-vlan"
            form: root.form
            from: 0
            to: 4095
            value: root.form.values.defaultVlan ?? 0
            onEdited: value => root.form.put("defaultVlan", value)
        }

        FormCard.FormDelegateSeparator {}

        ChoiceField {
            form: root.form
            field: "vlan-protocol"
            name: "vlanProtocol"
            values: "802.1Q 802.1ad"
            labels: [i18nc("@item:inlistbox", "802.1Q, the usual tag"), i18nc("@item:inlistbox", "802.1ad, the outer tag of a provider")].join("\n")
            text: i18nc("@label:listbox", "Tags it looks at")
            description: i18nc("@info", "Frames with the other tag count as untagged.")
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Towards this host")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        NumberField {
            label: i18nc("@label:spinbox", "MTU in bytes")
            hint: i18nc("@info", "68 to 65535. The largest packet this host sends. Its ports have their own.")
            field: "mtu"
            form: root.form
            from: 0
            to: 65536
            stepSize: 100
            value: root.form.values.mtu ?? 0
            onEdited: value => root.form.put("mtu", value)
        }

        FormCard.FormDelegateSeparator {}

        ChoiceField {
            form: root.form
            field: "mac-source"
            name: "macSource"
            values: (root.form.values.macSources ?? []).join(" ")
            labels: (root.form.values.macLabels ?? []).join("\n")
            text: i18nc("@label:listbox", "MAC address")
            description: i18nc("@info", "By it others on the network know this host, DHCP servers among them.")
        }

        FormTextField {
            visible: root.form.values.macSource === "given"
            form: root.form
            field: "mac"
            name: "mac"
            label: i18nc("@label:textbox", "Given MAC address")
            placeholderText: "52:54:00:12:34:56"
        }
    }
}
