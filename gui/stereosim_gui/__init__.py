"""The desktop app: widgets show state and send intents; they compute nothing."""
