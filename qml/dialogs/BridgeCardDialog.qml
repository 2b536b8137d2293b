// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// Makes a bridge above a network card, so that machines reach the network the
// card is plugged into. What that means for this host is reviewed after it.
WishDialog {
    id: root

    property string card: ""
    // The port that stands in the form.
    property string port: ""

    title: i18nc("@title:window", "Bridge a Network Card")
    preferredWidth: Kirigami.Units.gridUnit * 30
    preferredHeight: Kirigami.Units.gridUnit * 28
    ready: card !== "" && bridge.isValid
    whyNot: card === "" ? i18nc("@info:tooltip", "No network card is chosen yet.") : bridge.errorText
    reason: bridge.errorField === "" || bridge.toldField !== bridge.errorField ? bridge.errorText : ""
    onWished: bridge.submit()
    onCardChanged: {
        bridge.put("leave", port);
        bridge.put("choose", card);
        port = card;
    }

    // With this card chosen, or else the first that can be: the one this host
    // reaches the outside through.
    function start(card: string): void {
        const wanted = card === "" ? cards.keyAt(0) : card;
        bridge.begin("", "");
        root.card = cards.value(wanted, "possible") ? wanted : "";
        open();
    }

    Form {
        id: bridge

        kind: Form.Bridge
    }

    // A card that is gone or taken by now is not chosen any more.
    function prune(): void {
        if (!(cards.value(card, "possible") ?? false)) {
            card = "";
        }
    }

    Connections {
        target: cards

        function onRowsRemoved(): void {
            root.prune();
        }

        function onModelReset(): void {
            root.prune();
        }

        function onDataChanged(): void {
            root.prune();
        }
    }

    RowModel {
        id: cards

        source: RowModel.Cards
        subject: ""
    }

    FormCard.FormSectionText {
        Layout.topMargin: Kirigami.Units.largeSpacing
        text: i18nc("@info", "Machines on the bridge reach the network of the card as if they were plugged in beside this host. The addresses of this host move from the card to the bridge.")
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Network card")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        Repeater {
            model: cards

            FollowingRadio {
                id: candidate

                required property string name
                required property string symbol
                required property string facts
                required property bool possible

                Layout.fillWidth: true
                visible: possible
                text: name
                leading: SymbolIcon {
                    source: candidate.symbol
                }
                value: root.card === name
                description: facts
                Accessible.name: name
                Accessible.description: facts
                onChosen: root.card = name
            }
        }

        Repeater {
            model: cards

            FormCard.FormTextDelegate {
                id: refused

                required property string name
                required property string symbol
                required property string reason
                required property bool possible

                Layout.fillWidth: true
                visible: !possible
                text: name
                leading: SymbolIcon {
                    source: refused.symbol
                }
                description: reason
                Accessible.name: i18nc("@info:whatsthis", "%1 cannot be bridged", name)
                Accessible.description: reason
            }
        }

        FormCard.FormTextDelegate {
            visible: cards.ready && cards.total === 0
            text: i18nc("@info", "This host has no network card.")
        }
    }

    FormCard.FormHeader {
        title: i18nc("@title:group", "Bridge")
        maximumWidth: root.cardWidth
    }

    FormCard.FormCard {
        maximumWidth: root.cardWidth

        FormTextField {
            form: bridge
            field: "name"
            name: "name"
            label: i18nc("@label:textbox", "Name")
        }

        FlagField {
            form: bridge
            field: "stp"
            text: i18nc("@option:check", "Spanning tree")
            description: i18nc("@info", "Needed only where another path joins this bridge to the same network. This host is not reached for about %1 s while the bridge starts.", 2 * (bridge.values.forwardDelay ?? 0))
        }
    }

    AdvancedCard {
        id: advanced

        Layout.topMargin: Kirigami.Units.largeSpacing
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        maximumWidth: root.cardWidth
        form: bridge
        description: i18nc("@info", "Timers, learning, multicast, VLANs, MTU and MAC address")
    }

    Kept {
        Layout.fillWidth: true
        wanted: advanced.open

        sourceComponent: BridgeFields {
            form: bridge
            cardWidth: root.cardWidth
        }
    }
}
