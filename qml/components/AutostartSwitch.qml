// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// Whether a network starts with the host.
FollowingSwitch {
    id: root

    required property string network

    text: i18nc("@option:check", "Start with the host")
    Accessible.description: hint.text
    // The left edge of the facts below, and the font of their hints.
    leftPadding: Kirigami.Units.largeSpacing * 2
    rightPadding: Kirigami.Units.largeSpacing * 2
    bottomPadding: topPadding + hint.height
    onTurned: on => Session.setAutostart(network, on)
    // What was asked of one network is not shown of the next.
    onNetworkChanged: Qt.callLater(follow)

    Controls.Label {
        id: hint

        x: root.leftPadding
        y: root.height - root.topPadding - height
        width: root.availableWidth
        text: i18nc("@info", "libvirt starts this network when it starts itself.")
        font: Kirigami.Theme.smallFont
        color: Kirigami.Theme.disabledTextColor
        wrapMode: Text.Wrap
        Accessible.ignored: true
    }

    Connections {
        target: ChangeFlow

        // Where libvirt refused, it stays as it was.
        function onTold(): void {
            root.follow();
        }
    }
}
