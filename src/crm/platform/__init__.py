"""What every room needs and no business word in it: settings, database, clock, errors, launcher."""
