// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls as Controls
import org.kde.kirigami as Kirigami
import org.kde.kirigamiaddons.formcard as FormCard
import org.nova.networking

// A choice of a form. Its values and their words are given as texts: a list
// that is made anew at every change would lose what is chosen.
FormCard.FormComboBoxDelegate {
    id: root

    required property Form form
    // What errors call it, and what the form does.
    required property string field
    required property string name
    // Separated by spaces, and by line breaks.
    required property string values
    property string labels: values.split(" ").join("\n")

    readonly property list<string> known: values === "" ? [] : values.split(" ")
    // Nobody is told of an error before something was chosen here.
    property bool edited: false
    readonly property bool wrong: edited && visible && form.errorField === field

    displayMode: FormCard.FormComboBoxDelegate.ComboBox
    model: values === "" ? [] : labels.split("\n")
    currentIndex: known.indexOf(form.values[name] ?? "")
    statusMessage: wrong ? form.errorText : ""
    status: Kirigami.MessageType.Error
    // What is chosen is told before what it means.
    Accessible.description: [displayText, description].filter(text => text !== "").join("\n")
    onActivated: index => {
        edited = true;
        form.put(name, known[index]);
    }
    onWrongChanged: {
        if (wrong) {
            form.toldField = field;
        } else if (form.toldField === field) {
            form.toldField = "";
        }
    }
    // What opens, and has the focus then, is called by what is chosen, and not at
    // all where nothing is.
    Component.onCompleted: {
        for (const part of contentItem.children) {
            if (part instanceof Controls.ComboBox) {
                part.Accessible.name = Qt.binding(() => root.text);
            }
        }
    }
    // Another list begins with its first entry, whatever was chosen.
    onModelChanged: Qt.callLater(restore)

    function restore(): void {
        currentIndex = Qt.binding(() => known.indexOf(form.values[name] ?? ""));
    }
}
