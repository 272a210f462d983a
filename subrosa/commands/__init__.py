"""One file per command. Each holds the words a person types and hands over to the rooms."""
