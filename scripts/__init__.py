"""Set-up, checks and the demo of this repository; started by `make`; standard library only."""
