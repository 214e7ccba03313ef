"""The town's charter of video protection, who signed it, and the committee that says how it is kept."""
