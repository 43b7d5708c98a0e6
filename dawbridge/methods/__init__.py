"""Learned methods, one room each; none knows another."""
