"""The only place that decodes or encodes. Modules that import `av` are loaded by the gateway and by children."""
