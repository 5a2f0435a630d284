"""Fooling sets: champions of many runs and audits as one labelled data set."""

from foolery.experiments.fooling_set.make import FoolingSet, make_fooling_set

__all__ = ["FoolingSet", "make_fooling_set"]
