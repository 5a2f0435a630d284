"""Starter: champions that foolery evolved on some networks, to be asked of others before a search begins."""

from foolery.audit.attacks.transfer import Source, Starter, StarterPack, starter_pack

__all__ = ["Source", "Starter", "StarterPack", "starter_pack"]
