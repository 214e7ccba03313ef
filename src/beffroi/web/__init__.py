"""The Django project: settings, addresses, middleware, layout, and who listens to which event."""
