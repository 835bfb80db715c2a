"""What notebooks import, one folder a topic; what only the command line uses is in `commands`."""
