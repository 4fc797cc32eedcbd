"""How fast passwords are screened and judged, beside other libraries and tools."""
