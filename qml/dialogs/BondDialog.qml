// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A bond: a new one, or the options of one that is there.
FormDialog {
    id: root

    // The bond that is configured, empty for a new one.
    property string bondName: ""
    readonly property bool creating: bondName === ""

    title: creating ? i18nc("@title:window", "Create Bond") : i18nc("@title:window", "Configure %1", bondName)
    form: draft

    Component.onCompleted: draft.begin("", bondName)

    Form {
        id: draft

        kind: Form.Bond
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        FormTextField {
            visible: root.creating
            form: draft
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name")
        }

        FormCard.FormDelegateSeparator {
            visible: root.creating
        }

        ChoiceField {
            form: draft
            field: "mode"
            name: "mode"
            values: "active-backup 802.3ad balance-rr balance-xor balance-tlb balance-alb broadcast"
            labels: [
                i18nc("@item:inlistbox mode of a bond", "One at a time (active-backup)"),
                i18nc("@item:inlistbox mode of a bond", "Together, agreed by LACP (802.3ad)"),
                i18nc("@item:inlistbox mode of a bond", "In turn (balance-rr)"),
                i18nc("@item:inlistbox mode of a bond", "By address (balance-xor)"),
                i18nc("@item:inlistbox mode of a bond", "Spread what is sent (balance-tlb)"),
                i18nc("@item:inlistbox mode of a bond", "Spread both ways (balance-alb)"),
                i18nc("@item:inlistbox mode of a bond", "Everything everywhere (broadcast)")
            ].join("\n")
            text: i18nc("@label:listbox", "How its members are used")
            description: draft.values.modeHint ?? ""
        }
    }

    FormCard.FormHeader {
        visible: root.creating
        title: i18nc("@title:group", "Members")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        visible: root.creating
        maximumWidth: root.cardWidth

        MemberChoice {
            Layout.fillWidth: true
            bondName: ""
            onChosen: (card, chosen) => draft.put(chosen ? "choose" : "leave", card)
        }
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        ChoiceField {
            visible: (draft.values.knowsPrimary ?? false) && values !== "-"
            form: draft
            field: "primary"
            name: "primary"
            values: (draft.values.primaries ?? []).join(" ")
            labels: values.split(" ").map(name => name === "-" ? i18nc("@item:inlistbox no member", "None") : name).join("\n")
            text: i18nc("@label:listbox", "Primary")
            description: i18nc("@info", "The member that is used whenever its link is there.")
        }

        NumberField {
            form: draft
            field: "miimon"
            label: i18nc("@label:spinbox", "Monitoring interval in milliseconds")
            hint: i18nc("@info", "How often the links of its members are looked at. 100 is usual; with 0 a member whose cable is out is used all the same.")
            from: 0
            to: 2147483647
            stepSize: 50
            value: draft.values.miimon ?? 0
            onEdited: value => draft.put("miimon", value)
        }
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        FormCard.FormButtonDelegate {
            id: advanced

            property bool wanted: false
            // Never folded over what is wrong.
            readonly property bool open: wanted || ["up-delay", "down-delay", "lacp-rate", "xmit-hash-policy", "min-links"].includes(draft.errorField)

            text: i18nc("@action:button", "Advanced")
            description: i18nc("@info", "Delays, LACP, how members are chosen")
            icon.name: "settings-configure"
            trailingLogo.source: open ? "go-up-symbolic" : "go-down-symbolic"
            Accessible.role: Accessible.Button
            onClicked: wanted = !open
        }

        NumberField {
            visible: advanced.open
            form: draft
            field: "up-delay"
            label: i18nc("@label:spinbox", "Up delay in milliseconds")
            hint: i18nc("@info", "A link must be back for this long before it is used. A multiple of the interval above.")
            from: 0
            to: 2147483647
            stepSize: 100
            value: draft.values.upDelay ?? 0
            onEdited: value => draft.put("upDelay", value)
        }

        NumberField {
            visible: advanced.open
            form: draft
            field: "down-delay"
            label: i18nc("@label:spinbox", "Down delay in milliseconds")
            hint: i18nc("@info", "A link must be lost for this long before it is left. A multiple of the interval above.")
            from: 0
            to: 2147483647
            stepSize: 100
            value: draft.values.downDelay ?? 0
            onEdited: value => draft.put("downDelay", value)
        }

        ChoiceField {
            visible: advanced.open && (draft.values.isLacp ?? false)
            form: draft
            field: "lacp-rate"
            name: "lacpRate"
            values: "slow fast"
            labels: [i18nc("@item:inlistbox rate of LACP", "Slow: every 30 s"), i18nc("@item:inlistbox rate of LACP", "Fast: every second")].join("\n")
            text: i18nc("@label:listbox", "LACP rate")
            description: i18nc("@info", "How often the other end tells that it is there. Fast finds a failure sooner.")
        }

        NumberField {
            visible: advanced.open && (draft.values.isLacp ?? false)
            form: draft
            field: "min-links"
            label: i18nc("@label:spinbox", "Links needed")
            hint: i18nc("@info", "With fewer the bond has no carrier.")
            from: 0
            to: 2147483647
            value: draft.values.minLinks ?? 0
            onEdited: value => draft.put("minLinks", value)
        }

        ChoiceField {
            visible: advanced.open && (draft.values.usesHash ?? false)
            form: draft
            field: "xmit-hash-policy"
            name: "hashPolicy"
            values: "layer2 layer2+3 layer3+4 encap2+3 encap3+4 vlan+srcmac"
            labels: [
                i18nc("@item:inlistbox hash policy", "MAC addresses (layer2)"),
                i18nc("@item:inlistbox hash policy", "MAC and IP addresses (layer2+3)"),
                i18nc("@item:inlistbox hash policy", "IP addresses and ports (layer3+4)"),
                i18nc("@item:inlistbox hash policy", "Inside tunnels, MAC and IP (encap2+3)"),
                i18nc("@item:inlistbox hash policy", "Inside tunnels, IP and ports (encap3+4)"),
                i18nc("@item:inlistbox hash policy", "VLAN and source MAC (vlan+srcmac)")
            ].join("\n")
            text: i18nc("@label:listbox", "Member chosen by")
            description: i18nc("@info", "What is the same in two frames sends them by the same member.")
        }
    }

    FormNotices {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        form: draft
    }
}
