"""Firmware images and how they get into a chip."""
