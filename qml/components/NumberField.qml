// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A number of a form: label and value on one line, below them what it
// means, or what is wrong with it.
FormCard.AbstractFormDelegate {
    id: root

    // Any form that tells what is wrong by errorField and errorText.
    required property var form
    required property string field
    required property string label
    required property string hint
    property alias from: box.from
    property alias to: box.to
    property alias stepSize: box.stepSize
    property alias value: box.value

    signal edited(value: int)

    readonly property bool wrong: form.errorField === field
    property bool complete: false

    focusPolicy: Qt.NoFocus
    background: null
    text: label
    Accessible.ignored: true

    Component.onCompleted: complete = true

    contentItem: ColumnLayout {
        spacing: Kirigami.Units.smallSpacing

        RowLayout {
            spacing: Kirigami.Units.largeSpacing

            Controls.Label {
                Layout.fillWidth: true
                text: root.label
                wrapMode: Text.Wrap
                Accessible.ignored: true
            }

            Controls.SpinBox {
                id: box

                Layout.preferredWidth: Kirigami.Units.gridUnit * 8
                editable: true
                Accessible.name: root.label
                Accessible.description: root.wrong ? root.form.errorText : root.hint
                // What is no number of the field is not taken along.
                Keys.onReturnPressed: event => event.accepted = !(contentItem as TextInput)?.acceptableInput
                Keys.onEnterPressed: event => event.accepted = !(contentItem as TextInput)?.acceptableInput
                onValueChanged: {
                    if (root.complete) {
                        root.edited(value);
                    }
                }
            }
        }

        Controls.Label {
            Layout.fillWidth: true
            visible: !root.wrong
            text: root.hint
            font: Kirigami.Theme.smallFont
            color: Kirigami.Theme.disabledTextColor
            wrapMode: Text.Wrap
            Accessible.ignored: true
        }

        Kirigami.InlineMessage {
            Layout.fillWidth: true
            visible: root.wrong
            type: Kirigami.MessageType.Error
            text: root.wrong ? root.form.errorText : ""
        }
    }
}
