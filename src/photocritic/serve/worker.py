"""A worker: a process that decodes and judges what somebody sent, and that may be killed at any moment.

It speaks with the server over its stdin and stdout, `photocritic.serve.frames`, and has nothing else: it may write no
file, and where the system can hold it to that, it may not take more memory than its largest photo needs. It ends with
the server, however that ends. To be run as ``python -m photocritic.serve.worker``.
"""

import json
import os
import signal
import sys
import warnings
from contextlib import suppress
from typing import IO, Any, Final

from photocritic.critic.critic import Critic
from photocritic.errors import PhotocriticError
from photocritic.serve.frames import Frame, read_frame, write_frame
from photocritic.serve.judging import Judging

_DEATH_SIGNAL: Final = 1  # prctl's PR_SET_PDEATHSIG


def main() -> None:
    """Answer frames until there are no more. The first says which critic, and how much may be taken."""
    requests, answers = _own_pipes()
    warnings.simplefilter("ignore")  # what is wrong with a file stands in its row; Python remembers every other warning
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which still answers those who wait
    first = read_frame(requests)
    if first is None:
        return
    settings = first.fields
    _end_with_parent()
    try:
        critic = Critic.load(settings["model"], settings["device"])
        judging = Judging(critic, settings["max_pixels"])
    except PhotocriticError as err:
        write_frame(answers, Frame({"error": str(err)}, []))
        return
    memory_limit = _limited(settings["decoding_bytes"])
    write_frame(answers, Frame({"critic": _described(critic), "has_memory_limit": memory_limit}, []))
    while (frame := read_frame(requests)) is not None:
        write_frame(answers, _answer(judging, frame))
        del frame  # it is not kept while the next one comes


def _answer(judging: Judging, asked: Frame) -> Frame:
    rows = judging.rows(asked.fields["operation"], asked.parts, asked.fields["options"])
    named = [row | {"path": name} for row, name in zip(rows, asked.fields["names"], strict=True)]
    failed = [row["error"] is not None for row in named]
    return Frame({"failed": failed}, [json.dumps(row, ensure_ascii=False).encode() for row in named])


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Return the pipes to the server, which nothing else in this process can reach: libraries print."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    return requests, answers


def _end_with_parent() -> None:
    """Be killed when the server ends, also in the middle of a photo. Elsewhere than on Linux, end after it."""
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)


def _limited(decoding_bytes: int) -> bool:
    """Allow this process so much more memory, and no file to be written; return whether memory is limited."""
    if sys.platform == "win32":
        return False
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return False  # macOS takes the limit and does not hold anybody to it
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no file of anybody's
        taken = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (taken + decoding_bytes, taken + decoding_bytes))
    return True


def _described(critic: Critic) -> dict[str, Any]:
    """Return what a critic's card says, as plain values; without the hashes of what it was taught on."""
    card: dict[str, Any] = json.loads(critic.card.to_json())
    for aspect in (card["appeal"], card["quality"]):
        if aspect is not None:
            aspect.update(aspect.pop("scale"))
            del aspect["quantiles"]
    names = ("name", "version", "summary", "appeal", "quality", "taught_on", "marks", "limits", "licence", "provenance")
    return {"id": critic.model.id, "device": critic.model.device} | {name: card[name] for name in names}


if __name__ == "__main__":
    main()
