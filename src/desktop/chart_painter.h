// SPDX-FileCopyrightText: 2026 The Nova contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// What cxx-qt-lib's QPainter cannot: filled outlines, lines of any width and
// text by its anchor.

#pragma once

#include <QtCore/QPointF>
#include <QtCore/QRectF>
#include <QtCore/QString>
#include <QtCore/QVarLengthArray>
#include <QtGui/QColor>
#include <QtGui/QFontMetricsF>
#include <QtGui/QPainter>
#include <QtGui/QPen>

#include "rust/cxx.h"

namespace nova {

using Coordinates = rust::Slice<const std::int32_t>;

inline QVarLengthArray<QPointF, 256> points(Coordinates coordinates)
{
    QVarLengthArray<QPointF, 256> points;
    for (std::size_t at = 0; at + 1 < coordinates.size(); at += 2) {
        points.append(QPointF(coordinates[at], coordinates[at + 1]));
    }
    return points;
}

// Scales what follows, with smooth edges.
inline void prepare(QPainter &painter, double scale)
{
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(scale, scale);
}

// Fills the outline through x, y, x, y, …
inline void paintPolygon(QPainter &painter, Coordinates coordinates, std::uint32_t ink)
{
    const auto corners = points(coordinates);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor::fromRgba(ink));
    painter.drawPolygon(corners.constData(), int(corners.size()));
}

// Draws the line through x, y, x, y, …
inline void paintLine(QPainter &painter, Coordinates coordinates, double width, std::uint32_t ink)
{
    const auto stops = points(coordinates);
    painter.setPen(QPen(QColor::fromRgba(ink), width, Qt::SolidLine, Qt::FlatCap, Qt::RoundJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolyline(stops.constData(), int(stops.size()));
}

// Writes the words so that this part of their width and height lies left of
// and above the point.
inline void paintText(QPainter &painter, const QString &words, double x, double y, double across, double down, double size, std::uint32_t ink)
{
    QFont font = painter.font();
    font.setPixelSize(qMax(1, qRound(size)));
    painter.setFont(font);
    painter.setPen(QColor::fromRgba(ink));
    const QFontMetricsF metrics(font);
    const double left = x - across * metrics.horizontalAdvance(words);
    const double top = y - down * metrics.height();
    painter.drawText(QPointF(left, top + metrics.ascent()), words);
}

} // namespace nova
