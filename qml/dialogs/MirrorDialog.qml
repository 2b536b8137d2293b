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
    readonly property list<string> sources: form.values.sources ?? []

    title: i18nc("@title:window", "Mirror Ports of %1", switchName)
    form: form

    Component.onCompleted: form.begin(switchName, "")

    Form {
        id: form

        kind: Form.Mirror
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Copy")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        FormCard.FormSwitchDelegate {
            text: i18nc("@option:check", "Every port")
            description: form.values.isOvs
                ? i18nc("@info", "Also those that come later.")
                : i18nc("@info", "What arrives at each port that the switch has now.")
            checked: form.values.everything ?? false
            onCheckedChanged: form.put("everything", checked)
        }

        Repeater {
            // A text, which changes only when it differs: the rows stay otherwise.
            readonly property string names: (form.values.ports ?? []).join("\n")

            model: names === "" ? [] : names.split("\n")

            FormCard.FormCheckDelegate {
                required property string modelData

                Layout.fillWidth: true
                visible: !(form.values.everything ?? false)
                text: modelData
                checked: root.sources.includes(modelData)
                // Not only when it is clicked: assistive tools set it directly.
                onCheckedChanged: form.put(checked ? "choose" : "leave", modelData)
            }
        }

        FormCard.FormDelegateSeparator {}

        ChoiceField {
            form: form
            field: "direction"
            name: "direction"
            values: "both ingress egress"
            labels: [i18nc("@item:inlistbox", "Both directions"), i18nc("@item:inlistbox", "Ingress: what arrives"), i18nc("@item:inlistbox", "Egress: what leaves")].join("\n")
            text: i18nc("@label:listbox", "Direction")
            description: i18nc("@info", "As the switch sees it: what a machine sends arrives.")
            enabled: !(form.values.everything ?? false)
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
            form: form
            field: "toVlan"
            text: i18nc("@option:check", "A VLAN instead of a port")
            description: i18nc("@info", "Carries the copies to another switch (RSPAN).")
        }

        ChoiceField {
            visible: !(form.values.toVlan ?? false)
            form: form
            field: "destination"
            name: "output"
            values: (form.values.outputs ?? []).join(" ")
            text: i18nc("@label:listbox", "Destination")
            description: form.values.isOvs
                ? i18nc("@info", "It carries nothing but copies from then on.")
                : i18nc("@info", "The copies come beside its own frames.")
        }

        FormTextField {
            visible: form.values.toVlan ?? false
            form: form
            field: "destination-vlan"
            name: "vlan"
            label: i18nc("@label:textbox", "VLAN of the copies")
        }

        FormCard.FormDelegateSeparator {
            visible: form.values.isOvs ?? false
        }

        FormTextField {
            visible: form.values.isOvs ?? false
            form: form
            field: "vlans"
            name: "vlans"
            label: i18nc("@label:textbox", "Only frames of these VLANs")
            placeholderText: i18nc("@info:placeholder", "all")
        }

        FormCard.FormDelegateSeparator {
            visible: form.values.isOvs ?? false
        }

        FormTextField {
            visible: form.values.isOvs ?? false
            form: form
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name of the mirror")
            placeholderText: i18nc("@info:placeholder", "after its destination")
        }
    }
}
