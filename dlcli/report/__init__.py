"""Plots, confusion matrices, reports."""
