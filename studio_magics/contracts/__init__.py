"""Wire models: kernel, browser and server all speak these, and nothing else."""
