"""What does a page about an incident have to be? Complete, specific, and without blame."""
