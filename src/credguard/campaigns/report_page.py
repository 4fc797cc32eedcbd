"""
A campaign's report as one page that needs nothing beside it. Pure.

No script, no font and no picture from elsewhere: it may be mailed, printed, and
kept for years.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape

from credguard.campaigns.plotting import Line, plot
from credguard.campaigns.states import AccountState
from credguard.campaigns.status import Status
from credguard.campaigns.timeline import Timeline

_STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --soft: #6b6b6b;
  --rule: #d9d9d9; --a: #0b5cad; --b: #1b7837; --c: #a63603; --d: #6a3d9a; }
@media (prefers-color-scheme: dark) { :root { --ink: #ececec; --paper: #16181b;
  --soft: #a5a5a5; --rule: #3a3d42; --a: #7db8f2; --b: #74c98b; --c: #f2a071;
  --d: #c5a3e8; } }
body { margin: 0 auto; padding: 1.5rem; max-width: 56rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
code { overflow-wrap: anywhere; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; margin: 1rem 0;
  padding: 0; list-style: none; }
.figures b { display: block; font-size: 1.6rem; line-height: 1.2; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25rem 0.6rem; text-align: right;
  border-bottom: 1px solid var(--rule); }
th:first-child, td:first-child { text-align: left; }
svg { width: 100%; height: auto; }
svg .grid { stroke: var(--rule); } svg text { font: 12px system-ui, sans-serif; }
svg .tick { fill: var(--soft); }
svg .line { fill: none; stroke-width: 2.5; }
svg .line-0 { stroke: var(--a); } svg .name-0 { fill: var(--a); }
svg .line-1 { stroke: var(--b); stroke-dasharray: 8 3; } svg .name-1 { fill: var(--b); }
svg .line-2 { stroke: var(--c); stroke-dasharray: 2 3; } svg .name-2 { fill: var(--c); }
svg .line-3 { stroke: var(--d); stroke-dasharray: 8 3 2 3; }
svg .name-3 { fill: var(--d); }
@media print { body { max-width: none; } h2, svg, tr { break-inside: avoid; } }
"""


def as_html(status: Status, timeline: Timeline) -> str:
    """
    Return the report as a page.

    Args:
        status: The campaign's numbers.

        timeline: The same over time.
    """
    title = f"Campaign {status.campaign_id}: {status.state.value}"
    body = "\n".join(
        [
            f"<h1>{escape(title)}</h1>",
            (
                f"<p>As at {_written(status.as_at)}. Scope: "
                f"<code>{escape(status.scope)}</code>. "
                f"In force since {_written(status.opened_at)}.</p>"
            ),
            _figures(status),
            "<h2>Over time</h2>",
            _funnel(status, timeline),
            _pace(timeline),
            "<h2>Each account is in one state</h2>",
            _states(status),
            *_hooks(status),
            "<h2>The numbers over time</h2>",
            _numbers(timeline),
        ]
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _figures(status: Status) -> str:
    done = status.counts.get(AccountState.RESET_DONE, 0)
    figures = (
        (status.in_scope, "in scope"),
        (status.told, "told"),
        (done, "have a new password"),
        (status.still_open, "still to choose one"),
    )
    items = "".join(f"<li><b>{count:,}</b> {name}</li>" for count, name in figures)
    return f'<ul class="figures">{items}</ul>'


def _funnel(status: Status, timeline: Timeline) -> str:
    totals = timeline.totals()
    done = status.counts.get(AccountState.RESET_DONE, 0)
    must = status.still_open + done
    told, bounced, reset = totals[-1].told, totals[-1].bounced, totals[-1].reset
    return plot(
        "From affected to reset",
        f"Of {must:,} accounts that need a new password, {told:,} were told and "
        f"{reset:,} have one; notices to {bounced:,} came back.",
        places=_places(timeline),
        lines=(
            Line("need a new one", [must] * len(totals)),
            Line("told", [each.told for each in totals]),
            Line("bounced", [each.bounced for each in totals]),
            Line("have a new one", [each.reset for each in totals]),
        ),
    )


def _pace(timeline: Timeline) -> str:
    each = _lasting(timeline.width)
    most = max(timeline.intervals, key=lambda one: one.reset)
    return plot(
        f"New passwords and accounts told in each {each}",
        f"Most new passwords in one {each}: {most.reset:,}, from "
        f"{_written(most.start)}.",
        places=_places(timeline),
        lines=(
            Line("told", [one.told for one in timeline.intervals]),
            Line("new passwords", [one.reset for one in timeline.intervals]),
        ),
    )


def _states(status: Status) -> str:
    rows = [
        (state.value, f"{count:,}", f"{100 * count / max(1, status.accounts):.1f} %")
        for state in AccountState
        if (count := status.counts.get(state, 0))
    ]
    verdict = "adds up" if status.adds_up else "DOES NOT ADD UP"
    rows.append((f"all accounts ({verdict})", f"{status.accounts:,}", "100.0 %"))
    if status.reset_by:
        ways = sorted(status.reset_by.items())
        rows.extend((f"new password by {how}", f"{n:,}", "") for how, n in ways)
    return _table(("State", "Accounts", "Share"), rows)


def _hooks(status: Status) -> list[str]:
    """Return what was ended beside the passwords, where a host has hooks."""
    if not status.hooks:
        return []
    rows = [
        (each.name, f"{each.ended:,}", f"{each.done:,} of {each.total:,}")
        for each in status.hooks
    ]
    heads = ("Hook", "Ended", "Ranges")
    return ["<h2>What was ended beside the passwords</h2>", _table(heads, rows)]


def _numbers(timeline: Timeline) -> str:
    heads = ("From", "Told", "Bounced", "Reset", "Told in all", "Reset in all")
    rows = [
        (
            _written(each.start),
            *(f"{n:,}" for n in (each.told, each.bounced, each.reset)),
            *(f"{n:,}" for n in (summed.told, summed.reset)),
        )
        for each, summed in zip(timeline.intervals, timeline.totals(), strict=True)
    ]
    return _table(heads, rows)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    lines = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide" tabindex="0"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{lines}\n</tbody>\n</table></div>"
    )


def _places(timeline: Timeline) -> list[str]:
    form = "%d %b" if timeline.width >= timedelta(hours=6) else "%d %b %H:%M"
    return [each.start.strftime(form) for each in timeline.intervals]


def _lasting(width: timedelta) -> str:
    if width < timedelta(hours=1):
        return f"{width // timedelta(minutes=1)} minutes"
    if width < timedelta(days=1):
        hours = width // timedelta(hours=1)
        return "hour" if hours == 1 else f"{hours} hours"
    days = width // timedelta(days=1)
    return "day" if days == 1 else f"{days} days"


def _written(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M UTC")
