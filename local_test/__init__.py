"""The endpoint on your own machine: the AWS sample's scripts, and an emulator with the real limits."""
