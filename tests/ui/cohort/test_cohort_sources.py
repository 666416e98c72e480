"""The Cohort page's sources: zips and folders, what they name, what is refused."""

import io
import zipfile

import pytest
from app_pages import opened, words
from cohort_steps import begin, gathered, source
from made_up_data import picture

from ran.ui.cohort import faces_from

pytestmark = pytest.mark.usefixtures("tiny_network")


def archive(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return file.getvalue()


@pytest.fixture
def uploaded(tmp_path):
    """A function that puts a zip of these entries on the page, and returns it."""

    def put(entries: dict[str, bytes]):
        app = source(opened("cohort"), "Zip of faces")
        app.file_uploader(key="cohort-zip").upload("faces.zip", archive(entries), "application/zip")
        app.run()
        assert not app.exception
        return app

    return put


def test_a_zips_folders_are_labels_and_what_is_broken_is_listed(uploaded, tmp_path):
    faces = {f"Happy/{n}.png": picture(tmp_path / f"{n}.png", n).read_bytes() for n in range(3)}
    app = uploaded({**faces, "fear/broken.png": b"broken", "notes.txt": b"no picture"})
    app.toggle(key="cohort-framed").set_value(True).run()
    begin(app)
    done = gathered(app)
    assert [one.label for one in done.members] == ["happiness"] * 3
    assert [one.name for one in done.missed] == ["fear/broken.png"]
    assert "1 picture gave no face" in str([one.label for one in app.expander])


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"notes.txt": b"x"}, "faces.zip holds 0 pictures."),
        ({f"{n}.png": b"x" for n in range(1001)}, "faces.zip holds 1,001 pictures."),
    ],
)
def test_a_zip_without_pictures_or_with_too_many_gets_a_sentence(uploaded, entries, said):
    app = uploaded(entries)
    assert said in words(app)
    assert not [one for one in app.button if one.label.startswith("Ask about")]


def test_what_is_no_zip_gets_a_sentence():
    app = source(opened("cohort"), "Zip of faces")
    app.file_uploader(key="cohort-zip").upload("faces.zip", b"nothing", "application/zip").run()
    assert not app.exception
    assert "faces.zip is no zip that can be read." in words(app)


def test_folders_are_those_that_the_operator_allows(tmp_path, monkeypatch):
    assert "Folder" not in faces_from.offered()
    for number in range(2):
        picture(tmp_path / "allowed" / f"{number}.png", number)
    picture(tmp_path / "outside.png", 9)
    (tmp_path / "allowed" / "link.png").symlink_to(tmp_path / "outside.png")
    monkeypatch.setenv("RAN_FOLDERS", f"{tmp_path / 'allowed'}:{tmp_path / 'absent'}")
    app = source(opened("cohort"), "Folder")
    assert app.selectbox(key="cohort-folder").options == ["allowed"]
    app.toggle(key="cohort-framed").set_value(True).run()
    begin(app)
    done = gathered(app)
    assert [one.name for one in done.members] == ["0.png", "1.png"]
    assert [one.name for one in done.missed] == ["link.png"]
