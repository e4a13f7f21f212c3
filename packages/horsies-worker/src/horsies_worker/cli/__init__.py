"""The command line. Placeholder until the commands are written."""
