"""What the user sees: widgets that draw the model and send intents; they compute nothing."""
