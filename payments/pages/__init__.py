"""Pages of payments: the payer's, and the desk's about money."""
