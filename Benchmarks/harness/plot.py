"""The figures of one run as bars, in an SVG of its own: no library is needed to draw rectangles."""
from xml.sax.saxutils import escape

WIDTH, PANEL_WIDTH, BAR, GAP, LABELS = 960, 460, 20, 8, 140
OURS, THEIRS, INK, FAINT = "#1f6f8b", "#b9bec4", "#22272b", "#6b7279"


def panels(results):
    """Title, unit, whether less is better, and bars of (label, value, is ours)."""
    found = []
    if "ingest" in results:
        saturated = results["ingest"]["saturated"]
        for title, unit, less, value in (
                ("Ingest, saturated", "snapshots/s", False, lambda row: row["per_second"]),
                ("Its 99th percentile", "ms", True, lambda row: row["p99_ms"]),
                ("The server's CPU time of a snapshot", "us", True,
                 lambda row: 1e6 * row["processors"]["server_cpu_seconds"] / max(1, row["answered"])),
                ("Peak memory meanwhile", "MB", True, lambda row: row["server_peak_bytes"] / 1e6)):
            found.append((title, unit, less, [(row["name"], value(row), row["name"] == "hub") for row in saturated]))
    if "growth" in results:
        counts = results["growth"]["filled"]
        label = f"{counts['machines'] // 1000}k machines"
        found.append(("Ingest by size of the database", "snapshots/s", False,
                      [(row["name"].replace("large", label), row["per_second"], True)
                       for row in results["growth"]["runs"]]))
    if "agent" in results:
        subjects = results["agent"]["subjects"]
        for title, unit, key, scale in (("Agent: CPU of a cycle", "ms", "cpu_ms", 1),
                                        ("Agent: resident memory", "MB", "rss_bytes", 1e6),
                                        ("Agent: private dirty memory", "MB", "private_dirty_bytes", 1e6)):
            found.append((title, unit, True, [(row["name"], row[key] / scale, row["name"] == "vigie-agent")
                                              for row in subjects]))
    return found


def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _panel(left, top, title, unit, less, bars):
    lines = [f'<text x="{left}" y="{top + 14}" font-weight="600">{escape(title)}</text>',
             f'<text x="{left + PANEL_WIDTH - 20}" y="{top + 14}" fill="{FAINT}" text-anchor="end">{escape(unit)}, '
             f'{"less" if less else "more"} is better</text>']
    longest = max((value for _, value, _ in bars), default=1) or 1
    room = PANEL_WIDTH - LABELS - 90
    for number, (label, value, ours) in enumerate(bars):
        y = top + 28 + number * (BAR + GAP)
        width = max(1, room * value / longest)
        lines += [f'<text x="{left + LABELS - 8}" y="{y + 15}" text-anchor="end">{escape(label)}</text>',
                  f'<rect x="{left + LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" '
                  f'fill="{OURS if ours else THEIRS}"/>',
                  f'<text x="{left + LABELS + width + 6:.1f}" y="{y + 15}">{_number(value)}</text>']
    return lines


def draw(results, title):
    shown = panels(results)
    rows = [shown[index:index + 2] for index in range(0, len(shown), 2)]
    top = 64
    lines = []
    for row in rows:
        for column, panel in enumerate(row):
            lines += _panel(20 + column * (PANEL_WIDTH + 10), top, *panel)
        top += 28 + max(len(panel[3]) for panel in row) * (BAR + GAP) + 24
    machine = results["machine"]
    words = f"{machine['cpu']}, {machine['cores']} cores, {results['date'][:10]}, {results['commit']}"
    head = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}" '
            f'font-family="system-ui, sans-serif" font-size="13" fill="{INK}">',
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
            f'<text x="20" y="26" font-size="17" font-weight="600">{escape(title)}</text>',
            f'<text x="20" y="46" fill="{FAINT}">{escape(words)}</text>']
    return "\n".join([*head, *lines, "</svg>", ""])
