"""What renders one strip: a DawDreamer engine, or a network in torch."""
