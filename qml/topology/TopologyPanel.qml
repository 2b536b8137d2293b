// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.nova.networking

// What is known about the selected node.
Rectangle {
    id: root

    required property RowModel nodes
    required property string subject

    property string name: ""
    property string kind: ""
    // The page that shows it, empty where none does.
    property string page: ""
    property string symbol: ""
    property string detail: ""
    readonly property bool isGroup: kind === "group"

    signal opened(key: string)
    signal closed

    color: Kirigami.Theme.backgroundColor
    Kirigami.Theme.colorSet: Kirigami.Theme.View
    Kirigami.Theme.inherit: false
    Accessible.role: Accessible.Pane
    Accessible.name: i18nc("@info:whatsthis", "Details of %1", name)

    function read(): void {
        if (subject === "") {
            return;
        }
        name = nodes.value(subject, "name") ?? "";
        kind = nodes.value(subject, "kind") ?? "";
        page = nodes.value(subject, "page") ?? "";
        symbol = nodes.value(subject, "symbol") ?? "";
        detail = nodes.value(subject, "detail") ?? "";
    }

    onSubjectChanged: read()

    Connections {
        target: root.nodes

        function onDataChanged(): void {
            root.read();
        }

        function onModelReset(): void {
            root.read();
        }
    }

    Kirigami.Separator {
        anchors.left: parent.left
        anchors.top: parent.top
        anchors.bottom: parent.bottom
    }

    // Clicks do not fall through to the canvas.
    TapHandler {}

    ColumnLayout {
        anchors.fill: parent
        anchors.leftMargin: 1
        spacing: 0

        RowLayout {
            Layout.fillWidth: true
            Layout.margins: Kirigami.Units.largeSpacing
            spacing: Kirigami.Units.largeSpacing

            Kirigami.Icon {
                Layout.preferredWidth: Kirigami.Units.iconSizes.medium
                Layout.preferredHeight: Kirigami.Units.iconSizes.medium
                source: root.symbol
                isMask: true
                color: Kirigami.Theme.textColor
            }

            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                Kirigami.Heading {
                    Layout.fillWidth: true
                    level: 3
                    text: root.name
                    textFormat: Text.PlainText
                    elide: Text.ElideMiddle
                }

                ElidedLabel {
                    Layout.fillWidth: true
                    text: root.detail
                    color: Kirigami.Theme.disabledTextColor
                }
            }

            Controls.ToolButton {
                Layout.alignment: Qt.AlignTop
                icon.name: "window-close-symbolic"
                text: i18nc("@action:button", "Close")
                display: Controls.AbstractButton.IconOnly
                onClicked: root.closed()
                Keys.onEscapePressed: root.closed()
            }
        }

        Kirigami.Separator {
            Layout.fillWidth: true
        }

        FactList {
            Layout.fillWidth: true
            Layout.fillHeight: true
            Accessible.name: i18nc("@info:whatsthis", "Facts about %1", root.name)

            model: RowModel {
                source: RowModel.TopologyFacts
                subject: root.subject
            }
        }

        Controls.Button {
            Layout.fillWidth: true
            Layout.margins: Kirigami.Units.largeSpacing
            visible: root.isGroup || root.page !== ""
            icon.name: root.isGroup ? "view-list-tree" : "go-next-view"
            text: root.isGroup ? i18nc("@action:button", "Show Each Machine") : i18nc("@action:button", "Open Page")
            onClicked: root.opened(root.subject)
        }
    }
}
