"""Checks: is this classifier wired right? Its contract, its card, its accuracy."""
