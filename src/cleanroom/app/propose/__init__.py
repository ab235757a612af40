"""Proposes a change: asks a model under guards, takes in what a person or another tool made, records corrections."""
