"""What a campaign over a large table takes."""
