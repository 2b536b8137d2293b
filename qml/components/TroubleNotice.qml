// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// Says over what is shown that it is not read any more, and why.
Kirigami.InlineMessage {
    id: root

    required property string problem
    required property string remedy
    readonly property string said: [problem, remedy].filter(part => part !== "").join(" ")

    position: Kirigami.InlineMessage.Position.Header
    type: Kirigami.MessageType.Warning
    visible: problem !== ""
    text: Session.verbatim(said)
    Accessible.name: said
    actions: Kirigami.Action {
        icon.name: "view-refresh"
        text: i18nc("@action:button", "Try Again")
        onTriggered: Session.retry()
    }
}
