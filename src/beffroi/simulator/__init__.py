"""A town of cameras over RTSP, for the demo, the tests and the benches. Imports core, av, numpy and Pillow only."""
