"""``photocritic serve``: the critic for browsers and programs."""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from photocritic.cli.options import add_critic, positive_float, positive_int
from photocritic.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from starlette.routing import BaseRoute

    from photocritic.serve.limits import Limits

_TOKEN_VARIABLE = "PHOTOCRITIC_TOKEN"  # noqa: S105 - its name
_NEEDED = ("prometheus_client", "python_multipart", "starlette", "uvicorn")
LOOPBACK = "127.0.0.1"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "serve",
        help="a web page where anyone tries the critic, and its API",
        description=(
            "Serves a web page to drop photos on, and the API that other programs use (at /docs). It listens on this "
            "machine only, unless --host says otherwise, and then everybody needs a token. Photos are judged in memory "
            "and forgotten."
        ),
        epilog=f"A token of your own stands in the environment as {_TOKEN_VARIABLE}. Ctrl-C ends it.",
    )
    add_page(parser)
    parser.add_argument(
        "--host", default=LOOPBACK, metavar="ADDRESS", help="where to listen (default: %(default)s, this machine only)"
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help="another name by which it is called, behind a proxy say; may be repeated",
    )
    limits = parser.add_argument_group("how much a request may ask")
    limits.add_argument("--max-bytes", type=positive_int, metavar="N", help="of a request (default: 268,435,456)")
    limits.add_argument("--max-photos", type=positive_int, metavar="N", help="in a request (default: 100)")
    limits.add_argument(
        "--max-seconds",
        type=positive_float,
        metavar="S",
        help="for a request to arrive, and for a photo to be judged (default: 60)",
    )
    limits.add_argument(
        "--max-waiting", type=positive_int, metavar="N", help="photos in all before others must wait (default: 256)"
    )
    limits.add_argument("--max-pixels", type=positive_int, metavar="N", help="of a photo (default: 100,000,000)")
    add_critic(parser.add_argument_group("who judges"))
    parser.add_argument("--jobs", type=positive_int, metavar="N", help="workers (default: cores)")
    parser.set_defaults(run=run)


def add_page(parser: "argparse._ActionsContainer") -> None:
    """Describe the options of every command that serves a page."""
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="default: %(default)s; 0 for any")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def check_can_serve() -> None:
    """Refuse to serve where the optional part for that is not installed.

    Raises:
        MissingExtraError: If it is not.
    """
    if any(find_spec(name) is None for name in _NEEDED):
        raise MissingExtraError("Serving pages", "serve")


def run(options: argparse.Namespace) -> int:
    """Serve until it is ended; return 0."""
    check_can_serve()
    from photocritic.serve.limits import Limits

    given = {name: getattr(options, name, None) for name in Limits.__slots__}
    limits = Limits(**{name: value for name, value in given.items() if value is not None})
    from photocritic.serve.listening import opened_socket

    with opened_socket(options.host, options.port) as listening:
        serve_pages(options, limits, listening, host=options.host, names=options.name, log=_log)
    return 0


def log_errors(line: str) -> None:
    """Print a line of the log that tells of an error of ours."""
    if line.startswith("error"):
        _log(line)


def serve_pages(
    options: argparse.Namespace,
    limits: "Limits",
    listening: "socket.socket",
    *,
    host: str = LOOPBACK,
    names: "Sequence[str]" = (),
    desk: "Sequence[BaseRoute]" = (),
    log: "Callable[[str], None]" = log_errors,
) -> None:
    """Serve the page, the API, and a desk if there is one, until it is ended.

    Args:
        options: What the command line says of the critic, the workers and the page.
        limits: How much is taken in.
        listening: Where to listen.
        host: What the user called that.
        names: By which other names the server is called.
        desk: The desk's routes; whoever comes to it needs a token, on this machine, too.
        log: Is given a line for each request that is news, and for each error of ours.
    """
    from photocritic.core.parallel import usable_cores
    from photocritic.critic.model import DEFAULT_NAME
    from photocritic.serve.app import build_app
    from photocritic.serve.listening import access_for, is_good_token, new_token, open_in_browser, serve, urls_of
    from photocritic.serve.metrics import Metrics
    from photocritic.serve.pool import Pool

    token = os.environ.get(_TOKEN_VARIABLE) or None
    if token is not None and not is_good_token(token):
        raise InputError(
            f"{_TOKEN_VARIABLE} is at least 16 letters, digits, - . _ or ~; leave it out to have a token made"
        )
    if token is None and desk:
        token = new_token()
    access = access_for(host, token, names)
    model = DEFAULT_NAME if options.model is None else str(_model(options.model))
    jobs = 1 if desk else options.jobs or usable_cores()  # a desk's photos were judged before it was opened
    pool = Pool(model, options.device, jobs, limits, Metrics())
    urls = urls_of(listening, host)
    app = build_app(pool, access, url=urls[0], desk=desk, log=log)
    way_in = ("/desk" if desk else "/") + ("" if access.token is None else f"?token={access.token}")

    def started(_stop: object) -> None:
        addresses = " or ".join(url + way_in for url in urls)
        print(f"photocritic: open {addresses} in a browser; Ctrl-C ends it", file=sys.stderr, flush=True)
        if not pool.has_memory_limit:
            print("photocritic: this system holds workers to no limit on their memory", file=sys.stderr)
        if options.open:
            open_in_browser(urls[0] + way_in)

    try:
        serve(app, pool, listening, started)
    except KeyboardInterrupt:
        print("photocritic: ended", file=sys.stderr)


def _model(name_or_path: str) -> str | Path:
    """Return a model by a path that holds wherever a worker is, if it is no name."""
    return Path(name_or_path).absolute() if Path(name_or_path).is_file() else name_or_path


def _log(line: str) -> None:
    print(f"photocritic: {line}", file=sys.stderr, flush=True)


def _port(text: str) -> int:
    """Return a port, for argparse."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"a port is from 0 to 65535; got {text}")
    return number


_port.__name__ = "whole number"
