"""Random transforms: given what they drew, each sample is what torchvision makes of it."""

import math

import pytest
import torch

from codegen.compat import import_torchvision
from runtime.data.choices import TRANSFORMS, DataPlan
from runtime.data.draws import Draws, sample_keys
from runtime.data.raw import DataError
from runtime.data.steps import colour
from runtime.data.steps.kinds import Random
from runtime.data.transforms import APPLY, Chain
from runtime.plan import PlanError

SAMPLES = 12
KEYS = sample_keys(3, 1, torch.arange(SAMPLES))
LEAST = {"RandomCrop": {"size": 9, "padding": 2}}
RANDOM = [name for name, spec in TRANSFORMS.items() if spec.is_random]


@pytest.fixture(scope="module")
def functional():
    """Gives torchvision's own functions."""
    return import_torchvision("torchvision.transforms.v2.functional")


def images(channels=3, height=14, width=11, dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (SAMPLES, channels, height, width), generator=generator, dtype=torch.uint8)
    return pixels if dtype == torch.uint8 else pixels / 255


def option_of(name, **params):
    data = {"source": "digits", "transforms": {"train": [{"type": name, **params}]}}
    return DataPlan.from_mapping(data).train_transforms[0]


def ours_and_drawn(name, batch, **params):
    """What a transform makes of a batch, and the numbers that it drew, one dictionary a sample."""
    params, step = option_of(name, **params).params, APPLY[name]
    assert isinstance(step, Random)
    drawn = step.draw(params, tuple(batch.shape[1:]), Draws(KEYS))
    rows = [{key: values[row] for key, values in drawn.items()} for row in range(len(batch))]
    return step.apply(batch, params, drawn), rows


def assert_same_pixels(ours, theirs, atol=1e-5):
    """Equal up to rounding; where a pixel lies exactly between two, either may be taken."""
    differing = ((ours.float() - theirs.float()).abs() > atol).float().mean()
    assert differing < 0.01


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_random_crop(functional, mode, dtype):
    batch = images(dtype=dtype)
    ours, drawn = ours_and_drawn("RandomCrop", batch, size=[9, 12], padding=[2, 1, 3, 2], padding_mode=mode)
    for row, image in enumerate(batch):
        padded = functional.pad(image, [2, 1, 3, 2], padding_mode=mode)
        top, left = int(drawn[row]["top"]) + 1, int(drawn[row]["left"]) + 2
        assert torch.equal(ours[row], functional.crop(padded, top, left, 9, 12))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("padding", [3, [1, 2, 3, 4], 0])
def test_pad(functional, mode, padding):
    ours = Chain((option_of("Pad", padding=padding, padding_mode=mode),))(images())
    assert torch.equal(ours, functional.pad(images(), padding, padding_mode=mode))


@pytest.mark.parametrize("size", [5, 8, [14, 11], [20, 6], 17])
def test_center_crop(functional, size):
    ours = Chain((option_of("CenterCrop", size=size),))(images())
    assert torch.equal(ours, functional.center_crop(images(), size if isinstance(size, list) else [size] * 2))


