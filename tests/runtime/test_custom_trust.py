"""The list of trusted sources: outside of every project, bound to every byte."""

import json
import logging

import pytest

from graph.catalog.custom import EXAMPLE
from runtime.custom_trust import TrustStore, digest_of, user_folder
from tests.graph.custom_layers import GATE


def test_trust_is_bound_to_every_byte(tmp_path):
    store = TrustStore(tmp_path / "deep" / "trusted.json")
    assert not store.is_trusted(GATE)
    store.trust(GATE)
    assert store.is_trusted(GATE)
    for other in (
        f"{GATE}\n",
        GATE[:-1],
        GATE.replace("8", "9") + " ",
        GATE.replace("\n", "\r\n"),
        GATE.upper(),
    ):
        assert not store.is_trusted(other)
    store.trust("x = 1")
    store.revoke(GATE)
    assert not store.is_trusted(GATE)
    assert store.is_trusted("x = 1")


def test_trust_is_kept_in_the_users_folder_and_seen_by_other_processes():
    TrustStore().trust(GATE)
    path = user_folder() / "trusted.json"
    assert json.loads(path.read_bytes())["sha256"] == [digest_of(GATE)]
    seen = TrustStore()
    assert seen.is_trusted(GATE)
    TrustStore().revoke(GATE)
    assert not seen.is_trusted(GATE)
    path.unlink()
    assert not seen.is_trusted(GATE)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"sha256": "all"}', b'{"sha256": [1]}', b"\xff\xfe"])
def test_a_broken_list_trusts_nothing_and_says_so(tmp_path, caplog, content):
    path = tmp_path / "trusted.json"
    path.write_bytes(content)
    store = TrustStore(path)
    with caplog.at_level(logging.WARNING):
        assert not store.is_trusted(GATE)
    assert "no custom code is trusted" in caplog.text
    store.trust(GATE)
    assert store.is_trusted(GATE)


def test_what_new_nodes_start_with_is_trusted():
    assert TrustStore().is_trusted(EXAMPLE)
    assert not TrustStore().is_trusted(f"{EXAMPLE} ")


def test_text_that_is_no_unicode_has_a_digest_too():
    assert digest_of("\ud800") != digest_of("?")


def test_a_list_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        TrustStore(tmp_path / "file" / "trusted.json").trust(GATE)
