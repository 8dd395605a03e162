"""The wire contracts written down as TypeScript and JSON Schema; reads contracts, changes nothing else."""
