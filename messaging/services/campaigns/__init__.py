"""Campaigns: written, planned, launched, sent chunk by chunk, judged, stopped and counted."""
