"""What a server and its workers say to each other."""

import asyncio
import io
import pickle
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photocritic.errors import InputError
from photocritic.serve.frames import Frame, read_frame, receive_frame, write_frame

plain_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
frames = st.builds(Frame, st.dictionaries(st.text(), plain_values, max_size=4), st.lists(st.binary(), max_size=5))


@given(st.lists(frames, max_size=3))
def test_a_worker_reads_what_was_written(said: list[Frame]) -> None:
    """Frames come out as they went in, one after the other, and then there is an end."""
    pipe = io.BytesIO()
    for frame in said:
        write_frame(pipe, frame)
    pipe.seek(0)

    assert said == [read_frame(pipe) for _frame in said]
    assert read_frame(pipe) is None


@given(frames, st.integers(1, 64))
def test_a_server_reads_what_was_written(said: Frame, piece_bytes: int) -> None:
    """Frames come out as they went in, in whatever pieces the pipe hands them over."""
    pipe = io.BytesIO()
    write_frame(pipe, said)
    pieces = [pipe.getvalue()[at : at + piece_bytes] for at in range(0, len(pipe.getvalue()), piece_bytes)]

    assert said == received(*pieces)


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(struct.pack(">II", 1 << 30, 0), id="endless fields"),
        pytest.param(struct.pack(">II", 2, 1 << 30) + b"{}", id="endless parts"),
        pytest.param(struct.pack(">II", 2, 1) + b"{}" + struct.pack(">Q", 1 << 62), id="an endless part"),
        pytest.param(struct.pack(">II", 2, 2) + b"{}" + struct.pack(">QQ", 600, 600), id="parts too large together"),
        pytest.param(struct.pack(">II", 4, 0) + b"junk", id="no JSON"),
        pytest.param(struct.pack(">II", 2, 0) + b"\xff\xff", id="no text"),
        pytest.param(struct.pack(">II", 5, 0) + pickle.dumps({}), id="a pickle"),
        pytest.param(struct.pack(">II", 2, 0) + b"[]", id="no object"),
        pytest.param(struct.pack(">II", 1 << 20, 0) + b"[" * (1 << 20), id="JSON that nests without end"),
    ],
)
def test_a_worker_that_was_taken_over_harms_nobody(hostile: bytes) -> None:
    """What no worker has to say is refused before it takes memory, with the one error that the pool expects."""
    with pytest.raises(InputError):
        received(hostile, most_bytes=1000)


@given(frames, st.data())
def test_a_worker_that_ends_in_the_middle_is_noticed(said: Frame, data: st.DataObject) -> None:
    """Half a frame is none, wherever it was cut."""
    pipe = io.BytesIO()
    write_frame(pipe, said)
    whole = pipe.getvalue()
    cut = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(asyncio.IncompleteReadError):
        received(whole[:cut])


def received(*pieces: bytes, most_bytes: int = 1 << 20) -> Frame:
    """Return the frame that a server receives in these pieces, before the pipe ends."""

    async def reading() -> Any:
        reader = asyncio.StreamReader()
        for piece in pieces:
            reader.feed_data(piece)
        reader.feed_eof()
        return await receive_frame(reader, most_bytes)

    frame: Frame = asyncio.run(reading())
    return frame
