"""The edge of the planning library: a scenario as people write it in JSON, checked, projected, turned into values.

`document.Scenario` is the whole; `ground.py` and `cameras.py` are the parts that every command reads. A command with
needs of its own adds its section in a module of its own and one optional field to `document.Scenario`.
Formats: `ref/plan-scenario.schema.json`, `ref/plan.md`.
"""
