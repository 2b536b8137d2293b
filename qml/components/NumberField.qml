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
    property int from: 0
    property int to: 99
    property alias stepSize: box.stepSize
    property int value: 0

    signal edited(value: int)

    readonly property bool wrong: visible && form.errorField === field
    property bool following: false

    focusPolicy: Qt.NoFocus
    background: null
    text: label
    Accessible.ignored: true

    // Shows the value, also one that others have set beyond the range: the box
    // would bend it into the range, and that would be taken for an edit.
    function follow(): void {
        following = true;
        box.from = Math.min(from, value);
        box.to = Math.max(to, value);
        box.value = value;
        following = false;
    }

    onWrongChanged: {
        if (wrong && "toldField" in form) {
            form.toldField = field;
        } else if (form.toldField === field) {
            form.toldField = "";
        }
    }
    onFromChanged: follow()
    onToChanged: follow()
    onValueChanged: follow()
    Component.onCompleted: follow()

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
                // Not only what is typed: assistive tools set the value directly.
                onValueChanged: {
                    if (!root.following && value !== root.value) {
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
            text: root.wrong ? Session.verbatim(root.form.errorText) : ""
        }
    }
}
