"""Rendered strips kept on disk, each under the hash of all that decides its sound."""
