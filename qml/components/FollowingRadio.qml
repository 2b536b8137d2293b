// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
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

    // The delegate holds another radio button, without a name: who hears the
    // window is told of one choice, not of two.
    function beOne(): void {
        for (const part of contentItem.children[0].children) {
            if (part instanceof Controls.RadioButton) {
                part.Accessible.ignored = true;
            }
        }
    }

    onValueChanged: follow()
    Component.onCompleted: {
        follow();
        beOne();
    }
    // Not only when it is clicked: assistive tools set it directly.
    onCheckedChanged: {
        if (checked && !value) {
            chosen();
        }
    }
}
