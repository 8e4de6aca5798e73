"""Where Django looks for them. Owns: nothing. Must not: have code."""
