"""Filters of payments."""
