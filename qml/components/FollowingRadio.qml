// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigamiaddons.formcard as FormCard

// One choice of several in a card, which shows whether it is the one and tells
// when it is chosen. The delegate writes its own `checked` and so forgets what
// that was bound to.
FormCard.FormRadioDelegate {
    id: root

    required property bool value

    signal chosen

    function follow(): void {
        if (checked !== value) {
            checked = value;
        }
    }

    onValueChanged: follow()
    Component.onCompleted: follow()
    // Not only when it is clicked: assistive tools set it directly.
    onCheckedChanged: {
        if (checked && !value) {
            chosen();
        }
    }
}
