// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.delegates as Delegates
import org.nova.networking

// The ports of a switch with what each of them does.
RowList {
    id: root

    required property RowModel rows
    required property string switchName
    required property bool changeable
    required property string whyFixed

    readonly property string whyUnnamed: i18nc("@info:tooltip", "Its name holds characters that Nova does not write into commands.")

    signal attachWanted
    signal configureWanted(port: string)

    model: rows
    topMargin: Kirigami.Units.smallSpacing
    Accessible.name: i18nc("@info:whatsthis", "Ports of %1", switchName)

    delegate: Delegates.RoundedItemDelegate {
        id: port

        required property string name
        required property string symbol
        required property string facts
        required property string options
        required property string rate
        required property string rateHint
        required property string stpState
        required property string stateKind
        required property string stateHint
        required property bool addressable

        width: ListView.view.width
        text: name
        Accessible.name: name
        Accessible.description: [facts, options, rate, stpState].filter(part => part !== "").join(", ")
        Accessible.onPressAction: clicked()
        hoverEnabled: true
        rightPadding: Kirigami.Units.largeSpacing
        onClicked: {
            if (configure.enabled) {
                root.configureWanted(port.name);
            }
        }
        Keys.onReturnPressed: clicked()
        Keys.onEnterPressed: clicked()

        contentItem: RowLayout {
            spacing: Kirigami.Units.largeSpacing

            Kirigami.Icon {
                Layout.preferredWidth: Kirigami.Units.iconSizes.smallMedium
                Layout.preferredHeight: Kirigami.Units.iconSizes.smallMedium
                source: port.symbol
                isMask: true
            }

            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                ElidedLabel {
                    Layout.fillWidth: true
                    text: port.name
                    font.bold: true
                    Accessible.ignored: true
                }

                ElidedLabel {
                    Layout.fillWidth: true
                    text: port.facts
                    elide: Text.ElideRight
                    font: Kirigami.Theme.smallFont
                    color: Kirigami.Theme.disabledTextColor
                    Accessible.ignored: true
                }

                ElidedLabel {
                    Layout.fillWidth: true
                    visible: text !== ""
                    text: port.options
                    elide: Text.ElideRight
                    font: Kirigami.Theme.smallFont
                    color: Kirigami.Theme.disabledTextColor
                    Accessible.ignored: true
                }
            }

            Controls.Label {
                id: carried

                visible: text !== ""
                // The same for every row, so that numbers can be compared.
                Layout.preferredWidth: Kirigami.Units.gridUnit * 4
                text: port.rate
                horizontalAlignment: Text.AlignRight
                font.features: {
                    "tnum": 1
                }
                Controls.ToolTip.text: port.rateHint
                Controls.ToolTip.visible: overRate.hovered
                Controls.ToolTip.delay: Kirigami.Units.toolTipDelay
                Accessible.ignored: true

                HoverHandler {
                    id: overRate
                }
            }

            StateChip {
                text: port.stpState
                kind: port.stateKind
                hint: port.stateHint
                Accessible.ignored: true
            }

            RowButton {
                id: configure

                current: port.ListView.isCurrentItem
                icon.name: "configure"
                text: i18nc("@action:button", "Configure %1…", port.name)
                enabled: root.changeable && port.addressable
                whyNot: root.changeable ? root.whyUnnamed : root.whyFixed
                onClicked: root.configureWanted(port.name)
            }

            RowButton {
                current: port.ListView.isCurrentItem
                icon.name: "network-disconnect"
                text: i18nc("@action:button", "Detach %1…", port.name)
                enabled: root.changeable && port.addressable
                whyNot: root.changeable ? root.whyUnnamed : root.whyFixed
                onClicked: ChangeFlow.detachPort(root.switchName, port.name)
            }
        }
    }

    Kirigami.PlaceholderMessage {
        anchors.centerIn: parent
        width: parent.width - Kirigami.Units.gridUnit * 4
        visible: root.rows.ready && root.rows.total === 0
        icon.name: "network-wired-symbolic"
        text: i18nc("@info:placeholder", "No ports")
        explanation: i18nc("@info", "Attach a network card to reach the network outside. Machines appear here when they start.")
        helpfulAction: Kirigami.Action {
            icon.name: "network-connect"
            text: i18nc("@action:button", "Attach Port…")
            enabled: root.changeable
            onTriggered: root.attachWanted()
        }
    }
}
