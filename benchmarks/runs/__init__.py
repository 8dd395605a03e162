"""What a run costs in time, beside what else could carry it out."""
