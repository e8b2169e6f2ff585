"""The command line: one module per command, thin over the library."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line `argv`."""
    raise NotImplementedError
