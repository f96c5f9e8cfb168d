"""Bodies as they were sent, unpacked within bounds."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.collect.transfer import ACCEPTED, decoded
from clipper.errors import FetchFailed, Refused

TEXT = b"The board of the Fenwick hospital trust met on Tuesday. " * 40
MOST = 20 << 20

Pack = Callable[[bytes], bytes]


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


def in_members(body: bytes) -> bytes:
    half = len(body) // 2
    return gzip.compress(body[:half]) + gzip.compress(b"") + gzip.compress(body[half:])


PACKED: list[tuple[str, Pack]] = [
    ("gzip", gzip.compress), ("gzip", in_members), ("x-gzip", gzip.compress), (" GZIP ", gzip.compress),
    ("deflate", zlib.compress), ("deflate", raw_deflate), ("br", brotli.compress),
    ("", bytes), ("identity", bytes), (" Identity", bytes),
]  # fmt: skip


@pytest.mark.parametrize(("coding", "pack"), PACKED)
@settings(max_examples=30)
@given(body=st.binary(max_size=2000))
def test_what_was_packed_comes_back(coding: str, pack: Pack, body: bytes) -> None:
    assert decoded(pack(body), coding, MOST) == body


def test_what_a_server_may_use_is_understood() -> None:
    for coding in ACCEPTED.split(", "):
        assert decoded(dict(PACKED)[coding](TEXT), coding, MOST) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_no_body_needs_no_unpacking(coding: str) -> None:
    assert decoded(b"", coding, MOST) == b""


@pytest.mark.parametrize("coding", ["zstd", "compress", "gzip;q=1", "\x1b[31m" + "x" * 5000])
def test_a_coding_that_was_not_asked_for_is_named(coding: str) -> None:
    with pytest.raises(FetchFailed, match="which was not asked for") as failed:
        decoded(TEXT, coding, MOST)
    assert len(str(failed.value)) < 300
    assert str(failed.value).isprintable()


def test_what_is_packed_twice_is_refused_for_now() -> None:
    with pytest.raises(Refused, match="more than once") as refused:
        decoded(gzip.compress(gzip.compress(TEXT)), "gzip, gzip", MOST)
    assert not refused.value.lasting


@pytest.mark.parametrize(("coding", "pack"), [(c, p) for c, p in PACKED if p is not bytes])
def test_what_ends_too_early_fails_unless_it_may_be_cut(coding: str, pack: Pack) -> None:
    packed = pack(TEXT)
    for end in (1, 5, len(packed) // 2, len(packed) - 1):
        with pytest.raises(FetchFailed, match="cannot be unpacked"):
            decoded(packed[:end], coding, MOST)
        assert TEXT.startswith(decoded(packed[:end], coding, MOST, cut=True))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("payload", [b"not packed at all", b"\x1f\x8b", b"\x1f\x8b\x08garbage" * 9, b"\x78\x9cxyz"])
def test_what_is_not_packed_fails(coding: str, payload: bytes) -> None:
    with pytest.raises(FetchFailed, match="cannot be unpacked"):
        decoded(payload, coding, MOST)


@pytest.mark.parametrize("after", [b"\x00" * 512, b"<!-- cached -->", b"\n"])
def test_what_stands_after_the_end_is_no_part_of_it(after: bytes) -> None:
    assert decoded(gzip.compress(TEXT) + after, "gzip", MOST) == TEXT


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "x-gzip", "identity", ""]), st.booleans())
def test_any_bytes_unpack_or_fail(payload: bytes, coding: str, cut: bool) -> None:
    with suppress(FetchFailed):
        assert len(decoded(payload, coding, 1000, cut=cut)) <= 1000


@pytest.mark.parametrize("size", [99, 100, 101])
@pytest.mark.parametrize("pack", [gzip.compress, in_members])
def test_the_bound_is_exact(pack: Pack, size: int) -> None:
    packed = pack(b"x" * size)
    assert decoded(packed, "gzip", 100, cut=True) == b"x" * min(size, 100)
    if size <= 100:
        assert decoded(packed, "gzip", 100) == b"x" * size
    else:
        with pytest.raises(Refused, match="larger than"):
            decoded(packed, "gzip", 100)


def bomb(size: int) -> bytes:
    """Return what unpacks to ``size`` zeros: a thousandth of them, packed."""
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


@pytest.mark.parametrize("cut", [False, True])
def test_a_bomb_takes_no_more_memory_than_a_page(cut: bool) -> None:
    packed = bomb(100 << 20)
    packed += packed * 99  # ten gigabytes
    tracemalloc.start()
    try:
        if cut:
            assert len(decoded(packed, "gzip", MOST, cut=True)) == MOST
        else:
            with pytest.raises(Refused, match="larger than 20 MB"):
                decoded(packed, "gzip", MOST)
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("cut", [False, True])
def test_a_body_of_a_million_empty_members_does_not_hold_up_a_run(cut: bool) -> None:
    packed = gzip.compress(b"") * 1_000_000
    began = time.process_time()
    with pytest.raises(FetchFailed):
        decoded(packed, "gzip", MOST, cut=cut)
    assert time.process_time() - began < 1
