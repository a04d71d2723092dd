"""The command `descent`: one file per command, which also declares its options."""
