"""A person decides on a change: where it stands, what to look at first, yes, no, waive, flag."""
