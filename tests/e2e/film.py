"""A film that can be sought in, made without an encoder: WebM (RFC 9559) of VP8 key frames, each of one colour."""

import base64
import struct

FRAMES = [base64.b64decode(frame) for frame in (  # 64 by 48; what Chromium makes of such a canvas as image/webp
    "sAMAnQEqQAAwAD7RaK5SKCYkIqKoAQAaCWcA1EKAABUaYxxTBvgA/u52f+u8WlGv/8s/7yvRDvNDYYrl9WQAAA==",  # red
    "0AMAnQEqQAAwAD7RaK5SKCYkIqKoAQAaCWcA0xaAABbwhI+tr5gAAP7lCv/ui+1FUH//gN18WzHa796MzwSYgAAA",  # green
    "UAMAnQEqQAAwAD7RaK5SKCYkIqKoAQAaCWcAABPxjh8IRYAA/vDo9//+Wf/5Rf7yupz7m8HJVKQAAAAA",  # blue
    "kAMAnQEqQAAwAD7RaK5SKCYkIqKoAQAaCWcAzygHe7U0+WxnAAD+5mnf/mCf+kn/G7tQhaiSbgJK4C/HoTGUahiAAAA=",  # yellow
)]
COLOURS = [(192, 0, 0), (0, 160, 0), (0, 0, 192), (192, 192, 0)]


def _size(number):
    return struct.pack(">Q", number | 1 << 56)  # always the long form, so that every length is known before the content


def _element(identifier, *contents):
    """`identifier` in hex. A number is an unsigned integer of 8 octets."""
    content = b"".join(struct.pack(">Q", each) if isinstance(each, int) else each for each in contents)
    return bytes.fromhex(identifier) + _size(len(content)) + content


def film(seconds, per_second=1_000_000):
    """So many seconds, of so many octets each, ten frames a second; second N is of colour COLOURS[N % 4]."""
    clusters = []
    for second in range(seconds):
        blocks = [_element("a3", b"\x81", struct.pack(">h", tenth * 100), b"\x80", FRAMES[second % len(FRAMES)]) for tenth in range(10)]
        content = _element("e7", second * 1000) + b"".join(blocks)
        padding = bytes(per_second - len(content) - 2 * 9 - 3)
        clusters.append(_element("1f43b675", content, _element("ec", padding)))
    head = _element("1a45dfa3", _element("4282", b"webm"), _element("4287", 4), _element("4285", 2))
    information = _element("1549a966", _element("2ad7b1", 1_000_000), _element("4489", struct.pack(">d", seconds * 1000.0)),
                           _element("4d80", b"test"), _element("5741", b"test"))
    track = _element("ae", _element("d7", 1), _element("73c5", 1), _element("83", 1), _element("86", b"V_VP8"),
                     _element("e0", _element("b0", 64), _element("ba", 48)))
    tracks = _element("1654ae6b", track)

    def cues(first):
        return _element("1c53bb6b", *(_element("bb", _element("b3", second * 1000),
                                               _element("b7", _element("f7", 1), _element("f1", first + second * per_second)))
                                      for second in range(seconds)))

    first = len(information) + len(tracks) + len(cues(0))
    return head + _element("18538067", information, tracks, cues(first), *clusters)


PLAYER = '<!doctype html><title>Film</title><video src="film.webm" muted preload="metadata"></video>'

# Plays, seeks to `there`, plays on. What it returns: the duration, the time before, the colour there, the time at the end.
WATCH = """(async there => {
  const film = document.querySelector("video");
  const failed = new Promise((_, no) => { film.onerror = () => no(new Error(film.error.message)); });
  const reach = async time => { while (film.currentTime < time) await new Promise(on => setTimeout(on, 20)); };
  await Promise.race([film.play(), failed]);
  await Promise.race([reach(0.5), failed]);
  const before = film.currentTime;
  film.currentTime = there;
  await Promise.race([new Promise(on => { film.onseeked = on; }), failed]);
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.drawImage(film, 0, 0, 8, 8);
  const colour = [...canvas.getImageData(4, 4, 1, 1).data].slice(0, 3);
  await Promise.race([reach(there + 0.3), failed]);
  return [film.duration, before, colour, film.currentTime];
})"""


def check_it_plays_and_seeks(chromium, url, seconds):
    """Opens PLAYER at `url`, beside a film.webm of so many seconds, and has it seek forwards and back."""
    chromium.open(url)
    for second in (seconds - 5, seconds // 2, 2):
        asked_before = len(chromium.answers)
        duration, before, colour, after = chromium.evaluate(f"{WATCH}({second + 0.1})")
        assert duration == seconds and before >= 0.5 and second + 0.4 <= after < second + 3
        wanted = COLOURS[second % len(COLOURS)]
        assert all(abs(seen - meant) < 16 for seen, meant in zip(colour, wanted)), (colour, wanted)
        if second > seconds // 4:  # what was played already need not be asked for again
            starts = [int(headers["content-range"].split()[1].split("-")[0]) for asked, status, headers in
                      chromium.answers[asked_before:] if asked.endswith("/film.webm") and status == 206]
            assert any(start > seconds // 4 * 1_000_000 for start in starts), chromium.answers
