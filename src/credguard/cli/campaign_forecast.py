"""A plan as people read it, and as other programs do."""

import json

from credguard._text import counted, to_iso
from credguard.campaigns import Plan, plan_file
from credguard.campaigns.forecast import Assumptions, Forecast
from credguard.campaigns.tally import BANDS, Tally
from credguard.cli.printing import duration, print_counts, print_shares, say


def print_plan(made: Plan, assumed: Assumptions) -> None:
    """Print what a campaign would do and what it would cost."""
    tally, found = made.tally, made.forecast(assumed)
    print_counts(f"Scope: {made.scope}", _counts(tally))
    bands = {
        band.value: (
            tally.bands.get(band.value, 0),
            tally.told_bands.get(band.value, 0),
            found.bounces[band.value],
        )
        for band in BANDS
    }
    heads = ("last logged in", "in scope", "to tell", "bounces")
    print_shares("By last log-in", heads, bands)
    print_counts("By mail domain, of those to tell", _domains(tally))
    print_counts("By group of mail exchangers, of those to tell", _groups(tally))
    print_counts("By scheme of their hash", dict(tally.schemes.most_common()))
    say(f"A sample of their ids: {', '.join(tally.sample) or 'not kept in the file'}")
    _say_forecast(found)
    if tally.unmatched:
        belong = counted(
            tally.unmatched, "listed address belongs", "listed addresses belong"
        )
        say(f"{belong} to nobody in scope.")
    if tally.staff:
        staff = counted(tally.staff, "of them is staff", "of them are staff")
        say(f"{staff}: locked out as well.")
    say(f"Digest of the plan: {plan_file.digest(made)}")


def as_json(made: Plan, assumed: Assumptions) -> str:
    """Return a plan and its forecast as JSON."""
    tally, found = made.tally, made.forecast(assumed)
    content = {
        "digest": plan_file.digest(made),
        "scope": str(made.scope),
        "made_at": to_iso(made.made_at),
        "counts": _counts(tally),
        "last_log_in": {band.value: tally.bands.get(band.value, 0) for band in BANDS},
        "mail_domains": _domains(tally),
        "mail_groups": _groups(tally),
        "schemes": dict(tally.schemes.most_common()),
        "unmatched_addresses": tally.unmatched,
        "sample": list(tally.sample),
        "forecast": {
            "notices": found.notices,
            "takes_at_least_seconds": round(found.takes_at_least.total_seconds()),
            "limited_by": found.limited_by,
            "bounces": dict(found.bounces),
            "support_mails": found.support_mails,
            "hash_seconds": round(found.hash_seconds),
            "first_hours_cores": round(found.first_hours_cores, 2),
        },
    }
    return json.dumps(content, indent=2, ensure_ascii=False)


def _counts(tally: Tally) -> dict[str, int]:
    return {
        "accounts": tally.accounts,
        "in scope": tally.in_scope,
        "to be told by mail": tally.to_tell,
        "no reachable address": tally.unreachable,
        "address known bad": tally.known_bad,
        "no password to reset": tally.no_password,
        "closed by the forum": tally.inactive,
        "staff": tally.staff,
        "with a second factor": tally.second_factor,
        "never logged in": tally.never_logged_in,
    }


def _domains(tally: Tally) -> dict[str, int]:
    named = dict(tally.domains.most_common())
    rest = tally.to_tell - sum(named.values())
    return named | ({"all others": rest} if rest else {})


def _groups(tally: Tally) -> dict[str, int]:
    rest = tally.to_tell - tally.groups.total()
    return dict(tally.groups.most_common()) | {"all others": rest}


def _say_forecast(found: Forecast) -> None:
    bounces = sum(found.bounces.values())
    say(
        f"Telling {counted(found.notices, 'member', 'members')} takes at least "
        f"{duration(found.takes_at_least)} ({found.limited_by})."
    )
    say(
        f"Expect {counted(bounces, 'bounce', 'bounces')}, "
        f"{counted(found.support_mails, 'mail', 'mails')} to your support, "
        f"and {found.hash_seconds / 3600:,.1f} hours of one core for hashing when all "
        f"have come back; {found.first_hours_cores:,.1f} cores in the first two hours "
        "if all were told at once."
    )
