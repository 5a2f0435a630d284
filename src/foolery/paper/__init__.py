"""Reproduce: each experiment of the paper as one command, with the paper's number beside ours."""
