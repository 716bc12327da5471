"""Which function reads which source."""

from __future__ import annotations

from collections.abc import Mapping

from runtime.data import synthetic, vision_arrays, vision_files
from runtime.data.arrays import load_arrays
from runtime.data.cifar import load_cifar
from runtime.data.digits import load_digits
from runtime.data.idx import load_emnist, load_idx, load_qmnist
from runtime.data.images import load_image_folder
from runtime.data.own_dataset import load_own
from runtime.data.raw import Loader
from runtime.data.series import load_series, load_sunspots
from runtime.data.synthetic import computed
from runtime.data.tables import bundled_table, load_table
from runtime.data.text import load_alice, load_text
from runtime.data.vision_arrays import array_files
from runtime.data.vision_files import file_set

LOADERS: Mapping[str, Loader] = {
    "digits": load_digits,
    "iris": bundled_table("iris"),
    "wine": bundled_table("wine"),
    "diabetes": bundled_table("diabetes"),
    "alice": load_alice,
    "sunspots": load_sunspots,
    "torchvision:MNIST": load_idx,
    "torchvision:FashionMNIST": load_idx,
    "torchvision:KMNIST": load_idx,
    "torchvision:EMNIST": load_emnist,
    "torchvision:QMNIST": load_qmnist,
    "torchvision:CIFAR10": load_cifar,
    "torchvision:CIFAR100": load_cifar,
    "torchvision:SVHN": array_files(vision_arrays.SVHN),
    "torchvision:STL10": array_files(vision_arrays.STL10),
    "torchvision:USPS": array_files(vision_arrays.USPS),
    "torchvision:Food101": file_set(vision_files.FOOD101),
    "torchvision:DTD": file_set(vision_files.DTD),
    "torchvision:OxfordIIITPet": file_set(vision_files.PETS),
    "torchvision:EuroSAT": file_set(vision_files.EUROSAT),
    "torchvision:GTSRB": file_set(vision_files.GTSRB),
    "synthetic:spirals": computed("spirals", synthetic.spirals),
    "synthetic:moons": computed("moons", synthetic.moons),
    "synthetic:circles": computed("circles", synthetic.circles),
    "synthetic:xor": computed("exclusive or", synthetic.xor),
    "synthetic:sine": computed("a sine", synthetic.sine),
    "synthetic:parity": computed("parities", synthetic.parity),
    "csv": load_table,
    "image_folder": load_image_folder,
    "arrays": load_arrays,
    "sequences": load_series,
    "text": load_text,
    "python": load_own,
}
