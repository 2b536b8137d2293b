// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Links to choose as ports, each with its addresses, its owner and what
// choosing it means. Many of them can be searched.
ColumnLayout {
    id: root

    // Empty for a new switch.
    required property string switchName
    property list<string> chosenPorts: []
    readonly property bool many: rows.total > 8
    // How high the list of many is.
    property real listHeight: Kirigami.Units.gridUnit * 14

    signal chosen(port: string, chosen: bool)

    spacing: 0

    function choose(port: string, on: bool): void {
        if (chosenPorts.includes(port) !== on) {
            chosenPorts = on ? chosenPorts.concat(port) : chosenPorts.filter(one => one !== port);
            chosen(port, on);
        }
    }

    // What is gone, or is a port of this switch by now, is not chosen any more.
    function prune(): void {
        chosenPorts.filter(port => !rows.knows(port)).forEach(port => choose(port, false));
    }

    Connections {
        target: rows

        function onRowsRemoved(): void {
            root.prune();
        }

        function onModelReset(): void {
            root.prune();
        }

        function onTotalChanged(): void {
            root.prune();
        }
    }

    RowModel {
        id: rows

        source: RowModel.Candidates
        subject: root.switchName
        filter: search.text
    }

    Kirigami.SearchField {
        id: search

        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        visible: root.many
        Accessible.name: i18nc("@label:textbox", "Search links")
        // It searches as one types; the key is not for what is around it.
        Keys.onReturnPressed: event => event.accepted = true
        Keys.onEnterPressed: event => event.accepted = true
    }

    ListView {
        id: list

        Layout.fillWidth: true
        Layout.preferredHeight: root.many ? root.listHeight : contentHeight
        clip: true
        model: rows
        // All of a few, so that their heights are known.
        cacheBuffer: root.many ? Kirigami.Units.gridUnit * 14 : 10000
        boundsBehavior: Flickable.StopAtBounds
        interactive: root.many
        Controls.ScrollBar.vertical: Controls.ScrollBar {
            visible: root.many
        }
        Accessible.role: Accessible.List
        Accessible.name: i18nc("@info:whatsthis", "Links to attach")

        delegate: FormCard.FormCheckDelegate {
            id: candidate

            required property int index
            required property string name
            required property string symbol
            required property string facts
            required property string caution

            width: ListView.view.width
            text: name
            leading: SymbolIcon {
                source: candidate.symbol
            }
            checked: root.chosenPorts.includes(name)
            description: checked && caution !== "" ? facts + "\n" + caution : facts
            Accessible.name: name
            Accessible.description: description
            // Not only when it is clicked: assistive tools set it directly.
            onCheckedChanged: root.choose(name, checked)
            // Tab goes on to rows that are not in sight.
            onActiveFocusChanged: {
                if (activeFocus) {
                    list.positionViewAtIndex(index, ListView.Contain);
                }
            }
        }
    }

    // Also those that the search leaves out.
    Controls.Label {
        Layout.fillWidth: true
        Layout.margins: Kirigami.Units.largeSpacing
        visible: root.many && root.chosenPorts.length > 0
        text: i18ncp("@info links", "%1 chosen", "%1 chosen", root.chosenPorts.length)
        color: Kirigami.Theme.disabledTextColor
    }

    FormCard.FormTextDelegate {
        Layout.fillWidth: true
        visible: rows.ready && rows.count === 0
        text: rows.total === 0 ? i18nc("@info", "There is no link to attach.") : i18nc("@info", "Nothing found.")
        description: rows.total === 0 ? i18nc("@info", "Ports can be attached later.") : ""
    }
}
