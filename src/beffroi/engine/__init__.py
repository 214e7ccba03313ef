"""The video engine: record every authorised camera, show it, find any instant, export it bit for bit.

Imports `beffroi.core` and nothing else of ours. `contract` is all that the rest of Beffroi may see.
"""
