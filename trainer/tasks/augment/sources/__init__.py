"""Where inputs come from, one source a file; each proposes, and none is trusted."""
