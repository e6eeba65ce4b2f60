#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Draw the cost of a segment against the number of connections, as SVG.

usage: plot.py RESULTS >growth.svg
"""
import collections
import json
import math
import statistics
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 60, 130, 40, 50
COLOURS = {"tcptrace": "#0b6", "nf_conntrack_in": "#c40"}


def load(path):
    """{tracker: {flows: values of the boots}}, nanoseconds."""
    values = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(path, encoding="utf-8") as file:
        for record in map(json.loads, file):
            if record.get("figure") == "segment" and record["unit"] == "ns" and record["tracker"] in COLOURS:
                values[record["tracker"]][record["flows"]].append(record["value"])
    return values


class Plot:
    """Flows on a logarithmic x axis, nanoseconds from 0 on the y axis."""

    def __init__(self, values):
        self.flows = max(max(by) for by in values.values())
        self.step = 100 if max(max(v) for by in values.values() for v in by.values()) > 300 else 50
        top = max(max(v) for by in values.values() for v in by.values())
        self.top = self.step * math.ceil(top / self.step)
        self.values = values

    def x(self, flows):
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(flows) / math.log10(self.flows)

    def y(self, ns):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * ns / self.top

    def axes(self):
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        for ns in range(0, self.top + 1, self.step):
            yield f'<path d="M{LEFT} {self.y(ns):.1f}H{right}" stroke="#ddd"/>'
            yield f'<text x="{LEFT - 8}" y="{self.y(ns) + 4:.1f}" text-anchor="end">{ns}</text>'
        for power in range(int(math.log10(self.flows)) + 1):
            yield f'<text x="{self.x(10 ** power):.1f}" y="{bottom + 20}" text-anchor="middle">{10 ** power:,}</text>'
        yield f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">connections, in random order</text>'
        yield f'<text x="{LEFT}" y="20">nanoseconds for a segment at the hook: median of the boots, and their range</text>'

    def line(self, tracker, by):
        colour = COLOURS[tracker]
        points = [(self.x(flows), self.y(statistics.median(v)), v) for flows, v in sorted(by.items())]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for x, y, v in points:
            yield f'<path d="M{x:.1f} {self.y(min(v)):.1f}V{self.y(max(v)):.1f}" stroke="{colour}"/>'
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
        x, y, _ = points[-1]
        yield f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{tracker}</text>'

    def svg(self):
        yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
               'font-size="12">')
        yield '<rect width="100%" height="100%" fill="#fff"/>'
        yield from self.axes()
        for tracker, by in self.values.items():
            yield from self.line(tracker, by)
        yield "</svg>"


print("\n".join(Plot(load(sys.argv[1])).svg()))
