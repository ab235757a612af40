"""Statistics: pure functions on arrays and counts, with the source of each formula."""
