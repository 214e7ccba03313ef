"""The impact assessment of the town's system: versions, three risks, opinions, what opens it again."""
