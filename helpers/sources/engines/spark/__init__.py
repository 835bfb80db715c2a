"""Spark as the source: what `[source] kind = "spark"` reads with, by Spark Connect or in the session at hand.

Our queries run there, over tables of its catalog or files that it reads; only their small results come back. Nothing is
written: files stand under the names of temporary views of a session that is ours alone.
"""
