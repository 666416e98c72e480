"""The web app: the only place under ran/ that knows there is a browser."""
