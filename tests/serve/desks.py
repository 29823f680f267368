"""A desk for tests: a server over a real small shoot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from demo.shoot import make_shoot
from photocritic import Critic
from photocritic.core.xmp_merge import PROGRAMS
from photocritic.serve.desk import desk_routes
from photocritic.serve.guard import LOOPBACK_NAMES, Access
from photocritic.shoot.catalog import Catalog
from photocritic.shoot.choice import Target
from photocritic.shoot.decisions import Decisions
from photocritic.shoot.photos import photos_of
from photocritic.shoot.plan import Plan, plan_cull
from photocritic.shoot.reviewing import Reviewing
from photocritic.shoot.shoot import Shoot
from tests.serve.serving import Served, served

TOKEN: Final = "a-token-of-the-tests"


class Opened(NamedTuple):
    """A desk that is open.

    Attributes:
        server: Its server.
        folder: The shoot's folder.
        plan: What is proposed.
        decisions: The file of decisions.
    """

    server: Served
    folder: Path
    plan: Plan
    decisions: Path


@contextmanager
def opened_desk(folder: Path, state: Path, critic: Critic) -> Iterator[Opened]:
    """Make the shoot of the demo in a folder, and open a desk over it, with all that it keeps in another folder."""
    make_shoot(folder)
    path = state / "decisions.sqlite"
    with Catalog.open(state / "catalog.sqlite") as catalog, Decisions.open(path) as decisions:
        shoot = Shoot.look(photos_of(sorted(folder.iterdir())), catalog, critic)
        plan = plan_cull(shoot, Target())
        reviewing = Reviewing(
            plan,
            shoot.said,
            folder=folder,
            programs=PROGRAMS,
            decisions=decisions,
            catalog=catalog,
            journals=state / "culls",
        )
        routes = desk_routes(reviewing, state / "thumbnails", is_inside=False, max_pixels=10**8)
        with served(access=Access(LOOPBACK_NAMES, token=TOKEN), desk=routes) as server:
            yield Opened(server, folder, plan, path)
