"""All HTTP and WebSocket of a node, in a child process of the recorder. See `design/gateway.md`."""
