"""The plan editor: scenarios, what their cameras see, what changing one would change. Design: `design/planner.md`."""
