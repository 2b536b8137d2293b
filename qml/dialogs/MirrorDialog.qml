// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A new mirror: what is copied, in which direction, and where to.
FormDialog {
    id: root

    required property string switchName
    readonly property list<string> sources: draft.values.sources ?? []
    // Of each source, in their order.
    readonly property list<string> directions: draft.values.directions ?? []

    title: i18nc("@title:window", "Mirror Ports of %1", switchName)
    form: draft

    Component.onCompleted: draft.begin(switchName, "")

    Form {
        id: draft

        kind: Form.Mirror
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Copy")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        FollowingSwitch {
            text: i18nc("@option:check", "Every port")
            description: draft.values.isOvs
                ? i18nc("@info", "Also those that come later.")
                : i18nc("@info", "What arrives at each port, also at those that come later.")
            value: draft.values.everything ?? false
            onTurned: on => draft.put("everything", on)
        }

        Repeater {
            // A text, which changes only when it differs: the rows stay otherwise.
            readonly property string names: (draft.values.ports ?? []).join("\n")

            model: names === "" ? [] : names.split("\n")

            Item {
                id: source

                required property string modelData
                readonly property real margin: Kirigami.Units.largeSpacing + Kirigami.Units.smallSpacing

                Layout.fillWidth: true
                implicitHeight: chosen.implicitHeight
                visible: !(draft.values.everything ?? false)

                FormCard.FormCheckDelegate {
                    id: chosen

                    anchors.fill: parent
                    rightPadding: direction.width + 2 * source.margin
                    text: source.modelData
                    checked: root.sources.includes(text)
                    // Not only when it is clicked: assistive tools set it directly.
                    onCheckedChanged: draft.put(checked ? "choose" : "leave", text)
                }

                DirectionChoice {
                    id: direction

                    anchors.right: parent.right
                    anchors.rightMargin: source.margin
                    anchors.verticalCenter: parent.verticalCenter
                    port: source.modelData
                    direction: root.directions[root.sources.indexOf(port)] ?? draft.values.direction ?? "both"
                    visible: chosen.checked
                    onChosen: direction => draft.put("turn", port + " " + direction)
                }
            }
        }

        FormCard.FormDelegateSeparator {}

        ChoiceField {
            form: draft
            field: "direction"
            name: "direction"
            values: "both ingress egress"
            labels: [i18nc("@item:inlistbox", "Both directions"), i18nc("@item:inlistbox", "Ingress: what arrives"), i18nc("@item:inlistbox", "Egress: what leaves")].join("\n")
            text: i18nc("@label:listbox", "Direction")
            description: i18nc("@info", "As the switch sees it: what a machine sends arrives. Each port can have its own.")
            enabled: !(draft.values.everything ?? false)
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Send the copies to")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        FlagField {
            first: true
            form: draft
            field: "toVlan"
            text: i18nc("@option:check", "A VLAN instead of a port")
            description: i18nc("@info", "Carries the copies to another switch (RSPAN).")
        }

        ChoiceField {
            visible: !(draft.values.toVlan ?? false)
            form: draft
            field: "destination"
            name: "output"
            values: (draft.values.outputs ?? []).join(" ")
            text: i18nc("@label:listbox", "Destination")
            description: draft.values.isOvs
                ? i18nc("@info", "It carries nothing but copies from then on.")
                : i18nc("@info", "The copies come beside its own frames.")
        }

        FormTextField {
            visible: draft.values.toVlan ?? false
            form: draft
            field: "destination-vlan"
            name: "vlan"
            label: i18nc("@label:textbox", "VLAN of the copies")
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: draft
            field: "vlans"
            name: "vlans"
            label: i18nc("@label:textbox", "Only frames of these VLANs")
            placeholderText: i18nc("@info:placeholder", "all")
            hint: draft.values.isOvs ? "" : i18nc("@info", "100,200-210. Frames without a tag are of the native or untagged VLAN of their port.")
        }

        FormCard.FormDelegateSeparator {
            visible: draft.values.isOvs ?? false
        }

        FormTextField {
            visible: draft.values.isOvs ?? false
            form: draft
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name of the mirror")
            placeholderText: i18nc("@info:placeholder", "after its destination")
        }
    }
}
