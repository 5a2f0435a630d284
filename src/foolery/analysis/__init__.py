"""Findings: what evolution made, measured on finished runs."""
