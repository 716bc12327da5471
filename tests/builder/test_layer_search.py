"""Search finds what people mean, the likeliest first."""

import pytest

from builder.layer_search import FOLLOWERS, order_after, search, usual_order
from graph.blocks import CATEGORY as BLOCKS
from graph.catalog import CATALOG


def found(query):
    return [match.spec.type for match in search(query)]


@pytest.mark.parametrize(("query", "first"), [
    ("conv", "Conv2d"), ("Conv1d", "Conv1d"), ("c2", "Conv2d"),
    ("relu", "ReLU"), ("fc", "Linear"), ("dense", "Linear"),
    ("bn", "BatchNorm2d"), ("bn1", "BatchNorm1d"), ("mp", "MaxPool2d"),
    ("lstm", "LSTM"), ("cat", "Concat"), ("skip", "Add"),
    ("dropout", "Dropout"), ("drop 2", "Dropout2d"), ("flat", "Flatten"),
    ("gap", "AdaptiveAvgPool2d"), ("cnv2d", "Conv2d"), ("emb", "Embedding"),
    ("lin", "Linear"), ("view", "Flatten"), ("  LINEAR  ", "Linear"),
    ("covn2d", "Conv2d"), ("deconv", "ConvTranspose2d"), ("crop", "ZeroPad2d"), ("gn", "GroupNorm"),
    ("up", "Upsample"), ("pixel", "PixelShuffle"), ("group", "GroupNorm"), ("mirror", "ReflectionPad2d"),
])  # fmt: skip
def test_first_match(query, first):
    assert found(query)[0] == first


def test_every_type_is_first_for_its_own_name():
    assert [name for name in CATALOG if found(name)[0] != name] == []


def test_an_exact_name_beats_a_longer_one():
    assert found("relu")[0] == "ReLU"
    assert {"LeakyReLU", "ReLU6"} <= {*found("relu")[1:]}


def test_a_family_finds_its_layers():
    family = {spec.type for spec in CATALOG.values() if spec.category == "Recurrent"}
    assert set(found("recurrent")) >= family


def test_nonsense_finds_nothing():
    assert found("qqzz") == []
    assert found("conv qqzz") == []


def test_nothing_typed_lists_all_with_the_common_ones_first():
    assert set(found("")) == set(CATALOG)
    assert found("")[:3] == ["Conv2d", "Linear", "ReLU"]


def test_equal_matches_keep_the_given_order():
    specs = [CATALOG["Conv1d"], CATALOG["Conv2d"]]
    assert [match.spec for match in search("conv", specs)] == specs
    assert [match.spec for match in search("conv", specs[::-1])] == specs[::-1]


def test_matched_letters_spell_the_query():
    for query in ("conv", "bnd", "pool", "lnorm"):
        for match in search(query):
            if match.letters:
                spelled = "".join(match.spec.type[index] for index in match.letters).casefold()
                assert spelled == query


def test_what_follows_a_family_stands_first():
    assert order_after("Convolution", usual_order())[0].category == "Normalization"
    assert order_after("no such family", usual_order()) == usual_order()
    first = [spec.type for spec in order_after("Convolution", usual_order())[:7]]
    assert first == ["BatchNorm2d", "ReLU", "MaxPool2d", "Flatten", "Dropout", "Conv2d", "LayerNorm"], (
        "one of each family, so that they are seen without scrolling"
    )
    categories = {BLOCKS, *(spec.category for spec in CATALOG.values())}
    assert {*FOLLOWERS, *(each for followers in FOLLOWERS.values() for each in followers)} <= categories
