// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// What has failed, and what to do: stands until it is dismissed.
Kirigami.InlineMessage {
    id: root

    property string said: ""

    position: Kirigami.InlineMessage.Position.Footer
    type: Kirigami.MessageType.Error
    showCloseButton: true
    text: Session.verbatim(said)
    Accessible.name: said

    function tell(problem: string, remedy: string): void {
        said = [problem, remedy].filter(part => part !== "").join(" ");
        visible = true;
    }
}
