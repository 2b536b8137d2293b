// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami

// What has failed, and what to do: stands until it is dismissed.
Kirigami.InlineMessage {
    id: root

    position: Kirigami.InlineMessage.Position.Footer
    type: Kirigami.MessageType.Error
    showCloseButton: true
    Accessible.name: text

    function tell(problem: string, remedy: string): void {
        text = [problem, remedy].filter(part => part !== "").join(" ");
        visible = true;
    }
}
