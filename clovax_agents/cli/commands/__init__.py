"""The commands as typer reads them: options and help, one module each; what a command does is imported when it runs."""
