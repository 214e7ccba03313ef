"""The library of camera models: the generic ones that are shipped, and the town's own. Design: `design/planner.md`."""
