"""The lab: real containerd and Docker, private to a test run. See README.md one folder up."""
