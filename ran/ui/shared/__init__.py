"""What every page shares: the shell, the session, answers, slow work."""
