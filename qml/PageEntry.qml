// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQml

// A page of the window, as the sidebar lists it.
QtObject {
    // The word for --page and tests.
    required property string name
    required property string title
    required property string icon
    // The type of this module that shows it.
    required property string type
    // Shown beside the title, unless negative.
    property int count: -1
    // The page once it has been opened.
    property var page: null
}
