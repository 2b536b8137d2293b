// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.nova.networking

// Whether a network starts with the host.
FollowingSwitch {
    id: root

    required property string network

    text: i18nc("@option:check", "Start with the host")
    description: i18nc("@info", "libvirt starts this network when it starts itself.")
    onTurned: on => Session.setAutostart(network, on)
    // What was asked of one network is not shown of the next.
    onNetworkChanged: Qt.callLater(follow)

    Connections {
        target: ChangeFlow

        // Where libvirt refused, it stays as it was.
        function onTold(): void {
            root.follow();
        }
    }
}
