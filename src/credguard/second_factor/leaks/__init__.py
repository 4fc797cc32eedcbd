"""
After a leak of second factors: what still counts, and everybody's way back.

After a seed leaked, a code of it proves nothing: who has it could log in and enroll
anew. So what leaked decides what counts as a proof, and nobody is left without one
unless somebody decided so. See docs/how-to/second-factors.md.
"""
