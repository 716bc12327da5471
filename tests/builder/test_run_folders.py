"""Where runs go, and that each project finds its own and no other's."""

import pytest

from builder.run_folders import latest_weights, new_run_folder, note_saved, run_places, user_folder
from graph.document import Document, Project

pytestmark = pytest.mark.usefixtures("qapp")


def document(path=None, name="Net", identity=None):
    return Document(Project(name), path, identity)


def test_run_folders_are_numbered_beside_the_project(tmp_path):
    net = document(tmp_path / "net.netloom")
    assert new_run_folder(net) == tmp_path / "net.runs" / "0001"
    assert new_run_folder(net) == tmp_path / "net.runs" / "0002"
    (tmp_path / "net.runs" / "0041").mkdir()
    assert new_run_folder(net).name == "0042"


def test_an_unsaved_project_runs_in_a_place_of_its_own_in_the_users_folder():
    net = document(name="My net / 2", identity="abc")
    folder = new_run_folder(net)
    assert folder.is_dir()
    assert folder == user_folder() / "runs" / "My_net_2-abc" / "0001"
    assert new_run_folder(document(name="My net / 2")).parent != folder.parent


def test_an_unsaved_project_finds_no_runs_of_another_of_the_same_name():
    one, other = document(), document()
    (new_run_folder(one) / "checkpoints").mkdir()
    assert latest_weights(one) is not None
    assert latest_weights(other) is None
    assert latest_weights(document()) is None


def test_another_name_does_not_hide_the_runs():
    net = document()
    folder = new_run_folder(net)
    net.project.name = "Other"
    assert new_run_folder(net).parent == folder.parent


def test_what_ran_before_the_first_save_is_found_by_the_file(tmp_path):
    net = document()
    folder = new_run_folder(net)
    (folder / "checkpoints").mkdir()
    net.path = tmp_path / "net.netloom"
    note_saved(net)
    again = document(tmp_path / "net.netloom")
    assert run_places(again) == [tmp_path / "net.runs", folder.parent]
    assert latest_weights(again) == folder
    assert latest_weights(document(tmp_path / "other.netloom")) is None


def test_a_save_of_a_project_without_runs_leaves_nothing_behind(tmp_path):
    note_saved(document(tmp_path / "net.netloom"))
    assert not (user_folder() / "runs").exists()


def test_a_place_that_cannot_be_written_is_passed_over(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.runs").write_text("a file stands in the way")
    here, there = (document(tmp_path / folder / "net.netloom") for folder in ("a", "b"))
    folder = new_run_folder(here)
    assert folder.parent.parent == user_folder() / "runs"
    (folder / "checkpoints").mkdir()
    assert latest_weights(document(here.path)) == folder
    assert latest_weights(there) is None
    assert new_run_folder(there).parent != folder.parent


def test_the_newest_weights_are_found(tmp_path):
    net = document(tmp_path / "net.netloom")
    assert latest_weights(net) is None
    first, second = new_run_folder(net), new_run_folder(net)
    assert latest_weights(net) is None
    (first / "checkpoints").mkdir()
    assert latest_weights(net) == first
    assert second != first
