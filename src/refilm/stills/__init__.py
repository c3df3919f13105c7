"""Stills: the frames that stand for each shot, their colours, and what a person says of them."""
