// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Cards to choose as members of a bond; those that cannot be say why.
ColumnLayout {
    id: root

    // Empty for a new bond.
    required property string bondName
    property list<string> chosenCards: []

    signal chosen(card: string, chosen: bool)

    spacing: 0

    function choose(card: string, on: bool): void {
        if (chosenCards.includes(card) !== on) {
            chosenCards = on ? chosenCards.concat(card) : chosenCards.filter(one => one !== card);
            chosen(card, on);
        }
    }

    // What has gone, or belongs to another meanwhile, is no choice any more.
    function prune(): void {
        for (const card of chosenCards.filter(card => !(rows.value(card, "possible") ?? false))) {
            choose(card, false);
        }
    }

    RowModel {
        id: rows

        source: RowModel.Joinable
        subject: root.bondName
        onRowsRemoved: root.prune()
        onModelReset: root.prune()
        onDataChanged: root.prune()
    }

    Repeater {
        model: rows

        FormCard.FormCheckDelegate {
            required property string name
            required property string facts
            required property string caution
            required property bool possible

            Layout.fillWidth: true
            visible: possible
            text: name
            checked: root.chosenCards.includes(name)
            description: checked && caution !== "" ? facts + "\n" + caution : facts
            Accessible.name: name
            Accessible.description: description
            // Not only when it is clicked: assistive tools set it directly.
            onCheckedChanged: root.choose(name, checked)
        }
    }

    Repeater {
        model: rows

        FormCard.FormTextDelegate {
            id: refused

            required property string name
            required property string symbol
            required property string reason
            required property bool possible

            Layout.fillWidth: true
            visible: !possible
            text: name
            description: reason
            leading: SymbolIcon {
                source: refused.symbol
            }
            Accessible.name: i18nc("@info:whatsthis", "%1 cannot be a member", name)
            Accessible.description: reason
        }
    }

    FormCard.FormTextDelegate {
        Layout.fillWidth: true
        visible: rows.ready && rows.total === 0
        text: i18nc("@info", "This host has no other network card.")
        description: i18nc("@info", "Members can be added later.")
    }
}
