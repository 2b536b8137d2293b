// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// The options of one port. Everything is checked as one types.
FormDialog {
    id: root

    required property string switchName
    required property string portName

    title: i18nc("@title:window", "Port %1 of %2", portName, switchName)
    form: draft

    Component.onCompleted: draft.begin(switchName, portName)

    Form {
        id: draft

        kind: Form.Port
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "VLANs")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        VlanFields {
            Layout.fillWidth: true
            visible: draft.values.knowsVlans ?? false
            form: draft
        }

        FormCard.FormTextDelegate {
            visible: !(draft.values.knowsVlans ?? false)
            text: i18nc("@info", "This kernel cannot filter by VLAN.")
            description: i18nc("@info", "VLAN tags pass untouched through every port. Open vSwitch can filter them.")
        }
    }

    FormCard.FormHeader {
        visible: draft.values.isBond ?? false
        title: i18nc("@title:group", "Bond")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        visible: draft.values.isBond ?? false
        maximumWidth: root.cardWidth

        BondChoices {
            Layout.fillWidth: true
            form: draft
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Spanning tree")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        NumberField {
            label: i18nc("@label:spinbox", "Path cost")
            hint: draft.values.isOvs
                ? i18nc("@info", "0 to 65535. The way to the root with the lowest sum is used. 0 leaves it to the speed of the link.")
                : i18nc("@info", "1 to 65535. The way to the root with the lowest sum is used.")
            field: "path-cost"
            form: draft
            from: 0
            to: 65536
            value: draft.values.cost ?? 0
            onEdited: value => draft.put("cost", value)
        }

        FormCard.FormDelegateSeparator {}

        NumberField {
            label: i18nc("@label:spinbox", "Port priority")
            hint: draft.values.isOvs
                ? i18nc("@info", "0 to 255. Of two ways that cost the same, the lower number is used.")
                : i18nc("@info", "0 to 63. Of two ways that cost the same, the lower number is used.")
            field: "port-priority"
            form: draft
            from: 0
            to: 256
            stepSize: draft.values.isRapid ? 16 : 1
            value: draft.values.priority ?? 0
            onEdited: value => draft.put("priority", value)
        }

        FlagField {
            form: draft
            field: "bpduGuard"
            text: i18nc("@option:check", "BPDU guard")
            description: i18nc("@info", "Shuts the port off as soon as another switch speaks behind it.")
        }

        FlagField {
            form: draft
            field: "rootBlock"
            text: i18nc("@option:check", "Root block")
            description: i18nc("@info", "Never takes what is behind the port for the way to the root.")
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Forwarding")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        FlagField {
            first: true
            form: draft
            field: "isolated"
            text: i18nc("@option:check", "Isolated")
            description: i18nc("@info", "Reaches only ports that are not isolated: machines do not see each other.")
        }

        FlagField {
            first: true
            form: draft
            field: "protected"
            text: i18nc("@option:check", "Protected")
            description: i18nc("@info", "Reaches only ports that are not protected: machines do not see each other.")
        }

        FlagField {
            form: draft
            field: "hairpin"
            text: i18nc("@option:check", "Hairpin")
            description: i18nc("@info", "Frames may leave by the port they came in. For several machines behind one port.")
        }

        FlagField {
            form: draft
            field: "learning"
            text: i18nc("@option:check", "Learning")
            description: i18nc("@info", "Remembers which addresses are behind the port.")
        }

        FlagField {
            form: draft
            field: "unicastFlood"
            text: i18nc("@option:check", "Flood unknown addresses")
            description: i18nc("@info", "Frames to an address that nobody has learned go out here, too.")
        }

        FlagField {
            form: draft
            field: "multicastFlood"
            text: i18nc("@option:check", "Flood unknown multicast")
            description: i18nc("@info", "Multicast of groups that nobody asked for goes out here, too.")
        }

        FlagField {
            form: draft
            field: "broadcastFlood"
            text: i18nc("@option:check", "Broadcasts")
            description: i18nc("@info", "Broadcasts go out here. Without them ARP and DHCP fail.")
        }

        FlagField {
            form: draft
            field: "fastLeave"
            text: i18nc("@option:check", "Fast leave of multicast groups")
            description: i18nc("@info", "Stops at the first goodbye. For one machine behind the port.")
        }
    }
}
