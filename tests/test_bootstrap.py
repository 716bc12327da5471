"""bootstrap.py without installing anything: what it finds missing, what it says, what it remembers."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap

SOURCE = Path(bootstrap.__file__)


@pytest.fixture
def venv(tmp_path):
    """A folder that looks like a virtual environment with a Python in it."""
    python = bootstrap.venv_python(tmp_path / ".venv")
    python.parent.mkdir(parents=True)
    python.touch()
    return tmp_path / ".venv"


def ready(mark="m1", extras=("onnx",)):
    return {"state": "ready", "fingerprint": mark, "extras": list(extras)}


# --- old Pythons ------------------------------------------------------------------------------------------


def test_an_old_python_can_read_the_file_and_needs_no_installed_package():
    tree = ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 8))
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) else []
        assert all(name.partition(".")[0] in sys.stdlib_module_names for name in names)


def test_an_old_python_is_told_which_python_to_use():
    message = bootstrap.old_python_message((3, 8, 18), "/usr/bin/python3", {"python3.12": "/x"}.get)
    assert "needs Python 3.11 or newer; this is Python 3.8.18 (/usr/bin/python3)" in message
    assert "python3.12 bootstrap.py run" in message


def test_an_old_python_alone_is_told_where_to_get_a_newer_one():
    message = bootstrap.old_python_message((3, 8, 18), "/usr/bin/python3", {}.get)
    assert "https://www.python.org/downloads/" in message


def test_an_old_python_ends_with_code_2(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    assert bootstrap.main(["test"]) == 2
    assert "Netloom needs Python" in capsys.readouterr().err


# --- usage and displays -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["fly"], 2), (["--help"], 0), (["-h"], 0)])
def test_usage_names_both_commands(arguments, code, capsys):
    assert bootstrap.main(arguments) == code
    out = capsys.readouterr().out
    assert "bootstrap.py run [PROJECT]" in out
    assert "bootstrap.py test" in out


@pytest.mark.parametrize(
    "environ",
    [{"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}, {"QT_QPA_PLATFORM": "offscreen"}],
)
def test_a_display_is_enough(environ):
    assert bootstrap.display_refusal("linux", environ, []) is None


@pytest.mark.parametrize("environ", [{}, {"DISPLAY": ""}, {"QT_QPA_PLATFORM": "xcb"}])
def test_without_a_display_linux_says_what_to_do(environ):
    message = bootstrap.display_refusal("linux", environ, ["project.netloom"])
    assert message is not None
    for way in ("ssh -X", "xvfb-run -a python3 bootstrap.py run", "netloom train"):
        assert way in message


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_always_have_a_display(platform):
    assert bootstrap.display_refusal(platform, {}, []) is None


def test_help_needs_no_display():
    assert bootstrap.display_refusal("linux", {}, ["--help"]) is None


def test_run_without_a_display_installs_nothing(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "display_refusal", lambda *_: "no display here")
    monkeypatch.setattr(bootstrap, "set_up", lambda _: pytest.fail("must not install"))
    assert bootstrap.main(["run"]) == 2
    assert "no display here" in capsys.readouterr().err


# --- system packages --------------------------------------------------------------------------------------


def test_a_complete_machine_lacks_nothing():
    assert bootstrap.missing_packages(lambda _: True, lambda: True, lambda _: True) == []


def test_missing_libraries_fonts_and_venv_are_named_by_package():
    absent = {"libEGL.so.1", "libxcb-cursor.so.0"}
    found = bootstrap.missing_packages(lambda name: name not in absent, lambda: False, lambda _: None)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert found == ["libegl1", "libxcb-cursor0", "fonts-dejavu-core", f"{version}-venv"]


def test_a_library_that_does_not_exist_cannot_be_loaded():
    assert not bootstrap.can_load("libnetloom-does-not-exist.so.7")


def test_apt_asks_nothing_and_installs_what_is_missing():
    update, install = bootstrap.apt_commands(["libegl1", "libgl1"], ["sudo", "-n"])
    assert update[:3] == ["sudo", "-n", "apt-get"]
    assert "DEBIAN_FRONTEND=noninteractive" in install
    assert "-y" in install
    assert install[-2:] == ["libegl1", "libgl1"]


def test_without_rights_the_exact_command_is_shown(monkeypatch):
    monkeypatch.setattr(bootstrap, "administrator_prefix", lambda: None)
    command = r"sudo apt-get update && sudo apt-get install -y libegl1 libgl1"
    with pytest.raises(bootstrap.SetupError, match=command):
        bootstrap.install_system_packages(["libegl1", "libgl1"])


def test_a_failing_apt_shows_the_command_too(monkeypatch):
    calls = []
    monkeypatch.setattr(bootstrap, "administrator_prefix", list)
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda command: calls.append(command) or 100)
    with pytest.raises(bootstrap.SetupError, match=r"sudo apt-get install -y libegl1"):
        bootstrap.install_system_packages(["libegl1"])
    assert [command[-1] for command in calls] == ["update", "libegl1"]


# --- the note in .venv ------------------------------------------------------------------------------------


def test_a_noted_environment_is_ready(venv):
    bootstrap.write_stamp(venv, ready())
    assert bootstrap.is_ready(venv, "m1", ["onnx"])


@pytest.mark.parametrize(
    "stamp",
    [ready(mark="old"), ready(extras=()), {"state": "installing"}, {"state": "failed", "extras": ["onnx"]}],
)
def test_anything_less_is_not_ready(venv, stamp):
    bootstrap.write_stamp(venv, stamp)
    assert not bootstrap.is_ready(venv, "m1", ["onnx"])


def test_an_environment_without_its_python_is_not_ready(venv):
    bootstrap.write_stamp(venv, ready())
    bootstrap.venv_python(venv).unlink()
    assert not bootstrap.is_ready(venv, "m1", ["onnx"])


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_damaged_note_counts_as_none(venv, text):
    (venv / "netloom-setup.json").write_text(text, encoding="utf-8")
    assert bootstrap.read_stamp(venv) == {}


def test_the_fingerprint_follows_dependencies_place_and_python(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    for root in (first, second):
        root.mkdir()
        (root / "pyproject.toml").write_text("one", encoding="utf-8")
    marks = {bootstrap.fingerprint(first, "cpython-311"), bootstrap.fingerprint(first, "cpython-312")}
    marks.add(bootstrap.fingerprint(second, "cpython-311"))
    (first / "pyproject.toml").write_text("two", encoding="utf-8")
    marks.add(bootstrap.fingerprint(first, "cpython-311"))
    assert len(marks) == 4


def test_an_interrupted_or_broken_environment_is_not_built_upon(venv):
    assert not bootstrap.is_usable(venv.parent / "none")
    bootstrap.write_stamp(venv, {"state": "installing"})
    assert not bootstrap.is_usable(venv)


def test_an_environment_of_this_python_with_pip_is_built_upon(venv, monkeypatch):
    monkeypatch.setattr(bootstrap, "venv_python", lambda _: Path(sys.executable))
    bootstrap.write_stamp(venv, {"state": "failed", "extras": []})
    assert bootstrap.is_usable(venv)
    other = subprocess.CompletedProcess([], 0, stdout="cpython-399\n")
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: other)
    assert not bootstrap.is_usable(venv)


# --- set-up as a whole, with pip and venv replaced --------------------------------------------------------


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """An empty checkout; the list tells what was done, and `pip` in the dict what pip exits with."""
    done, answers = [], {"pip": 0}
    (tmp_path / "pyproject.toml").write_text("[project]", encoding="utf-8")

    def call(command, **_):
        done.append(command[1:4])
        python = bootstrap.venv_python(tmp_path / ".venv")
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        return 0

    def pip(command):
        done.append(command[-1])
        answer = answers["pip"]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "check_system", lambda: done.append("system"))
    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    monkeypatch.setattr(bootstrap, "call_with_heartbeat", pip)
    return done, answers


def fresh(extras):
    return ["system", ["-m", "venv", str(bootstrap.VENV)], f".[{extras}]"]


def test_the_first_start_installs_and_the_second_does_nothing(machine):
    done, _ = machine
    bootstrap.set_up(["onnx"])
    assert done == fresh("onnx")
    done.clear()
    bootstrap.set_up(["onnx"])
    assert done == []


def test_one_environment_serves_both_commands(machine, monkeypatch):
    done, _ = machine
    bootstrap.set_up(["onnx", "test"])
    done.clear()
    bootstrap.set_up(["onnx"])
    assert done == []
    monkeypatch.setattr(bootstrap, "is_usable", lambda _: True)
    (bootstrap.ROOT / "pyproject.toml").write_text("changed", encoding="utf-8")
    bootstrap.set_up(["onnx"])
    assert done == ["system", ".[onnx,test]"]


def test_an_interrupted_install_starts_over(machine):
    done, answers = machine
    answers["pip"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        bootstrap.set_up(["onnx"])
    done.clear()
    answers["pip"] = 0
    bootstrap.set_up(["onnx"])
    assert done == fresh("onnx")


def test_a_failing_pip_keeps_the_environment_and_says_so(machine, monkeypatch):
    done, answers = machine
    answers["pip"] = 1
    with pytest.raises(bootstrap.SetupError, match=r"pip could not install Netloom \(exit code 1\)"):
        bootstrap.set_up(["onnx"])
    assert json.loads((bootstrap.VENV / "netloom-setup.json").read_text("utf-8"))["state"] == "failed"
    monkeypatch.setattr(bootstrap, "is_usable", lambda _: True)
    done.clear()
    answers["pip"] = 0
    bootstrap.set_up(["onnx"])
    assert done == ["system", ".[onnx]"]


# --- the two commands -------------------------------------------------------------------------------------


def test_test_stops_at_the_first_failing_stage_with_its_code(monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(bootstrap.subprocess, "call", lambda command, **_: seen.append(command[2]) or 3)
    assert bootstrap.test([]) == 3
    assert seen == ["ruff"]
    assert "lint failed with exit code 3" in capsys.readouterr().err


def test_test_runs_every_stage_offscreen_and_hands_arguments_to_pytest(monkeypatch, capsys):
    seen = []

    def call(command, cwd, env):
        seen.append(command[2:])
        assert env["QT_QPA_PLATFORM"] == "offscreen"
        return 0

    monkeypatch.setattr(bootstrap.subprocess, "call", call)
    assert bootstrap.test(["-k", "shapes"]) == 0
    assert [words[0] for words in seen] == ["ruff", "ruff", "mypy", "pytest"]
    assert seen[-1][0] == "pytest"
    assert seen[-1][-2:] == ["-k", "shapes"]
    assert "== types: mypy" in capsys.readouterr().out


def test_the_download_note_tells_the_size_and_the_smaller_way():
    assert "400 MB" in bootstrap.download_note("darwin", has_nvidia=False)
    assert "PIP_EXTRA_INDEX_URL" not in bootstrap.download_note("linux", has_nvidia=True)
    without = bootstrap.download_note("linux", has_nvidia=False)
    assert "3 GB" in without
    assert "PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu" in without


def test_help_comes_at_once_from_a_process_of_its_own():
    answer = subprocess.run([sys.executable, str(SOURCE), "--help"], capture_output=True, text=True)
    assert answer.returncode == 0
    assert answer.stdout.startswith("Sets Netloom up")
