// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// What only C++ can say to KDE Frameworks: who the application is, its one
// instance, its translations.

#pragma once

#include <QtCore/QString>
#include <QtQml/QQmlApplicationEngine>

namespace nova {

// Names the application and reads the command line; leaves the process for
// --help, --version and words it does not know.
void introduce(const QString &version);

// Claims the one instance on the session bus. Where another one runs, that one
// is asked to show its window and this process ends.
void claimInstance(QQmlApplicationEngine &engine);

// Gives QML i18n() and its kin.
void translate(QQmlApplicationEngine &engine);

// Reads the QML files from this folder of the source tree instead of from the
// program, so that an edit shows without building.
void readSource(QQmlApplicationEngine &engine, const QString &folder);

// Raises the window and does there what the command line asks for.
void show(QQmlApplicationEngine &engine);

} // namespace nova
