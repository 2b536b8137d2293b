// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Folds what most people never touch of a form.
FormCard.FormCard {
    id: root

    required property Form form
    // What errors call the fields that stand outside.
    property list<string> outside: ["name", "port"]
    required property string description

    property bool unfolded: false
    // Never folded over what is wrong.
    readonly property bool open: unfolded || (form.errorField !== "" && !outside.includes(form.errorField))

    FormCard.FormButtonDelegate {
        text: i18nc("@action:button", "Advanced")
        description: root.description
        icon.name: "settings-configure"
        trailingLogo.source: root.open ? "go-up-symbolic" : "go-down-symbolic"
        Accessible.role: Accessible.Button
        onClicked: root.unfolded = !root.open
    }
}
