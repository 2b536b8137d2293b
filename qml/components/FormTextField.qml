// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import QtQuick.Layouts
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A text of a form, with what it means or what is wrong with it below.
ColumnLayout {
    id: root

    required property Form form
    // What errors call it, and what the form does.
    required property string field
    required property string name
    required property string label
    property alias placeholderText: entry.placeholderText
    property string hint: ""

    // Nobody is told of an error before something was typed here.
    property bool edited: false
    readonly property bool wrong: edited && visible && form.errorField === field
    readonly property string value: form.values[name] ?? ""

    // The delegate writes its own text and so forgets what it was bound to:
    // another value, such as a suggested name, is handed on to it.
    onValueChanged: follow()
    onWrongChanged: {
        if (wrong) {
            form.toldField = field;
        } else if (form.toldField === field) {
            form.toldField = "";
        }
    }
    Component.onCompleted: follow()

    function follow(): void {
        if (entry.text !== value) {
            entry.text = value;
        }
    }

    // To be written over at once.
    function takeFocus(): void {
        entry.selectAll();
        entry.forceActiveFocus();
    }

    Layout.fillWidth: true
    spacing: 0

    FormCard.FormTextFieldDelegate {
        id: entry

        label: root.label
        // The field inside has the name; this box would be another one without.
        Accessible.ignored: true
        statusMessage: root.wrong ? root.form.errorText : ""
        status: Kirigami.MessageType.Error
        // Not only what is typed: assistive tools set the text whole.
        onTextChanged: {
            if (text !== root.value) {
                root.edited = true;
                root.form.put(root.name, text);
            }
        }
    }

    Controls.Label {
        Layout.fillWidth: true
        Layout.leftMargin: entry.leftPadding
        Layout.rightMargin: entry.rightPadding
        Layout.bottomMargin: Kirigami.Units.largeSpacing
        visible: root.hint !== "" && !root.wrong
        text: root.hint
        font: Kirigami.Theme.smallFont
        color: Kirigami.Theme.disabledTextColor
        wrapMode: Text.Wrap
    }
}
