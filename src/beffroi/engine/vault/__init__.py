"""Keys of footage at rest: made, wrapped, kept while footage may live, destroyed. Design: `design/keys.md`."""
