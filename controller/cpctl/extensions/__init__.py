"""What programs and packages add to the station: variables of their own, and extensions that are loaded by name."""
