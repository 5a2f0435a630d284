"""The CUDA renderer: one launch draws a batch of different networks into the device's memory."""
