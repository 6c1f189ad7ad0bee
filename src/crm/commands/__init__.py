"""The subcommands of `crm`, one module each, listed in `crm.cli.COMMANDS`. They parse, call and print."""
