"""Sizes, decoder records and codec strings, compared with what FFmpeg makes of the same streams."""

from __future__ import annotations

import io

import av
import pytest

from beffroi.engine.rtp.bits import BitReader, Malformed
from beffroi.engine.rtp.parameter_sets import ParameterSets
from beffroi.engine.stream import Codec, CodecConfig
from tests.engine.rtp.clips import clip

CODECS: list[Codec] = ["h264", "h265"]
both = pytest.mark.parametrize("codec", CODECS)


def config_of(codec: Codec, width: int, height: int) -> CodecConfig:
    config = ParameterSets(codec, clip(codec, width=width, height=height, frames=2).sets).config()
    assert config is not None
    return config


@both
@pytest.mark.parametrize(("width", "height"), [(160, 90), (640, 360), (706, 578), (1920, 1080)])
def test_the_size_is_the_picture_shown_not_the_one_coded(codec: Codec, width: int, height: int) -> None:
    config = config_of(codec, width, height)
    assert (config.width_px, config.height_px) == (width, height)


@both
def test_the_decoder_record_opens_a_decoder(codec: Codec) -> None:
    source = clip(codec, frames=4)
    config = ParameterSets(codec, source.sets).config()
    assert config is not None
    decoder = av.CodecContext.create("h264" if codec == "h264" else "hevc", "r")
    decoder.extradata = config.decoder_record
    decoder.open()
    frames = 0
    for nals in source.pictures:
        packet = av.Packet(b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals))
        frames += len(decoder.decode(packet))
    frames += len(decoder.decode(None))
    assert frames == 4


@both
def test_the_decoder_record_is_the_one_ffmpeg_writes(codec: Codec) -> None:
    source = clip(codec, frames=2)
    config = ParameterSets(codec, source.sets).config()
    assert config is not None
    annex_b = b"".join(
        b"\0\0\1" + nal for nals in ((*source.sets, *source.pictures[0]), *source.pictures[1:]) for nal in nals
    )
    written = io.BytesIO()
    with (
        av.open(io.BytesIO(annex_b), "r", format="h264" if codec == "h264" else "hevc") as read,
        av.open(written, "w", format="mp4") as write,
    ):
        stream = write.add_stream_from_template(read.streams.video[0])
        for number, packet in enumerate(read.demux(video=0)):
            if packet.size:
                packet.pts = packet.dts = number
                packet.stream = stream
                write.mux(packet)
    name = b"avcC" if codec == "h264" else b"hvcC"
    box = written.getvalue().partition(name)[2]
    if codec == "h264":
        assert box.startswith(config.decoder_record)
    else:  # FFmpeg fills the segmentation and layer fields more finely; profile, level, chroma and arrays agree
        assert box[1:13] == config.decoder_record[1:13]
        assert box[16:19] == config.decoder_record[16:19]
        assert box[22:23] == config.decoder_record[22:23] == b"\3"


def test_codec_strings() -> None:
    assert config_of("h264", 160, 90).mime_codec.startswith("avc1.42C0")
    assert config_of("h265", 160, 90).mime_codec.startswith("hvc1.1.6.L")


def test_repeated_sets_change_nothing_and_another_size_does() -> None:
    sets = ParameterSets("h264", clip("h264").sets)
    sets.config()
    for nal in clip("h264").sets:
        sets.offer(nal)
    assert not sets.changed
    for nal in clip("h264", width=320, height=180, frames=2).sets:
        sets.offer(nal)
    assert sets.changed
    config = sets.config()
    assert config is not None and config.width_px == 320 and len(config.parameter_sets) == 2


@both
def test_a_set_that_is_missing_gives_no_configuration(codec: Codec) -> None:
    assert ParameterSets(codec, clip(codec).sets[:1]).config() is None
    assert ParameterSets(codec).config() is None


@both
def test_damaged_sets_are_malformed_and_never_anything_else(codec: Codec) -> None:
    for nal in clip(codec).sets:
        for length in range(len(nal)):
            sets = ParameterSets(codec, clip(codec).sets)
            try:
                sets.offer(nal[:length])
                sets.config()
            except Malformed:
                continue


def test_more_sets_than_a_camera_has_are_refused() -> None:
    sets = ParameterSets("h264")
    with pytest.raises(Malformed):
        for number in range(64):
            code = bin(number + 1)[2:]
            bits = "0" * (len(code) - 1) + code + "1" * 40
            sets.offer(b"\x68" + int(bits[:40], 2).to_bytes(5, "big"))


def test_bits_end_with_an_error() -> None:
    with pytest.raises(Malformed):
        BitReader(b"\0" * 8).ue()
    assert [BitReader(bytes((byte,))).se() for byte in (0x80, 0x40, 0x60, 0x20)] == [0, 1, -1, 2]
