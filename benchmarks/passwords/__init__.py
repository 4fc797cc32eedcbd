"""How fast passwords are verified, in how much memory, beside other libraries."""
