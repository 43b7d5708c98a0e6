"""A REAPER project read into a Session."""
