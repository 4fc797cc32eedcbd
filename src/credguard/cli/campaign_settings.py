"""The settings of campaigns: who approves, what is forecast, what the host ends."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from credguard.campaigns.approval_policy import ApprovalPolicy
from credguard.campaigns.forecast import Assumptions, usual_bounces
from credguard.campaigns.hooks import Hook
from credguard.errors import CampaignStateError, SetupError


def read_approval(section: Mapping[str, object], path: Path) -> ApprovalPolicy:
    """
    Read ``[approval]``: needed, approvers, and keys by approver.

    Raises:
        SetupError: It is not as it should be.
    """
    needed, names = section.get("needed", 0), section.get("approvers", [])
    keys = section.get("keys", {})
    # type() and not isinstance(): True is no number of people.
    if type(needed) is not int or not isinstance(names, list):
        message = f"{path}: [approval] has needed = 2, and approvers = a list of names"
        raise SetupError(message)
    if not isinstance(keys, dict) or keys.keys() - {str(name) for name in names}:
        message = f"{path}: [approval.keys] has keys of approvers, by their names"
        raise SetupError(message)
    approvers = {str(name): str(keys[name]) if name in keys else None for name in names}
    return ApprovalPolicy(needed=needed, approvers=approvers)


def read_forecast(section: Mapping[str, object], path: Path) -> Assumptions:
    """
    Read ``[forecast]``: support, hash_seconds, and bounces by band of last log-in.

    Raises:
        SetupError: It is not as it should be.
    """
    given = {name: value for name, value in section.items() if name != "bounces"}
    bounces = section.get("bounces", {})
    if not isinstance(bounces, dict) or not all(
        type(each) in {int, float} for each in (*given.values(), *bounces.values())
    ):
        message = f"{path}: [forecast] has numbers, and [forecast.bounces] shares"
        raise SetupError(message)
    numbers = {name: float(str(value)) for name, value in given.items()}
    try:
        return Assumptions(bounces=usual_bounces() | bounces, **numbers)
    except CampaignStateError as error:
        message = f"{path}: {error}"
    raise SetupError(message)


def read_hooks(place: str | None) -> Sequence[Hook]:
    """
    Return the host's hooks: a list in a module that it names.

    Args:
        place: The module and the list, such as ``forum.resets:HOOKS``; None for none.

    Raises:
        SetupError: There is no such list.
    """
    if place is None:
        return ()
    module, _, name = place.partition(":")
    try:
        found: Sequence[Hook] = getattr(import_module(module), name)
        return tuple(found)
    except (ImportError, AttributeError, TypeError, ValueError):
        message = (
            f"[forum] hooks names no list of hooks at '{place}'; write module:name, "
            "and see to it that Python finds the module"
        )
    raise SetupError(message)
