"""The numbers behind sine and exponential, as float32; every form of the renderer uses these.

Sine: reduction modulo pi by a pi in three parts (8, 11 and 24 significant bits, so that the first two
products are exact up to 2^13 half turns) and an odd polynomial. Exponential: reduction modulo ln 2 in two
parts and a polynomial. Coefficients: least squares on Chebyshev nodes, weighted to be nearly minimax, then
rounded to float32.
"""

from __future__ import annotations

import numpy as np

MAGIC = np.float32(12582912.0)
"""1.5 * 2^23: adding it rounds to a whole number, which then stands in the low bits."""

PER_PI = np.float32(0.318309886183790672)
PI_1 = np.float32(3.140625)
PI_2 = np.float32(float.fromhex("0x1.fb4p-11"))
PI_3 = np.float32(float.fromhex("0x1.4442d2p-23"))
QUARTER_TURN = np.float32(1.6)
"""Slightly more than pi / 2: potentials beyond 2^14, where the reduction loses its meaning, end here."""
SINE = (
    np.float32(-0.16666657),
    np.float32(0.008333015),
    np.float32(-0.00019806468),
    np.float32(2.599726e-06),
)
"""Coefficients of r^3, r^5, r^7 and r^9."""

PER_LN2 = np.float32(1.44269504088896341)
LN2_1 = np.float32(float.fromhex("0x1.62e4p-1"))
LN2_2 = np.float32(float.fromhex("0x1.7f7d1cp-20"))
EXP = (np.float32(0.49999136), np.float32(0.16666463), np.float32(0.04189973), np.float32(0.0083741))
"""Coefficients of r^2, r^3, r^4 and r^5; those of 1 and r are 1."""
FLATTEST = np.float32(64.0)
"""Exponents are held to [-64, 64]: e^-64 is 1.6e-28, so no denormal number arises."""

ONE, TWO, THREE = np.float32(1.0), np.float32(2.0), np.float32(3.0)
WHITE = np.float32(255.0)
