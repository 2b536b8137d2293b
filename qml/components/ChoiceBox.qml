// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls

// A list that opens, outside a form.
Controls.ComboBox {
    id: root

    required property string label

    // Whoever scrolls what it stands in chooses nothing.
    wheelEnabled: false
    Accessible.name: label
    Accessible.description: displayText
    // Without it assistive tools could only give it the focus.
    Accessible.onPressAction: {
        forceActiveFocus();
        popup.open();
    }
}
