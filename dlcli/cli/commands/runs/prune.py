"""`dlcli runs prune`."""

import click

from dlcli.cli.options import Common, brief_of_runs, yes_option


@click.command("prune")
@click.option(
    "--older-than", type=click.FloatRange(min=0), default=30.0, show_default=True, metavar="DAYS",
    help="Only runs that began longer ago; 0 means all.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@yes_option
@brief_of_runs
def command(common: Common, older_than: float, dry_run: bool, yes: bool) -> None:
    """Remove runs that failed, diverged or were interrupted."""
    from datetime import UTC, datetime

    from dlcli.app.run_removal import stale, stale_series
    from dlcli.cli.run_removal import remove_all

    runs_dir, now = common.surroundings().runs_dir, datetime.now(UTC)
    found = stale(runs_dir, days=older_than, now=now)
    series = stale_series(runs_dir, found, days=older_than, now=now)
    remove_all([*(run.run for run in found), *series], yes=yes, as_json=common.json, dry_run=dry_run)
