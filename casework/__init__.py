"""The rules of the house: cases, keys, post, gate, releases. May import ``crypto`` only."""
