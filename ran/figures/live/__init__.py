"""Answered camera frames -> a picture of the newest, a strip of the last seconds."""
