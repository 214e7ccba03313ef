"""Encrypted fragments: what comes back is what went in, and others read them with the key."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beffroi.engine.fmp4.cenc import FragmentCipher, decrypt, plain_init
from beffroi.engine.fmp4.fragment import FragmentBuilder
from beffroi.engine.fmp4.init import Identity, init_segment, key_id
from beffroi.engine.fmp4.reader import MalformedFile, fragments, read_init
from beffroi.engine.stream import AccessUnit, Codec
from tests.engine.fmp4.clips import START_AT_US, Clip, clip
from tests.engine.fmp4.test_judges import CLIPS, by_key

KEY = bytes(range(16))
KEY_ID = key_id(77)
IDENTITY = Identity(
    camera="c01", stream="main", run=1, file=77, start_at_us=START_AT_US, start_ticks90k=0, node="n1", key="ab" * 24
)


def unit(sample: bytes, ticks90k: int) -> AccessUnit:
    return AccessUnit([sample], len(sample), ticks90k, at_us=START_AT_US, is_key=ticks90k == 0)


def nals(*contents: bytes) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in contents)


SAMPLES = st.lists(
    st.one_of(
        st.lists(st.binary(max_size=200), min_size=1, max_size=60).map(lambda some: nals(*some)),
        st.binary(min_size=1, max_size=300),
    ),
    min_size=1,
    max_size=12,
)


def encrypted(samples: list[bytes], codec: Codec, cipher: FragmentCipher) -> tuple[bytes, bytes]:
    """A fragment in both forms: plain, encrypted."""
    units = [unit(sample, 3600 * number) for number, sample in enumerate(samples)]
    header = FragmentBuilder(0).header(units, 3600 * len(units))
    payload = bytearray().join(samples)
    plain = header + bytes(payload)
    return plain, cipher.encrypt(header, [len(sample) for sample in samples], payload) + bytes(payload)


def without_boxes(fragment: bytes, tmp_path: Path) -> tuple[list[bytes], list[int]]:
    path = tmp_path / "fragment"
    path.write_bytes(fragment)
    with path.open("rb") as stream:
        (found,) = fragments(stream.fileno(), 0, len(fragment))
    return (
        [fragment[one.offset : one.offset + one.size] for one in found.samples],
        [one.ticks90k for one in found.samples],
    )


@settings(deadline=None, max_examples=60)
@given(samples=SAMPLES, codec=st.sampled_from(["h264", "h265"]))
def test_any_samples_come_back_bit_for_bit_and_keep_their_places(
    samples: list[bytes], codec: Codec, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("f")
    plain, sealed = encrypted(samples, codec, FragmentCipher(KEY, codec))
    turned = bytearray(sealed)
    decrypt(turned, KEY)
    assert without_boxes(bytes(turned), folder) == without_boxes(plain, folder)
    assert len(turned) == len(sealed)
    again = bytearray(turned)
    decrypt(again, KEY)
    assert again == turned


def test_only_lengths_and_nal_headers_stay_readable() -> None:
    secret = os.urandom(4000)
    sample = nals(b"\x06" + secret[:10], b"\x65" + secret)
    _, sealed = encrypted([sample], "h264", FragmentCipher(KEY, "h264"))
    payload = sealed[-len(sample) :]
    assert payload[:5] == sample[:5]
    assert payload[15:20] == sample[15:20]
    assert secret[:10] not in sealed
    assert secret[1000:1016] not in sealed


def test_no_two_samples_of_a_file_share_a_keystream() -> None:
    cipher = FragmentCipher(KEY, "h264")
    sample = nals(b"\x65" + bytes(64))
    streams = {
        encrypted([sample] * 3, "h264", cipher)[1][-64 - 69 * number :][:64] for _ in range(3) for number in range(3)
    }
    assert len(streams) == 9


def test_a_wrong_key_and_a_torn_map_never_give_the_picture() -> None:
    sample = nals(b"\x65" + os.urandom(500))
    _, sealed = encrypted([sample], "h264", FragmentCipher(KEY, "h264"))
    turned = bytearray(sealed)
    decrypt(turned, bytes(16))
    assert sample not in turned
    torn = bytearray(sealed)
    torn[torn.index(b"senc") + 12 + 8 + 1] = 9  # nine parts where there is one
    with pytest.raises(MalformedFile):
        decrypt(torn, KEY)


def written(source: Clip, path: Path, *, key: bytes | None) -> Path:
    groups = by_key(source.units())
    ends = [group[0].ticks90k for group in groups[1:]] + [groups[-1][0].ticks90k + 90_000 * 2]
    builder = FragmentBuilder(0)
    cipher = FragmentCipher(key, source.config.codec) if key else None
    with path.open("wb") as out:
        out.write(init_segment([source.config], IDENTITY, kid=KEY_ID if key else b""))
        for group, end in zip(groups, ends, strict=True):
            header = builder.header(group, end)
            payload = bytearray().join(one.sample() for one in group)
            if cipher:
                header = cipher.encrypt(header, [one.size_bytes for one in group], payload)
            out.write(header + payload)
    return path


def frame_hashes(path: Path, options: dict[str, str]) -> list[str]:
    """Of the pictures, with the FFmpeg that PyAV brings, from disk."""
    with av.open(str(path), options=options) as container:
        return [
            hashlib.sha256(frame.to_ndarray(format="yuv420p").tobytes()).hexdigest()
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("name", CLIPS)
def test_ffmpeg_with_the_key_shows_the_same_pictures_from_disk(name: str, tmp_path: Path) -> None:
    source = CLIPS[name]()
    plain = written(source, tmp_path / "plain.mp4", key=None)
    sealed = written(source, tmp_path / "sealed.mp4", key=KEY)
    expected = frame_hashes(plain, {})
    assert len(expected) == len(source.frames)
    assert frame_hashes(sealed, {"decryption_key": KEY.hex()}) == expected


@pytest.mark.parametrize("name", CLIPS)
def test_debians_ffmpeg_with_the_key_shows_the_same_pictures_from_a_pipe(name: str, tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    source = CLIPS[name]()

    def md5s(path: Path, *options: str) -> bytes:
        command = ["ffmpeg", "-v", "error", *options, "-i", "pipe:0", "-f", "framemd5", "-"]
        done = subprocess.run(command, input=path.read_bytes(), capture_output=True, timeout=60, check=True)
        assert done.stderr == b""
        return done.stdout

    plain = md5s(written(source, tmp_path / "plain.mp4", key=None))
    assert md5s(written(source, tmp_path / "sealed.mp4", key=KEY), "-decryption_key", KEY.hex()) == plain


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_a_decrypted_file_is_a_plain_one(codec: Codec, tmp_path: Path) -> None:
    source = clip(codec)
    path = written(source, tmp_path / "sealed.mp4", key=KEY)
    with path.open("rb") as stream:
        init = read_init(stream.fileno())
        assert (init.configs, init.wrapped_key) == ((source.config,), bytes.fromhex("ab" * 24))
        content = bytearray(path.read_bytes())
        for fragment in fragments(stream.fileno(), init.size_bytes, len(content)):
            decrypt(memoryview(content)[fragment.offset : fragment.offset + fragment.size], KEY)
    content[: init.size_bytes] = plain_init(bytes(content[: init.size_bytes]))
    assert b"encv" not in content
    assert KEY_ID not in content
    path.write_bytes(content)
    assert frame_hashes(path, {}) == frame_hashes(written(source, tmp_path / "plain.mp4", key=None), {})
