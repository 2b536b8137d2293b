// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// One change of the past: what it did, step by step, and its undo.
Kirigami.ScrollablePage {
    id: root

    required property string key
    required property RowModel rows

    // Read again whenever the list has changed.
    property int reading: 0

    readonly property var change: {
        reading;
        return {
            title: rows.value(key, "title") ?? "",
            symbol: rows.value(key, "symbol") ?? "",
            state: rows.value(key, "state") ?? "",
            chipKind: rows.value(key, "chipKind") ?? "neutral",
            started: rows.value(key, "started") ?? 0,
            canUndo: rows.value(key, "canUndo") ?? false,
            effects: rows.value(key, "effects") ?? [],
            error: rows.value(key, "error") ?? "",
            remedy: rows.value(key, "remedy") ?? "",
            canTryAgain: rows.value(key, "canTryAgain") ?? false
        };
    }

    title: change.title
    // The header says it, with what belongs to it.
    titleDelegate: Item {}
    Kirigami.ColumnView.fillWidth: true
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false

    actions: [
        Kirigami.Action {
            icon.name: "edit-undo"
            text: i18nc("@action:button", "Undo…")
            enabled: root.change.canUndo
            onTriggered: ChangeFlow.undo(root.key)
        }
    ]

    // The left edge of the header.
    leftPadding: Kirigami.Units.largeSpacing * 2
    rightPadding: Kirigami.Units.largeSpacing * 2

    header: ObjectHeader {
        title: root.change.title
        facts: root.change.started > 0 ? new Date(root.change.started * 1000).toLocaleString(Qt.locale(), Locale.LongFormat) : ""
        symbol: root.change.symbol
        chip: root.change.state
        chipKind: root.change.chipKind
    }

    Connections {
        target: root.rows

        function onDataChanged(): void {
            root.reading++;
        }

        function onRowsInserted(): void {
            root.reading++;
        }

        function onModelReset(): void {
            root.reading++;
        }
    }

    ColumnLayout {
        spacing: Kirigami.Units.largeSpacing

        Kirigami.InlineMessage {
            Layout.fillWidth: true
            visible: root.change.error !== ""
            type: Kirigami.MessageType.Warning
            text: Session.verbatim([root.change.error, root.change.remedy].filter(text => text !== "").join(" "))
            actions: [
                Kirigami.Action {
                    icon.name: "view-refresh"
                    text: i18nc("@action:button", "Try Again")
                    visible: root.change.canTryAgain
                    onTriggered: ChangeFlow.revertRest(root.key)
                }
            ]
        }

        Kirigami.Heading {
            level: 4
            visible: effects.count > 0
            text: i18nc("@title:group", "What happened")
        }

        SentenceList {
            id: effects

            Layout.fillWidth: true
            sentences: root.change.effects
        }

        Kirigami.Heading {
            Layout.topMargin: Kirigami.Units.largeSpacing
            level: 4
            visible: steps.total > 0
            text: i18nc("@title:group", "Steps")
        }

        Repeater {
            model: RowModel {
                id: steps

                source: RowModel.Steps
                subject: root.key
            }

            StepRow {
                Layout.fillWidth: true
                showsCommand: true
            }
        }
    }
}
