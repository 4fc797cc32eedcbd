"""How fast, small and lean the corpus is, beside other ways to look hashes up."""