@pytest.mark.parametrize(
    ("name", "flip"),
    [("RandomHorizontalFlip", "horizontal_flip"), ("RandomVerticalFlip", "vertical_flip")],
)
def test_flips(functional, name, flip):
    ours, drawn = ours_and_drawn(name, images(), p=0.5)
    chosen = [bool(row["chosen"]) for row in drawn]
    assert set(chosen) == {True, False}
    for row, image in enumerate(images()):
        assert torch.equal(ours[row], getattr(functional, flip)(image) if chosen[row] else image)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_rotation(functional, interpolation, dtype):
    batch = images(dtype=dtype)
    ours, drawn = ours_and_drawn("RandomRotation", batch, degrees=60, interpolation=interpolation)
    mode = import_torchvision("torchvision.transforms.v2").InterpolationMode(interpolation)
    theirs = torch.stack(
        [functional.rotate(image, float(row["angle"]), mode) for image, row in zip(batch, drawn, strict=True)]
    )
    assert ours.dtype == dtype
    assert_same_pixels(ours, theirs, atol=1 if dtype == torch.uint8 else 1e-4)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_affine(functional, interpolation):
    batch = images()
    ours, drawn = ours_and_drawn(
        "RandomAffine", batch, degrees=30, translate=[0.2, 0.3], scale=[0.7, 1.4], shear=20,
        interpolation=interpolation,
    )  # fmt: skip
    mode = import_torchvision("torchvision.transforms.v2").InterpolationMode(interpolation)
    theirs = torch.stack([
        functional.affine(
            image, float(row["angle"]), [float(row["right"]), float(row["down"])], float(row["scale"]),
            [float(row["shear"]), 0.0], mode,
        )
        for image, row in zip(batch, drawn, strict=True)
    ])  # fmt: skip
    assert_same_pixels(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("size", [6, [20, 9]])
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_random_resized_crop(functional, size, dtype):
    batch = images(height=23, width=17, dtype=dtype)
    ours, drawn = ours_and_drawn("RandomResizedCrop", batch, size=size, scale=[0.1, 1.0])
    size = size if isinstance(size, list) else [size, size]
    for row, image in enumerate(batch):
        box = [int(drawn[row][name]) for name in ("top", "left", "height", "width")]
        theirs = functional.resized_crop(image, *box, size, antialias=True)
        atol = 1.0 if dtype == torch.uint8 else 1e-5
        torch.testing.assert_close(ours[row].float(), theirs.float(), atol=atol, rtol=0)


def test_a_resized_crop_that_never_fits_takes_the_middle():
    _, drawn = ours_and_drawn(
        "RandomResizedCrop", images(height=4, width=40), size=5, scale=[1.0, 1.0], ratio=[0.75, 4 / 3]
    )
    assert {tuple(int(row[name]) for name in ("height", "width", "top", "left")) for row in drawn} == {
        (4, 5, 0, 17)
    }


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "strengths",
    [{"brightness": 0.5}, {"contrast": 0.5}, {"saturation": 0.9}, {"hue": 0.4},
     {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.3}],
)  # fmt: skip
def test_color_jitter(functional, channels, strengths):
    batch = images(channels)
    none = dict.fromkeys(("brightness", "contrast", "saturation", "hue"), 0.0)
    ours, drawn = ours_and_drawn("ColorJitter", batch, **{**none, **strengths})
    for row, image in enumerate(batch):
        for index in drawn[row]["order"].tolist():
            name = list(none)[index]
            if name in strengths:
                image = getattr(functional, f"adjust_{name}")(image, float(drawn[row][name]))
        torch.testing.assert_close(ours[row], image, atol=2e-5, rtol=0)


@pytest.mark.parametrize("channels", ["1", "3"])
def test_grayscale(functional, channels):
    ours = Chain((option_of("Grayscale", num_output_channels=channels),))(images())
    theirs = functional.rgb_to_grayscale(images(), int(channels))
    torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("kernel", [1, 3, 5, [3, 7]])
def test_blur(functional, kernel):
    ours, drawn = ours_and_drawn("GaussianBlur", images(), kernel_size=kernel, sigma=[0.3, 1.8])
    kernel = kernel if isinstance(kernel, int) else kernel[::-1]  # torchvision takes [width, height]
    for row, image in enumerate(images()):
        sigma = float(drawn[row]["sigma"])
        torch.testing.assert_close(ours[row], functional.gaussian_blur(image, kernel, [sigma, sigma]))


def test_erasing(functional):
    ours, drawn = ours_and_drawn("RandomErasing", images(), p=0.7, value=0.25)
    fill = torch.tensor(0.25)
    assert {bool(row["chosen"]) for row in drawn} == {True, False}
    for row, image in enumerate(images()):
        box = [int(drawn[row][name]) for name in ("top", "left", "height", "width")]
        theirs = functional.erase(image, *box, fill) if drawn[row]["chosen"] else image
        assert torch.equal(ours[row], theirs)


