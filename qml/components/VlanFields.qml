// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// What a port carries: a mode, and the VLANs that belong to it.
ColumnLayout {
    id: root

    required property Form form

    readonly property string mode: form.values.vlanMode ?? ""
    readonly property bool hasNative: ["access", "native-untagged", "native-tagged"].includes(mode)
        || (mode === "trunk" && !form.values.isOvs)
    readonly property bool hasTagged: ["trunk", "native-untagged", "native-tagged"].includes(mode)
    readonly property var words: ({
        "all": [i18nc("@item:inlistbox of VLANs", "All VLANs"), i18nc("@info", "Tags pass untouched.")],
        "access": [i18nc("@item:inlistbox", "Access: one VLAN"), i18nc("@info", "For a machine that knows nothing of VLANs.")],
        "trunk": [i18nc("@item:inlistbox", "Trunk: several VLANs"), i18nc("@info", "For another switch, or a machine that tags by itself.")],
        "native-untagged": [i18nc("@item:inlistbox", "Native untagged"), i18nc("@info", "A trunk whose native VLAN carries no tag.")],
        "native-tagged": [i18nc("@item:inlistbox", "Native tagged"), i18nc("@info", "A trunk. Frames that arrive without a tag belong to the native VLAN, and leave with one.")],
        "other": [i18nc("@item:inlistbox", "As it is"), i18nc("@info", "What this port carries fits no other choice.")]
    })

    spacing: 0

    ChoiceField {
        form: root.form
        field: "vlan-mode"
        name: "vlanMode"
        values: (root.form.values.vlanModes ?? []).join(" ")
        labels: values.split(" ").map(mode => root.words[mode]?.[0] ?? mode).join("\n")
        text: i18nc("@label:listbox", "VLAN mode")
        description: root.words[root.mode]?.[1] ?? ""
    }

    FormCard.FormDelegateSeparator {
        visible: root.hasNative
    }

    FormTextField {
        visible: root.hasNative
        form: root.form
        field: "vlan"
        name: "vlan"
        label: root.mode === "access" ? i18nc("@label:textbox", "VLAN") : i18nc("@label:textbox", "Native VLAN")
        placeholderText: root.mode === "trunk" ? i18nc("@info:placeholder", "none") : "100"
    }

    FormCard.FormDelegateSeparator {
        visible: root.hasTagged
    }

    FormTextField {
        visible: root.hasTagged
        form: root.form
        field: "trunk"
        name: "trunks"
        label: i18nc("@label:textbox", "Tagged VLANs")
        placeholderText: root.mode === "trunk" ? "100,200,300-310" : i18nc("@info:placeholder", "all")
    }

    FormCard.FormTextDelegate {
        visible: !(root.form.values.filters ?? true)
        text: i18nc("@info", "VLAN filtering is off.")
        description: i18nc("@info", "Until it is turned on, every port gets the frames of every VLAN.")
        icon.name: "data-information"
    }
}
