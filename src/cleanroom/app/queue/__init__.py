"""Human review of single outputs: what comes in, who looks at it, what is learnt from it. One file a verb."""
