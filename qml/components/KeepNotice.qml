// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import org.kde.notification as Notify
import org.nova.networking

// Asks to keep a change where the window is not in front: a notification with
// the same two answers as the bar in the window.
Notify.Notification {
    id: root

    // Whether the question stands and cannot be seen in the window.
    required property bool wanted

    componentName: "nova-desktop"
    eventId: "keep"
    iconName: "org.nova.Networking"
    title: i18nc("@title a notification", "Keep these changes?")
    text: Session.verbatim(i18nc("@info %1 is the change, such as: Connect eth0 to br0", "%1. Nova reverts it in %2 s.", ChangeFlow.title, ChangeFlow.seconds))
    flags: Notify.Notification.Persistent
    urgency: Notify.Notification.CriticalUrgency
    autoDelete: false

    actions: [
        Notify.NotificationAction {
            label: i18nc("@action:button", "Keep")
            onActivated: ChangeFlow.keep()
        },
        Notify.NotificationAction {
            label: i18nc("@action:button", "Revert")
            onActivated: ChangeFlow.revert()
        }
    ]

    onWantedChanged: {
        if (wanted) {
            sendEvent();
        } else {
            close();
        }
    }
}
