// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

#include "nova-desktop/kde.h"

#include <KAboutData>
#include <KDBusService>
#include <KLocalizedContext>
#include <KLocalizedString>
#include <KWindowSystem>

#include <QtCore/QCommandLineParser>
#include <QtCore/QPointer>
#include <QtGui/QIcon>
#include <QtQml/QQmlAbstractUrlInterceptor>
#include <QtQml/QQmlContext>
#include <QtQuick/QQuickWindow>
#include <QtWidgets/QApplication>

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace nova {

namespace {

const char PageOption[] = "page";
const char CreateSwitchOption[] = "create-switch";

void describe(QCommandLineParser &parser)
{
    parser.addOption({QLatin1String(PageOption),
                      i18nc("@info:shell", "Open this page: topology, switches, cards, networks, monitor, history."),
                      i18nc("@info:shell value name", "NAME")});
    parser.addOption({QLatin1String(CreateSwitchOption), i18nc("@info:shell", "Begin to create a switch.")});
    KAboutData::applicationData().setupCommandLine(&parser);
}

// Where the build puts the QML files of the source tree.
const char BuiltIn[] = "/qt/qml/org/nova/networking/qml/";

class SourceTree : public QQmlAbstractUrlInterceptor
{
public:
    explicit SourceTree(const QString &folder)
        : m_folder(folder)
    {
    }

    QUrl intercept(const QUrl &url, DataType type) override
    {
        const QString path = url.path();
        if (type != QmlFile || url.scheme() != QLatin1String("qrc") || !path.startsWith(QLatin1String(BuiltIn))) {
            return url;
        }
        return QUrl::fromLocalFile(m_folder + QLatin1Char('/') + path.mid(int(sizeof BuiltIn) - 1));
    }

private:
    QString m_folder;
};

// Raises the window and does there what these arguments ask for.
void showFor(QQmlApplicationEngine &engine, const QStringList &arguments)
{
    QCommandLineParser parser;
    describe(parser);
    parser.parse(arguments);
    const auto roots = engine.rootObjects();
    for (QObject *root : roots) {
        auto *window = qobject_cast<QQuickWindow *>(root);
        if (!window) {
            continue;
        }
        QMetaObject::invokeMethod(window,
                                  "arrive",
                                  Q_ARG(QString, parser.value(QLatin1String(PageOption))),
                                  Q_ARG(bool, parser.isSet(QLatin1String(CreateSwitchOption))));
        window->show();
        KWindowSystem::updateStartupId(window);
        window->raise();
        KWindowSystem::activateWindow(window);
    }
}

} // namespace

void introduce(const QString &version)
{
    KLocalizedString::setApplicationDomain("nova-desktop");
    KAboutData about(QStringLiteral("Networking"),
                     i18nc("@title", "Nova"),
                     version,
                     i18nc("@info", "Virtual networks: seen, changed and watched"),
                     KAboutLicense::GPL_V3,
                     i18nc("@info:credit", "© 2026 The Nova contributors"));
    // The name on the session bus is this, reversed, and the component.
    about.setOrganizationDomain("nova.org");
    about.setDesktopFileName(QStringLiteral("org.nova.Networking"));
    about.setProgramLogo(QIcon(QStringLiteral(":/qt/qml/org/nova/networking/icons/org.nova.Networking.svg")));
    KAboutData::setApplicationData(about);
    QApplication::setWindowIcon(QIcon::fromTheme(QStringLiteral("org.nova.Networking"),
                                                 about.programLogo().value<QIcon>()));

    QCommandLineParser parser;
    describe(parser);
    parser.process(*qApp);
    about.processCommandLine(&parser);
}

void claimInstance(QQmlApplicationEngine &engine)
{
    // Who comes second hands on what was asked and leaves from inside the
    // constructor. What is torn down then complains of Qt's threads, which run.
    static bool isSecond = true;
    std::atexit([] {
        if (isSecond) {
            std::fflush(nullptr);
            _exit(EXIT_SUCCESS);
        }
    });
    auto *service = new KDBusService(KDBusService::Unique | KDBusService::NoExitOnFailure, qApp);
    isSecond = false;
    // From here on the name is for people: screen readers say it.
    KAboutData about = KAboutData::applicationData();
    about.setComponentName(about.displayName());
    KAboutData::setApplicationData(about);
    // A process without its window would hold the name and answer nobody.
    QObject::connect(
        &engine, &QQmlApplicationEngine::objectCreationFailed, qApp, [] { QCoreApplication::exit(1); }, Qt::QueuedConnection);
    QPointer<QQmlApplicationEngine> guarded(&engine);
    QObject::connect(service, &KDBusService::activateRequested, &engine, [guarded](const QStringList &arguments) {
        if (guarded) {
            showFor(*guarded, arguments);
        }
    });
}

void translate(QQmlApplicationEngine &engine)
{
    engine.rootContext()->setContextObject(new KLocalizedContext(&engine));
}

void readSource(QQmlApplicationEngine &engine, const QString &folder)
{
    // As long as the engine, which lives as long as the process.
    static SourceTree tree(folder);
    engine.addUrlInterceptor(&tree);
}

void show(QQmlApplicationEngine &engine)
{
    showFor(engine, QCoreApplication::arguments());
}

} // namespace nova
