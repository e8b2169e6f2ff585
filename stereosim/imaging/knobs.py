"""Where the knobs of the ultrasound machine's display stand; free of imports, for the app."""

DYNAMIC_RANGE_DB = 60.0  # black to white
WHITE_DB = 35.0  # level over the mean of fat that is shown white, with the gain at 0