def test_noise_is_added_and_clipped():
    batch = images()
    ours, drawn = ours_and_drawn("GaussianNoise", batch, mean=0.1, sigma=0.3)
    noise = torch.stack([row["noise"] for row in drawn])
    torch.testing.assert_close(ours, (batch + 0.1 + noise * 0.3).clamp(0, 1))
    rows = torch.zeros(SAMPLES, 5000)
    ours, _ = ours_and_drawn("GaussianNoise", rows, sigma=2.0)
    assert abs(float(ours.mean())) < 0.05
    assert float(ours.std()) == pytest.approx(2.0, rel=0.02)


def test_masking_sets_the_share_to_zero():
    ours, drawn = ours_and_drawn("RandomMasking", torch.ones(SAMPLES, 5000), p=0.3)
    assert float((ours == 0).float().mean()) == pytest.approx(0.3, abs=0.02)
    assert torch.equal(ours == 0, torch.stack([row["masked"] for row in drawn]))


@pytest.mark.parametrize("name", RANDOM)
def test_every_sample_gets_its_own_whatever_batch_it_comes_in(name):
    sizes = {"size": 8} if "Crop" in name else {}
    sure = {"p": 0.9} if any(spec.name == "p" for spec in TRANSFORMS[name].params) else {}
    chain = Chain((option_of(name, **sizes, **sure),))
    one = images()[:1].expand(SAMPLES, -1, -1, -1)
    whole = chain(one, KEYS)
    assert len({tuple(sample.flatten().tolist()) for sample in whole}) > 1
    order = torch.tensor([7, 2, 11])
    torch.testing.assert_close(chain(one[order], KEYS[order]), whole[order], atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", RANDOM)
def test_a_random_transform_leaves_its_input_alone(name):
    batch = images()
    Chain((option_of(name, **({"size": 8} if "Crop" in name else {})),))(batch, KEYS)
    assert torch.equal(batch, images())


def test_numbers_differ_between_samples_epochs_seeds_and_places():
    rows = torch.arange(1000)
    keys = [sample_keys(*pair, rows) for pair in ((0, 1), (0, 2), (1, 1))]
    assert len(torch.cat(keys).unique()) == 3000
    first, second = (Draws(keys[0], step).uniform(4) for step in (0, 1))
    assert not torch.equal(first, second)
    assert torch.equal(Draws(keys[0], 1).uniform(4), second)


def test_numbers_are_spread_evenly():
    numbers = Draws(sample_keys(5, 2, torch.arange(20_000))).uniform(3)
    assert 0 <= float(numbers.min()) < float(numbers.max()) < 1
    counts = torch.histc(numbers.flatten(), bins=20, min=0, max=1)
    assert float((counts - 3000).square().sum() / 3000) < 44  # 99.9 % of chi-squared with 19 degrees
    assert float(torch.corrcoef(numbers.T).abs().triu(1).max()) < 0.03
    assert float(Draws(sample_keys(5, 2, torch.arange(20_000))).below(7).bincount().min()) > 2600


def test_rotation_angles_are_spread_as_torchvision_draws_them():
    draw = APPLY["RandomRotation"].draw
    angles = draw(
        option_of("RandomRotation", degrees=30).params,
        (3, 8, 8),
        Draws(sample_keys(0, 1, torch.arange(9000))),
    )
    assert float(angles["angle"].abs().max()) <= 30
    assert float(angles["angle"].std()) == pytest.approx(60 / math.sqrt(12), rel=0.03)


def test_validation_follows_from_training_without_chance():
    steps = [
        {"type": "RandomResizedCrop", "size": 20}, {"type": "RandomHorizontalFlip"}, {"type": "Normalize"},
        {"type": "RandomErasing"},
    ]  # fmt: skip
    plan = DataPlan.from_mapping({"source": "digits", "transforms": {"train": steps}})
    assert [option.type for option in plan.eval_transforms] == ["Resize", "CenterCrop", "Normalize"]
    assert [option.params.get("size") for option in plan.eval_transforms[:2]] == [20, 20]


def test_validation_may_not_be_random():
    chains = {"train": [], "eval": [{"type": "RandomErasing"}]}
    with pytest.raises(PlanError, match=r"eval\[0\] is RandomErasing, which is random\. Expected the same"):
        DataPlan.from_mapping({"source": "digits", "transforms": chains})


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ({"type": "RandomCrop", "size": 40}, r"train\[0\]: RandomCrop cuts 40×40 out of images of 14×11"),
        ({"type": "GaussianBlur", "kernel_size": 31}, r"kernel of 31×31, but images are 14×11\. .* Lower"),
    ],
)
def test_what_does_not_fit_is_explained(step, text):
    chain = Chain((option_of(step.pop("type"), **step),))
    with pytest.raises(DataError, match=text):
        chain(images(), KEYS)


