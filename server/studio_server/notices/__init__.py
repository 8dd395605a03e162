"""What a person should know, told once: in the notebook, the panel and `%studio`. No e-mail is sent."""
