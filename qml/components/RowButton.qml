// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// A button of a row: an icon whose tooltip says what it does, or why not.
Controls.ToolButton {
    id: root

    // Whether the keyboard is on its row: Tab goes to no button of another one.
    required property bool current
    property string whyNot: ""

    focusPolicy: current ? Qt.StrongFocus : Qt.ClickFocus
    display: Controls.AbstractButton.IconOnly
    Accessible.name: text
    Accessible.description: enabled ? "" : whyNot
    Controls.ToolTip.text: Session.verbatim(enabled || whyNot === "" ? text : whyNot)
    Controls.ToolTip.visible: hover.hovered || visualFocus
    Controls.ToolTip.delay: Kirigami.Units.toolTipDelay

    // Also while the button is disabled.
    HoverHandler {
        id: hover
    }
}
