"""Preferences are kept, checked, and told to whom they concern."""

import sys

import pytest

from builder.motion import GNOME_QUESTION, MAC_QUESTION, answer, gnome_reduces, kde_reduces, mac_reduces
from builder.preferences import GROUP, Preferences, Values


def test_a_preference_is_told_once_and_kept(qtbot, settings):
    preferences = Preferences(settings)
    told = []
    preferences.changed.connect(told.append)
    preferences.change(theme="dark", ui_scale=150, snap_to_grid=True)  # the last is so already
    preferences.change(ui_scale=150)
    assert told == ["theme", "ui_scale"]
    again = Preferences(settings)
    assert (again.theme, again.ui_scale, again.snap_to_grid) == ("dark", 150, True)


def test_what_a_file_keeps_survives_its_way_through_text(qapp, settings):
    Preferences(settings).change(snap_to_grid=False, recovery_interval=30, motion="reduced", ui_scale=300)
    settings.sync()
    read = type(settings)(settings.fileName(), settings.format())
    assert Preferences(read).values == Values(
        snap_to_grid=False, recovery_interval=30, motion="reduced", ui_scale=300
    )


def test_nonsense_in_the_file_counts_as_never_set(qapp, settings):
    settings.setValue(f"{GROUP}/ui_scale", "huge")
    settings.setValue(f"{GROUP}/theme", "dark")
    assert Preferences(settings).values == Values(theme="dark")


def test_a_value_that_cannot_be_is_refused_and_nothing_changes(qapp, settings):
    preferences = Preferences(settings)
    with pytest.raises(ValueError, match=r"ui_scale is 90\. Expected one of 100, 125"):
        preferences.change(theme="dark", ui_scale=90)
    with pytest.raises(ValueError, match="there is no preference 'sound'"):
        preferences.change(sound=True)
    assert preferences.values == Values()


def test_reset_takes_all_back(qapp, settings):
    preferences = Preferences(settings)
    preferences.change(theme="light", motion="full")
    preferences.reset()
    assert preferences.values == Preferences(settings).values == Values()


@pytest.mark.parametrize("wanted_by_system", [True, False])
def test_motion_follows_the_system_until_somebody_says_otherwise(qapp, wanted_by_system):
    asked = []
    preferences = Preferences(asks_system=lambda: asked.append(1) or wanted_by_system)
    assert not asked  # asking costs time: nobody wanted to know yet
    assert preferences.reduced_motion is wanted_by_system
    assert preferences.reduced_motion is wanted_by_system
    assert len(asked) == 1
    preferences.change(motion="reduced")
    assert preferences.reduced_motion
    preferences.change(motion="full")
    assert not preferences.reduced_motion


def test_each_system_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    assert gnome_reduces({GNOME_QUESTION: "false"}.get)
    assert not gnome_reduces({GNOME_QUESTION: "true"}.get)
    assert mac_reduces({MAC_QUESTION: "1"}.get)
    assert not mac_reduces({MAC_QUESTION: ""}.get)
    file = tmp_path / "kdeglobals"
    assert not kde_reduces(file)
    file.write_text("[General]\nfont=Noto\n[KDE]\nAnimationDurationFactor=0\n")
    assert kde_reduces(file)
    file.write_text("[KDE]\nAnimationDurationFactor=0.5\n")
    assert not kde_reduces(file)
    file.write_text("not a [ settings file")
    assert not kde_reduces(file)


def test_without_a_session_bus_no_tool_is_started(monkeypatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)

    def never(question):
        raise AssertionError(question)

    assert not gnome_reduces(never)


def test_a_tool_that_is_missing_or_fails_says_nothing():
    assert answer(("no-such-tool-of-any-system",)) == ""
    assert answer((sys.executable, "-c", "print('true'); raise SystemExit(1)")) == ""
    assert answer((sys.executable, "-c", "print('true')")) == "true"
