"""How the project's own networks are trained; nothing of it is needed to use them."""
