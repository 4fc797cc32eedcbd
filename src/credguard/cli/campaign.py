"""`credguard campaign`: plan, start, run, count, abort."""

import click

from credguard.cli.campaign_count import list_campaigns, report, status
from credguard.cli.campaign_notices import (
    bounces,
    close,
    finish,
    pause_sending,
    remind,
    resume_sending,
    settle_held,
    untold,
)
from credguard.cli.campaign_plan import approve, approver_key, plan, start
from credguard.cli.campaign_rehearse import rehearse
from credguard.cli.campaign_run import abort, destroy_key, run


@click.group()
def campaign() -> None:
    """Reset the passwords of many accounts: plan, start, run, status, abort."""


for command in (
    plan,
    approve,
    approver_key,
    rehearse,
    start,
    run,
    status,
    report,
    list_campaigns,
    abort,
    destroy_key,
    bounces,
    remind,
    untold,
    pause_sending,
    resume_sending,
    settle_held,
    close,
    finish,
):
    campaign.add_command(command)
