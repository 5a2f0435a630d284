"""Stripes for foolery."""

from foolery.registry import Entry, Option

foolery_api = 1

ENCODING = Entry(
    "stripes",
    "horizontal stripes, each of one color",
    "foolery_stripes.encoding:Stripes",
    options=(Option("stripes", int, "Number of stripes.", default=8),),
)
ATTACK = Entry("random-stripes", "random horizontal stripes", "foolery_stripes.attack:RandomStripes")
DATA = Entry(
    "npz", "a NumPy file with images, labels and classes", "foolery_stripes.data:open_npz", form="npz:FILE"
)
