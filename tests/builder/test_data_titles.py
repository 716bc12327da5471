"""Messages of the engine name settings of the data as the forms do."""

import pytest

from builder.panels.data_titles import made_titled


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("x.npz was not found. Correct data.path.", "x.npz was not found. Correct “File”."),
        ("data.target_path is empty. Set data.target_path.", "“Target file” is empty. Set “Target file”."),
        ("Set data.val_fraction = 0.2", "Set “Validation fraction” = 0.2"),
        ("np.savez('data.npz', x=x, y=y)", "np.savez('data.npz', x=x, y=y)"),
        ("data.transforms.train[0].size is 0.", "data.transforms.train[0].size is 0."),
        ("/home/data.path/mydata.path", "/home/data.path/mydata.path"),
    ],
)  # fmt: skip
def test_keys_of_the_data_have_their_titles(told, shown):
    assert made_titled(told) == shown
