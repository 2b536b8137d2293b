// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// The change under way: what will happen, what to know, then how far it is,
// then what went wrong. Opens by itself when there is something to decide.
Kirigami.Dialog {
    id: root

    readonly property string stage: ChangeFlow.stage
    readonly property bool reviewing: stage === "review"
    readonly property bool applying: stage === "applying"
    readonly property bool failed: stage === "failed"
    readonly property bool decidable: reviewing && !ChangeFlow.isEmpty
    // Between a stage that is to be seen and the opening for it: what fades out
    // meanwhile is the last change, not this one.
    property bool opening: false

    title: ChangeFlow.title !== "" ? ChangeFlow.title : i18nc("@title:window", "Change")
    preferredWidth: Kirigami.Units.gridUnit * 31
    // The same through all stages, so that nothing jumps.
    preferredHeight: Kirigami.Units.gridUnit * 24
    // Given, not sought: a dialog that grows while it is placed is placed twice.
    height: Math.min(preferredHeight, maximumHeight)
    padding: Kirigami.Units.largeSpacing * 2
    standardButtons: Kirigami.Dialog.NoButton
    closePolicy: applying ? Controls.Popup.NoAutoClose : Controls.Popup.CloseOnEscape
    showCloseButton: !applying
    focus: true

    function isWanted(): bool {
        return ["preparing", "review", "applying", "failed"].includes(stage);
    }

    function openIfWanted(): void {
        opening = false;
        if (isWanted()) {
            open();
        }
    }

    onStageChanged: {
        if (isWanted()) {
            commands.expanded = commands.expanded && stage !== "preparing";
            opening = true;
            Qt.callLater(openIfWanted);
            if (stage === "failed") {
                keeper.asked = "";
            }
            // Whoever chooses a keeper stays there while it is planned anew.
            if (keeper.asked === "") {
                Qt.callLater(returnKey.focusButton);
            }
        } else {
            close();
        }
    }

    onOpened: returnKey.focusButton()
    onClosed: {
        keeper.asked = "";
        wait.chosen = 0;
        if (!opening && (reviewing || failed || stage === "preparing")) {
            ChangeFlow.dismiss();
        }
    }

    ReturnKey {
        id: returnKey

        dialog: root
        action: root.decidable ? applyAction : closeAction
    }

    customFooterActions: [
        Kirigami.Action {
            id: applyAction

            visible: root.decidable
            icon.name: "dialog-ok-apply"
            text: i18nc("@action:button", "Apply")
            onTriggered: ChangeFlow.apply(wait.chosen)
        },
        Kirigami.Action {
            visible: root.failed && ChangeFlow.steps > 0
            icon.name: "view-refresh"
            text: i18nc("@action:button", "Review Again")
            onTriggered: ChangeFlow.reviewAgain()
        },
        Kirigami.Action {
            id: closeAction

            visible: !root.applying
            icon.name: root.decidable ? "dialog-cancel" : "dialog-close"
            text: root.decidable ? i18nc("@action:button", "Cancel") : i18nc("@action:button", "Close")
            onTriggered: root.close()
        }
    ]

    DialogColumn {
        spacing: Kirigami.Units.largeSpacing

        Kirigami.LoadingPlaceholder {
            Layout.fillWidth: true
            visible: root.stage === "preparing"
            text: i18nc("@info:placeholder", "Planning…")
        }

        Kirigami.InlineMessage {
            Layout.fillWidth: true
            visible: ChangeFlow.errorText !== ""
            type: root.failed ? Kirigami.MessageType.Error : Kirigami.MessageType.Warning
            icon.name: ChangeFlow.errorIcon
            text: Session.verbatim([ChangeFlow.errorText, ChangeFlow.errorRemedy].filter(part => part !== "").join("\n"))
        }

        Controls.Label {
            Layout.fillWidth: true
            visible: root.reviewing && ChangeFlow.isEmpty
            text: i18nc("@info", "The host is already as asked. There is nothing to do.")
            wrapMode: Text.Wrap
        }

        Kirigami.Heading {
            visible: root.reviewing && ChangeFlow.effects.length > 0
            level: 4
            text: i18nc("@title:group", "What will happen")
        }

        SentenceList {
            Layout.fillWidth: true
            visible: root.reviewing
            sentences: ChangeFlow.effects
        }

        Kirigami.Heading {
            Layout.topMargin: Kirigami.Units.smallSpacing
            visible: root.reviewing && ChangeFlow.notices.length > 0
            level: 4
            text: i18nc("@title:group", "What to know")
        }

        SentenceList {
            Layout.fillWidth: true
            visible: root.reviewing
            sentences: ChangeFlow.notices
            mark: "data-warning"
        }

        KeeperChoice {
            id: keeper

            Layout.fillWidth: true
            Layout.topMargin: Kirigami.Units.smallSpacing
            visible: root.decidable && ChangeFlow.keeping.length > 0
        }

        WaitChoice {
            id: wait

            Layout.fillWidth: true
            Layout.topMargin: Kirigami.Units.smallSpacing
            visible: root.decidable
        }

        Controls.ProgressBar {
            Layout.fillWidth: true
            visible: root.applying
            from: 0
            to: Math.max(1, ChangeFlow.steps)
            value: ChangeFlow.done
            Accessible.name: i18nc("@info:progress", "%1 of %2 steps done", ChangeFlow.done, ChangeFlow.steps)
        }

        ColumnLayout {
            Layout.fillWidth: true
            visible: (root.applying || root.failed) && ChangeFlow.steps > 0
            spacing: Kirigami.Units.smallSpacing

            Repeater {
                model: RowModel {
                    source: RowModel.Steps
                    subject: ""
                }

                StepRow {
                    Layout.fillWidth: true
                }
            }
        }

        CommandDisclosure {
            id: commands

            Layout.fillWidth: true
            Layout.topMargin: Kirigami.Units.smallSpacing
            visible: root.decidable
            text: ChangeFlow.commands
        }
    }
}
