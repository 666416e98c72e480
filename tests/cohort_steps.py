"""What tests do with the Cohort page: choose a source, begin, and read what was gathered."""

from app_pages import button


def source(app, name: str):
    app.button_group(key="cohort-source").set_value(name).run()
    assert not app.exception
    return app


def begin(app):
    button(app, next(one.label for one in app.button if one.label.startswith("Ask about"))).click()
    app.run()
    assert not app.exception
    return app


def gathered(app):
    """What the work that was begun last has done."""
    works = [one for one in app.session_state["ran_work"].values() if one.name == "Faces"]
    return [one for one in works if one.latest is not None][-1].latest
