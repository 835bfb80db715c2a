"""What only the command line uses; an analyst never opens it."""
