"""Instances of the image: containers under real limits, or processes where there is no Docker."""
