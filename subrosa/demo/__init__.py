"""The practice house: founded from nothing, played through once from phone to register, then served."""
