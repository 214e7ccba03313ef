"""Masked cameras: proved, burnt or withheld. No `av` here: children decode. Source: design/masks.md."""
