"""Those who watch the watchers: registers, and what proves them."""
