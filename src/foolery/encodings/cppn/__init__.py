"""The CPPN encoding: an image is a small network of sines, sigmoids, Gaussians and ramps (paper 2.2)."""
