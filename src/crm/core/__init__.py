"""Business rooms: no HTTP, no HTML, no SMS in here."""
