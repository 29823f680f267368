"""``photocritic data download``: get the photos that a table names."""

import argparse
import sys
from pathlib import Path

from photocritic.cli.options import field_columns, positive_float, positive_int

_STATUS_WORDS = {
    "kept": "were there before",
    "failed": "cannot be had",
    "refused": "not asked for",
    "unnamed": "without a URL",
    "postponed": "could not be had now: run again",
}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "download",
        help="get the photos that a table names, politely",
        description="Gets photos from URLs: obeys robots.txt and Retry-After, keeps a pace for each host, checks what "
        "comes, and goes on where it was interrupted. What became of each photo, and why, stands in download.jsonl in "
        "the folder.",
        epilog="Exit status: 0 all photos are there, 1 some are not, 2 the request was wrong.",
    )
    parser.add_argument("table", type=Path, metavar="TABLE", help="a dataset, or a table with a column url")
    parser.add_argument("--into", type=Path, required=True, metavar="DIR", help="the folder for the photos")
    parser.add_argument(
        "--column",
        type=field_columns,
        action="append",
        default=[],
        metavar="FIELD=NAME",
        help="which column holds photo, url or sha256, where its name does not tell",
    )
    parser.add_argument(
        "--user-agent", metavar="NAME", help="how to say who asks: 'photocritic/0.1 (me@example.org)' is kind"
    )
    parser.add_argument(
        "--requests-per-second", type=positive_float, default=1.0, metavar="N", help="to one host (default: 1)"
    )
    parser.add_argument(
        "--host-connections", type=positive_int, default=2, metavar="N", help="at once to one host (default: 2)"
    )
    parser.add_argument(
        "--max-bytes",
        type=positive_int,
        default=50_000_000,
        metavar="N",
        help="refuse larger files (default: 50,000,000)",
    )
    parser.add_argument("--retry-failed", action="store_true", help="ask again for what could not be had")
    parser.add_argument(
        "--allow-private", action="store_true", help="also ask private and loopback addresses (default: never)"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Get the photos; return 1 if some are not there, else 0."""
    from collections import Counter

    from photocritic.cli.terminal import StepLog
    from photocritic.core.records import Failure
    from photocritic.core.words import counted
    from photocritic.data.download import USER_AGENT, Manners, download
    from photocritic.data.targets import read_targets

    manners = Manners(
        user_agent=options.user_agent or USER_AGENT,
        requests_per_s=options.requests_per_second,
        host_connections=options.host_connections,
        max_bytes=options.max_bytes,
        allows_private=options.allow_private,
    )
    columns = dict(options.column) or None
    # Read once before any request: it counts, and finds what is wrong with the table.
    total = sum(1 for _target in read_targets(options.table, columns, without_url=lambda _photo: None))
    statuses: Counter[str] = Counter()
    size_bytes = 0
    with StepLog("photo") as log:

        def no_url(photo: str) -> None:
            statuses["unnamed"] += 1
            log.failed(Failure(Path(photo), "it has no URL"))

        outcomes = download(
            read_targets(options.table, columns, without_url=no_url),
            options.into,
            manners,
            retries_failures=options.retry_failed,
        )
        for outcome in log.watched(outcomes, total):
            statuses[outcome.status] += 1
            if outcome.reason is not None:
                log.failed(Failure(Path(outcome.photo), outcome.reason))
            elif outcome.status == "fetched":
                size_bytes += outcome.size_bytes or 0
    there = statuses["fetched"] + statuses["kept"]
    parts = [f"{counted(statuses['fetched'], 'photo')} fetched ({size_bytes / 1e6:,.1f} MB)"]
    parts += [f"{statuses[status]:,} {words}" for status, words in _STATUS_WORDS.items() if statuses[status]]
    print(f"photocritic: {', '.join(parts)}; report: {options.into / 'download.jsonl'}", file=sys.stderr)
    return 0 if there == statuses.total() else 1
