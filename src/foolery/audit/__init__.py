"""Audit: which nonsense convinces a classifier more than a photo does, under one budget, with a verdict."""
