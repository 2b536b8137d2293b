// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A number of the switch form, with what it means, or what is wrong with it.
FormCard.FormSpinBoxDelegate {
    id: root

    required property BridgeForm form
    required property string field
    required property string hint

    readonly property bool wrong: form.errorField === field

    statusMessage: wrong ? form.errorText : hint
    status: wrong ? Kirigami.MessageType.Error : Kirigami.MessageType.Information
    Accessible.name: label
    Accessible.description: statusMessage
}
