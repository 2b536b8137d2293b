// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// A text that loses its middle where there is no room, and tells all of it to
// the pointer.
Controls.Label {
    id: root

    elide: Text.ElideMiddle
    textFormat: Text.PlainText
    maximumLineCount: 1
    Controls.ToolTip.text: Session.verbatim(text)
    Controls.ToolTip.visible: truncated && hover.hovered
    Controls.ToolTip.delay: Kirigami.Units.toolTipDelay

    HoverHandler {
        id: hover
    }
}
