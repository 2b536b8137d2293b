// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import org.kde.kirigami as Kirigami
import org.nova.networking

// Asks before a libvirt network stops, with what that does.
Kirigami.PromptDialog {
    id: root

    required property string network

    title: i18nc("@title:window", "Stop %1?", view.title)
    subtitle: view.isPersistent ? view.stopImpact : view.stopImpact + " " + i18nc("@info", "The network is not defined on disk and disappears.")
    standardButtons: Kirigami.Dialog.Cancel
    customFooterActions: [
        Kirigami.Action {
            icon.name: "media-playback-stop"
            text: i18nc("@action:button", "Stop Network")
            enabled: view.isActive
            onTriggered: {
                Session.stopNetwork(root.network);
                root.close();
            }
        }
    ]

    NetworkView {
        id: view

        name: root.network
    }
}
