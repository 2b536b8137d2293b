// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

import QtQuick

// Makes something once it is wanted, and keeps it, hidden, with what was chosen.
Loader {
    id: root

    required property bool wanted

    active: false
    visible: wanted
    onWantedChanged: active = active || wanted
    Component.onCompleted: active = active || wanted
}
