// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigamiaddons.formcard as FormCard

// A switch of a card that shows a value and tells when it is turned. The
// delegate writes its own `checked` and so forgets what that was bound to.
FormCard.FormSwitchDelegate {
    id: root

    required property bool value

    signal turned(on: bool)

    // Shows the value again, also where turning the switch came to nothing.
    function follow(): void {
        if (checked !== value) {
            checked = value;
        }
    }

    onValueChanged: follow()
    Component.onCompleted: follow()
    // Not only when it is clicked: assistive tools set it directly.
    onCheckedChanged: {
        if (checked !== value) {
            turned(checked);
        }
    }
}
