// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// The limits of one port. What was typed is said back with its unit.
FormDialog {
    id: root

    required property string switchName
    required property string portName

    title: i18nc("@title:window", "Limits of %1", portName)
    preferredHeight: Kirigami.Units.gridUnit * 24
    form: draft

    function hint(echo: string, now: string, meaning: string): string {
        if (echo !== "") {
            return i18nc("@info a rate said back", "%1. %2", echo, meaning);
        }
        return now === "" ? meaning : i18nc("@info", "Empty removes the limit of %1.", now);
    }

    Component.onCompleted: draft.begin(switchName, portName)

    Form {
        id: draft

        kind: Form.Limits
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        FormTextField {
            form: draft
            field: "ingress-rate"
            name: "ingress"
            label: i18nc("@label:textbox", "Ingress rate")
            placeholderText: "100Mbps"
            hint: root.hint(draft.values.ingressEcho ?? "", draft.values.ingressNow ?? "", i18nc("@info", "Arrives at the switch: what the machine sends."))
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: draft
            field: "egress-rate"
            name: "egress"
            label: i18nc("@label:textbox", "Egress rate")
            placeholderText: "100Mbps"
            hint: root.hint(draft.values.egressEcho ?? "", draft.values.egressNow ?? "", i18nc("@info", "Leaves the switch: what the machine receives."))
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: draft
            field: "burst-size"
            name: "burst"
            label: i18nc("@label:textbox", "Burst size")
            placeholderText: i18nc("@info:placeholder", "as it suits the rate")
            hint: (draft.values.burstEcho ?? "") !== ""
                ? i18nc("@info an amount said back", "%1. May pass at once before a rate counts.", draft.values.burstEcho)
                : i18nc("@info", "May pass at once before a rate counts: 64KiB, 10MB.")
        }
    }

    FormCard.FormCard {
        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth

        ChoiceField {
            // Told while the two fields below are as no class has them.
            readonly property bool own: draft.values.class === "own"

            form: draft
            field: "class"
            name: "class"
            values: own ? "none realtime best-effort bulk own" : "none realtime best-effort bulk"
            labels: [i18nc("@item:inlistbox no class of traffic", "None"), i18nc("@item:inlistbox", "Realtime: voice and video"), i18nc("@item:inlistbox", "Best effort: everything without a class"), i18nc("@item:inlistbox", "Bulk: backups and downloads")].concat(own ? i18nc("@item:inlistbox a class of traffic", "Other: as given below") : []).join("\n")
            text: i18nc("@label:listbox", "Class")
            description: i18nc("@info", "Of what the machine sends. Stands for a priority and a mark.")
        }

        FormCard.FormDelegateSeparator {}

        ChoiceField {
            form: draft
            field: "priority"
            name: "priority"
            values: "none high normal low"
            labels: [i18nc("@item:inlistbox no priority", "None"), i18nc("@item:inlistbox", "High: sent before all others"), i18nc("@item:inlistbox", "Normal"), i18nc("@item:inlistbox", "Low: sent after all others")].join("\n")
            text: i18nc("@label:listbox", "Priority")
            description: i18nc("@info", "Of what the machine sends, where it leaves through a port that is full.")
        }

        FormCard.FormDelegateSeparator {}

        FormTextField {
            form: draft
            field: "dscp"
            name: "dscp"
            label: i18nc("@label:textbox", "DSCP")
            placeholderText: i18nc("@info:placeholder", "not marked")
            hint: i18nc("@info", "0 to 63. Marks the IP packets that the machine sends; 46 marks voice.")
        }
    }
}
