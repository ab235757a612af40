"""Where do flags and rollouts stand, as the ledger says, and what is to be done next?"""
