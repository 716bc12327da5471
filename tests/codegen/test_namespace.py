"""Names in generated code."""

import keyword
import unicodedata

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from codegen.namespace import MAX_LENGTH, MODULE_ATTRIBUTES, RESERVED, Namespace, class_name, identifier

TEXTS = st.text(max_size=60) | st.sampled_from(sorted(RESERVED))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("conv1", "conv1"),
        ("conv 1", "conv_1"),
        ("3x3", "layer_3x3"),
        ("class", "class_"),
        ("type", "type_"),
        ("input", "input_"),
        ("_private", "private"),
        ("__init__", "init"),
        ("ﬁlm", "film"),
        ("größe", "größe"),
        ("🙂", "layer"),
        ("", "layer"),
        ("a" * 99, "a" * MAX_LENGTH),
        ("O", "O_"),
    ],
)
def test_identifiers(text, name):
    assert identifier(text, "layer") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SmallCNN", "SmallCNN"),
        ("my small net", "MySmallNet"),
        ("my_small-net", "MySmallNet"),
        ("3d net", "Net3dNet"),
        ("None", "NoneNet"),
        ("F", "FNet"),
        ("", "Net"),
        ("réseau", "Réseau"),
    ],
)
def test_class_names(text, name):
    assert class_name(text) == name


@given(TEXTS)
def test_any_text_becomes_a_name_that_python_reads_as_written(text):
    for name in (identifier(text, "layer"), class_name(text)):
        assert name.isidentifier()
        assert name not in RESERVED
        assert not keyword.iskeyword(name)
        assert unicodedata.normalize("NFKC", name) == name
        assert not name.startswith("_")


@given(st.lists(TEXTS, max_size=8))
def test_names_are_never_given_twice_and_always_the_same(texts):
    first, second = Namespace(), Namespace()
    names = [first.name(text, "layer") for text in texts]
    assert len(set(names)) == len(names)
    assert names == [second.name(text, "layer") for text in texts]


def test_a_namespace_knows_what_is_taken():
    namespace = Namespace(["x"])
    assert "x" in namespace
    assert namespace.name("x", "layer") == "x_2"
    assert namespace.reserve("x") == "x_3"
    assert [namespace.name("class", "layer") for _ in range(2)] == ["class_", "class_2"]


def test_the_attributes_of_a_module_are_known():
    assert {name for name in dir(torch.nn.Module()) if not name.startswith("_")} == set(MODULE_ATTRIBUTES)
