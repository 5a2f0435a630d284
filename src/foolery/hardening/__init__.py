"""Harden: does training with fooling images save a classifier (paper 3.6 to 3.8)?"""
