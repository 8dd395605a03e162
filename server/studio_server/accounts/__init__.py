"""Who people are: identities, users, tokens, alert settings. Names live here and nowhere else."""
