"""Structured mutations of everything that skyquant reads; Scripts/check/mutations.sh says what for."""
