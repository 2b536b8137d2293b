// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Templates as T
import org.kde.kirigami as Kirigami

// Return presses the default button of a dialog, unless the focus is on
// another button or in a field that takes the key for itself. One that is held
// down, or comes while the dialog opens, presses nothing that was not seen.
Shortcut {
    id: root

    required property Kirigami.Dialog dialog
    required property Kirigami.Action action

    readonly property Item focused: dialog.contentItem?.Window.activeFocusItem ?? null
    readonly property bool taken: focused instanceof T.AbstractButton
        ? focused !== dialog.customFooterButton(action)
        : focused instanceof TextInput

    // Puts the focus on that button.
    function focusButton(): void {
        dialog.customFooterButton(action)?.forceActiveFocus(Qt.TabFocusReason);
    }

    sequences: ["Return", "Enter"]
    autoRepeat: false
    enabled: dialog.opened && action.visible && action.enabled && !taken
    onActivated: action.trigger()
}
