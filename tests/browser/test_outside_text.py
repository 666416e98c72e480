"""Text from outside stands on a page as it is, whatever Markdown or HTML would make of it."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

CONSTRUCTS = r"""
*em*|_em_|**strong**|__strong__|***both***|~~gone~~|~gone~|`code`|``co`de``|~~~|```|---|***|___
# head|###### head|head\n====|> quote|>> quote|- item|* item|+ item|1. item|1) item|- [ ] task
[link](http://HOST/a)|[link](<http://HOST/a>)|[link][1]|[1]: http://HOST/a|[link]|<http://HOST/a>
![](http://HOST/p.png)|![alt][1]|[![alt](http://HOST/p.png)](http://HOST/a)|![alt](http://HOST/p)
http://HOST/a|HTTPS://HOST/a|www.example.com|WWW.example.com/a|see http://HOST/a.|(www.example.com)
mail@example.com|<mail@example.com>|mailto:mail@example.com|ftp://HOST/a|a+b@example.co.uk
<img src=http://HOST/p.png>|<img src="http://HOST/p.png" onerror="fetch('http://HOST/x')">
<script>fetch("http://HOST/s")</script>|<style>*{background:url(http://HOST/c)}</style>|<b>bold</b>
<iframe src="http://HOST/f"></iframe>|<svg onload=fetch("http://HOST/v")>|<!-- note -->|<br>|</div>
<a href="javascript:alert(1)">a</a>|&lt;b&gt;|&amp;|&#65;|&copy;|&nbsp;|\*|\\|\[a\]
$x^2$|$$x^2$$|\(x\)|\[x\]|$\href{http://HOST/k}{x}$|$\includegraphics{http://HOST/p.png}$
:red[red]|:red-background[r]|:blue-badge[b]|:rainbow[r]|:small[s]|:material/home:|:streamlit:
:smile:|:+1:|:gray[|a -> b|a <- b|a <-> b|a -- b|a >= b|a <= b|a ~= b|a ... b|(c)|"quoted"|'quoted'
a^[note]|[^1]|[^1]: note|==mark==|H~2~O|x^2^|term\n: meaning|::directive[a]{b=c}|:::note|{{ 7 * 7 }}
{% raw %}|${7*7}|%(a)s|{0}|{number}|é ü 名前 😀|    indented
"""
PIECES = "*_`~#>-+=|[]()!<>&;:/\\$^{}@.\"' ab1\n"
PAGE = """
import json
from pathlib import Path
import streamlit as st
from ran.ui.shared.outside import escaped
for number, text in enumerate(json.loads(Path({texts!r}).read_text())):
    with st.container(key=f"told-{{number}}"):
        st.markdown(f"{{escaped(text)}} :gray[{{escaped(text)}}] :small[{{escaped(text)}}]")
st.markdown("The end.")
"""
MARKUP = """(box) => [...box.querySelectorAll(
  "a, img, code, pre, em, strong, del, h1, h2, h3, h4, h5, h6, ul, ol, li, table, hr, " +
  "blockquote, sup, sub, input, script, style, iframe, svg, br, mark, .katex, [role=img], " +
  "[data-testid=stIconMaterial]"
)].map((element) => element.outerHTML)"""
JOINER = "\N{WORD JOINER}"


@pytest.fixture
def foreign() -> Iterator[tuple[str, socket.socket]]:
    """Another host's name, and the door at which it would hear of a page."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.5)
        yield f"127.0.0.1:{door.getsockname()[1]}", door


def texts(host: str) -> list[str]:
    told = [
        text.replace(r"\n", "\n")
        for line in CONSTRUCTS.strip().replace("HOST", host).splitlines()
        for text in line.split("|")
    ]
    told += [
        "|a|b|\n|---|---|\n|c|d|",
        "||",
        "a | b",
        "\\",
        "\\\\|",
        "a\u202eb",
        "a\u200bb",
        "\ttab",
    ]
    draw = random.Random(0)
    told += ["".join(draw.choices(PIECES, k=draw.randint(1, 24))) for _ in range(150)]
    return [text for text in told if text.split()]


def test_nothing_from_outside_is_read_as_markup_and_nothing_is_asked_for(
    page, tmp_path, foreign, script_app
):
    host, door = foreign
    told = texts(host)
    (tmp_path / "texts.json").write_text(json.dumps(told))
    script = tmp_path / "script.py"
    script.write_text(PAGE.format(texts=str(tmp_path / "texts.json")))
    _all_stand_as_they_are(page, script_app(script), told)
    with pytest.raises(TimeoutError):
        door.accept()


def _all_stand_as_they_are(page: Page, address: str, told: list[str]) -> None:
    page.goto(address)
    expect(page.get_by_text("The end.", exact=True)).to_be_visible()
    wrong = []
    for number, text in enumerate(told):
        box = page.locator(f".st-key-told-{number}")
        shown = " ".join(box.text_content().replace(JOINER, "").split())
        line = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
        if shown != f"{line} {line} {line}" or box.evaluate(MARKUP):
            wrong.append((text, shown, box.evaluate(MARKUP)))
    assert wrong == []
