"""House rules that no ready-made tool knows, run by `make lint`."""
