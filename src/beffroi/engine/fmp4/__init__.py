"""Fragmented MP4: write what a camera sends, read it back. Box conventions: `ref/wire.md` §7."""
