"""The fibre network designed in the browser: asked, made, shown, taken over. Design: `design/network.md`."""
