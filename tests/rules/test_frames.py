"""What supervisor and child say to each other survives any way the stream is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from horsies_worker.execution.frames import Frame, Kind, Unpacker, pack

HEADERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FRAMES = st.builds(Frame, st.sampled_from(Kind), HEADERS, st.binary(max_size=300))


@given(st.lists(FRAMES, max_size=5), st.data())
def test_frames_arrive_whole_and_in_order_however_the_stream_is_cut(frames: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(pack(frame.kind, frame.header, frame.blob) for frame in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    unpacker = Unpacker()
    arrived = [
        frame
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in unpacker.feed(stream[start:end])
    ]
    assert arrived == frames


@given(FRAMES)
def test_a_frame_may_arrive_byte_by_byte(frame: Frame) -> None:
    unpacker = Unpacker()
    stream = pack(frame.kind, frame.header, frame.blob)
    arrived = [list(unpacker.feed(stream[index : index + 1])) for index in range(len(stream))]
    assert not any(arrived[:-1])
    assert arrived[-1] == [frame]


def test_a_payload_of_megabytes_passes_untouched() -> None:
    blob = bytes(range(256)) * 16_384
    (frame,) = Unpacker().feed(pack(Kind.RUN, {}, blob))
    assert frame.blob == blob
