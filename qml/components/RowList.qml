// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls

// A list whose rows have buttons. The arrow keys go from row to row; Tab goes
// from the row to its buttons, and then out of the list, however long it is.
ListView {
    id: root

    clip: true
    // Rows that come out of a pool or of what lies beyond the edge are not there
    // for assistive tools.
    reuseItems: false
    cacheBuffer: 0
    activeFocusOnTab: count > 0
    keyNavigationEnabled: true
    boundsBehavior: Flickable.StopAtBounds
    Controls.ScrollBar.vertical: Controls.ScrollBar {}
    Accessible.role: Accessible.List

    // Whoever comes back begins with the row, not with its last button.
    onActiveFocusChanged: {
        if (!activeFocus && currentItem !== null) {
            currentItem.focus = true;
        }
    }
}
