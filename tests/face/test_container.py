"""What is taken for a film: real containers, told by their first bytes before FFmpeg is asked."""

import av
import pytest
from test_video import video

from ran.errors import UnreadableVideo
from ran.face.decoding.container import container_of
from ran.face.video import open_video

LISTS = {
    "concat": "ffconcat version 1.0\nfile '{}'\n",
    "concat without a header": "file '{}'\n",
    "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n",
    "session description": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=video 18700 RTP/AVP 26\n",
    "real media": "rtsptext\nrtsp://127.0.0.1:18700/{}\n",
    "dash": '<?xml version="1.0"?><MPD><Period><AdaptationSet><BaseURL>{}</BaseURL>',
    "subtitles": "1\n00:00:00,000 --> 00:00:01,000\n{}\n",
    "ism": "<SmoothStreamingMedia>{}</SmoothStreamingMedia>",
}
"""Formats of text that FFmpeg follows to other files and hosts, or draws letters from."""


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("before", ["", "\n\n", "\ufeff"])
def test_a_text_that_names_a_file_is_refused_before_ffmpeg_sees_it(
    text, before, tmp_path, monkeypatch
):
    (tmp_path / "inner.mp4").write_bytes(video(5))
    asked = []
    monkeypatch.setattr(av, "open", lambda *given, **options: asked.append(given))
    sent = (before + text.format(tmp_path / "inner.mp4")).encode()
    with pytest.raises(UnreadableVideo, match="is not a video"):
        open_video(sent, name="holiday.mp4")
    assert not asked


@pytest.mark.parametrize(
    ("kind", "codec", "known"),
    [("mp4", "mpeg4", "mov"), ("mov", "mpeg4", "mov"), ("webm", "libvpx", "matroska"),
     ("matroska", "mpeg4", "matroska"), ("avi", "mpeg4", "avi"), ("mpeg", "mpeg1video", "mpeg")],
)  # fmt: skip
def test_ffmpeg_is_told_the_container_and_given_no_protocol(kind, codec, known, monkeypatch):
    sent = video(25, kind=kind, codec=codec, rate=25)
    assert container_of(sent) == known
    asked, real = [], av.open

    def opened(*given, **options):
        asked.append(options)
        return real(*given, **options)

    monkeypatch.setattr(av, "open", opened)
    assert open_video(sent, frames=3).frames
    assert {options["format"] for options in asked} == {known}
    assert {options["options"]["protocol_whitelist"] for options in asked} == {"none"}


def test_a_film_inside_another_kind_is_refused():
    """A demuxer that is forced upon other bytes finds nothing; it never looks for another."""
    film = video(10, kind="mpegts", codec="mpeg1video", rate=25)
    assert container_of(film) is None
    with pytest.raises(UnreadableVideo):
        open_video(b"\0\0\0\x18ftypisom" + film)
