"""The critic for browsers and programs: a page, a review desk and an API.

It knows nothing of how a photo is judged: worker processes do that, and only they ever decode what somebody sent.
"""
