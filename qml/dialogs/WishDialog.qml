// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.nova.networking

// A dialog in which a change is wished: Review goes on to the plan, Cancel
// forgets the wish. The dialog gives way to the review, comes back with all
// that was filled in where nothing comes of it, and is gone once it is done.
Kirigami.Dialog {
    id: root

    // Whether what is filled in can be planned; else why not.
    required property bool ready
    property string whyNot: ""
    // What is wrong or missing and not told beside its field.
    property string reason: ""
    // Narrower than the dialog, which makes a card of a form.
    readonly property real cardWidth: preferredWidth - Kirigami.Units.gridUnit * 3
    default property alias content: column.contents

    readonly property string stage: ChangeFlow.stage
    // Asked for, but the review is not there yet.
    property bool asked: false
    // Behind the review.
    property bool waits: false
    property bool underway: false

    // What is filled in is to be planned.
    signal wished

    preferredWidth: Kirigami.Units.gridUnit * 28
    preferredHeight: Kirigami.Units.gridUnit * 28
    // Given, not sought: a dialog that grows while it is placed is placed twice.
    height: Math.min(preferredHeight, maximumHeight)
    standardButtons: Kirigami.Dialog.NoButton
    focus: true

    function submit(): void {
        if (ready) {
            asked = true;
            wished();
        }
    }

    // A text that stands first is typed at once.
    onOpened: {
        const first = column.nextItemInFocusChain(true) as TextInput;
        if (first !== null && column.holds(first) && !column.holds(column.focused)) {
            first.selectAll();
            first.forceActiveFocus();
        }
    }

    onClosed: {
        if (!waits) {
            destroy();
        }
    }

    onStageChanged: {
        if (["preparing", "review", "failed"].includes(stage)) {
            underway = false;
            waits = waits || asked;
            asked = false;
            if (waits) {
                close();
            }
        } else if (stage === "applying") {
            underway = true;
        } else if (waits && (underway || stage === "keeping")) {
            destroy();
        } else if (waits) {
            waits = false;
            Qt.callLater(open);
        }
    }

    ReturnKey {
        dialog: root
        action: reviewAction
    }

    customFooterActions: [
        Kirigami.Action {
            id: reviewAction

            icon.name: "go-next"
            text: i18nc("@action:button", "Review…")
            enabled: root.ready
            tooltip: root.whyNot
            onTriggered: root.submit()
        },
        Kirigami.Action {
            icon.name: "dialog-cancel"
            text: i18nc("@action:button", "Cancel")
            onTriggered: root.close()
        }
    ]

    footerLeadingComponent: Item {
        implicitWidth: Math.min(reasonLabel.implicitWidth, Kirigami.Units.gridUnit * 13)
        implicitHeight: reasonLabel.height

        Controls.Label {
            id: reasonLabel

            width: parent.width
            visible: text !== ""
            text: root.reason
            textFormat: Text.PlainText
            wrapMode: Text.Wrap
            maximumLineCount: 3
            elide: Text.ElideRight
            font: Kirigami.Theme.smallFont
            color: Kirigami.Theme.disabledTextColor
        }
    }

    DialogColumn {
        id: column

        // Fields tell of the key and leave it to whom they stand in.
        Keys.onReturnPressed: root.submit()
        Keys.onEnterPressed: root.submit()
    }
}
