"""The data format ``npz:FILE``."""

import numpy as np

from foolery.data import LabelledImages
from foolery.errors import UsageError


def open_npz(location, split):
    """The images of a NumPy file, the same for every split."""
    try:
        with np.load(location, allow_pickle=False) as file:
            return LabelledImages(file["images"], file["labels"], tuple(map(str, file["classes"])))
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(f"data npz:{location}: expected images, labels and classes ({error})") from None