@pytest.mark.parametrize("name", sorted(name for name, spec in TRANSFORMS.items() if spec.images_only))
def test_image_transforms_refuse_rows(name):
    with pytest.raises(DataError, match=rf"{name} got samples of shape \(5,\)\. Expected images \(C, H, W\)"):
        Chain((option_of(name),))(torch.zeros(SAMPLES, 5), KEYS)


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ({"type": "GaussianBlur", "kernel_size": 4}, "kernel_size is 4. Expected odd numbers."),
        ({"type": "RandomErasing", "scale": [0.5, 0.1]}, "two numbers above 0, the smaller one first."),
        ({"type": "ColorJitter", "hue": 0.7}, "hue is 0.7. Expected a number from 0 to 0.5."),
        ({"type": "Normalize", "mean": "auto"}, "Expected auto as mean, or numbers for both."),
    ],
)  # fmt: skip
def test_parameters_that_do_not_suit_are_explained(step, text):
    with pytest.raises(PlanError, match=text.replace(".", r"\.")):
        DataPlan.from_mapping({"source": "digits", "transforms": {"train": [step]}})


@pytest.mark.parametrize(
    "name", [name for name in RANDOM if name != "ColorJitter"]
)  # which sorts the samples
@pytest.mark.parametrize("maker", ["tensor", "as_tensor"])
def test_no_random_transform_waits_for_the_device(monkeypatch, name, maker):
    make = getattr(torch, maker)

    def make_on_the_host(*values, device=None, **options):
        assert device is None, "numbers of the host cross to the device, which the host waits for"
        return make(*values, **options)

    monkeypatch.setattr(torch, maker, make_on_the_host)
    chain = Chain((option_of(name, **({"size": 8} if "Crop" in name else {})),))
    rows, batch = torch.arange(SAMPLES, device="meta"), images().to("meta")
    assert chain(batch, sample_keys(3, 1, rows)).is_meta


@pytest.mark.parametrize("channels", [1, 3])
def test_jitter_of_all_images_at_once_is_that_of_those_whose_turn_it_is(channels, monkeypatch):
    settings = {"brightness": 0.4, "contrast": 0.3, "saturation": 0.5, "hue": 0.1}
    chosen, _ = ours_and_drawn("ColorJitter", images(channels), **settings)
    monkeypatch.setattr(colour, "_change_chosen", colour._change_all)
    at_once, _ = ours_and_drawn("ColorJitter", images(channels), **settings)
    torch.testing.assert_close(chosen, at_once)


@pytest.mark.parametrize("name", RANDOM)
def test_no_random_transform_asks_a_device_for_its_numbers(name):
    """On the meta device there are none; a GPU would have to be waited for."""
    params, step = option_of(name, **LEAST.get(name, {})).params, APPLY[name]
    batch = torch.empty(SAMPLES, 3, 14, 11, device="meta")
    assert step(batch, params, Draws(KEYS.to("meta"))).device.type == "meta"
