"""How does an approved change reach everybody: its plan, its evidence, its states, and what is decided when."""
