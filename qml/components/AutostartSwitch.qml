// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Whether a network starts with the host.
FormCard.FormSwitchDelegate {
    id: root

    required property string network
    required property bool autostart

    text: i18nc("@option:check", "Start with the host")
    description: i18nc("@info", "libvirt starts this network when it starts itself.")
    checked: autostart
    // Not only when it is clicked: assistive tools set it directly.
    onCheckedChanged: {
        if (checked !== autostart) {
            Session.setAutostart(network, checked);
        }
    }

    Connections {
        target: ChangeFlow

        // Where libvirt refused, it stays as it was.
        function onTold(): void {
            root.checked = Qt.binding(() => root.autostart);
        }
    }
}
