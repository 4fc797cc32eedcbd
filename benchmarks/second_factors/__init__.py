"""What second factors cost, and what races and kills do to them."""
